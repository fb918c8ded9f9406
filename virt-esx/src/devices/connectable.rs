//! Whether a device is connected: the cable of a card, the medium of a drive.

use super::group::Group;
use crate::vim::VirtualDeviceConnectInfo;

/// What a device's lines say of it. While a machine runs, it holds at once.
pub(super) fn info(
    existing: Option<&VirtualDeviceConnectInfo>,
    group: &Group,
    is_there: bool,
    is_running: bool,
) -> VirtualDeviceConnectInfo {
    let starts = is_there && group.flag("startConnected").unwrap_or(true);
    match existing {
        Some(existing) => VirtualDeviceConnectInfo {
            start_connected: starts,
            allow_guest_control: group
                .flag("allowGuestConnectionControl")
                .unwrap_or(existing.allow_guest_control),
            connected: if is_running { starts } else { existing.connected },
            ..existing.clone()
        },
        None => VirtualDeviceConnectInfo {
            start_connected: starts,
            allow_guest_control: group.flag("allowGuestConnectionControl").unwrap_or(true),
            connected: starts,
            ..VirtualDeviceConnectInfo::default()
        },
    }
}

/// The same, connected.
pub(super) fn connected(info: VirtualDeviceConnectInfo, is_running: bool) -> VirtualDeviceConnectInfo {
    VirtualDeviceConnectInfo {
        start_connected: true,
        connected: is_running || info.connected,
        ..info
    }
}

/// Whether a device is connected when the machine starts.
pub(super) fn starts_connected(info: Option<&VirtualDeviceConnectInfo>) -> bool {
    info.is_none_or(|info| info.start_connected)
}
