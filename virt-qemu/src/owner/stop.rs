//! The end of a run: destroyed, shut down, crashed.

use std::time::Duration;

use virt_core::domain::StateReason;
use virt_core::event::DomainChange;
use virt_core::{CallClass, CallContext, Outcome, Result};
use virt_manager::{OwnerTask as _, PresentRun as _, stopped};

use super::Owner;
use super::debts::is_cut;
use crate::process::{EndMode, end_process};

/// How long the remains of a run that ended may take to remove.
const CLEAN_UP: Duration = Duration::from_secs(30);

impl Owner {
    /// Ends the domain, whatever is being done on it.
    pub(super) async fn end(&mut self, call: &CallContext, graceful: bool) -> Result<()> {
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
        let ended = end_process(self.manager.host.as_ref(), &record, mode, &patient).await;
        if let Err(error) = ended {
            // It may have been told to end before the machine was out of reach.
            if is_cut(&error)
                && let Some(running) = self.running.as_mut()
            {
                running.end_cause.get_or_insert(StateReason::Destroyed);
                return Err(error.with_outcome(Outcome::Unknown));
            }
            return Err(error);
        }
        self.has_ended(StateReason::Destroyed).await;
        Ok(())
    }

    /// The process is gone, or about to go: whatever is left of the run is removed, and everybody told.
    pub(super) async fn finish(&mut self, reason: StateReason) -> Result<()> {
        let Some(running) = self.running.as_ref() else {
            return Ok(());
        };
        if !self.manager.root.only_watches() {
            let call = CallContext::new("finish", CallClass::Change, CLEAN_UP);
            end_process(self.manager.host.as_ref(), &running.record, EndMode::Firm, &call).await?;
        }
        self.has_ended(reason).await;
        Ok(())
    }

    /// No process of the run is left.
    async fn has_ended(&mut self, reason: StateReason) {
        let Some(running) = self.running.take() else {
            return;
        };
        let record = running.record;
        running.run.disconnect();
        if !self.manager.root.only_watches()
            && let Err(error) = self.manager.store.remove_run(&record).await
        {
            // The domain has ended all the same: a record without a process is taken away by the next open at the latest.
            tracing::warn!(domain = %record.name, %error, "what a run left could not be removed");
            if is_cut(&error) {
                self.owe_run(record).await;
            }
        }
        self.update(|view| view.shut_off(reason));
        self.is_over();
        self.publish(DomainChange::Stopped(stopped(reason)));
    }
}
