//! The parts of a cookie.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<feature>`: what the one told must understand.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieFeature {
    /// Its name: `lockstate`, `memory-hotplug`, …
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<graphics>`: where viewers go on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieGraphics {
    /// `vnc` or `spice`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The port.
    #[xml(attr)]
    pub port: Option<i32>,
    /// The address.
    #[xml(attr)]
    pub listen: Option<String>,
    /// The port with TLS.
    #[xml(attr = "tlsPort")]
    pub tls_port: Option<i32>,
    /// What the certificate says.
    #[xml(child = "cert")]
    pub certificates: Vec<CookieCertificate>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cert>`: what the certificate of a display says.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieCertificate {
    /// `subject`.
    #[xml(attr)]
    pub info: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<lockstate>`: what the lock manager keeps.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieLockState {
    /// Which one.
    #[xml(attr)]
    pub driver: Option<String>,
    /// What it keeps.
    #[xml(leaf)]
    pub leases: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<network>`: virtual ports of interfaces.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieNetwork {
    /// One by one.
    #[xml(child = "interface")]
    pub interfaces: Vec<CookieInterface>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<interface>` of a cookie.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieInterface {
    /// Its number in the domain, from 0.
    #[xml(attr)]
    pub index: Option<u32>,
    /// The kind of its virtual port.
    #[xml(attr = "vporttype")]
    pub virtual_port_type: Option<String>,
    /// What the port keeps.
    #[xml(leaf = "portdata")]
    pub port_data: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<nbd>`: the server disks are copied to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieNbd {
    /// Its port.
    #[xml(attr)]
    pub port: Option<u32>,
    /// The disks.
    #[xml(child = "disk")]
    pub disks: Vec<CookieDisk>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of `<nbd>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieDisk {
    /// Its target.
    #[xml(attr)]
    pub target: Option<String>,
    /// Its size, in bytes.
    #[xml(attr)]
    pub capacity: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<allowReboot>`: whether the guest may reboot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieAllowReboot {
    /// Whether it may.
    #[xml(attr)]
    pub value: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<capabilities>`: what the QEMU that tells can do in a migration.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieCapabilities {
    /// One by one.
    #[xml(child = "cap")]
    pub capabilities: Vec<CookieCapability>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cap>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieCapability {
    /// QEMU's name of it.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether it is switched on by itself.
    #[xml(attr)]
    pub auto: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<blockDirtyBitmaps>`: bitmaps that go along.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieBitmaps {
    /// The disks.
    #[xml(child = "disk")]
    pub disks: Vec<CookieBitmapDisk>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of `<blockDirtyBitmaps>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieBitmapDisk {
    /// Its target.
    #[xml(attr)]
    pub target: Option<String>,
    /// Its bitmaps.
    #[xml(child = "bitmap")]
    pub bitmaps: Vec<CookieBitmap>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bitmap>` of a cookie.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieBitmap {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What it is called on the way.
    #[xml(attr)]
    pub alias: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
