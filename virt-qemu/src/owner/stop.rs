//! The end of a run: destroyed, shut down, crashed.

use std::time::Duration;

use virt_core::domain::{DomainState, StateReason};
use virt_core::event::{DomainChange, StoppedReason};
use virt_core::{CallClass, CallContext, Result};

use super::Owner;
use crate::process::{EndMode, end_process};

/// How long the remains of a run that ended may take to remove.
const CLEAN_UP: Duration = Duration::from_secs(30);

impl Owner {
    /// Ends the domain, whatever is being done on it.
    pub(super) async fn destroy(&mut self, call: &CallContext, graceful: bool) -> Result<()> {
        let record = self.active()?.record.clone();
        let mode = if graceful {
            EndMode::Graceful
        } else {
            EndMode::Firm
        };
        // Ending is carried through even when the caller has no time left for it.
        let patient = if graceful {
            call.clone()
        } else {
            CallContext::new(call.operation, call.class, CLEAN_UP)
        };
        end_process(self.manager.host.as_ref(), &record, mode, &patient).await?;
        self.finish(StateReason::Destroyed).await
    }

    /// The process is gone, or about to go: whatever is left of the run is removed, and everybody told.
    pub(super) async fn finish(&mut self, reason: StateReason) -> Result<()> {
        let Some(running) = self.running.as_ref() else {
            return Ok(());
        };
        let record = running.record.clone();
        let call = CallContext::new("finish", CallClass::Change, CLEAN_UP);
        end_process(self.manager.host.as_ref(), &record, EndMode::Firm, &call).await?;
        running.run.disconnect();
        self.running = None;
        // The domain has ended all the same: a record without a process is taken away by the next open.
        if let Err(error) = self.manager.store.remove_run(&record).await {
            tracing::warn!(domain = %record.name, %error, "what a run left could not be removed");
        }
        self.update(|view| {
            view.run = None;
            view.live = None;
            view.origin = None;
            view.balloon = None;
            view.agent_connected = None;
            view.visible = view.inactive.is_some();
            view.state = DomainState::ShutOff;
            view.reason = reason;
        });
        self.is_over();
        self.publish(DomainChange::Stopped(stopped(reason)));
        Ok(())
    }
}

fn stopped(reason: StateReason) -> StoppedReason {
    match reason {
        StateReason::Shutdown => StoppedReason::Shutdown,
        StateReason::Destroyed => StoppedReason::Destroyed,
        StateReason::Failed => StoppedReason::Failed,
        StateReason::Saved => StoppedReason::Saved,
        StateReason::Migrated => StoppedReason::Migrated,
        _ => StoppedReason::Crashed,
    }
}
