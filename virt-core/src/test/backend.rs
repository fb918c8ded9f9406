//! Opens `test:///` connections.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::driver::TestDriver;
use super::world::{Shared, World};
use crate::backend::{Backend, OpenRequest};
use crate::deadline::CallContext;
use crate::domain::{DefineOptions, StartOptions};
use crate::driver::ConnectionDriver;
use crate::error::{Error, ErrorKind, Result};

/// The backend of `test:///default` and `test:///empty`: each connection has a world of its own.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct TestBackend;

impl TestBackend {
    /// The backend.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// Opens a world.
type Populate = fn(&mut World) -> Result<()>;

/// The worlds there are.
const WORLDS: &[(&str, Populate)] = &[("/default", populate_default), ("/empty", |_| Ok(()))];

#[async_trait]
impl Backend for TestBackend {
    async fn open(&self, request: OpenRequest, _call: &CallContext) -> Result<Arc<dyn ConnectionDriver>> {
        let uri = &request.uri;
        uri.only_parameters(&[])?;
        let Some((_, populate)) = WORLDS.iter().find(|(path, _)| *path == uri.path()) else {
            let known: Vec<String> = WORLDS.iter().map(|(path, _)| format!("test://{path}")).collect();
            let message = format!("no test world {:?} (there are: {})", uri.path(), known.join(", "));
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let shared = Shared::new(request.host, tokio::runtime::Handle::current());
        shared.with(populate)?;
        Ok(Arc::new(TestDriver::new(shared)))
    }
}

/// The uuid libvirt gave this domain.
const TEST_UUID: Uuid = Uuid::from_u128(0x6695_eb01_f6a4_8304_79aa_97f2_502e_193f);

fn populate_default(world: &mut World) -> Result<()> {
    let config = super::document::default_domain(TEST_UUID)?;
    let domain = world.define(config, &DefineOptions::default())?;
    world.start(domain.uuid, &StartOptions::default())?;
    world.finish_boot(domain.uuid);
    super::network::populate_default(world)?;
    super::storage::populate_default(world)
}
