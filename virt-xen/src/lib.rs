//! Xen.

pub mod xenstore;
