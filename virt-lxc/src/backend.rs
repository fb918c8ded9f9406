//! The backend behind `lxc:///embed`.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Outcome, Result};
use virt_manager::carry_through;

use crate::driver::EmbedDriver;
use crate::manager::Manager;

/// Opens `lxc:///embed[?root=DIR]`: this process becomes the manager of that directory of containers, liblxc's own
/// unless said.
#[derive(Debug, Clone, Copy, Default)]
pub struct LxcBackend;

#[async_trait]
impl Backend for LxcBackend {
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        let opening = carry_through(Manager::open(request));
        let manager = call.bound(Outcome::NotApplied, opening).await?;
        Ok(Arc::new(EmbedDriver::new(manager)))
    }
}
