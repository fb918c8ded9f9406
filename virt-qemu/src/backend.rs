//! The backend behind `qemu:///embed`.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Result};
use virt_manager::carry_through;

use crate::driver::EmbedDriver;
use crate::manager::Manager;

/// Opens `qemu:///embed[?root=DIR]`: this process becomes the manager of that root directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct QemuBackend;

#[async_trait]
impl Backend for QemuBackend {
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        let call = call.clone();
        let manager = carry_through(async move { Manager::open(request, &call).await }).await?;
        Ok(Arc::new(EmbedDriver::new(manager)))
    }
}
