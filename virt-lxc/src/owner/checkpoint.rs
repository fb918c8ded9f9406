//! A container's processes written to disk, and brought back.

use virt_core::domain::StateReason;
use virt_core::event::{DomainChange, StartedReason};
use virt_core::host::HostOp;
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};
use virt_manager::OwnerTask as _;

use super::{Adopted, Owner};

impl Owner {
    pub(super) async fn checkpoint(&mut self, directory: &str, stops: bool) -> Result<()> {
        self.active()?;
        let about = |error: Error| error.with_subject(Subject::Path(directory.to_owned()));
        if !directory.starts_with('/') || directory.split('/').any(|part| part == "..") {
            let message = "the directory of a checkpoint is an absolute path without '..'";
            return Err(about(Error::new(ErrorKind::InvalidArgument, message)));
        }
        let files = self.manager.host.files();
        if files.stat(directory).await.map_err(about)?.is_some() {
            return Err(about(Error::new(
                ErrorKind::AlreadyExists,
                "a checkpoint is written to a directory of its own, which is not there yet",
            )));
        }
        let name = self.name();
        if let Some(running) = self.running.as_mut().filter(|_| stops) {
            // Its end is seen before the tool has returned.
            running.end_cause = Some(StateReason::Saved);
        }
        if let Err(error) = self.manager.tools.checkpoint(&name, directory, stops).await {
            if let Some(running) = &mut self.running {
                running.end_cause = None;
            }
            let path = directory.to_owned();
            drop(self.manager.store.all(vec![HostOp::RemoveDirAll { path }]).await);
            return Err(about(error));
        }
        if stops {
            let call = self.own_call("checkpoint");
            self.monitor_is_done(&call).await?;
            self.finish(StateReason::Saved, false).await?;
        }
        Ok(())
    }

    pub(super) async fn restore(&mut self, directory: &str) -> Result<()> {
        self.must_be_inactive()?;
        let name = self.name();
        let tools = &self.manager.tools;
        let restored = tools.restore(&name, directory).await;
        restored.map_err(|error| error.with_subject(Subject::Path(directory.to_owned())))?;
        let init = tools.state(&name).await?.and_then(|state| state.init);
        let launched = match init {
            Some(init) => tools.inspect(init, None).await?,
            None => None,
        };
        let launched = launched.ok_or_else(|| {
            Error::new(
                ErrorKind::Failed,
                "the container ended as soon as it was restored",
            )
            .with_outcome(Outcome::Unknown)
        })?;
        self.adopt(Adopted {
            launched,
            live: None,
            begun: None,
            is_on_disk: false,
            auto_destroy: false,
        });
        self.publish(DomainChange::Started(StartedReason::Restored));
        Ok(())
    }
}
