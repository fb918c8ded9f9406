//! Deadlines: every call has one, by the class of what it does.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind, Outcome, Result};

/// What a call does, and so how long it may take when nobody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallClass {
    /// Reads something: state, XML, lists, statistics. Default 5 s.
    Query,
    /// Opens a connection: adopts what runs there, probes nothing that nobody asked for. Default 30 s.
    Open,
    /// Changes a definition or a state: define, start, destroy, suspend. Default 60 s.
    Change,
    /// Asks the guest to do something and waits until it has: shutdown with waiting, `wait_for`. Default 5 min.
    Wait,
    /// One exchange with the guest agent. Default 10 s.
    Agent,
    /// Freezing a guest's file systems: a freeze that is killed stays frozen, so it is given time. Default 1 h.
    Freeze,
    /// Thawing a guest's file systems. Default 3 min.
    Thaw,
    /// Goes through all that is in a volume or a pool: create, clone, resize, wipe, build. Default 12 h.
    Bulk,
}

/// The deadlines of a connection, one per class.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// For [`CallClass::Query`].
    pub query: Duration,
    /// For [`CallClass::Open`].
    pub open: Duration,
    /// For [`CallClass::Change`].
    pub change: Duration,
    /// For [`CallClass::Wait`].
    pub wait: Duration,
    /// For [`CallClass::Agent`].
    pub agent: Duration,
    /// For [`CallClass::Freeze`].
    pub freeze: Duration,
    /// For [`CallClass::Thaw`].
    pub thaw: Duration,
    /// For [`CallClass::Bulk`].
    pub bulk: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            query: Duration::from_secs(5),
            open: Duration::from_secs(30),
            change: Duration::from_secs(60),
            wait: Duration::from_secs(300),
            agent: Duration::from_secs(10),
            freeze: Duration::from_secs(3600),
            thaw: Duration::from_secs(180),
            bulk: Duration::from_secs(12 * 3600),
        }
    }
}

impl Deadlines {
    /// The time a call of this class has.
    #[must_use]
    pub fn of(&self, class: CallClass) -> Duration {
        match class {
            CallClass::Query => self.query,
            CallClass::Open => self.open,
            CallClass::Change => self.change,
            CallClass::Wait => self.wait,
            CallClass::Agent => self.agent,
            CallClass::Freeze => self.freeze,
            CallClass::Thaw => self.thaw,
            CallClass::Bulk => self.bulk,
        }
    }

    /// The same table with another time for one class.
    #[must_use]
    pub fn with(mut self, class: CallClass, time: Duration) -> Self {
        match class {
            CallClass::Query => self.query = time,
            CallClass::Open => self.open = time,
            CallClass::Change => self.change = time,
            CallClass::Wait => self.wait = time,
            CallClass::Agent => self.agent = time,
            CallClass::Freeze => self.freeze = time,
            CallClass::Thaw => self.thaw = time,
            CallClass::Bulk => self.bulk = time,
        }
        self
    }
}

/// What a driver is told about the call it carries out: its name for errors and spans, and until when it must answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallContext {
    /// The handle's method, as users know it: `start`, `define_domain`.
    pub operation: &'static str,
    /// The class of the call.
    pub class: CallClass,
    /// The driver answers by then, with success or an error of kind [`ErrorKind::Timeout`] that says the outcome.
    pub deadline: Instant,
}

impl CallContext {
    /// A call that has `time` from now on.
    #[must_use]
    pub fn new(operation: &'static str, class: CallClass, time: Duration) -> Self {
        let now = Instant::now();
        // A time beyond what the clock can hold means "for ever"; thirty years stand for it.
        let deadline = now
            .checked_add(time)
            .unwrap_or(now + Duration::from_secs(30 * 365 * 24 * 3600));
        Self {
            operation,
            class,
            deadline,
        }
    }

    /// How much time is left; zero when the deadline has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The same call, but giving up earlier: `time` from now, if that is before the deadline.
    #[must_use]
    pub fn at_most(&self, time: Duration) -> Self {
        let mut sooner = Self::new(self.operation, self.class, time);
        sooner.deadline = sooner.deadline.min(self.deadline);
        sooner
    }

    /// A step of the same call: another operation, as a driver sees it, by the same deadline.
    #[must_use]
    pub(crate) fn step(&self, operation: &'static str) -> Self {
        Self {
            operation,
            ..self.clone()
        }
    }

    /// Waits for `work` until the deadline. When it passes, the error says `outcome`: what dropping `work` leaves behind.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when the deadline passes first, else whatever `work` gives.
    pub fn bound<T>(
        &self,
        outcome: Outcome,
        work: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<T>> {
        // On the heap: in place it would be in the caller's future twice, and every caller's caller the larger.
        let work = Box::pin(work);
        async move {
            match timeout_at(self.deadline, work).await {
                Ok(result) => result,
                Err(_) => Err(self.timeout(outcome)),
            }
        }
    }

    /// The error of a call whose deadline has passed.
    #[must_use]
    pub fn timeout(&self, outcome: Outcome) -> Error {
        Error::new(
            ErrorKind::Timeout,
            "the deadline passed before there was an answer",
        )
        .with_operation(self.operation)
        .with_outcome(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_never_answers_ends_at_its_deadline_and_says_the_outcome() {
        let call = CallContext::new("start", CallClass::Change, Duration::from_secs(60));
        let error = call
            .bound(Outcome::Unknown, std::future::pending::<Result<()>>())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Timeout, Outcome::Unknown)
        );
    }

    #[test]
    fn every_class_can_be_set_and_read() {
        for class in [
            CallClass::Query,
            CallClass::Open,
            CallClass::Change,
            CallClass::Wait,
            CallClass::Agent,
            CallClass::Freeze,
            CallClass::Thaw,
            CallClass::Bulk,
        ] {
            let table = Deadlines::default().with(class, Duration::from_millis(7));
            assert_eq!(table.of(class), Duration::from_millis(7));
        }
    }

    #[test]
    fn an_endless_deadline_is_far_away_and_does_not_overflow() {
        assert!(
            CallContext::new("wait", CallClass::Wait, Duration::MAX).remaining() > Duration::from_secs(3600)
        );
    }
}
