//! The backend behind `lxc:///embed`.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::driver::EmbedDriver;
use crate::manager::Manager;

/// Opens `lxc:///embed[?root=DIR]`: this process becomes the manager of that directory of containers, liblxc's own
/// unless said.
#[derive(Debug, Clone, Copy, Default)]
pub struct LxcBackend;

#[async_trait]
impl Backend for LxcBackend {
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        // On a task of its own: an open that is given up half-way is carried through, and closed again.
        let opening = tokio::spawn(async move {
            let manager = Manager::open(request).await?;
            Ok::<_, Error>(CloseUnlessTaken(Some(manager)))
        });
        let opened = call.bound(Outcome::NotApplied, async {
            opening.await.map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    "opening the directory of containers failed unexpectedly",
                )
                .with_source(error)
            })?
        });
        match opened.await?.0.take() {
            Some(manager) => Ok(Arc::new(EmbedDriver::new(manager))),
            None => Err(Error::new(ErrorKind::Internal, "an opened directory is gone")),
        }
    }
}

/// A manager nobody took: its directory is given back.
struct CloseUnlessTaken(Option<Arc<Manager>>);

impl Drop for CloseUnlessTaken {
    fn drop(&mut self) {
        if let Some(manager) = self.0.take() {
            manager.begin_end();
        }
    }
}
