//! How the devices of a domain are changed, and what is told of them.

use super::ConfigScope;
use crate::model::ByteSize;
use crate::option_steps::option_steps;

/// How a device is changed (`virDomainUpdateDeviceFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceUpdateOptions {
    /// In which configuration.
    pub scope: ConfigScope,
    /// A medium is taken out though the guest has locked the tray (`VIR_DOMAIN_DEVICE_MODIFY_FORCE`).
    pub force: bool,
}

impl DeviceUpdateOptions {
    /// In this configuration.
    #[must_use]
    pub fn scope(mut self, scope: ConfigScope) -> Self {
        self.scope = scope;
        self
    }

    option_steps! {
        /// Whatever the guest has locked.
        force;
    }
}

/// The image of a disk (`virDomainGetBlockInfo`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockInfo {
    /// What the guest sees.
    pub capacity: ByteSize,
    /// What is in use on the host.
    pub allocation: ByteSize,
    /// How large file or block device are; with holes it is more than what is in use.
    pub physical: ByteSize,
}

impl BlockInfo {
    /// An image of these sizes.
    #[must_use]
    pub fn new(capacity: ByteSize, allocation: ByteSize, physical: ByteSize) -> Self {
        Self {
            capacity,
            allocation,
            physical,
        }
    }
}

/// The size an image is given (`virDomainBlockResize`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockSize {
    /// This size. A smaller one than it has cuts off what is behind it.
    Bytes(ByteSize),
    /// That of the block device under it, which has grown (`VIR_DOMAIN_BLOCK_RESIZE_CAPACITY`).
    Device,
}

impl From<ByteSize> for BlockSize {
    fn from(size: ByteSize) -> Self {
        Self::Bytes(size)
    }
}

/// Who is asked for the addresses of a guest (`virDomainInterfaceAddressesSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AddressSource {
    /// The DHCP server of its network.
    #[default]
    Lease,
    /// The guest agent.
    Agent,
    /// The host's neighbour table (ARP).
    Arp,
}

/// How the number of vCPUs is changed (`virDomainSetVcpusFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VcpuOptions {
    /// In which configuration.
    pub scope: ConfigScope,
    /// How many there can be instead of how many there are: inactive configuration only (`VIR_DOMAIN_VCPU_MAXIMUM`).
    pub maximum: bool,
    /// The guest takes them on or off line through its agent: running guests only (`VIR_DOMAIN_VCPU_GUEST`).
    pub guest: bool,
}

impl VcpuOptions {
    /// In this configuration.
    #[must_use]
    pub fn scope(mut self, scope: ConfigScope) -> Self {
        self.scope = scope;
        self
    }

    option_steps! {
        /// How many there can be.
        maximum;

        /// By the guest itself.
        guest;
    }
}
