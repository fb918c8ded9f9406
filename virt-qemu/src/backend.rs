//! The backend behind `qemu:///embed`.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Result};

use crate::driver::EmbedDriver;
use crate::manager::Manager;

/// Opens `qemu:///embed[?root=DIR]`: this process becomes the manager of that root directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct QemuBackend;

#[async_trait]
impl Backend for QemuBackend {
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        // On a task of its own: an open that is given up half-way is carried through, and closed again.
        let call = call.clone();
        let opening = tokio::spawn(async move {
            let manager = Manager::open(request, &call).await?;
            Ok::<_, virt_core::Error>(CloseUnlessTaken(Some(manager)))
        });
        let mut opened = opening.await.map_err(|error| {
            virt_core::Error::new(
                virt_core::ErrorKind::Internal,
                "opening the root failed unexpectedly",
            )
            .with_source(error)
        })??;
        match opened.0.take() {
            Some(manager) => Ok(Arc::new(EmbedDriver::new(manager))),
            None => Err(virt_core::Error::new(
                virt_core::ErrorKind::Internal,
                "an opened root is gone",
            )),
        }
    }
}

/// A manager nobody took: its root is given back.
struct CloseUnlessTaken(Option<Arc<Manager>>);

impl Drop for CloseUnlessTaken {
    fn drop(&mut self) {
        if let Some(manager) = self.0.take() {
            manager.begin_end();
        }
    }
}
