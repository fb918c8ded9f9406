//! A configuration as a domain.

mod arch;
mod blkio;
mod capabilities;
mod filesystems;
mod init;
mod interfaces;
mod machine;
mod native;
mod networks;
mod rootfs;
mod tuning;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::options::FromNative;
use super::settings::set_settings;
use crate::config::ContainerConfig;
use native::Native;

/// The domain a configuration describes: `virConnectDomainXMLFromNative` for `lxc-tools`.
///
/// With [`FromNative::libvirt`] as libvirt 11.3 has it. With [`FromNative::complete`] everything counts as it does in the
/// container, names of all versions of LXC and both generations of control groups, and what libvirt has no element for is kept
/// as [settings](super::settings()):
///
/// * `lxc.idmap` has the id in the container first, `lxc.net.N.type = empty` is a network namespace of its own, and of a key
///   with one value the last line counts: as liblxc has it, and not libvirt.
/// * A mount, an interface or a limit becomes an element only where [`to_native`](super::to_native()) makes the same of it;
///   else it is kept as it is written. Keys of interfaces are kept under the number the interface gets then.
/// * Without a limit of memory, `<hard_limit>` is libvirt's largest, which stands for none.
/// * Included files are not read: what they say is not there.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) and [`Unsupported`](virt_core::ErrorKind::Unsupported), naming the
/// key, where libvirt fails: no name, no `lxc.rootfs.path`, a table of mounts in a file of its own, keys of interfaces it does
/// not know, values it cannot read. A complete reading fails on none of these.
pub fn from_native(config: &ContainerConfig, options: &FromNative) -> Result<DomainConfig> {
    let mut native = Native::new(config, options)?;
    let mut domain = machine::read(&mut native, options)?;
    rootfs::read(&mut native, &mut domain)?;
    filesystems::read(&mut native, &mut domain)?;
    networks::read(&mut native, &mut domain)?;
    machine::read_consoles(&mut native, &mut domain)?;
    machine::read_idmap(&mut native, &mut domain)?;
    tuning::read_memory(&mut native, &mut domain)?;
    tuning::read_cpu(&mut native, &mut domain)?;
    tuning::read_sets(&mut native, &mut domain)?;
    blkio::read(&mut native, &mut domain)?;
    capabilities::read(&mut native, &mut domain);
    if native.is_complete() {
        init::read(&mut native, &mut domain);
        machine::read_namespaces(&mut native, &mut domain);
        machine::read_partition(&mut native, &mut domain);
        native.take_defaults();
        set_settings(&mut domain, &native.rest());
    }
    Ok(domain)
}

#[cfg(test)]
mod tests;
