//! Control groups: which controllers a machine has, and where; what a container uses.

mod group;
mod layout;
mod usage;

pub(crate) use group::ContainerGroups;
pub use layout::{CgroupLayout, Controller, Hierarchy};
pub(crate) use usage::{Figure, Usage};
