//! The devices of a domain, changed one by one.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::agent::GuestInterface;
use virt_core::domain::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions};
use virt_core::driver::{AgentDriver as _, DeviceDriver};
use virt_core::model::{ByteSize, Device, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::agents::guest_interface;
use super::{RemoteConnection, flags, objects, refusal};
use crate::protocol::remote::domain_block::{
    DomainBlockResize, DomainBlockResizeArgs, DomainGetBlockInfo, DomainGetBlockInfoArgs,
};
use crate::protocol::remote::domain_device::{
    DomainAttachDeviceFlags, DomainAttachDeviceFlagsArgs, DomainDetachDeviceAlias,
    DomainDetachDeviceAliasArgs, DomainDetachDeviceFlags, DomainDetachDeviceFlagsArgs,
    DomainUpdateDeviceFlags, DomainUpdateDeviceFlagsArgs,
};
use crate::protocol::remote::domain_guest::{DomainInterfaceAddresses, DomainInterfaceAddressesArgs};
use crate::rpc::RpcError;

/// `VIR_DOMAIN_DEVICE_MODIFY_FORCE`.
const FORCE: u32 = 4;
/// `VIR_DOMAIN_AFFECT_LIVE`.
const LIVE: u32 = 1;
/// `virDomainXMLFlags`: `VIR_DOMAIN_XML_INACTIVE`.
const INACTIVE: u32 = 2;
/// `virDomainBlockResizeFlags`.
const BYTES: u32 = 1;
const CAPACITY: u32 = 2;

/// How often a container that has just started is looked at again, and after which time.
const STARTING: u32 = 50;
const MOMENT: Duration = Duration::from_millis(20);

#[async_trait]
impl DeviceDriver for RemoteConnection {
    async fn attach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        let args = DomainAttachDeviceFlagsArgs {
            dom: objects::domain(domain),
            xml: device.to_xml().into(),
            flags: flags::affect(scope),
        };
        let mut attached = self.link.call::<DomainAttachDeviceFlags>(call, &args).await;
        // A container has a first process a moment after its start.
        for _ in 0..STARTING {
            match &attached {
                Err(error) if refusal::is_starting(error) => tokio::time::sleep(MOMENT).await,
                _ => break,
            }
            attached = self.link.call::<DomainAttachDeviceFlags>(call, &args).await;
        }
        match attached {
            // libvirt has several codes for a device that is there already, and uses them for much else.
            Err(error) if error.libvirt().is_some() && device.identity().is_some() => {
                let there = |config: &DomainConfig| find(config, device).is_some();
                match self.any_document(call, domain, scope, there).await {
                    true => Err(Error::new(
                        ErrorKind::AlreadyExists,
                        format!("the domain has a {} already", device.title()),
                    )
                    .with_source(error)),
                    false => Err(error.into()),
                }
            }
            attached => Ok(attached?),
        }
    }

    async fn detach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        let args = DomainDetachDeviceFlagsArgs {
            dom: objects::domain(domain),
            xml: device.to_xml().into(),
            flags: flags::affect(scope),
        };
        let detached = self.link.call::<DomainDetachDeviceFlags>(call, &args).await;
        self.or_missing(call, (domain, scope), device, detached).await
    }

    async fn detach_alias(&self, call: &CallContext, domain: Uuid, alias: &str) -> Result<()> {
        let args = DomainDetachDeviceAliasArgs {
            dom: objects::domain(domain),
            alias: alias.into(),
            flags: LIVE,
        };
        Ok(self.link.call::<DomainDetachDeviceAlias>(call, &args).await?)
    }

    async fn update(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        let args = DomainUpdateDeviceFlagsArgs {
            dom: objects::domain(domain),
            xml: device.to_xml().into(),
            flags: flags::affect(options.scope) | flags::set(&[(options.force, FORCE)]),
        };
        let updated = self.link.call::<DomainUpdateDeviceFlags>(call, &args).await;
        self.or_missing(call, (domain, options.scope), device, updated)
            .await
    }

    async fn block_info(&self, call: &CallContext, domain: Uuid, disk: &str) -> Result<BlockInfo> {
        let args = DomainGetBlockInfoArgs {
            dom: objects::domain(domain),
            path: disk.into(),
            flags: 0,
        };
        match self.link.call::<DomainGetBlockInfo>(call, &args).await {
            Ok(found) => Ok(BlockInfo::new(
                ByteSize::bytes(found.capacity),
                ByteSize::bytes(found.allocation),
                ByteSize::bytes(found.physical),
            )),
            Err(error) => Err(self.no_such_disk(call, domain, disk, error).await),
        }
    }

    async fn block_resize(
        &self,
        call: &CallContext,
        domain: Uuid,
        disk: &str,
        size: BlockSize,
    ) -> Result<()> {
        let (size, flags) = match size {
            BlockSize::Bytes(size) => (size.as_bytes(), BYTES),
            BlockSize::Device => (0, CAPACITY),
            _ => return Err(Error::unsupported("this kind of size is not known to the daemon")),
        };
        let args = DomainBlockResizeArgs {
            dom: objects::domain(domain),
            disk: disk.into(),
            size,
            flags,
        };
        match self.link.call::<DomainBlockResize>(call, &args).await {
            Err(error) => Err(self.no_such_disk(call, domain, disk, error).await),
            resized => Ok(resized?),
        }
    }

    async fn interface_addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>> {
        let source = match source {
            AddressSource::Lease => 0,
            AddressSource::Agent => return self.interfaces(call, domain).await,
            AddressSource::Arp => 2,
            _ => return Err(Error::unsupported("this source is not known to the daemon")),
        };
        let args = DomainInterfaceAddressesArgs {
            dom: objects::domain(domain),
            source,
            flags: 0,
        };
        let found = self.link.call::<DomainInterfaceAddresses>(call, &args).await?;
        Ok(found.ifaces.into_iter().map(guest_interface).collect())
    }
}

