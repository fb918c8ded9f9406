//! Devices of domains.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::agent::GuestInterface;
use virt_core::domain::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions};
use virt_core::driver::DeviceDriver;
use virt_core::model::Device;
use virt_core::{CallContext, Error, Result};

use super::EmbedDriver;
use crate::manager::Work;

#[async_trait]
impl DeviceDriver for EmbedDriver {
    async fn attach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        self.domains
            .ask(call, domain, Work::Attach(Box::new(device.clone()), scope))
            .await
    }

    async fn detach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        self.domains
            .ask(call, domain, Work::Detach(Box::new(device.clone()), scope))
            .await
    }

    async fn detach_alias(&self, call: &CallContext, domain: Uuid, alias: &str) -> Result<()> {
        self.domains
            .ask(call, domain, Work::DetachAlias(alias.to_owned()))
            .await
    }

    async fn update(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        self.domains
            .ask(
                call,
                domain,
                Work::Update(Box::new(device.clone()), options.clone()),
            )
            .await
    }

    async fn block_info(&self, _call: &CallContext, domain: Uuid, _disk: &str) -> Result<BlockInfo> {
        self.manager.root.existing(domain)?;
        Err(no_disks())
    }

    async fn block_resize(
        &self,
        _call: &CallContext,
        domain: Uuid,
        _disk: &str,
        _size: BlockSize,
    ) -> Result<()> {
        self.manager.root.existing(domain)?;
        Err(no_disks())
    }

    async fn interface_addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>> {
        match source {
            AddressSource::Agent => self.addresses_inside(call, domain).await,
            // No network of this driver lends addresses.
            AddressSource::Lease => self.manager.root.existing(domain)?.run().map(|_| Vec::new()),
            AddressSource::Arp => self.neighbours(call, domain).await,
            _ => Err(Error::unsupported("this source of addresses")),
        }
    }
}

fn no_disks() -> Error {
    Error::unsupported("a container has no disks: its file systems are those of the host")
}
