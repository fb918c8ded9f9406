//! What the guest is told about its hardware.

use uuid::Uuid;

use super::at::{At, Checked};
use crate::model::domain::boot::SmBiosMode;
use crate::model::domain::config::DomainConfig;
use crate::model::domain::sysinfo::{SysInfo, SysInfoBlock};
use crate::model::value::parse_uuid;
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl SysInfo {
    /// Checks that the type is one of libvirt's, that entries have names and one value, and what dates and UUIDs look
    /// like; see [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        check_blocks(At::the("/sysinfo", &self.rest), self, None)
    }
}

pub(super) fn check(config: &DomainConfig) -> Checked {
    for (index, info) in config.sysinfo.iter().enumerate() {
        let at = At::nth("/domain/sysinfo", index, &info.rest);
        check_blocks(at, info, config.uuid)?;
    }
    let mode = config.os.as_ref().and_then(|os| os.smbios.as_ref());
    match mode {
        Some(smbios) => {
            let at = At::the("/domain/os/smbios", &smbios.rest);
            let mode = at.need("/@mode", "the attribute 'mode'", smbios.mode.as_ref())?;
            at.refuse_if(
                *mode == SmBiosMode::Sysinfo && config.sysinfo.is_empty(),
                "/@mode",
                "the mode is sysinfo, but there is no <sysinfo>",
            )
        }
        None => Ok(()),
    }
}

fn check_blocks(at: At<'_>, info: &SysInfo, domain: Option<Uuid>) -> Checked {
    at.need("/@type", "the attribute 'type'", info.kind.as_ref())?;
    at.one_of("/@type", info.kind.as_ref(), &["smbios", "fwcfg"])?;
    check_firmware_entries(at, info)?;
    if let Some(bios) = &info.bios {
        check_date(at, bios)?;
    }
    match &info.system {
        Some(system) => check_uuid(domain, at, system),
        None => Ok(()),
    }
}

fn check_firmware_entries(at: At<'_>, info: &SysInfo) -> Checked {
    if info.kind.as_deref() != Some("fwcfg") {
        return Ok(());
    }
    for (number, entry) in info.entries.iter().enumerate() {
        let at = at.part("/entry", number, &entry.rest);
        at.need_text("/@name", "the name of the entry", entry.name.as_ref())?;
        let has_value = entry.value.as_ref().is_some_and(|value| !value.is_empty());
        if !has_value && entry.file.is_none() {
            return Err(at.missing("", "a value or a file"));
        }
        at.refuse_if(
            has_value && entry.file.is_some(),
            "",
            "there are a value and a file",
        )?;
    }
    Ok(())
}

fn check_uuid(domain: Option<Uuid>, at: At<'_>, system: &SysInfoBlock) -> Checked {
    let said = system
        .entries
        .iter()
        .find(|entry| entry.name.as_deref() == Some("uuid"));
    let Some(entry) = said else { return Ok(()) };
    let at = at.on(&entry.rest);
    let text = entry.value.as_deref().unwrap_or_default();
    let Some(uuid) = parse_uuid(text) else {
        return Err(at.wrong("/system/entry", format!("'{text}' is not a UUID")));
    };
    match domain {
        Some(own) if own != uuid => Err(at.wrong(
            "/system/entry",
            format!("the UUID of the domain is {own}, not {uuid}"),
        )),
        _ => Ok(()),
    }
}

/// A date is `mm/dd/yyyy`, or `mm/dd/yy` in the twentieth century.
fn check_date(at: At<'_>, bios: &SysInfoBlock) -> Checked {
    let said = bios
        .entries
        .iter()
        .find(|entry| entry.name.as_deref() == Some("date"));
    let Some(entry) = said else { return Ok(()) };
    let text = entry.value.as_deref().unwrap_or_default();
    let parts: Vec<Option<u32>> = text.split('/').map(|part| part.parse().ok()).collect();
    let fits = match parts.as_slice() {
        [Some(month), Some(day), Some(year)] => {
            (1..=12).contains(month) && (1..=31).contains(day) && (*year < 100 || *year >= 1900)
        }
        _ => false,
    };
    let sentence = format!("'{text}' is no date such as 02/29/2028");
    at.on(&entry.rest).refuse_if(!fits, "/bios/entry", &sentence)
}