impl RemoteConnection {
    /// Whether a document that the scope means says so. One that can't be read says nothing.
    async fn any_document(
        &self,
        call: &CallContext,
        domain: Uuid,
        scope: ConfigScope,
        says: impl Fn(&DomainConfig) -> bool,
    ) -> bool {
        let which: &[u32] = match scope {
            ConfigScope::Config => &[INACTIVE],
            ConfigScope::Both => &[0, INACTIVE],
            // The live one where it runs.
            _ => &[0],
        };
        for flags in which {
            let document = self.document_of(call, objects::domain(domain), *flags).await;
            if document.is_ok_and(|config| says(&config)) {
                return true;
            }
        }
        false
    }

    /// What was said of a change of a device, or that the domain has no such device.
    async fn or_missing(
        &self,
        call: &CallContext,
        (domain, scope): (Uuid, ConfigScope),
        device: &Device,
        changed: Result<(), RpcError>,
    ) -> Result<()> {
        let Err(error) = changed else { return Ok(()) };
        let native = error.libvirt().map(crate::rpc::kind_of);
        let may_be_missing = !matches!(
            native,
            None | Some(ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Busy | ErrorKind::Timeout)
        );
        if may_be_missing {
            let lacks = |config: &DomainConfig| find(config, device).is_none();
            if self.any_document(call, domain, scope, lacks).await
                && self.has_scope(call, domain, scope).await
            {
                let message = format!("the domain has no {}", device.title());
                return Err(Error::new(ErrorKind::NotFound, message).with_source(error));
            }
        }
        Err(error.into())
    }

    /// Whether the domain has the configurations that a scope means: otherwise that is what is wrong.
    async fn has_scope(&self, call: &CallContext, domain: Uuid, scope: ConfigScope) -> bool {
        let dom = objects::domain(domain);
        let state = self.state_of_domain(call, dom.clone());
        let persistent = self.is_persistent(call, dom.clone());
        match tokio::join!(state, persistent) {
            (Ok((state, _)), Ok(persistent)) => scope.resolve(state.is_active(), persistent).is_ok(),
            _ => false,
        }
    }

    /// What was said of a disk, or that the domain has no such disk.
    async fn no_such_disk(&self, call: &CallContext, domain: Uuid, disk: &str, error: RpcError) -> Error {
        if error.libvirt().map(crate::rpc::kind_of) != Some(ErrorKind::InvalidArgument) {
            return error.into();
        }
        let Ok(config) = self.document_of(call, objects::domain(domain), 0).await else {
            return error.into();
        };
        let disks = config.devices.iter().flat_map(|devices| &devices.disks);
        let mut names = Vec::new();
        for found in disks {
            let target = found.target.as_ref().and_then(|target| target.dev.clone());
            let source = found.source.as_ref();
            let path = source.and_then(|source| source.file.clone().or_else(|| source.dev.clone()));
            if target.as_deref() == Some(disk) || path.as_deref() == Some(disk) {
                return error.into();
            }
            names.extend(target);
        }
        let message = format!("no disk {disk:?} (there are: {})", names.join(", "));
        Error::new(ErrorKind::NotFound, message).with_source(error)
    }
}

fn find(config: &DomainConfig, device: &Device) -> Option<Device> {
    config.devices.as_ref()?.find(device)
}
