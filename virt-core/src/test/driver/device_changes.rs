//! Devices, images and vCPUs of a domain changed.

use uuid::Uuid;

use super::operations::check_size;
use crate::agent::{GuestAddress, GuestInterface};
use crate::domain::machine::Request;
use crate::domain::{BlockInfo, BlockSize, ConfigScope, VcpuOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::event::DomainChange;
use crate::model::{ByteSize, Device, DomainConfig};
use crate::test::document::{self, Profile};
use crate::test::guest::IMAGE_IN_USE;
use crate::test::record::Record;
use crate::test::world::World;

/// Copies of the configurations that a scope means, to be changed and put back together.
struct Drafts {
    live: Option<DomainConfig>,
    inactive: Option<DomainConfig>,
}

impl World {
    pub(super) fn attach_device(&mut self, domain: Uuid, device: &Device, scope: ConfigScope) -> Result<()> {
        let mut drafts = self.drafts(domain, scope)?;
        // Where both get it, it has the same address in both.
        let mut device = device.clone();
        if let Some(config) = &mut drafts.inactive {
            document::attach(config, &device, false)?;
            device = document::find(config, &device).unwrap_or(device);
        }
        let alias = match &mut drafts.live {
            Some(config) => document::attach(config, &device, true)?,
            None => None,
        };
        self.keep(domain, drafts)?;
        if let Some(device) = alias {
            self.publish(domain, DomainChange::DeviceAdded { device });
        }
        Ok(())
    }

    pub(super) fn detach_device(&mut self, domain: Uuid, device: &Device, scope: ConfigScope) -> Result<()> {
        let mut drafts = self.drafts(domain, scope)?;
        if let Some(config) = &mut drafts.inactive {
            document::detach(config, device)?;
        }
        // It goes from the live configuration once the guest has let go of it.
        let alias = match drafts.live.take() {
            Some(config) => document::find(&config, device)?.alias(),
            None => None,
        };
        self.keep(domain, drafts)?;
        if let Some(alias) = alias {
            self.ask_to_let_go(domain, alias);
        }
        Ok(())
    }

    pub(super) fn detach_alias(&mut self, domain: Uuid, alias: String) -> Result<()> {
        let drafts = self.drafts(domain, ConfigScope::Live)?;
        let devices = drafts.live.and_then(|config| config.devices);
        if devices.and_then(|devices| devices.by_alias(&alias)).is_none() {
            let message = format!("no device of alias {alias:?}");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        self.ask_to_let_go(domain, alias);
        Ok(())
    }

    pub(super) fn update_device(&mut self, domain: Uuid, device: &Device, scope: ConfigScope) -> Result<()> {
        let mut drafts = self.drafts(domain, scope)?;
        for (config, live) in [(&mut drafts.live, true), (&mut drafts.inactive, false)] {
            if let Some(config) = config {
                document::update(config, device, live)?;
            }
        }
        self.keep(domain, drafts)
    }

    fn drafts(&self, domain: Uuid, scope: ConfigScope) -> Result<Drafts> {
        let record = self.record(domain)?;
        let (live, inactive) = scope.resolve(record.machine.is_active(), record.definition.is_some())?;
        if live {
            record.admit(Request::ChangeDevices)?;
        }
        let run = record.run.as_ref().filter(|_| live);
        Ok(Drafts {
            live: run.map(|run| run.config.clone()),
            inactive: record.definition.clone().filter(|_| inactive),
        })
    }

    fn keep(&mut self, domain: Uuid, drafts: Drafts) -> Result<()> {
        let record = self.record_mut(domain)?;
        if let (Some(config), Some(run)) = (drafts.live, &mut record.run) {
            run.config = config;
        }
        if let Some(config) = drafts.inactive {
            record.definition = Some(config);
        }
        Ok(())
    }

    pub(super) fn block_info(&self, domain: Uuid, disk: &str) -> Result<BlockInfo> {
        let record = self.record(domain)?;
        let size = ByteSize::bytes(record.guest.image_size(&target(record, disk)?));
        let used = ByteSize::bytes(IMAGE_IN_USE);
        Ok(BlockInfo::new(size, used.min(size), used.min(size)))
    }

    pub(super) fn block_resize(&mut self, domain: Uuid, disk: &str, size: BlockSize) -> Result<()> {
        let record = self.record_mut(domain)?;
        record.admit(Request::ChangeDevices)?;
        let target = target(record, disk)?;
        match size {
            BlockSize::Bytes(size) => record.guest.image_sizes.insert(target, size.as_bytes()),
            // Nothing is under an image in memory that could have grown.
            BlockSize::Device => None,
        };
        Ok(())
    }

    /// The addresses of the first interface, as a DHCP server would have given them.
    pub(super) fn leases(&self, domain: Uuid) -> Result<Vec<GuestInterface>> {
        let record = self.record(domain)?;
        let booted = record.run.as_ref().is_some_and(|run| run.booted);
        let interfaces = record.profile().interfaces.into_iter().take(1);
        let addresses: Vec<GuestAddress> = record
            .guest
            .addresses
            .iter()
            .copied()
            .filter(|_| booted)
            .collect();
        Ok(interfaces
            .map(|interface| {
                let mac = interface.mac.map(|mac| mac.to_string());
                GuestInterface::new(interface.alias, mac, addresses.clone())
            })
            .collect())
    }

    pub(super) fn set_max_memory(&mut self, domain: Uuid, size: ByteSize, scope: ConfigScope) -> Result<()> {
        check_size(size, ByteSize::bytes(u64::MAX))?;
        self.only_inactive(domain, scope, "the maximum of its memory")?;
        self.edit(domain, ConfigScope::Config, |config| {
            document::set_max_memory(config, size);
            Ok(())
        })
    }

    pub(super) fn set_vcpus(&mut self, domain: Uuid, count: u32, options: &VcpuOptions) -> Result<()> {
        if count == 0 {
            let message = "a domain has one vCPU at least";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if options.maximum {
            self.only_inactive(domain, options.scope, "the maximum of its vCPUs")?;
            return self.edit(domain, ConfigScope::Config, |config| {
                document::set_max_vcpus(config, count);
                Ok(())
            });
        }
        let record = self.record(domain)?;
        let (live, inactive) = options
            .scope
            .resolve(record.machine.is_active(), record.definition.is_some())?;
        let next = record.definition.as_ref().map(Profile::of);
        for (concerned, profile) in [(live, Some(record.profile())), (inactive, next)] {
            let Some(profile) = profile.filter(|_| concerned) else {
                continue;
            };
            if count > profile.max_vcpus {
                let message = format!(
                    "{count} are more than the domain's maximum of {}",
                    profile.max_vcpus
                );
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
        }
        if live {
            record.admit(Request::ChangeDevices)?;
        }
        self.edit(domain, options.scope, |config| {
            document::set_vcpus(config, count);
            Ok(())
        })
    }

    /// Refuses a scope that means the running machine.
    fn only_inactive(&self, domain: Uuid, scope: ConfigScope, what: &str) -> Result<()> {
        let record = self.record(domain)?;
        let (live, _) = scope.resolve(record.machine.is_active(), record.definition.is_some())?;
        if live {
            let message = format!(
                "{what} is not changed while the domain runs: change its configuration of the next start"
            );
            return Err(Error::unsupported(message));
        }
        Ok(())
    }
}

/// The target of the disk that is named by it or by the path of its source.
fn target(record: &Record, disk: &str) -> Result<String> {
    let disks = record.profile().disks;
    let found = disks
        .iter()
        .find(|known| known.target == disk || known.path.as_deref() == Some(disk));
    found.map(|disk| disk.target.clone()).ok_or_else(|| {
        let known: Vec<&str> = disks.iter().map(|disk| disk.target.as_str()).collect();
        let message = format!("no disk {disk:?} (there are: {})", known.join(", "));
        Error::new(ErrorKind::NotFound, message)
    })
}
