//! What this driver's domains are made of.

use std::convert::Infallible;
use std::sync::Arc;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_manager::{Embedded, Root, lock};

use super::Manager;
use crate::owner::Run;

/// A domain as everybody sees it, and the way to its owner.
pub(crate) type Entry = virt_manager::Entry<Manager>;

/// What is known of a domain without asking anybody.
pub(crate) type View = virt_manager::View<Manager>;

/// What an owner is asked to do: nothing that is QEMU's own.
pub(crate) type Operation = virt_manager::Operation<Infallible>;

impl Embedded for Manager {
    type Work = Infallible;
    type Run = Run;
    /// Typed: it is read with every event.
    type Live = Arc<DomainConfig>;

    fn root(&self) -> &Root<Self> {
        &self.root
    }

    fn autostarted_boot(&self) -> Option<String> {
        lock(&self.autostarted_boot).clone()
    }

    async fn begin_boot(&self, boot: String) -> Result<bool> {
        *lock(&self.autostarted_boot) = Some(boot);
        self.save_record(0).await?;
        Ok(true)
    }
}
