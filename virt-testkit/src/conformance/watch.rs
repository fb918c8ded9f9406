//! Listening to what happens to a domain.

use std::time::Duration;

use tokio::time::Instant;
use virt_core::Domain;
use virt_core::event::{DomainChange, Event, EventStream};

use super::{Doing, Failure, Times};

/// What happens to a domain, in order.
#[derive(Debug)]
pub struct Watch {
    events: EventStream,
    times: Times,
    patience: Duration,
    seen: Vec<DomainChange>,
}

impl Watch {
    pub(super) async fn begin(domain: &Domain, times: Times, patience: Duration) -> Result<Self, Failure> {
        let events = domain.events().await.doing("subscribing to a domain's events")?;
        Ok(Self::of(events, times, patience))
    }

    /// What comes from this stream.
    #[must_use]
    pub fn of(events: EventStream, times: Times, patience: Duration) -> Self {
        Self {
            events,
            times,
            patience,
            seen: Vec::new(),
        }
    }

    /// Waits for a change, and gives all that came up to it, itself included. The hypervisor's own events are left out.
    ///
    /// # Errors
    /// When it does not come in time, telling what came instead.
    pub async fn until(
        &mut self,
        what: &str,
        is: impl Fn(&DomainChange) -> bool,
    ) -> Result<Vec<DomainChange>, Failure> {
        let deadline = Instant::now() + self.patience;
        loop {
            match tokio::time::timeout_at(deadline, self.events.next()).await {
                Err(_) => {
                    return Err(Failure::new(format!(
                        "no event {what} within {} s (there came: {:?})",
                        self.patience.as_secs(),
                        self.seen
                    )));
                }
                Ok(None) => {
                    return Err(Failure::new(format!(
                        "the events ended before {what} (there came: {:?})",
                        self.seen
                    )));
                }
                Ok(Some(event)) => {
                    self.note(event)?;
                    if self.seen.last().is_some_and(&is) {
                        return Ok(std::mem::take(&mut self.seen));
                    }
                }
            }
        }
    }

    /// Waits until nothing has come for a while, and gives what came since it was last asked.
    ///
    /// # Errors
    /// When events were lost.
    pub async fn rest(&mut self) -> Result<Vec<DomainChange>, Failure> {
        while let Ok(Some(event)) = tokio::time::timeout(self.times.quiet, self.events.next()).await {
            self.note(event)?;
        }
        Ok(std::mem::take(&mut self.seen))
    }

    fn note(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Domain(event) => {
                if !matches!(event.change, DomainChange::Native { .. }) {
                    self.seen.push(event.change);
                }
                Ok(())
            }
            Event::Lagged(count) => Err(Failure::new(format!("{count} events were lost"))),
            Event::Resync => Err(Failure::new("the connection asked to look again")),
            // What happens to other objects is watched by others.
            other if other.kind().is_some() => Ok(()),
            other => Err(Failure::new(format!(
                "an event that the suite does not know: {other:?}"
            ))),
        }
    }
}
