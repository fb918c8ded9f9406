//! Names and indexes of devices.

use super::at::Checked;
use super::each::Device;
use crate::sorted::SortedMap;

/// Aliases that people chose are unique, and so are ACPI indexes.
pub(super) fn check(devices: &[Device<'_>]) -> Checked {
    let mut names = SortedMap::new();
    let mut indexes = SortedMap::new();
    for device in devices {
        let alias = device.alias.and_then(|alias| alias.name.as_deref());
        // A console may be the other side of a serial port, and then shares its alias.
        if let Some(name) = alias.filter(|name| name.starts_with("ua-") && device.element != "console")
            && let Some(first) = names.insert(name, device.at)
        {
            let sentence = format!("the alias '{name}' is that of {} too", first.path());
            return Err(device.at.wrong("/alias/@name", sentence));
        }
        let index = device.acpi.and_then(|acpi| acpi.index);
        if let Some(index) = index.filter(|index| *index != 0)
            && let Some(first) = indexes.insert(index, device.at)
        {
            let sentence = format!("the ACPI index {index} is that of {} too", first.path());
            return Err(device.at.wrong("/acpi/@index", sentence));
        }
    }
    Ok(())
}
