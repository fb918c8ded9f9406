//! The core's driver traits over the manager: one file per trait.

mod agent;
mod connection;
mod console;
mod domain;
mod jobs;
mod statistics;

use std::sync::Arc;

pub(crate) use agent::agent_of;

use crate::manager::Manager;

/// An open `qemu:///embed`.
#[derive(Debug)]
pub(crate) struct EmbedDriver {
    manager: Arc<Manager>,
}

impl EmbedDriver {
    pub(crate) fn new(manager: Arc<Manager>) -> Self {
        Self { manager }
    }

    pub(crate) fn manager(&self) -> &Arc<Manager> {
        &self.manager
    }
}
