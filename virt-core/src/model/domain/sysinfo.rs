//! What the guest reads in its SMBIOS tables and firmware configuration.

use crate::xml::{Rest, XmlElement};

/// `<sysinfo>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SysInfo {
    /// `smbios`, `fwcfg`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The BIOS.
    #[xml(child)]
    pub bios: Option<SysInfoBlock>,
    /// The system.
    #[xml(child)]
    pub system: Option<SysInfoBlock>,
    /// The boards.
    #[xml(child = "baseBoard")]
    pub base_boards: Vec<SysInfoBlock>,
    /// The chassis.
    #[xml(child)]
    pub chassis: Option<SysInfoBlock>,
    /// Free texts.
    #[xml(child = "oemStrings")]
    pub oem_strings: Option<SysInfoBlock>,
    /// fwcfg: the entries.
    #[xml(child = "entry")]
    pub entries: Vec<SysInfoEntry>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A block of `<sysinfo>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SysInfoBlock {
    /// The entries.
    #[xml(child = "entry")]
    pub entries: Vec<SysInfoEntry>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<entry>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SysInfoEntry {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// fwcfg: the file that has the value.
    #[xml(attr)]
    pub file: Option<String>,
    /// Its value.
    #[xml(text)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
