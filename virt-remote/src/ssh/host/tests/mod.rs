//! A host over SSH against the local one, and against what can happen to a link.

mod closing;
mod contract;
mod faults;
mod leases;
mod newcomers;
mod streams;
mod unfinished;

use std::sync::Arc;
use std::time::Duration;

use super::loopback::Loopback;
use super::{HostOptions, SshHost};

/// Runs a test that may take two minutes: what hangs fails, and holds nobody up.
fn limited(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), test).await });
    runtime.shutdown_background();
    ended.expect("the test takes too long");
}

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
