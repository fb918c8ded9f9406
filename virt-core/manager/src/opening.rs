//! Opening a root: the machine behind its gate, the lease, then what the driver makes of what it finds.

use std::sync::Arc;

use virt_core::backend::OpenRequest;
use virt_core::connection::AccessMode;
use virt_core::host::{Host, HostFacts, Lease};
use virt_core::{Deadlines, Error, ErrorKind, Result};

use crate::{Embedded, Fence, Gate, Root, take_lease};

/// A root that is being opened, until there is a manager.
#[derive(Debug)]
pub struct Opening {
    /// The machine, behind the gate.
    pub host: Arc<dyn Host>,
    /// The same for what only asks: that passes on a connection that may not change anything, too.
    pub asking: Arc<dyn Host>,
    /// What the machine is.
    pub facts: Arc<HostFacts>,
    /// Whether anything may be changed.
    pub access: AccessMode,
    pub(crate) deadlines: Deadlines,
    pub(crate) fence: Fence,
    pub(crate) lease: Option<Box<dyn Lease>>,
}

impl Opening {
    /// Begins: the machine is behind its gate from here on.
    ///
    /// # Errors
    /// When the machine does not say what it is.
    pub async fn begin(request: &OpenRequest) -> Result<Self> {
        let fence = Fence::default();
        let gate = |access| -> Arc<dyn Host> {
            Arc::new(Gate::new(Arc::clone(&request.host), fence.clone(), access))
        };
        let (host, asking) = (gate(request.access), gate(AccessMode::default()));
        let facts = host.facts().await?;
        Ok(Self {
            host,
            asking,
            facts,
            access: request.access,
            deadlines: request.deadlines.clone(),
            fence,
            lease: None,
        })
    }

    /// Takes the lease of a root, which is made where it is missing: before anything of it is read. A read-only connection
    /// takes it, too, but where there is no root there is nothing to hold.
    ///
    /// # Errors
    /// `Busy` when another manager holds it, naming that; what the machine says about `root` otherwise.
    pub async fn take_lease(&mut self, root: &str, lease: &str) -> Result<()> {
        self.lease = take_lease(self.host.as_ref(), root, lease, self.access).await?;
        Ok(())
    }

    /// What the owners of its domains will share; `path` is the directory that is managed.
    pub fn root<M: Embedded>(self, path: &str) -> Root<M> {
        Root::new(self, path)
    }
}

/// Opens the root of a manager that was made: its lease is kept, `recovery` takes over what there is, and what is to start
/// by itself does.
///
/// # Errors
/// Those of the recovery; then the root is closed again.
pub async fn open<M: Embedded>(manager: &Arc<M>, recovery: impl Future<Output = Result<()>>) -> Result<()> {
    manager.root().keep_lease(manager);
    if let Err(error) = recovery.await {
        // Nothing was ended that was not to be: what was adopted stays as it is for the next open.
        manager.root().life.end().await?;
        return Err(error);
    }
    manager.start_by_themselves();
    Ok(())
}

/// Carries an opening through on a task of its own, also where nobody waits for it any more: then the root is closed
/// again.
///
/// # Errors
/// Those of the opening.
///
/// # Cancel safety
/// Yes.
pub async fn carry_through<M: Embedded>(
    opening: impl Future<Output = Result<Arc<M>>> + Send + 'static,
) -> Result<Arc<M>> {
    let opening = tokio::spawn(async move { Ok::<_, Error>(CloseUnlessTaken(Some(opening.await?))) });
    let mut opened = opening.await.map_err(|error| {
        Error::new(ErrorKind::Internal, "opening the root failed unexpectedly").with_source(error)
    })??;
    opened
        .0
        .take()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "an opened root is gone"))
}

/// A manager nobody took: its root is given back.
struct CloseUnlessTaken<M: Embedded>(Option<Arc<M>>);

impl<M: Embedded> Drop for CloseUnlessTaken<M> {
    fn drop(&mut self) {
        if let Some(manager) = self.0.take() {
            manager.begin_end();
        }
    }
}
