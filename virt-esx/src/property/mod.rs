//! Properties of managed objects: read in bulk, and followed without asking again and again.

mod retrieve;
mod spec;
mod watcher;

pub(crate) use retrieve::{of_object, of_objects};
pub(crate) use spec::{Wanted, in_view, of_reference, of_references};
pub(crate) use watcher::{WatchEnd, Watcher};
