//! The devices of a domain.

use async_trait::async_trait;
use uuid::Uuid;

use crate::agent::GuestInterface;
use crate::deadline::CallContext;
use crate::domain::{AddressSource, BlockInfo, BlockSize, ConfigScope, DeviceUpdateOptions};
use crate::error::Result;
use crate::model::Device;

/// The devices of a domain, changed one by one.
///
/// # Behaviour, for all methods
/// * A scope that means both configurations changes both or none, as far as the hypervisor lets it be known at once.
/// * A device is told from others of its kind as [`Device::is_same`] does.
///
/// # Errors
/// `InvalidState` where the scope names a configuration the domain has not; `InvalidConfig` for a device that can't be
/// in this domain; `Unsupported` for one this hypervisor can't change in a running machine.
#[async_trait]
pub trait DeviceDriver: Send + Sync {
    /// Adds a device (`virDomainAttachDeviceFlags`): it is there when this returns. Emits `DeviceAdded` of a running
    /// machine where the hypervisor tells.
    ///
    /// # Errors
    /// `AlreadyExists` when the domain has it.
    async fn attach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()>;

    /// Removes a device (`virDomainDetachDeviceFlags`). From the inactive configuration it is gone when this returns; a
    /// running guest has been asked to let go of it then: `DeviceRemoved` tells that it has, `DeviceRemovalFailed` that
    /// it does not.
    ///
    /// # Errors
    /// `NotFound` when the domain has it not; `Failed` when the guest has refused already.
    async fn detach(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        scope: ConfigScope,
    ) -> Result<()>;

    /// Asks the running guest to let go of the device of this alias (`virDomainDetachDeviceAlias`), as
    /// [`detach`](Self::detach) does.
    ///
    /// # Errors
    /// As [`detach`](Self::detach).
    async fn detach_alias(&self, call: &CallContext, domain: Uuid, alias: &str) -> Result<()>;

    /// Changes a device (`virDomainUpdateDeviceFlags`): the medium of a drive, the link of an interface, whatever the
    /// hypervisor can change in a running machine.
    ///
    /// # Errors
    /// `NotFound` when the domain has it not; `Busy` when the guest has locked its tray.
    async fn update(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()>;

    /// Size and use of the image of a disk, named by its target or the path of its source (`virDomainGetBlockInfo`).
    ///
    /// # Errors
    /// `NotFound` when the domain has no such disk.
    async fn block_info(&self, call: &CallContext, domain: Uuid, disk: &str) -> Result<BlockInfo>;

    /// Gives the image of a disk of a running machine another size, which the guest sees at once
    /// (`virDomainBlockResize`).
    ///
    /// # Errors
    /// `NotFound` when the domain has no such disk; `InvalidState` when it does not run; `InvalidArgument` for a size of
    /// zero.
    async fn block_resize(&self, call: &CallContext, domain: Uuid, disk: &str, size: BlockSize)
    -> Result<()>;

    /// The addresses of the guest's interfaces, as this source knows them (`virDomainInterfaceAddresses`). The names are
    /// the guest's by the agent, else those of the host's side.
    ///
    /// # Errors
    /// `InvalidState` when it does not run; `AgentUnavailable` where the agent is asked and does not answer.
    async fn interface_addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>>;
}
