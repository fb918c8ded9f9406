//! The conformance suite: what every backend has to do, as named cases, run against a URI.
//!
//! * [`Case`]: a name, what it needs, and an asynchronous function that answers `Ok` or a [`Failure`], a sentence.
//!   [`cases()`] gives all of them, a file per theme; the themes are those of libvirt's own test kit and the promises of
//!   this library (deadlines, cancel safety, bad input …).
//! * [`Target`]: what the suite runs against: its URI, how machines for it are configured, how long things take there.
//!   [`ReferenceTarget`] is `test:///default`.
//! * [`Env`]: what a case gets: a connection of its own, names nobody else has, and clean-up of whatever it made.
//! * [`run_case`] runs one, [`tests`] makes a [test program](crate::harness) of a choice of them.
//!
//! A case is chosen by [`Capability`](virt_core::Capability): where the connection says `No` to something it needs, it
//! is left out, and the case `capabilities::what_says_no_is_unsupported` proves that the `No` is true.

#[macro_use]
mod failure;
#[macro_use]
mod case;

mod cases;
mod cleanup;
mod console;
mod env;
mod objects;
mod reference;
mod storage;
mod suite;
mod target;
mod watch;

pub use case::{Case, CaseRun, GuestNeed};
pub use cases::cases;
pub use console::ConsoleReader;
pub use env::Env;
pub use failure::{Doing, Failure, NotDone, refused};
pub use reference::ReferenceTarget;
pub use suite::{TargetChoice, run_case, tests};
pub use target::{Target, Times};
pub use watch::Watch;
