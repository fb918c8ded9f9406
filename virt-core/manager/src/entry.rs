//! A domain as everybody sees it, and the way to its owner.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, watch};
use uuid::Uuid;
use virt_core::Result;
use virt_core::domain::DomainRef;

use crate::{Closing, Embedded, Inbox, Operation, OwnerLine, Registered, View, lock, not_running};

/// A domain as everybody sees it, and the way to its owner.
#[derive(Debug)]
pub struct Entry<M: Embedded> {
    uuid: Uuid,
    view: Mutex<View<M>>,
    /// Everything that changes it is asked of its owner.
    pub owner: OwnerLine<Operation<M::Work>>,
    /// Others may have done something to it: for the owner to look, where others work beside the driver.
    pub look: Notify,
}

impl<M: Embedded> Entry<M> {
    /// A new domain, and what its owner reads.
    pub fn new(
        uuid: Uuid,
        view: View<M>,
        closing: watch::Receiver<Closing>,
    ) -> (Arc<Self>, Inbox<Operation<M::Work>>) {
        let (owner, inbox) = OwnerLine::new(closing);
        let entry = Arc::new(Self {
            uuid,
            view: Mutex::new(view),
            owner,
            look: Notify::new(),
        });
        (entry, inbox)
    }

    /// Its uuid, which never changes.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// Its name at present.
    pub fn name(&self) -> String {
        self.view().name.clone()
    }

    /// Whether it exists for others.
    pub fn is_visible(&self) -> bool {
        self.view().visible
    }

    /// What is known of it. Never held across an await.
    pub fn view(&self) -> MutexGuard<'_, View<M>> {
        lock(&self.view)
    }

    /// As events and answers name it.
    pub fn reference(&self) -> DomainRef {
        DomainRef::new(self.uuid, self.view().name.as_str())
    }

    /// The present run.
    ///
    /// # Errors
    /// `InvalidState` when it does not run.
    pub fn run(&self) -> Result<Arc<M::Run>> {
        let view = self.view();
        view.run
            .clone()
            .ok_or_else(|| not_running(view.state, view.reason))
    }
}

impl<M: Embedded> Registered for Entry<M> {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> String {
        self.name()
    }

    fn is_visible(&self) -> bool {
        self.is_visible()
    }

    fn id(&self) -> Option<u32> {
        self.view().id()
    }
}
