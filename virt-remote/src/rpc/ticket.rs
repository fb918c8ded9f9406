//! Whether a call was sent: the one fact that the caller and the owner task must agree on.

use std::sync::atomic::{AtomicU8, Ordering};

/// How far a call had come when it failed: what decides whether the work may have been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It never left this process and never will: nothing was done.
    NotSent,
    /// It was sent, wholly or in part, and no answer was seen: the work may have been done, or be done later.
    Sent,
}

const QUEUED: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Goes from queued either to sent, by the owner task, or to withdrawn, by the caller; never back.
#[derive(Debug)]
pub(crate) struct Ticket(AtomicU8);

impl Ticket {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(QUEUED))
    }

    /// The owner task takes the call; false if the caller has withdrawn it.
    pub(crate) fn take(&self) -> bool {
        self.0
            .compare_exchange(QUEUED, SENT, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// The caller gives up: from here on a call that was not sent never will be.
    pub(crate) fn withdraw(&self) -> Delivery {
        match self
            .0
            .compare_exchange(QUEUED, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) | Err(WITHDRAWN) => Delivery::NotSent,
            Err(_) => Delivery::Sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawn_call_is_never_taken_and_a_taken_one_was_sent() {
        let ticket = Ticket::new();
        assert_eq!(ticket.withdraw(), Delivery::NotSent);
        assert!(!ticket.take());
        let ticket = Ticket::new();
        assert!(ticket.take());
        assert_eq!(ticket.withdraw(), Delivery::Sent);
    }
}
