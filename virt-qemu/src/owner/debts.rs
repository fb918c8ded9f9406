//! What an owner owes after it was cut off in the middle: settled when the machine can be reached again, as the next
//! open of the root would settle it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use virt_core::model::DomainConfig;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::document::Kept;
use virt_manager::{Embedded as _, Look, OwnerTask as _};

use super::Owner;
use crate::process::{EndMode, end_process};
use crate::qmp::QmpError;
use crate::state::{OnDisk, RunRecord};

/// How long settling may take at a time.
const SETTLING: Duration = Duration::from_secs(60);
/// After so long what could not be settled is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What an owner owes.
#[derive(Debug)]
pub(super) struct Debts {
    /// Runs that are to be ended and removed.
    runs: Vec<RunRecord>,
    /// Whether a write was cut, so that what is on disk has to be read again.
    unsure: bool,
    due: Instant,
    look: Option<Look>,
}

impl Default for Debts {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            unsure: false,
            due: Instant::now(),
            look: None,
        }
    }
}

impl Debts {
    /// Those of an owner that begins with a run which is to be ended and removed.
    pub(super) fn of_run(run: Option<RunRecord>) -> Self {
        Self {
            runs: run.into_iter().collect(),
            due: Instant::now() + TRY_AGAIN,
            ..Self::default()
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.runs.is_empty() && !self.unsure
    }

    /// Whether it is not known what is on disk.
    pub(super) fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// Waits until they are to be settled; for ever, where there are none. Cancel-safe.
    pub(super) async fn due(&self, away: &mut watch::Receiver<bool>) {
        if self.is_none() {
            return std::future::pending().await;
        }
        back(self.due, away).await;
    }
}

/// Waits until this moment, and until the machine can be reached. Cancel-safe.
pub(super) async fn back(at: Instant, away: &mut watch::Receiver<bool>) {
    tokio::time::sleep_until(at).await;
    // The sender lives as long as the manager.
    drop(away.wait_for(|away| !*away).await);
}

/// Whether a call failed because the machine did not answer: what it was to do may be done or not.
pub(super) fn is_cut(error: &Error) -> bool {
    error.kind() == ErrorKind::ConnectionLost && error.native::<QmpError>().is_none()
}

impl Owner {
    /// A run could not be ended and removed: it will be.
    pub(super) async fn owe_run(&mut self, record: RunRecord) {
        self.debts.runs.push(record);
        self.owe().await;
    }

    /// A write may have been carried out or not: it will be looked at.
    pub(super) async fn owe_a_look(&mut self) {
        self.debts.unsure = true;
        self.owe().await;
    }

    async fn owe(&mut self) {
        let look = self
            .debts
            .look
            .get_or_insert_with(|| self.manager.root.reach.look());
        look.missed();
        let is_there = self.manager.is_reachable().await;
        self.debts.due = if is_there && self.debts.runs.is_empty() {
            Instant::now()
        } else if is_there {
            Instant::now() + TRY_AGAIN
        } else {
            // As soon as it is back.
            Instant::now()
        };
    }

    /// Settles what is owed.
    ///
    /// # Errors
    /// Whatever keeps it from being settled; then it is tried again by itself.
    pub(super) async fn settle(&mut self) -> Result<()> {
        if self.debts.is_none() {
            return Ok(());
        }
        let settled = tokio::time::timeout(SETTLING, Box::pin(self.pay())).await;
        let settled = settled.unwrap_or_else(|_| {
            let error = Error::new(
                ErrorKind::Timeout,
                "what was cut off could not be settled in time",
            );
            Err(error.with_outcome(Outcome::NotApplied))
        });
        match &settled {
            Ok(()) => self.debts.look = None,
            Err(error) => {
                tracing::debug!(domain = %self.name(), %error, "what was cut off is not settled yet");
                let is_there = !is_cut(error) || self.manager.is_reachable().await;
                if is_there {
                    // Nobody else has to wait for what this one cannot do.
                    self.debts.look = None;
                    self.debts.due = Instant::now() + TRY_AGAIN;
                }
            }
        }
        settled
    }

    async fn pay(&mut self) -> Result<()> {
        let call = CallContext::new("settle", CallClass::Change, SETTLING);
        while let Some(record) = self.debts.runs.last() {
            end_process(self.manager.host.as_ref(), record, EndMode::Kill, &call).await?;
            self.manager.store.remove_run(record).await?;
            self.debts.runs.pop();
        }
        if self.debts.unsure {
            let found = match self.manager.store.load_one(self.entry.uuid()).await {
                Ok(found) => Some(found),
                Err(error) if error.kind() == ErrorKind::Corrupt => {
                    // Files are written whole or not at all: somebody else did that. The next open sets it aside.
                    tracing::warn!(domain = %self.name(), %error, "what is on disk is not understood");
                    None
                }
                Err(error) => return Err(error),
            };
            if let Some(found) = found {
                self.take_over(found)?;
            }
            self.debts.unsure = false;
        }
        Ok(())
    }

    /// Makes what is on disk what is known, as the next open would.
    fn take_over(&mut self, found: OnDisk) -> Result<()> {
        let uuid = self.entry.uuid();
        let mut live = None;
        let mut origin = None;
        if let (Some(running), Some(mut record)) = (self.running.as_mut(), found.run)
            && record.id == running.record.id
        {
            live = Some(Arc::new(DomainConfig::from_xml(&record.live)?));
            origin = record.origin.as_deref().map(DomainConfig::from_xml).transpose()?;
            record.process = running.record.process;
            running.record = record;
        }
        let name = {
            let mut view = self.entry.view();
            view.inactive = found.definition.as_ref().map(Kept::new);
            view.autostart = found.autostart && found.definition.is_some();
            if let Some(config) = &found.definition {
                view.name.clone_from(&config.name);
                view.origin = None;
            } else if origin.is_some() {
                view.origin = origin.as_ref().map(Kept::new);
            }
            if live.is_some() {
                view.live = live;
            }
            view.visible = view.inactive.is_some() || view.run.is_some();
            view.name.clone()
        };
        self.manager.root.registry.settle_name(uuid, &name);
        Ok(())
    }
}
