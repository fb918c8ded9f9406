//! What an embedded driver has of its own.

use std::fmt::Debug;

use crate::document::LiveConfig;

/// What an embedded driver has of its own, as the house sees it. Its manager is this.
pub trait Embedded: Debug + Send + Sync + Sized + 'static {
    /// What an owner can do beyond what all can: [`Operation::Own`](crate::Operation::Own).
    type Work: Debug + Send;
    /// What others may use of a run beside its owner.
    type Run: PresentRun;
    /// The configuration of a run, as it is kept.
    type Live: LiveConfig;
}

/// A domain's present run, as far as it is the same for all drivers.
pub trait PresentRun: Debug + Send + Sync + 'static {
    /// Its number.
    fn id(&self) -> u32;

    /// Whether it goes with the connection that has started it.
    fn auto_destroy(&self) -> bool;

    /// When it was started, in seconds since 1970.
    fn started_at(&self) -> u64;

    /// Closes whatever is open to the guest; the guest goes on.
    fn disconnect(&self);
}
