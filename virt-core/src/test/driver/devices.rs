//! The devices of the test driver's domains: which work each call is.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::agent::GuestInterface;
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::domain::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions};
use crate::driver::{AgentDriver, DeviceDriver};
use crate::error::Result;
use crate::model::Device;

#[async_trait]
impl DeviceDriver for TestDriver {
    async fn attach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        let device = device.clone();
        self.on(call, domain, move |world| {
            world.attach_device(domain, &device, scope)
        })
        .await
    }

    async fn detach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        let device = device.clone();
        self.on(call, domain, move |world| {
            world.detach_device(domain, &device, scope)
        })
        .await
    }

    async fn detach_alias(&self, call: &CallContext, domain: Uuid, alias: &str) -> Result<()> {
        let alias = alias.to_owned();
        self.on(call, domain, move |world| world.detach_alias(domain, alias))
            .await
    }

    async fn update(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        let (device, scope) = (device.clone(), options.scope);
        self.on(call, domain, move |world| {
            world.update_device(domain, &device, scope)
        })
        .await
    }

    async fn block_info(&self, call: &CallContext, domain: Uuid, disk: &str) -> Result<BlockInfo> {
        self.shared
            .query(call, Some(domain), |world| world.block_info(domain, disk))
            .await
    }

    async fn block_resize(
        &self,
        call: &CallContext,
        domain: Uuid,
        disk: &str,
        size: BlockSize,
    ) -> Result<()> {
        let disk = disk.to_owned();
        self.on(call, domain, move |world| world.block_resize(domain, &disk, size))
            .await
    }

    async fn interface_addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>> {
        if source == AddressSource::Agent {
            return self.interfaces(call, domain).await;
        }
        self.shared
            .query(call, Some(domain), |world| {
                world.record(domain)?.admit(Request::Console)?;
                world.leases(domain)
            })
            .await
    }
}
