//! What has to be looked up on the machine before a domain is converted, and how it is found then.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Filesystem, HostDevice};

use super::super::options::{DeviceNumber, ToNative};
use super::super::problem::unsupported;

/// The device nodes whose numbers [`to_native`](super::to_native()) needs, in order, each once: of `<hostdev>` and of
/// `<blkiotune>`.
#[must_use]
pub fn devices_needed(domain: &DomainConfig) -> Vec<String> {
    let hostdevs = domain.devices.iter().flat_map(|devices| &devices.hostdevs);
    let blkio = domain.blkiotune.iter().flat_map(|tune| &tune.devices);
    let of_blkio = blkio.filter_map(|device| device.path.clone());
    let nodes = hostdevs
        .filter_map(node)
        .chain(of_blkio.filter(|path| number_in(path).is_none()));
    unique(nodes)
}

/// The sources of file systems of which [`to_native`](super::to_native()) needs to know whether they are directories.
#[must_use]
pub fn mount_sources(domain: &DomainConfig) -> Vec<String> {
    let is_mount = |one: &&Filesystem| matches!(one.kind.as_deref(), None | Some("mount"));
    let sources = filesystems(domain).filter(is_mount);
    unique(sources.filter_map(|one| one.source.as_ref()?.dir.clone()))
}

/// The block devices of which [`to_native`](super::to_native()) needs to know the type of the file system.
#[must_use]
pub fn block_sources(domain: &DomainConfig) -> Vec<String> {
    let is_block = |one: &&Filesystem| one.kind.as_deref() == Some("block") && !is_root(one);
    let sources = filesystems(domain).filter(is_block);
    unique(sources.filter_map(|one| one.source.as_ref()?.dev.clone()))
}

fn filesystems(domain: &DomainConfig) -> impl Iterator<Item = &Filesystem> {
    domain.devices.iter().flat_map(|devices| &devices.filesystems)
}

/// Whether a file system is the root of the container.
pub(super) fn is_root(filesystem: &Filesystem) -> bool {
    let target = filesystem.target.as_ref();
    target.and_then(|target| target.dir.as_deref()) == Some("/")
}

fn unique(paths: impl Iterator<Item = String>) -> Vec<String> {
    paths.fold(Vec::new(), |mut found, path| {
        if !found.contains(&path) {
            found.push(path);
        }
        found
    })
}

/// The device node of a device that is handed through.
pub(super) fn node(device: &HostDevice) -> Option<String> {
    let source = device.source.as_ref()?;
    match (device.mode.as_deref(), device.kind.as_deref()) {
        (Some("capabilities"), Some("misc")) => source.char.clone(),
        (Some("capabilities"), Some("storage")) => source.block.clone(),
        (None | Some("subsystem"), Some("usb")) => {
            let address = source.address.as_ref()?;
            let number = |number: Option<virt_core::model::value::AddressNumber>| {
                let text = number?.to_string();
                match text.strip_prefix("0x") {
                    Some(digits) => u32::from_str_radix(digits, 16).ok(),
                    None => text.parse().ok(),
                }
            };
            let (bus, device) = (number(address.bus)?, number(address.device)?);
            Some(format!("/dev/bus/usb/{bus:03}/{device:03}"))
        }
        _ => None,
    }
}

/// The number of a device node: looked up, or told by its path.
pub(super) fn number_of(path: &str, element: &str, context: &ToNative) -> Result<DeviceNumber> {
    let found = context
        .device_numbers
        .get(path)
        .copied()
        .or_else(|| number_in(path));
    found.ok_or_else(|| unsupported(element, format!("there is no device node {path:?} on the host")))
}

/// The number in `/dev/block/MAJOR:MINOR`.
fn number_in(path: &str) -> Option<DeviceNumber> {
    let (major, minor) = path.strip_prefix("/dev/block/")?.split_once(':')?;
    Some(DeviceNumber {
        major: major.parse().ok()?,
        minor: minor.parse().ok()?,
        block: true,
    })
}
