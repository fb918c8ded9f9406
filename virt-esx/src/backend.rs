//! The backend behind `esx://` and `vpx://`.

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::backend::{Backend, OpenRequest};
use virt_core::driver::ConnectionDriver;
use virt_core::{CallContext, Result};

use crate::driver::EsxDriver;
use crate::server::Server;

/// Opens `esx://[user@]host[:port]/` and `vpx://[user@]vcenter[:port]/[datacenter/…/host]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EsxBackend;

#[async_trait]
impl Backend for EsxBackend {
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        let server = Server::open(&request, call).await?;
        Ok(Arc::new(EsxDriver::new(server)))
    }

    fn reaches_machines(&self) -> bool {
        true
    }
}
