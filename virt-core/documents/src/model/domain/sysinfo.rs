//! What a machine says of itself: a guest in its SMBIOS tables and firmware configuration, a host in `virsh sysinfo`.

use crate::xml::{Rest, XmlElement};

/// `<sysinfo>`: what a guest is to read of its machine, or what a host reads of its own.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "sysinfo")]
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
    /// Host: the processors.
    #[xml(child = "processor")]
    pub processors: Vec<SysInfoBlock>,
    /// Host: the memory modules.
    #[xml(child = "memory_device")]
    pub memory_devices: Vec<SysInfoBlock>,
    /// Free texts; since libvirt 4.1.
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

impl SysInfoBlock {
    /// The value of that name, as `serial`.
    pub fn value(&self, name: &str) -> Option<&str> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.name.as_deref() == Some(name))?;
        entry.value.as_deref()
    }

    /// The same with that value of that name, last unless the name is there already.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = Some(value.into());
        let known = self
            .entries
            .iter_mut()
            .find(|entry| entry.name.as_deref() == Some(name));
        match known {
            Some(entry) => entry.value = value,
            None => self.entries.push(SysInfoEntry {
                name: Some(name.to_owned()),
                value,
                ..SysInfoEntry::default()
            }),
        }
        self
    }
}
