//! The lines that are written, and what is kept applied to them.

use std::collections::HashMap;
use std::fmt;

use virt_core::Result;

use super::kept::Kept;
use crate::vmx::document::{Vmx, shown};

/// Keys and values as they are written, each key once.
#[derive(Clone, Default)]
pub(crate) struct Lines {
    lines: Vec<(String, String)>,
    places: HashMap<String, usize>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines.iter();
        f.debug_map()
            .entries(lines.map(|(key, value)| (key, shown(key, value))))
            .finish()
    }
}

impl Lines {
    /// Adds a line with a value as it is written.
    pub(crate) fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let key = key.into();
        let place = self
            .places
            .entry(key.to_ascii_lowercase())
            .or_insert(self.lines.len());
        match self.lines.get_mut(*place) {
            Some(line) => line.1 = value.into(),
            None => self.lines.push((key, value.into())),
        }
    }

    /// Adds a line with a text. `|` stays as it is where it cannot be taken for an escape, as libvirt writes it.
    pub(crate) fn add_text(&mut self, key: impl Into<String>, text: &str) {
        let is_plain = |one: char| one != '"' && !one.is_ascii_control();
        let is_safe = crate::vmx::document::unescape(text).is_err() || !text.contains('|');
        match text.chars().all(is_plain) && is_safe {
            true => self.add(key, text),
            false => self.add(key, crate::vmx::document::escape(text)),
        }
    }

    pub(crate) fn add_flag(&mut self, key: impl Into<String>, flag: bool) {
        self.add(key, if flag { "true" } else { "false" });
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let place = self.places.get(&key.to_ascii_lowercase())?;
        self.lines.get(*place).map(|(_, value)| value.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether a device is there.
    pub(super) fn is_present(&self, device: &str) -> bool {
        self.get(&format!("{device}.present"))
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The same with what is kept.
    pub(super) fn with(&self, kept: &Kept) -> Self {
        let mut gone = Vec::new();
        let mut all = self.clone();
        for setting in &kept.settings {
            let device = device_of(&setting.key);
            let counts = match &setting.device {
                // It goes with its device; what came to the place of an interface is another one.
                Some(device) => self.is_present(device) && is_the_same(device, kept),
                // What came to where lines describe a device is an element now.
                None => device.is_none_or(|device| !self.is_present(&device)),
            };
            if !counts || self.get(&setting.key) != setting.instead_of.as_deref() {
                continue;
            }
            match &setting.value {
                Some(value) => all.add(setting.key.clone(), value.clone()),
                None => gone.push(setting.key.to_ascii_lowercase()),
            }
        }
        let mut left = Self::default();
        for (key, value) in all.iter() {
            if !gone.contains(&key.to_ascii_lowercase()) {
                left.add(key, value);
            }
        }
        left
    }

    pub(crate) fn into_vmx(self) -> Result<Vmx> {
        let mut vmx = Vmx::new();
        for (key, value) in self.lines {
            vmx.push(&key, &value)?;
        }
        Ok(vmx)
    }
}

/// Whether the interface of a number is the one it was.
fn is_the_same(device: &str, kept: &Kept) -> bool {
    match device.strip_prefix("ethernet") {
        Some(number) => kept.interfaces.iter().any(|(own, _)| own.to_string() == number),
        None => true,
    }
}

/// The device a key is of: `scsi0:1` of `scsi0:1.fileName`; none of keys of the whole machine, and of controllers.
pub(super) fn device_of(key: &str) -> Option<String> {
    let (device, _) = key.split_once('.')?;
    let device = device.to_ascii_lowercase();
    let start = device.find(|one: char| one.is_ascii_digit())?;
    let (name, number) = device.split_at_checked(start)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_device = match name {
        "scsi" | "sata" | "nvme" | "ide" => number
            .split_once(':')
            .is_some_and(|(controller, unit)| is_number(controller) && is_number(unit)),
        "floppy" | "ethernet" | "serial" | "parallel" => is_number(number),
        "sharedfolder" => is_number(number),
        _ => false,
    };
    is_device.then_some(device)
}

/// Whether two values of a key say the same: case does not count in yes and no, and in addresses.
pub(super) fn is_same(key: &str, one: &str, other: &str) -> bool {
    let is_flag = matches!(one, "true" | "false");
    let is_address = key.to_ascii_lowercase().ends_with("address");
    one == other || ((is_flag || is_address) && one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::super::kept::Setting;
    use super::*;

    #[test]
    fn keys_are_of_devices() {
        for (key, device) in [
            ("scsi0:1.fileName", Some("scsi0:1")),
            ("SharedFolder0.present", Some("sharedfolder0")),
            ("ethernet10.dvs.portId", Some("ethernet10")),
            ("floppy0.present", Some("floppy0")),
            ("scsi0.present", None),
            ("sched.scsi0:0.shares", None),
            ("ethernet.x", None),
            ("memsize", None),
        ] {
            assert_eq!(device_of(key).as_deref(), device, "{key}");
        }
    }

    #[test]
    fn what_is_kept_counts_as_long_as_elements_say_the_same() {
        let mut lines = Lines::default();
        for (key, value) in [
            ("guestOS", "other-64"),
            ("memsize", "8"),
            ("floppy0.present", "false"),
        ] {
            lines.add(key, value);
        }
        let setting = |key: &str, value: Option<&str>, instead_of: Option<&str>| Setting {
            value: value.map(ToOwned::to_owned),
            instead_of: instead_of.map(ToOwned::to_owned),
            ..Setting::new(key, "")
        };
        let kept = Kept {
            settings: vec![
                setting("guestos", Some("rhel9-64"), Some("other-64")),
                setting("memsize", Some("6"), Some("4")),
                setting("floppy0.present", None, Some("false")),
                setting("nvram", Some("a.nvram"), None),
            ],
            ..Kept::default()
        };
        let all = lines.with(&kept);
        let all: Vec<_> = all.iter().collect();
        assert_eq!(
            all,
            [("guestOS", "rhel9-64"), ("memsize", "8"), ("nvram", "a.nvram")]
        );
    }

    #[test]
    fn what_is_kept_of_a_device_goes_with_it() {
        let mut setting = Setting::new("ide0:0.redo", "x");
        setting.device = Some("ide0:0".to_owned());
        let kept = Kept {
            settings: vec![setting, Setting::new("ide1:0.clientDevice", "TRUE")],
            ..Kept::default()
        };
        let none = Lines::default().with(&kept);
        assert_eq!(none.iter().count(), 1);
        let mut lines = Lines::default();
        lines.add_flag("ide0:0.present", true);
        lines.add_flag("ide1:0.present", true);
        let all = lines.with(&kept);
        assert_eq!(all.get("ide0:0.redo"), Some("x"));
        assert_eq!(all.get("ide1:0.clientDevice"), None);
    }
}
