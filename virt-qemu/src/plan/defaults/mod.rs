//! What a configuration leaves open, filled in as libvirt fills it in.

mod boot;
mod channel;
mod clock;
mod console;
mod controller;
mod cpu;
mod disk;
mod features;
mod hardware;
mod identity;
mod input;
mod interface;
mod memory;
mod panic;
mod rng;
mod serial;
mod watchdog;

pub(super) use console::console_of;
pub(super) use controller::insert as insert_controller;
pub(crate) use controller::is_usb2;
pub(super) use disk::bus_and_number;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::abilities::Abilities;
use super::machine::MachineFamily;

/// Fills in everything but addresses.
pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities) -> Result<MachineFamily> {
    identity::fill(config, abilities)?;
    let family = MachineFamily::of_config(config)?;
    memory::fill(config)?;
    cpu::fill(config, abilities)?;
    boot::fill(config)?;
    clock::fill(config)?;
    features::fill(config, abilities, family)?;
    controller::sort(config);
    disk::prepare(config)?;
    hardware::add(config, abilities, family)?;
    disk::fill(config)?;
    controller::fill(config, abilities, family)?;
    interface::fill(config)?;
    serial::fill(config)?;
    channel::fill(config)?;
    rng::fill(config)?;
    input::check(config)?;
    watchdog::fill(config, family)?;
    panic::fill(config, abilities)?;
    console::fill(config)?;
    hardware::add_inputs(config);
    controller::add_for_devices(config, family)?;
    Ok(family)
}
