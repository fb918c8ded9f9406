//! Pools, volumes, secrets and interfaces of the host through their public door: builders, reading, writing, what is
//! refused, what libvirt gives back.
#![expect(clippy::unwrap_used, reason = "a test says what it found, and fails")]

mod host_interface;
mod pool;
mod properties;
mod secret;
mod volume;

use virt_core::xml::XmlError;

/// The path of an error of a document that was read: it has a line, too.
fn place(outcome: Result<(), XmlError>) -> String {
    let error = outcome.unwrap_err();
    assert!(error.position().is_some(), "{error}");
    error.path().to_owned()
}
