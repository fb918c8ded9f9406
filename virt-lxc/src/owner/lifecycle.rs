//! Asking a container to end or to reboot; freezing it.

use virt_core::domain::{DomainState, ShutdownMode};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::{OwnerTask as _, unless};

use super::Owner;
use crate::cgroup::Controller;
use crate::tools::RunLevel;

impl Owner {
    pub(super) async fn shutdown(&mut self, call: &CallContext, mode: ShutdownMode) -> Result<()> {
        self.ask_init(call, mode, RunLevel::Halt).await
    }

    pub(super) async fn reboot(&mut self, call: &CallContext, mode: ShutdownMode) -> Result<()> {
        self.ask_init(call, mode, RunLevel::Reboot).await
    }

    /// Asks the container's init, in this way.
    async fn ask_init(&mut self, call: &CallContext, mode: ShutdownMode, level: RunLevel) -> Result<()> {
        self.can_be_asked(mode)?;
        let name = self.name();
        let tools = &self.manager.tools;
        let asked = async {
            if mode != ShutdownMode::Signal {
                let has_pipe = tools.request_run_level(&name, level).await?;
                if has_pipe {
                    return Ok(());
                }
                if mode == ShutdownMode::InitControl {
                    return Err(Error::unsupported(
                        "the container's init has no control pipe (/run/initctl) that it reads: try ShutdownMode::Signal",
                    ));
                }
            }
            match level {
                RunLevel::Halt => tools.halt(&name).await.map(drop),
                RunLevel::Reboot => tools.reboot(&name).await.map(drop),
            }
        };
        call.bound(Outcome::Unknown, unless(&self.preempted, asked)).await
    }

    fn can_be_asked(&self, mode: ShutdownMode) -> Result<()> {
        self.active()?;
        if !matches!(
            mode,
            ShutdownMode::Auto | ShutdownMode::Signal | ShutdownMode::InitControl
        ) {
            return Err(Error::unsupported(
                "a container has neither ACPI nor a guest agent: its init is asked (ShutdownMode::Auto, Signal or InitControl)",
            ));
        }
        if self.state() == DomainState::Paused {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the container is paused and hears nothing: resume it first",
            ));
        }
        Ok(())
    }

    pub(super) async fn suspend(&mut self, call: &CallContext) -> Result<()> {
        self.freeze(call, true).await
    }

    pub(super) async fn resume(&mut self, call: &CallContext) -> Result<()> {
        self.freeze(call, false).await
    }

    async fn freeze(&mut self, call: &CallContext, is_to_be_frozen: bool) -> Result<()> {
        self.active()?;
        let is_frozen = self.state() == DomainState::Paused;
        if is_frozen == is_to_be_frozen {
            return Ok(());
        }
        if let Some(why) = self.manager.groups().missing(Controller::Freezer) {
            return Err(Error::unsupported(why));
        }
        let name = self.name();
        let tools = &self.manager.tools;
        let done = async {
            if is_to_be_frozen {
                tools.freeze(&name).await
            } else {
                tools.unfreeze(&name).await
            }
        };
        let done = call.bound(Outcome::Unknown, unless(&self.preempted, done)).await;
        if done.is_err() {
            // A tool that was given up may have done its work, and told nobody.
            drop(self.look_at_freezer().await);
        }
        done?;
        self.is_frozen_now(is_to_be_frozen);
        Ok(())
    }
}
