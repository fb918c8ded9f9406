//! What this driver's domains are made of.

use std::convert::Infallible;
use std::sync::Arc;

use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, Result};
use virt_manager::{Embedded, Inbox, Root, lock};

use super::Manager;
use crate::owner::{self, Run};

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

    fn own(self: &Arc<Self>, entry: Arc<Entry>, inbox: Inbox<Operation>) -> Result<()> {
        owner::spawn(self, entry, inbox, None, None)
    }

    async fn complete(
        self: &Arc<Self>,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<Box<DomainConfig>> {
        self.complete_config(call, config).await.map(Box::new)
    }

    fn check(&self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::SetMaxMemory(..) => Err(no_max_memory()),
            _ => Ok(()),
        }
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

/// What a domain answers whose maximum of memory is to change.
pub(crate) fn no_max_memory() -> Error {
    Error::unsupported("this driver cannot change the maximum of a domain's memory")
}
