//! The devices of a domain, changed one by one.

use super::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions, Domain, XmlOptions};
use crate::agent::GuestInterface;
use crate::deadline::CallClass;
use crate::driver::{ConnectionDriver, DeviceDriver, facet};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::domain::devices::DiskDevice;
use crate::model::{Device, Disk, DomainConfig};

/// The facet, or that there is none.
pub(super) fn devices(driver: &dyn ConnectionDriver) -> Result<&dyn DeviceDriver> {
    facet(driver.devices(), "changes of devices")
}

impl Domain {
    /// Adds a device to it (`virDomainAttachDeviceFlags`).
    ///
    /// # Errors
    /// `AlreadyExists` when it has it; `InvalidConfig` and `Unsupported` for a device it can't have.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::ConfigScope;
    /// use virt_core::model::Disk;
    /// let disk = Disk::file("/srv/data.qcow2").target("vdb").into();
    /// domain.attach_device(&disk, ConfigScope::Both).await?;
    /// assert!(domain.xml().await?.contains("<target dev='vdb'"));
    /// // And it is gone again once the guest has let go of it.
    /// domain.detach_device(&disk, ConfigScope::Both).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attach_device(&self, device: &Device, scope: ConfigScope) -> Result<()> {
        self.call("attach_device", CallClass::Change, async |call, driver| {
            devices(driver.as_ref())?
                .attach(&call, self.uuid(), device, scope)
                .await
        })
        .await
    }

    /// Changes a device of it (`virDomainUpdateDeviceFlags`).
    ///
    /// # Errors
    /// `NotFound` when it has no such device; `Unsupported` for a change the hypervisor can't make while it runs.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::DeviceUpdateOptions;
    /// use virt_core::model::Device;
    /// // The cable of its interface is pulled out.
    /// let down = "<interface type='user'><mac address='aa:bb:cc:dd:ee:ff'/>\
    ///     <model type='virtio'/><link state='down'/></interface>";
    /// domain.update_device(&down.parse::<Device>()?, &DeviceUpdateOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_device(&self, device: &Device, options: &DeviceUpdateOptions) -> Result<()> {
        self.call("update_device", CallClass::Change, async |call, driver| {
            devices(driver.as_ref())?
                .update(&call, self.uuid(), device, options)
                .await
        })
        .await
    }

    /// Puts a medium into a CD-ROM or floppy drive, or takes it out ([`Disk::empty_cdrom`]): source, type and format of
    /// `medium` are taken (`virDomainUpdateDeviceFlags`).
    ///
    /// # Errors
    /// `NotFound` when it has no such drive; `InvalidArgument` for a disk without a tray; `Busy` when the guest has locked
    /// the tray, unless forced.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::domain::DeviceUpdateOptions;
    /// use virt_core::model::{ByteSize, Disk, DomainConfig, DomainType};
    /// let config = DomainConfig::builder("installer").kind(DomainType::Test).memory(ByteSize::mib(64))
    ///     .disk(Disk::empty_cdrom().target("sda")).build()?;
    /// let domain = conn.define_domain(&config).await?;
    /// domain.start().await?;
    /// let options = DeviceUpdateOptions::default();
    /// domain.change_media("sda", &Disk::cdrom("/srv/install.iso"), &options).await?;
    /// domain.change_media("sda", &Disk::empty_cdrom(), &options.force()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn change_media(
        &self,
        drive: &str,
        medium: &Disk,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        self.call("change_media", CallClass::Change, async |call, driver| {
            let mut which = XmlOptions::default().secure();
            which.inactive = options.scope == ConfigScope::Config;
            let config = driver
                .domains()
                .config(&call.step("config"), self.uuid(), &which)
                .await?;
            let disk = with_medium(&config, drive, medium)?;
            devices(driver.as_ref())?
                .update(&call, self.uuid(), &Device::from(disk), options)
                .await
        })
        .await
    }

    /// Size and use of the image of one of its disks, named by target or path (`virDomainGetBlockInfo`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::model::ByteSize;
    /// let before = domain.block_info("vda").await?;
    /// domain.block_resize("vda", ByteSize::gib(16)).await?;
    /// assert!(domain.block_info("vda").await?.capacity > before.capacity);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn block_info(&self, disk: &str) -> Result<BlockInfo> {
        self.call("block_info", CallClass::Query, async |call, driver| {
            devices(driver.as_ref())?
                .block_info(&call, self.uuid(), disk)
                .await
        })
        .await
    }

    /// Gives the image of one of its disks another size while it runs (`virDomainBlockResize`).
    ///
    /// # Errors
    /// `NotFound` when it has no such disk; `InvalidState` when it does not run.
    pub async fn block_resize(&self, disk: &str, size: impl Into<BlockSize>) -> Result<()> {
        let size = size.into();
        self.call("block_resize", CallClass::Change, async |call, driver| {
            if matches!(size, BlockSize::Bytes(bytes) if bytes.is_zero()) {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "an image is not resized to 0",
                ));
            }
            devices(driver.as_ref())?
                .block_resize(&call, self.uuid(), disk, size)
                .await
        })
        .await
    }

    /// The addresses of its interfaces, as this source knows them (`virDomainInterfaceAddresses`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::AddressSource;
    /// for interface in domain.interface_addresses(AddressSource::Agent).await? {
    ///     println!("{}: {:?}", interface.name, interface.addresses);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn interface_addresses(&self, source: AddressSource) -> Result<Vec<GuestInterface>> {
        let class = match source {
            AddressSource::Agent => CallClass::Agent,
            AddressSource::Lease | AddressSource::Arp => CallClass::Query,
        };
        self.call("interface_addresses", class, async |call, driver| {
            devices(driver.as_ref())?
                .interface_addresses(&call, self.uuid(), source)
                .await
        })
        .await
    }
}

/// The drive of the document with another medium.
fn with_medium(config: &DomainConfig, drive: &str, medium: &Disk) -> Result<Disk> {
    let disks = config.devices.iter().flat_map(|devices| &devices.disks);
    let target = |disk: &Disk| disk.target.as_ref().and_then(|target| target.dev.clone());
    let Some(found) = disks.clone().find(|disk| target(disk).as_deref() == Some(drive)) else {
        let names: Vec<String> = disks.filter_map(target).collect();
        let message = format!("no drive {drive:?} (there are: {})", names.join(", "));
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    if !matches!(found.device, Some(DiskDevice::Cdrom | DiskDevice::Floppy)) {
        let message = format!("the disk {drive:?} has no tray: only CD-ROM and floppy drives have media");
        return Err(Error::new(ErrorKind::InvalidArgument, message)
            .with_subject(Subject::Element("/domain/devices/disk".to_owned())));
    }
    let mut disk = found.clone();
    disk.kind.clone_from(&medium.kind);
    disk.source.clone_from(&medium.source);
    disk.backing_store = None;
    if medium.source.is_some() {
        let format = medium.driver.as_ref().and_then(|driver| driver.kind.clone());
        if format.is_some() {
            disk.driver.get_or_insert_default().kind = format;
        }
    }
    Ok(disk)
}
