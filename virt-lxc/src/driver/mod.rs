//! The core's driver traits over the manager: one file per trait.

mod agent;
mod connection;
mod console;
mod create;
mod devices;
mod domain;
mod native;
mod snapshots;
mod statistics;
mod utmp;

use std::sync::Arc;

use uuid::Uuid;
use virt_core::Result;

use crate::manager::{Entry, Manager};

/// An open `lxc:///embed`.
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

    /// The domain, if the connection is open and it exists.
    pub(crate) fn existing(&self, domain: Uuid) -> Result<Arc<Entry>> {
        self.manager.root.life.check_open()?;
        self.manager.root.registry.existing(domain)
    }
}
