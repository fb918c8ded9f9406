//! From a live configuration to QEMU's command line: pure, one file per device family as in the model.
//!
//! Spelling and order are libvirt's: `-device`, `-blockdev`, `-netdev` and `-object` take JSON, `-chardev` text.

mod accelerator;
mod audio;
mod boot;
mod channel;
mod chardev;
mod clock;
mod console;
mod context;
mod controller;
mod cpu;
mod disk;
mod interface;
mod line;
mod machine;
mod memballoon;
mod memory;
mod monitor;
mod option_text;
mod panic;
mod pm;
mod properties;
mod rng;
mod run;
mod serial;
mod vcpu;
mod virtio;
mod watchdog;

use virt_core::Result;
use virt_core::model::DomainConfig;

use crate::plan::{Abilities, Resources};

pub use line::CommandLine;
pub use option_text::OptionText;
pub use properties::{Properties, Value};

pub use disk::{DiskNodes, disk_nodes};

use context::Context;
use line::Arguments;

/// The command line of a run: `live` is what [`plan::live`](crate::plan::live) made.
///
/// The guest is created paused (`-S`). No secret is in it.
///
/// Corresponds to libvirt's `virConnectDomainXMLToNative` with the format `qemu-argv`.
///
/// # Errors
/// [`Unsupported`](virt_core::ErrorKind::Unsupported) when this QEMU lacks what the guest needs;
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) when `live` was not completed.
pub fn command_line(
    live: &DomainConfig,
    abilities: &Abilities,
    resources: &Resources,
) -> Result<CommandLine> {
    let context = Context::new(live, abilities, resources)?;
    let mut args = Arguments::new(abilities);
    run::begin(&context, &mut args);
    machine::render(&context, &mut args);
    accelerator::render(&context, &mut args);
    cpu::render(&context, &mut args)?;
    memory::render(&context, &mut args);
    vcpu::render(&context, &mut args);
    run::identity(&context, &mut args);
    monitor::render(&context, &mut args);
    clock::render(&context, &mut args)?;
    args.flag("-no-shutdown");
    pm::render(&context, &mut args);
    boot::render(&context, &mut args);
    controller::render_globals(&context, &mut args);
    controller::render(&context, &mut args)?;
    disk::render(&context, &mut args)?;
    interface::render(&context, &mut args)?;
    serial::render(&context, &mut args)?;
    channel::render(&context, &mut args)?;
    console::render(&context, &mut args)?;
    audio::render(&context, &mut args);
    watchdog::render(&context, &mut args)?;
    run::incoming(&context, &mut args);
    memballoon::render(&context, &mut args)?;
    rng::render(&context, &mut args)?;
    run::sandbox(&context, &mut args);
    panic::render(&context, &mut args)?;
    run::end(&context, &mut args);
    Ok(CommandLine {
        program: context.emulator().to_owned(),
        env: run::environment(&context),
        args: args.into_vec(),
    })
}
