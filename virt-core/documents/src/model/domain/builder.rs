//! A domain written down in Rust.

use super::boot::{Os, OsKind, OsType};
use super::config::{DomainConfig, DomainType};
use super::cpu::{Cpu, CpuMode};
use super::devices::{
    Channel, Console, Disk, Graphics, Interface, MemBalloon, MemBalloonModel, Rng, Serial, Video,
};
use super::features::{Apic, Features};
use super::power::LifecycleAction;
use super::vcpu::Vcpu;
use crate::model::value::ByteSize;
use crate::xml::{Element, XmlError};

/// Builds a [`DomainConfig`] step by step; [`build`](Self::build) checks it.
///
/// Drivers fill in what is not said: a UUID, addresses, controllers, the target of a disk.
#[derive(Debug, Clone)]
#[must_use]
pub struct DomainBuilder {
    config: DomainConfig,
    failed: Option<XmlError>,
}

impl DomainBuilder {
    pub(super) fn new(name: String) -> Self {
        let mut config = DomainConfig {
            name,
            ..DomainConfig::default()
        };
        config.vcpu = Some(Vcpu::from(1));
        config.features = Some(Features {
            acpi: true,
            apic: Some(Apic::default()),
            ..Features::default()
        });
        config.os = Some(Os {
            kind: Some(OsType {
                kind: Some(OsKind::Hvm),
                ..OsType::default()
            }),
            ..Os::default()
        });
        Self { config, failed: None }
    }

    /// What runs the domain; KVM unless said.
    pub fn kind(mut self, kind: DomainType) -> Self {
        self.config.kind = kind;
        self
    }

    /// The UUID; chosen at define unless said.
    pub fn uuid(mut self, uuid: uuid::Uuid) -> Self {
        self.config.uuid = Some(uuid);
        self
    }

    /// A short text for people, on one line.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.config.title = Some(title.into());
        self
    }

    /// A long text for people.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.config.description = Some(description.into());
        self
    }

    /// An element of an application, in a namespace of its own; replaces what that namespace had.
    pub fn metadata(mut self, element: Element) -> Self {
        if let Err(error) = self.config.metadata_mut().set(element) {
            self.failed.get_or_insert(error.within("/domain/metadata"));
        }
        self
    }

    /// The memory the guest boots with.
    pub fn memory(mut self, size: ByteSize) -> Self {
        self.config.memory = Some(size.into());
        self
    }

    /// The memory the guest has at first; the balloon holds the rest.
    pub fn current_memory(mut self, size: ByteSize) -> Self {
        self.config.current_memory = Some(size.into());
        self
    }

    /// How many virtual CPUs there are; 1 unless said.
    pub fn vcpus(mut self, count: u32) -> Self {
        self.config.vcpu = Some(Vcpu::from(count));
        self
    }

    /// The CPU the guest sees.
    pub fn cpu(mut self, cpu: Cpu) -> Self {
        self.config.cpu = Some(cpu);
        self
    }

    /// How the CPU the guest sees is chosen.
    pub fn cpu_mode(self, mode: CpuMode) -> Self {
        self.cpu(Cpu {
            mode: Some(mode),
            ..Cpu::default()
        })
    }

    /// The machine, as `q35`; the driver's default unless said.
    pub fn machine(mut self, machine: impl Into<String>) -> Self {
        self.os_type().machine = Some(machine.into());
        self
    }

    /// The architecture, as `x86_64`; the host's unless said.
    pub fn arch(mut self, arch: impl Into<String>) -> Self {
        self.os_type().arch = Some(arch.into());
        self
    }

    /// A kernel on the host, booted directly.
    pub fn kernel(mut self, path: impl Into<String>) -> Self {
        self.os().kernel = Some(path.into());
        self
    }

    /// The initial RAM disk of that kernel.
    pub fn initrd(mut self, path: impl Into<String>) -> Self {
        self.os().initrd = Some(path.into());
        self
    }

    /// The command line of that kernel.
    pub fn cmdline(mut self, cmdline: impl Into<String>) -> Self {
        self.os().cmdline = Some(cmdline.into());
        self
    }

    /// The program that emulates the machine; the driver's choice unless said.
    pub fn emulator(mut self, path: impl Into<String>) -> Self {
        self.config.devices_mut().emulator = Some(path.into());
        self
    }

    /// Features of the machine; ACPI and APIC unless said.
    pub fn features(mut self, features: Features) -> Self {
        self.config.features = Some(features);
        self
    }

    /// What happens when the guest powers off; it ends unless said.
    pub fn on_poweroff(mut self, action: LifecycleAction) -> Self {
        self.config.on_poweroff = Some(action);
        self
    }

    /// What happens when the guest reboots; it starts again unless said.
    pub fn on_reboot(mut self, action: LifecycleAction) -> Self {
        self.config.on_reboot = Some(action);
        self
    }

    /// What happens when the guest crashes; it ends unless said.
    pub fn on_crash(mut self, action: LifecycleAction) -> Self {
        self.config.on_crash = Some(action);
        self
    }

    /// A disk, a CD-ROM or a floppy. Without a target it gets the next free name on its bus.
    pub fn disk(mut self, disk: Disk) -> Self {
        let devices = self.config.devices_mut();
        let disk = disk.with_free_target(&devices.disks);
        devices.disks.push(disk);
        self
    }

    /// A CD-ROM with the image in the drive.
    pub fn cdrom(self, path: impl Into<String>) -> Self {
        self.disk(Disk::cdrom(path))
    }

    /// A network interface.
    pub fn interface(mut self, interface: Interface) -> Self {
        self.config.devices_mut().interfaces.push(interface);
        self
    }

    /// A serial port.
    pub fn serial(mut self, serial: Serial) -> Self {
        self.config.devices_mut().serials.push(serial);
        self
    }

    /// A console.
    pub fn console(mut self, console: Console) -> Self {
        self.config.devices_mut().consoles.push(console);
        self
    }

    /// A channel, such as [`Channel::guest_agent`].
    pub fn channel(mut self, channel: Channel) -> Self {
        self.config.devices_mut().channels.push(channel);
        self
    }

    /// A random number generator.
    pub fn rng(mut self, rng: Rng) -> Self {
        self.config.devices_mut().rngs.push(rng);
        self
    }

    /// The memory balloon; [`MemBalloonModel::None`] for none.
    pub fn balloon(mut self, model: MemBalloonModel) -> Self {
        self.config.devices_mut().memballoon = Some(MemBalloon {
            model: Some(model),
            ..MemBalloon::default()
        });
        self
    }

    /// A display.
    pub fn graphics(mut self, graphics: Graphics) -> Self {
        self.config.devices_mut().graphics.push(graphics);
        self
    }

    /// A graphics adapter.
    pub fn video(mut self, video: Video) -> Self {
        self.config.devices_mut().videos.push(video);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut DomainConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The configuration, checked by [`DomainConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<DomainConfig, XmlError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.config.validate()?;
        Ok(self.config)
    }

    fn os(&mut self) -> &mut Os {
        self.config.os.get_or_insert_default()
    }

    fn os_type(&mut self) -> &mut OsType {
        self.os().kind.get_or_insert_default()
    }
}
