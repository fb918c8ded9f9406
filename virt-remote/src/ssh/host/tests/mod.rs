//! A host over SSH against the local one, and against what can happen to a link.

mod contract;
mod faults;
mod leases;
mod streams;

use std::sync::Arc;

use super::loopback::Loopback;
use super::{HostOptions, SshHost};

/// A host over a loopback link whose work is done by this shell.
async fn host_of(loopback: Loopback, shell: &str) -> (Arc<SshHost>, Arc<Loopback>) {
    let loopback = Arc::new(loopback);
    let options = HostOptions {
        shell: shell.to_owned(),
        ..HostOptions::default()
    };
    let dialer = Arc::clone(&loopback);
    (SshHost::connect(dialer, options).await.unwrap(), loopback)
}

fn at(directory: &tempfile::TempDir, name: &str) -> String {
    format!("{}/{name}", directory.path().display())
}
