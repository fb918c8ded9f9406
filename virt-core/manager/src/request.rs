//! What is asked of an owner, and whether it was begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::{mpsc, oneshot};
use virt_core::domain::DestroyOptions;
use virt_core::{CallContext, Result};

/// Something asked of an owner, with the way back. `O` is what the driver's owners can do.
#[derive(Debug)]
pub(crate) struct Request<O> {
    /// The call this belongs to.
    pub(crate) call: CallContext,
    /// What is to be done.
    pub(crate) operation: O,
    /// Begun by the owner before anything is done: where that fails, nobody wants it any more.
    pub(crate) ticket: Arc<Ticket>,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// A domain is to end, whatever is being done on it.
#[derive(Debug)]
pub(crate) struct DestroyRequest {
    /// The call this belongs to.
    pub(crate) call: CallContext,
    /// How it is to end.
    pub(crate) options: DestroyOptions,
    /// Where the answer goes.
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// What an owner reads.
#[derive(Debug)]
pub struct Inbox<O> {
    /// What waits its turn.
    pub(crate) requests: mpsc::Receiver<Box<Request<O>>>,
    /// What comes ahead of everything else.
    pub(crate) destroys: mpsc::Receiver<Box<DestroyRequest>>,
}

/// Whether a request was begun or withdrawn: one of them, for certain.
#[derive(Debug, Default)]
pub(crate) struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Ticket {
    /// Begins it, unless it was withdrawn.
    pub(crate) fn begin(&self) -> bool {
        self.0
            .compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Whether it was begun.
    pub(crate) fn is_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) == BEGUN
    }

    /// Withdraws it, unless it was begun.
    pub(crate) fn withdraw(&self) -> bool {
        self.0
            .compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}
