//! libvirt's documents as typed, lossless Rust, and the XML engine below them.
//!
//! Programs find both in virt-core, as `virt_core::model` and `virt_core::xml`. They are a crate of their own because
//! they need none of what the rest of virt-core is made of: the two are compiled at the same time as that.

extern crate self as virt_documents;

pub mod model;
#[doc(hidden)]
pub mod sorted;
pub mod xml;
