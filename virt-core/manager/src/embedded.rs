//! What an embedded driver has of its own.

use std::fmt::Debug;
use std::sync::Arc;

use virt_core::domain::DomainSelector;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Outcome, Result};

use crate::document::LiveConfig;
use crate::{Entry, Inbox, Operation, Root, autostart};

/// What an embedded driver has of its own, as the house sees it. Its manager is this.
pub trait Embedded: Debug + Send + Sync + Sized + 'static {
    /// What an owner can do beyond what all can: [`Operation::Own`].
    type Work: Debug + Send;
    /// What others may use of a run beside its owner.
    type Run: PresentRun;
    /// The configuration of a run, as it is kept.
    type Live: LiveConfig;

    /// What the owners of its domains share.
    fn root(&self) -> &Root<Self>;

    /// Starts the owner of a new domain, of which there is nothing yet.
    ///
    /// # Errors
    /// `ConnectionLost` when the connection's end was begun.
    fn own(self: &Arc<Self>, entry: Arc<Entry<Self>>, inbox: Inbox<Operation<Self::Work>>) -> Result<()>;

    /// Fills a configuration in, its uuid, too: whatever the hypervisor can say against it is said here.
    ///
    /// # Errors
    /// `InvalidConfig` and `Unsupported`, with the element.
    fn complete(
        self: &Arc<Self>,
        call: &CallContext,
        config: &DomainConfig,
    ) -> impl Future<Output = Result<Box<DomainConfig>>> + Send;

    /// Refuses what no owner of this driver's ever does, before one is asked. All is done, unless a driver says otherwise.
    ///
    /// # Errors
    /// `Unsupported`, or what else is wrong with it.
    fn check(&self, _operation: &Operation<Self::Work>) -> Result<()> {
        Ok(())
    }

    /// Looks for domains that others may have made: for the one that is not known, or for any. There are none, unless
    /// others work beside the driver.
    ///
    /// # Errors
    /// When it cannot be seen.
    fn look_for_others(
        self: &Arc<Self>,
        _call: &CallContext,
        _one: Option<&DomainSelector>,
    ) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// The boot of the machine in which domains were last started by themselves, as it is on disk.
    fn autostarted_boot(&self) -> Option<String>;

    /// Writes down that they are in this boot, which is another. Whether they are to be started.
    ///
    /// # Errors
    /// When it cannot be written: then nothing is started by itself.
    fn begin_boot(&self, boot: String) -> impl Future<Output = Result<bool>> + Send;

    /// Given: in a new boot of the machine, starts what is to start by itself, in the background.
    fn start_by_themselves(self: &Arc<Self>) {
        autostart::start_by_themselves(self);
    }

    /// Given: asks the machine whether it is there, after something failed that only its absence explains.
    fn is_reachable(self: &Arc<Self>) -> impl Future<Output = bool> + Send {
        let manager = Arc::clone(self);
        self.root()
            .reach
            .is_reachable(move || manager.start_by_themselves())
    }

    /// Given: begins the end and returns at once.
    fn begin_end(self: &Arc<Self>) {
        self.root().life.begin_end(Arc::clone(self));
    }

    /// Given: begins the end and waits for it; the end itself goes on when this is dropped.
    fn shut_down(self: &Arc<Self>, call: &CallContext) -> impl Future<Output = Result<()>> + Send {
        self.begin_end();
        call.bound(Outcome::Unknown, async {
            self.root().life.ended().await;
            Ok(())
        })
    }
}

/// A domain's present run, as far as it is the same for all drivers.
pub trait PresentRun: Debug + Send + Sync + 'static {
    /// Its number.
    fn id(&self) -> u32;

    /// Whether it goes with the connection that has started it.
    fn auto_destroy(&self) -> bool;

    /// When it was started, in seconds since 1970.
    fn started_at(&self) -> u64;

    /// Closes whatever is open to the guest; the guest goes on.
    fn disconnect(&self);
}
