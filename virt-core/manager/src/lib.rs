//! What the embedded drivers of the virt SDK have in common: the manager of a root, and the owners of its domains.
//!
//! This crate is for backends. Programs never name it, and it promises them nothing.
//!
//! An embedded driver is the manager of one root directory: it holds the root's lease, has one task for each domain (its
//! *owner*) that carries out whatever changes that domain, and ends in good order. What a hypervisor has of its own
//! (what is on disk, how a guest is started and ended) stays in the driver; here is the rest:
//!
//! * [`Life`]: a manager from its opening until its end, of which [`Closing`] tells; its lease says who it is.
//! * [`Embedded`]: what a driver has of its own, as it is named here.
//! * [`Opening`], [`open()`], [`carry_through`]: from a request to a manager. [`Root`]: what its owners share.
//! * [`Entry`]: a domain as everybody sees it, with its [`View`], which only its owner writes.
//! * [`Domains`]: what handles ask for, asked of owners.
//! * [`Registry`]: which domains there are, by uuid and name; [`Identifiers`]: the numbers of their runs.
//! * [`OwnerTask`]: a domain's owner; what it does by itself and how it does what it is asked is the driver's.
//! * [`OwnerLine`] and [`Inbox`]: the two ends of the way to a domain's owner. What is sent over it is an [`Operation`].
//!   [`unless`]: what an owner waits for, until a destroy comes.
//! * A gate between the driver and its machine: once its fence is raised, since the lease was lost, nothing passes.
//! * [`Reach`]: whether the machine can be reached, and what is done when it can again.
//! * [`document`]: what is read from, and written into, a domain's document.
//! * [`stopped()`], [`chain()`], [`unreachable()`] and the like: the words for what happened.

mod autostart;
mod chain;
mod closing;
pub mod document;
mod domains;
mod embedded;
mod entry;
mod gate;
mod identifiers;
mod lease;
mod life;
mod line;
mod lock;
mod opening;
mod operation;
mod owner;
#[cfg(test)]
mod paper;
mod preempt;
mod reach;
mod refusal;
mod registry;
mod request;
mod root;
mod stopped;
mod view;

pub use chain::chain;
pub use closing::Closing;
pub use domains::Domains;
pub use embedded::{Embedded, PresentRun};
pub use entry::Entry;
pub use identifiers::{Identifiers, Taken};
pub use life::{Alive, Life};
pub use line::OwnerLine;
pub use lock::lock;
pub use opening::{Opening, carry_through, open};
pub use operation::Operation;
pub use owner::{OwnerTask, spawn};
pub use preempt::unless;
pub use reach::{Look, Reach};
pub use refusal::{transient, unreachable};
pub use registry::{Registered, Registry};
pub use request::Inbox;
pub use root::Root;
pub use stopped::stopped;
pub use view::View;

pub(crate) use gate::{Fence, Gate};
pub(crate) use lease::{KeptLease, LeaseKeeper, take_lease};
pub(crate) use line::Asked;
pub(crate) use preempt::end_early_for_a_destroy;
pub(crate) use refusal::{lease_lost, not_running};
pub(crate) use request::{DestroyRequest, Request, Ticket};
