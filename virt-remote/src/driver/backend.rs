//! Opens connections to daemons.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Outcome, Result};

use super::{RemoteConnection, dial};

/// The drivers that a libvirt daemon may have, by the scheme of their URIs.
pub const DRIVERS: &[&str] = &[
    "qemu",
    "xen",
    "lxc",
    "test",
    "bhyve",
    "vz",
    "vbox",
    "ch",
    "openvz",
    "parallels",
    "network",
    "storage",
    "secret",
    "nodedev",
    "nwfilter",
    "interface",
];

/// Opens whatever a libvirt daemon serves: `qemu:///system`, `xen+unix:///`, `test+tcp://host/default`.
///
/// The daemon is reached by the URI's transport, see [`transport`](crate::transport), and logged in to as it wants, see
/// [`auth`](crate::auth).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct RemoteBackend;

impl RemoteBackend {
    /// The backend.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Backend for RemoteBackend {
    fn reaches_machines(&self) -> bool {
        true
    }

    /// # Errors
    /// `NotFound` and `ConnectionLost` where no daemon answers; `AuthenticationFailed` and `Denied` where it does not let
    /// us in; `Unsupported` where it has no such driver, or the transport is not known here; and those of
    /// [`reach`](crate::transport::reach).
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        let opened = call.bound(Outcome::NotApplied, async {
            let session = dial::dial(&request, call).await?;
            RemoteConnection::begin(request, session, call).await
        });
        Ok(Arc::new(opened.await?))
    }
}
