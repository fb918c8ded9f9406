//! Trusted platform modules.

use uuid::Uuid;

use super::address::{Address, Alias, DeviceAcpi};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<tpm>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "tpm")]
#[non_exhaustive]
pub struct Tpm {
    /// `tpm-tis`, `tpm-crb`, `tpm-spapr`, `spapr-tpm-proxy`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Who does it.
    #[xml(child)]
    pub backend: Option<TpmBackend>,
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

/// `<backend>` of a TPM.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmBackend {
    /// `passthrough`, `emulator`, `external`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// `1.2`, `2.0`.
    #[xml(attr)]
    pub version: Option<String>,
    /// Whether state outlives the domain.
    #[xml(attr)]
    pub persistent_state: Option<YesNo>,
    /// How much the emulator logs.
    #[xml(attr)]
    pub debug: Option<u32>,
    /// passthrough: the device.
    #[xml(child)]
    pub device: Option<TpmDevice>,
    /// emulator: how state is encrypted.
    #[xml(child)]
    pub encryption: Option<TpmEncryption>,
    /// emulator: the banks in use.
    #[xml(child)]
    pub active_pcr_banks: Option<TpmPcrBanks>,
    /// Where the state is, or the emulator.
    #[xml(child)]
    pub source: Option<TpmSource>,
    /// emulator: the profile.
    #[xml(child)]
    pub profile: Option<TpmProfile>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<device>` of a TPM.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmDevice {
    /// The path.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<encryption>` of a TPM.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmEncryption {
    /// The UUID of the secret object.
    #[xml(attr)]
    pub secret: Option<Uuid>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<active_pcr_banks>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmPcrBanks {
    /// SHA-1.
    #[xml(flag)]
    pub sha1: bool,
    /// SHA-256.
    #[xml(flag)]
    pub sha256: bool,
    /// SHA-384.
    #[xml(flag)]
    pub sha384: bool,
    /// SHA-512.
    #[xml(flag)]
    pub sha512: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of a TPM.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmSource {
    /// `file`, `dir`, `unix`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The path.
    #[xml(attr)]
    pub path: Option<String>,
    /// `connect`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<profile>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TpmProfile {
    /// Where it comes from.
    #[xml(attr)]
    pub source: Option<String>,
    /// `check`, `fips-host`.
    #[xml(attr = "removeDisabled")]
    pub remove_disabled: Option<String>,
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
