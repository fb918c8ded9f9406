//! The core's driver traits over the manager: one file per trait, but for the domains, which virt-manager has.

mod agent;
mod connection;
mod console;
mod jobs;
mod statistics;

use std::sync::Arc;

use virt_manager::Domains;

pub(crate) use agent::agent_of;

use crate::manager::Manager;

/// An open `qemu:///embed`.
#[derive(Debug)]
pub(crate) struct EmbedDriver {
    manager: Arc<Manager>,
    domains: Domains<Manager>,
}

impl EmbedDriver {
    pub(crate) fn new(manager: Arc<Manager>) -> Self {
        let domains = Domains::new(Arc::clone(&manager));
        Self { manager, domains }
    }

    pub(crate) fn manager(&self) -> &Arc<Manager> {
        &self.manager
    }
}
