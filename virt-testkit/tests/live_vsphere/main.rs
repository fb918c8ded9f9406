//! The simulator of the vSphere API: it is what it says, and does what is asked of it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod faults;
mod files;
mod guests;
mod machines;
mod oracle;
mod properties;
mod soap;
mod starting;
mod tasks;
mod updates;

use soap::Client;
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions, SimulatorProgram};
use virt_testkit::skip;

/// A simulator without TLS; none where it cannot be had, and then the test is declared skipped.
async fn simulator(options: SimulatorOptions) -> Option<Simulator> {
    if let Err(missing) = SimulatorProgram::check() {
        skip::declare(&missing.to_string());
        return None;
    }
    Some(
        Simulator::start(options.without_tls())
            .await
            .expect("a simulator"),
    )
}

/// A standalone host, and a client that is logged in to it.
async fn host() -> Option<(Simulator, Client)> {
    let simulator = simulator(SimulatorOptions::esx()).await?;
    let mut client = Client::of(&simulator);
    assert_eq!(client.login(&simulator).await.status, 200);
    Some((simulator, client))
}
