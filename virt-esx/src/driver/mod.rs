//! The core's traits over a server.

mod allocation;
mod autostart;
mod connection;
mod datacenter;
mod define;
mod document;
mod domains;
mod extension;
mod host;
mod hosts;
mod hot_add;
mod node;
mod power;
mod questions;
mod settings;
mod statistics;

use std::sync::Arc;

use uuid::Uuid;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use self::statistics::Performance;
use crate::inventory::Machine;
use crate::server::Server;
use crate::task;
use crate::vim::{ManagedObjectReference, Method};

/// The driver of a host by itself, or of a vCenter.
#[derive(Debug)]
pub(crate) struct EsxDriver {
    server: Arc<Server>,
    performance: Performance,
}

impl EsxDriver {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            performance: Performance::default(),
        }
    }

    /// A domain's machine, on a connection that may change it.
    fn to_change(&self, domain: Uuid) -> Result<(ManagedObjectReference, Machine)> {
        self.server.check_may_change()?;
        self.server.inventory.machine(domain)
    }

    /// Has a task begun, and waits until it is done.
    async fn carry_out<M>(&self, call: &CallContext, method: &M) -> Result<()>
    where
        M: Method<Returns = ManagedObjectReference> + Sync,
    {
        let begun = self.server.act(call, method).await?;
        task::done(&self.server.session, call, &begun).await.map(drop)
    }
}

impl Drop for EsxDriver {
    fn drop(&mut self) {
        // Whoever does not shut down leaves the session to end by itself.
        self.server.stop();
    }
}

/// What a machine is asked for that does not run, or runs.
fn not_valid(machine: &Machine, way_out: &str) -> Error {
    let message = format!("the domain is {}: {way_out}", machine.state());
    Error::new(ErrorKind::InvalidState, message)
        .with_outcome(Outcome::NotApplied)
        .with_subject(Subject::Domain(machine.name.clone()))
}
