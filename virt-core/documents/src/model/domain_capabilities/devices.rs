//! Devices guests can have.

use super::support::Support;
use crate::xml::{Rest, XmlElement};

/// `<devices>`: devices guests can have. Not there: this version of libvirt does not tell.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DeviceSupport {
    /// `diskDevice`, `bus`, `model`.
    #[xml(child)]
    pub disk: Option<Support>,
    /// `type`.
    #[xml(child)]
    pub graphics: Option<Support>,
    /// `modelType`.
    #[xml(child)]
    pub video: Option<Support>,
    /// `mode`, `startupPolicy`, `subsysType`, `capsType`, `pciBackend`.
    #[xml(child)]
    pub hostdev: Option<Support>,
    /// `model`, `backendModel`; since libvirt 6.2.
    #[xml(child)]
    pub rng: Option<Support>,
    /// `driverType`; since libvirt 6.10.
    #[xml(child)]
    pub filesystem: Option<Support>,
    /// `model`, `backendModel`, `backendVersion`; since libvirt 6.10.
    #[xml(child)]
    pub tpm: Option<Support>,
    /// `bus`; since libvirt 9.2.
    #[xml(child)]
    pub redirdev: Option<Support>,
    /// `type`; since libvirt 9.2.
    #[xml(child)]
    pub channel: Option<Support>,
    /// `model`, `type`, `backendModel`; since libvirt 9.2.
    #[xml(child)]
    pub crypto: Option<Support>,
    /// `backendType`; since libvirt 9.10.
    #[xml(child)]
    pub interface: Option<Support>,
    /// `model`; since libvirt 10.9.
    #[xml(child)]
    pub panic: Option<Support>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
