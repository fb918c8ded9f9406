//! What an embedded driver has of its own.

use std::fmt::Debug;
use std::sync::Arc;

use virt_core::{CallContext, Outcome, Result};

use crate::document::LiveConfig;
use crate::{Root, autostart};

/// What an embedded driver has of its own, as the house sees it. Its manager is this.
pub trait Embedded: Debug + Send + Sync + Sized + 'static {
    /// What an owner can do beyond what all can: [`Operation::Own`](crate::Operation::Own).
    type Work: Debug + Send;
    /// What others may use of a run beside its owner.
    type Run: PresentRun;
    /// The configuration of a run, as it is kept.
    type Live: LiveConfig;

    /// What the owners of its domains share.
    fn root(&self) -> &Root<Self>;

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
