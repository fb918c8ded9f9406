//! What is behind the functions of [`extension`](crate::extension).

use uuid::Uuid;
use virt_core::domain::ConfigScope;
use virt_core::{CallClass, Error, ErrorKind, Outcome, Result};

use super::EmbedDriver;
use crate::limits::Limits;
use crate::manager::Work;
use crate::tools::{Attached, ToolError, refused};

/// The highest signal there is on Linux.
const LAST_SIGNAL: u32 = 64;

impl EmbedDriver {
    pub(crate) async fn native_config(&self, domain: Uuid) -> Result<String> {
        let name = self.manager.root.existing(domain)?.view().name.clone();
        let config = self.manager.store.read_config(&name).await?;
        config.ok_or_else(|| Error::new(ErrorKind::NotFound, "the container has no configuration any more"))
    }

    pub(crate) async fn set_limits(&self, domain: Uuid, limits: &Limits, scope: ConfigScope) -> Result<()> {
        let call = self.manager.root.own_call("set_limits", CallClass::Change);
        let change = Work::SetLimits(Box::new(limits.clone()), scope);
        self.domains.ask(&call, domain, change).await
    }

    /// Something that takes as long as it takes: it reads or writes all that a container has.
    pub(crate) async fn long_change(&self, domain: Uuid, name: &'static str, work: Work) -> Result<()> {
        let call = self.manager.root.own_call(name, CallClass::Bulk);
        self.domains.ask(&call, domain, work).await
    }

    pub(crate) async fn send_signal(&self, domain: Uuid, process: u32, signal: u32) -> Result<()> {
        if signal == 0 || signal > LAST_SIGNAL || process == 0 {
            let message = format!(
                "there is no signal {signal}, or no process {process}: signals are 1 to {LAST_SIGNAL}"
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let call = self.manager.root.own_call("send_signal", CallClass::Agent);
        if process == 1 {
            // From outside: within, init takes only what it has a handler for.
            let init = self.manager.root.existing(domain)?.run()?.init;
            let sent = async {
                let process = self.manager.host.processes().inspect(init.pid).await?;
                if process.is_none_or(|process| process.identity != init) {
                    return Err(Error::new(
                        ErrorKind::InvalidState,
                        "the container has just ended",
                    ));
                }
                self.manager.tools.signal(init.pid, signal).await
            };
            return call.bound(Outcome::Unknown, sent).await;
        }
        let kill = Attached::new("/bin/sh").args(["-c", "kill -\"$1\" \"$2\"", "sh"]);
        let kill = kill.args([signal.to_string(), process.to_string()]);
        let output = self.run_inside(&call, domain, kill).await?;
        if output.status.success() {
            return Ok(());
        }
        let failure = ToolError::of("kill", &output);
        if failure.said.contains("No such process") {
            let message = format!("the container has no process {process}");
            return Err(Error::new(ErrorKind::NotFound, message).with_source(failure));
        }
        Err(refused(failure))
    }
}
