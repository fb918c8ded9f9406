//! The core's traits over a server.

mod agent;
mod allocation;
mod autostart;
mod cloning;
mod connection;
mod create;
mod datacenter;
mod define;
mod delete;
mod devices;
mod document;
mod domains;
mod files;
mod guest;
mod host;
mod hosts;
mod hot_add;
mod jobs;
mod leftovers;
mod migration;
mod networks;
mod node;
mod places;
mod power;
mod questions;
mod relocating;
mod saving;
mod screen;
mod settings;
mod snapshots;
mod statistics;
mod storage;

use std::sync::Arc;

use uuid::Uuid;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

pub(crate) use cloning::{Made, unseen};
pub use storage::DatastoreEntry;

use self::statistics::Performance;
use crate::inventory::Machine;
use crate::server::Server;
use crate::task;
use crate::vim::{ManagedObjectReference, Method};

/// The driver of a host by itself, or of a vCenter.
#[derive(Debug)]
pub(crate) struct EsxDriver {
    server: Arc<Server>,
    /// Who we are in guests.
    logins: agent::Logins,
    performance: Performance,
}

impl EsxDriver {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            logins: agent::Logins::default(),
            performance: Performance::default(),
        }
    }

    /// The server, for what ESX has beyond the core's traits.
    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
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
        let begun = self.server.act(&call.at_most(task::ANSWER), method).await?;
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
