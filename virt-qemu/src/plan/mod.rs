//! From a configuration as a user writes it to the guest it describes: pure functions over documents.
//!
//! * [`complete`], at define time: refuses what is not supported or contradicts itself, and fills in what is left open
//!   (identity, defaults, implicit devices, addresses) by libvirt's rules, so that a guest keeps its hardware and can
//!   move between libvirt and this driver. Completing twice changes nothing.
//! * [`live`], at start time: what only a run has (number, aliases, sockets, node numbers).
//!
//! The command line is made from the live configuration by [`crate::command`].

mod abilities;
mod address;
mod alias;
mod audio;
pub(crate) mod chardev;
mod defaults;
mod disk_name;
mod live;
pub(crate) mod machine;
pub(crate) mod refusal;
mod resources;
mod supported;

use virt_core::Result;
use virt_core::model::DomainConfig;

pub use abilities::{Abilities, Gates, MachineType};
pub use live::live;
pub use resources::{Descriptors, MonitorEndpoint, Resources, Sandbox};

pub(crate) use alias::is_lsi;
pub(crate) use defaults::is_usb2;
pub(crate) use supported::disk::file_of;

/// Completes a configuration: identity, defaults, implicit devices and addresses, as libvirt fills them in.
///
/// What only a run knows (number, aliases not chosen by the user, terminals) is left out. Everything the user said is
/// kept or refused; nothing is ignored. The result is in libvirt's order; `complete` of it is the same again.
///
/// Corresponds to the parsing and post-parsing of `virDomainDefineXML` in libvirt's QEMU driver.
///
/// # Errors
/// [`Unsupported`](virt_core::ErrorKind::Unsupported) names the element this driver or this QEMU cannot do, and what
/// can be done instead; [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) the element that is malformed or
/// contradicts another; [`InvalidArgument`](virt_core::ErrorKind::InvalidArgument) a bad name.
pub fn complete(config: &DomainConfig, abilities: &Abilities) -> Result<DomainConfig> {
    supported::check(config)?;
    let mut config = config.clone();
    alias::forget(&mut config);
    let family = defaults::fill(&mut config, abilities)?;
    address::assign(&mut config, abilities, family)?;
    Ok(config.canonical())
}
