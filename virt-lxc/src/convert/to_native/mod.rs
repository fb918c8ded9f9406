//! A domain as a configuration.

mod blkio;
mod capabilities;
pub(super) mod defaults;
mod devices;
mod filesystems;
mod hostdevs;
mod init;
mod interfaces;
mod limits;
mod machine;
mod namespaces;
mod output;
mod refused;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::value::ByteSize;

use super::options::ToNative;
use super::settings::{Setting, settings};
use crate::config::ContainerConfig;
use output::Output;

pub use devices::{block_sources, devices_needed, mount_sources};

/// What libvirt has for no limit of memory: 9007199254740991 KiB.
pub(super) const UNLIMITED: ByteSize = ByteSize::kib((1 << 53) - 1);

/// The configuration of a domain, with the names of LXC 3 and later.
///
/// What libvirt's LXC driver does with an element, liblxc is told to do. Where it is told nothing:
///
/// * Without `<interface>`, `<privnet/>` and `<lxc:sharenet>` the container has the network of the host (`none`); with
///   `<privnet/>` a loopback interface of its own (`empty`).
/// * Without `<hard_limit>` the limit of memory is `<memory>`, where the machine has the controller; a `<hard_limit>` of
///   libvirt's largest size is none.
/// * Without `<capabilities>` the ones libvirt drops are dropped: `sys_module`, `sys_time`, `mknod`, `audit_control`,
///   `mac_admin`.
/// * Device nodes that may be used are those libvirt allows: null, zero, full, random, urandom, tty, console, ptmx,
///   pseudo terminals, fuse, and the `<hostdev>`s.
/// * A `<partition>` is where the control groups of the container are: `PARTITION/NAME` (`lxc.cgroup.dir`).
///
/// # Errors
/// Naming the element and the way out: [`Unsupported`](virt_core::ErrorKind::Unsupported) for what LXC, or the machine's control
/// groups, cannot do; [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for what is missing or contradicts itself.
pub fn to_native(domain: &DomainConfig, context: &ToNative) -> Result<ContainerConfig> {
    let written = entries(domain, context)?;
    let mut config = ContainerConfig::new();
    for Setting { key, value } in written {
        config.push(&key, &value)?;
    }
    Ok(config)
}

/// The lines of the configuration of a domain, in order.
pub(super) fn entries(domain: &DomainConfig, context: &ToNative) -> Result<Vec<Setting>> {
    refused::check(domain)?;
    let kept = settings(domain)?;
    let mut out = Output::default();
    machine::write(domain, &mut out)?;
    filesystems::write_root(domain, &kept, &mut out)?;
    init::write(domain, &mut out)?;
    machine::write_idmap(domain, &mut out)?;
    namespaces::write(domain, &mut out)?;
    interfaces::write(domain, &kept, &mut out)?;
    filesystems::write(domain, context, &mut out)?;
    limits::write_memory(domain, context, &mut out)?;
    limits::write_cpu(domain, context, &mut out)?;
    limits::write_sets(domain, context, &mut out)?;
    blkio::write(domain, context, &mut out)?;
    capabilities::write(domain, &mut out)?;
    hostdevs::write(domain, context, &mut out)?;
    out.finish(kept, &defaults::of(&context.layout))
}

#[cfg(test)]
mod tests;
