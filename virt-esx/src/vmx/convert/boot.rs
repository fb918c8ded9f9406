//! What is booted, in order: `bios.bootOrder`.

use virt_core::model::domain::BootDeviceKind;

/// The devices of a list, where each of them is known.
pub(super) fn devices(order: &str) -> Option<Vec<BootDeviceKind>> {
    let device = |word: &str| {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "hdd" => BootDeviceKind::Hd,
            "cdrom" => BootDeviceKind::Cdrom,
            "floppy" => BootDeviceKind::Fd,
            "ethernet" | "ethernet0" => BootDeviceKind::Network,
            _ => return None,
        })
    };
    order.split(',').map(device).collect()
}

/// How a file calls a device.
pub(super) fn word(device: &BootDeviceKind) -> Option<&'static str> {
    Some(match device {
        BootDeviceKind::Hd => "hdd",
        BootDeviceKind::Cdrom => "cdrom",
        BootDeviceKind::Fd => "floppy",
        BootDeviceKind::Network => "ethernet",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back() {
        let order = "hdd,cdrom,ethernet,floppy";
        let devices = devices(order).unwrap();
        let words: Vec<&str> = devices.iter().filter_map(word).collect();
        assert_eq!(words.join(","), order);
        assert_eq!(super::devices("hdd,usb"), None);
    }
}
