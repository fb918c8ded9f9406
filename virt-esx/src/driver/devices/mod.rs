//! The devices of domains, changed one by one.

mod addresses;
mod change;
mod images;
mod means;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::agent::GuestInterface;
use virt_core::domain::DomainRef;
use virt_core::domain::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions};
use virt_core::driver::DeviceDriver;
use virt_core::event::{DomainChange, DomainEvent, Event};
use virt_core::model::domain::devices::Devices;
use virt_core::model::{Device, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use super::settings::check_scope;
use crate::devices::{Plan, Slot, set_aliases};
use crate::inventory::Machine;
pub(super) use change::Present;

#[async_trait]
impl DeviceDriver for EsxDriver {
    async fn attach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()> {
        self.change_device(call, domain, scope, How::Anew, |config| {
            let devices = config.devices_mut();
            if devices.find(device).is_some() {
                let message = format!("the domain has {} already", device.title());
                return Err(Error::new(ErrorKind::AlreadyExists, message));
            }
            device.clone().add_to(devices);
            Ok(())
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
        self.change_device(call, domain, scope, How::Anew, |config| {
            let devices = config.devices_mut();
            let index = devices.position(device).ok_or_else(|| missing(device, config))?;
            take_out(config.devices_mut(), device, index);
            Ok(())
        })
        .await
    }

    async fn detach_alias(&self, call: &CallContext, domain: Uuid, alias: &str) -> Result<()> {
        self.change_device(call, domain, ConfigScope::Live, How::Anew, |config| {
            let mut named = config.clone();
            set_aliases(&mut named);
            let devices = named.devices.iter();
            let found = devices.flat_map(|devices| devices.by_alias(alias)).next();
            let place = found.and_then(|device| {
                let index = named.devices.as_ref()?.position(&device)?;
                Some((device, index))
            });
            let (device, index) = place.ok_or_else(|| {
                let message = format!("the domain has no device of alias {alias:?}");
                Error::new(ErrorKind::NotFound, message)
            })?;
            take_out(config.devices_mut(), &device, index);
            Ok(())
        })
        .await
    }

    async fn update(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        let how = How::Changed { force: options.force };
        self.change_device(call, domain, options.scope, how, |config| {
            let devices = config.devices_mut();
            let index = devices.position(device).ok_or_else(|| missing(device, config))?;
            let devices = config.devices_mut();
            let mut device = device.clone();
            if let Some(existing) = devices.find(&device) {
                complete(&mut device, &existing);
            }
            devices.replace(index, device);
            Ok(())
        })
        .await
    }

    async fn block_info(&self, call: &CallContext, domain: Uuid, disk: &str) -> Result<BlockInfo> {
        self.server.check_open()?;
        Box::pin(self.image_info(call, domain, disk)).await
    }

    async fn block_resize(
        &self,
        call: &CallContext,
        domain: Uuid,
        disk: &str,
        size: BlockSize,
    ) -> Result<()> {
        Box::pin(self.resize_image(call, domain, disk, size)).await
    }

    async fn interface_addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>> {
        self.server.check_open()?;
        self.addresses(call, domain, source).await
    }
}

impl EsxDriver {
    /// Changes the devices of a machine's document, and with that the machine.
    async fn change_device(
        &self,
        call: &CallContext,
        domain: Uuid,
        scope: ConfigScope,
        how: How,
        change: impl Fn(&mut DomainConfig) -> Result<()> + Send + Sync,
    ) -> Result<()> {
        let (_, machine) = self.to_change(domain)?;
        check_scope(&machine, scope)?;
        let refuse = |why: String| {
            Error::unsupported(format!("{why}: end it first"))
                .with_subject(Subject::Domain(machine.name.clone()))
        };
        let made = |present: &Present| {
            let mut wanted = Box::new(present.document.clone());
            change(&mut wanted)?;
            Ok(wanted)
        };
        let force = matches!(how, How::Changed { force: true });
        let plan = Box::pin(self.turn(call, domain, force, &made, &refuse)).await;
        let plan = plan.map_err(not_applied)?;
        if plan.is_empty() && matches!(how, How::Anew) {
            return Err(not_applied(Error::unsupported(
                "a machine of ESX has, or has not, such a device by itself: it neither comes nor goes",
            )));
        }
        if machine.is_active() {
            self.tell_devices(domain, &machine, &plan);
        }
        Ok(())
    }

    /// Tells which devices came and went; servers do not.
    pub(super) fn tell_devices(&self, domain: Uuid, machine: &Machine, plan: &Plan) {
        let tell = |change: DomainChange| {
            let domain = DomainRef::new(domain, machine.name.as_str());
            let event = Event::Domain(DomainEvent::now(domain, change));
            self.server.events.publish(&event);
        };
        for device in plan.removed().map(Slot::alias) {
            tell(DomainChange::DeviceRemoved { device });
        }
        for device in plan.added().map(Slot::alias) {
            tell(DomainChange::DeviceAdded { device });
        }
    }
}

/// How a device is changed.
#[derive(Debug, Clone, Copy)]
enum How {
    /// It comes, or goes.
    Anew,
    /// It is another one, whatever the guest has locked.
    Changed { force: bool },
}

/// The console of a machine is its first serial port: they go together.
fn take_out(devices: &mut Devices, device: &Device, index: usize) {
    devices.remove(device.name(), index);
    match device {
        Device::Serial(_) => devices.consoles.clear(),
        Device::Console(_) if !devices.serials.is_empty() => {
            devices.consoles.clear();
            devices.serials.remove(0);
        }
        _ => {}
    }
}

/// What was refused before the server was asked has changed nothing.
fn not_applied(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidConfig
        | ErrorKind::Unsupported
        | ErrorKind::AlreadyExists
        | ErrorKind::NotFound => error.with_outcome(Outcome::NotApplied),
        _ => error,
    }
}

fn missing(device: &Device, config: &DomainConfig) -> Error {
    let devices = config.devices.iter();
    let known: Vec<String> = devices
        .flat_map(|devices| devices.of_kind(device.name()))
        .map(|known| known.title())
        .collect();
    let message = match known.is_empty() {
        true => format!("no {} (there is no {} at all)", device.title(), device.name()),
        false => format!("no {} (there are: {})", device.title(), known.join(", ")),
    };
    Error::new(ErrorKind::NotFound, message)
}

/// What a device that is changed does not say, and what tells where and which it is, stays.
fn complete(device: &mut Device, existing: &Device) {
    match (device, existing) {
        (Device::Disk(disk), Device::Disk(existing)) => {
            if disk.address.is_none() {
                disk.address.clone_from(&existing.address);
            }
            if disk.device.is_none() {
                disk.device.clone_from(&existing.device);
            }
            if disk.target.as_ref().is_none_or(|target| target.bus.is_none()) {
                disk.target.clone_from(&existing.target);
            }
        }
        (Device::Interface(interface), Device::Interface(existing)) => {
            if interface.mac.is_none() {
                interface.mac.clone_from(&existing.mac);
            } else if let (Some(mac), Some(own)) = (&mut interface.mac, &existing.mac) {
                if mac.kind.is_none() {
                    mac.kind.clone_from(&own.kind);
                }
                if mac.check.is_none() {
                    mac.check = own.check;
                }
            }
            if interface.model.is_none() {
                interface.model.clone_from(&existing.model);
            }
        }
        _ => {}
    }
}
