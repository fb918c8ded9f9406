//! Memory shared between guests.

use super::address::{Address, Alias, DeviceAcpi};
use crate::model::domain::memory::ScaledText;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement};

/// `<shmem>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "shmem")]
#[non_exhaustive]
pub struct Shmem {
    /// Its name on the host.
    #[xml(attr)]
    pub name: Option<String>,
    /// `master`, `peer`.
    #[xml(attr)]
    pub role: Option<String>,
    /// The device.
    #[xml(child)]
    pub model: Option<ShmemModel>,
    /// Its size.
    #[xml(child)]
    pub size: Option<ScaledText>,
    /// The server.
    #[xml(child)]
    pub server: Option<ShmemServer>,
    /// Interrupts.
    #[xml(child)]
    pub msi: Option<ShmemMsi>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of shared memory.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ShmemModel {
    /// `ivshmem`, `ivshmem-plain`, `ivshmem-doorbell`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<server>` of shared memory.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ShmemServer {
    /// The socket.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<msi>` of shared memory.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ShmemMsi {
    /// How many.
    #[xml(attr)]
    pub vectors: Option<u32>,
    /// Whether they are handled outside the virtual CPU.
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
