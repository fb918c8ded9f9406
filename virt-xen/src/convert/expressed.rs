//! What Xen's toolstacks can be told of a domain. Anything else a domain says is refused.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    ChardevType, ControllerType, Devices, DiskBus, Graphics, GraphicsType, Video, VideoModelType,
};
use virt_core::model::domain::{DomainType, Features, LoaderKind, Os, VcpuPlacement};
use virt_core::model::value::YesNo;

use super::problem::{invalid, unsupported};
use super::words::Kind;
use crate::config_file::Syntax;

/// Elements with everything in them: what they say is written, refused by name, or about something else than the machine.
const WHOLE: &[&str] = &[
    "title",
    "description",
    "metadata",
    "os/firmware",
    "features/hyperv",
    "devices/controller/alias",
    "devices/disk/alias",
    "devices/interface/alias",
    "devices/serial/alias",
    "devices/parallel/alias",
    "devices/channel/alias",
    "devices/hostdev/alias",
    "devices/video/alias",
    "devices/sound/alias",
    "devices/graphics/alias",
    // The console of a guest is always there; a serial port is the other end of that of a machine.
    "devices/console",
    "devices/input",
    "devices/memballoon",
];

/// Elements and their attributes, without what is in them: those all of xl, xm and libxl can be told.
const SAID: &[&str] = &[
    "@type",
    "@id",
    "name",
    "uuid",
    "memory",
    "memory@unit",
    "currentMemory",
    "currentMemory@unit",
    "vcpu",
    "vcpu@placement",
    "vcpu@cpuset",
    "vcpu@current",
    "bootloader",
    "bootloader_args",
    "os",
    "os@firmware",
    "os/type",
    "os/type@arch",
    "os/type@machine",
    "os/loader",
    "os/loader@readonly",
    "os/loader@secure",
    "os/loader@type",
    "os/loader@format",
    "os/kernel",
    "os/initrd",
    "os/cmdline",
    "os/boot",
    "os/boot@dev",
    "features",
    "features/acpi",
    "features/apic",
    "features/pae",
    "features/hap",
    "features/hap@state",
    "features/viridian",
    "features/xen",
    "features/xen/e820_host",
    "features/xen/e820_host@state",
    "features/xen/passthrough",
    "features/xen/passthrough@state",
    "features/xen/passthrough@mode",
    "clock",
    "clock@offset",
    "clock@adjustment",
    "clock@basis",
    "clock/timer",
    "clock/timer@name",
    "clock/timer@present",
    "clock/timer@mode",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "devices",
    "devices/emulator",
    "devices/disk",
    "devices/disk@type",
    "devices/disk@device",
    "devices/disk/driver",
    "devices/disk/driver@name",
    "devices/disk/driver@type",
    "devices/disk/source",
    "devices/disk/source@file",
    "devices/disk/source@dev",
    "devices/disk/source@dir",
    "devices/disk/source@index",
    "devices/disk/target",
    "devices/disk/target@dev",
    "devices/disk/target@bus",
    "devices/disk/readonly",
    "devices/disk/shareable",
    "devices/disk/transient",
    "devices/disk/address",
    "devices/disk/address@type",
    "devices/disk/address@controller",
    "devices/disk/address@bus",
    "devices/disk/address@target",
    "devices/disk/address@unit",
    "devices/controller",
    "devices/controller@type",
    "devices/controller@index",
    "devices/controller@model",
    "devices/interface",
    "devices/interface@type",
    "devices/interface/mac",
    "devices/interface/mac@address",
    "devices/interface/source",
    "devices/interface/source@bridge",
    "devices/interface/source@network",
    "devices/interface/vlan",
    "devices/interface/vlan@trunk",
    "devices/interface/vlan/tag",
    "devices/interface/vlan/tag@id",
    "devices/interface/virtualport",
    "devices/interface/virtualport@type",
    "devices/interface/bandwidth",
    "devices/interface/bandwidth/outbound",
    "devices/interface/bandwidth/outbound@average",
    "devices/interface/ip",
    "devices/interface/ip@address",
    "devices/interface/ip@family",
    "devices/interface/script",
    "devices/interface/script@path",
    "devices/interface/target",
    "devices/interface/target@dev",
    "devices/interface/model",
    "devices/interface/model@type",
    "devices/interface/backenddomain",
    "devices/interface/backenddomain@name",
    "devices/serial",
    "devices/serial@type",
    "devices/serial@tty",
    "devices/serial/source",
    "devices/serial/source@path",
    "devices/serial/source@mode",
    "devices/serial/source@host",
    "devices/serial/source@service",
    "devices/serial/protocol",
    "devices/serial/protocol@type",
    "devices/serial/target",
    "devices/serial/target@type",
    "devices/serial/target@port",
    "devices/serial/target/model",
    "devices/serial/target/model@name",
    "devices/parallel",
    "devices/parallel@type",
    "devices/parallel@tty",
    "devices/parallel/source",
    "devices/parallel/source@path",
    "devices/parallel/source@mode",
    "devices/parallel/source@host",
    "devices/parallel/source@service",
    "devices/parallel/protocol",
    "devices/parallel/protocol@type",
    "devices/parallel/target",
    "devices/parallel/target@port",
    "devices/graphics",
    "devices/graphics@type",
    "devices/graphics@port",
    "devices/graphics@autoport",
    "devices/graphics@listen",
    "devices/graphics@keymap",
    "devices/graphics@passwd",
    "devices/graphics@display",
    "devices/graphics@xauth",
    "devices/graphics/listen",
    "devices/graphics/listen@type",
    "devices/graphics/listen@address",
    "devices/sound",
    "devices/sound@model",
    "devices/video",
    "devices/video/model",
    "devices/video/model@type",
    "devices/video/model@vram",
    "devices/video/model@heads",
    "devices/video/model@primary",
    "devices/hostdev",
    "devices/hostdev@mode",
    "devices/hostdev@type",
    "devices/hostdev@managed",
    "devices/hostdev/driver",
    "devices/hostdev/driver@name",
    "devices/hostdev/source",
    "devices/hostdev/source@writeFiltering",
    "devices/hostdev/source/address",
    "devices/hostdev/source/address@type",
    "devices/hostdev/source/address@domain",
    "devices/hostdev/source/address@bus",
    "devices/hostdev/source/address@slot",
    "devices/hostdev/source/address@function",
    "devices/hostdev/source/address@device",
];

/// What xl and libxl can be told beyond that.
const SAID_NEWER: &[&str] = &[
    "os/acpi",
    "os/acpi/table",
    "os/acpi/table@type",
    "cpu",
    "cpu@mode",
    "cpu@match",
    "cpu@check",
    "cpu@migratable",
    "cpu/model",
    "cpu/model@fallback",
    "cpu/feature",
    "cpu/feature@policy",
    "cpu/feature@name",
    "cpu/numa",
    "cpu/numa/cell",
    "cpu/numa/cell@id",
    "cpu/numa/cell@cpus",
    "cpu/numa/cell@memory",
    "cpu/numa/cell@unit",
    "cpu/numa/cell/distances",
    "cpu/numa/cell/distances/sibling",
    "cpu/numa/cell/distances/sibling@id",
    "cpu/numa/cell/distances/sibling@value",
    "devices/disk/driver@discard",
    "devices/disk/auth",
    "devices/disk/source@protocol",
    "devices/disk/source@name",
    "devices/disk/source/auth",
    "devices/disk/source/host",
    "devices/disk/source/host@name",
    "devices/disk/source/host@port",
    "devices/disk/source/config",
    "devices/disk/source/config@file",
    "devices/disk/backenddomain",
    "devices/disk/backenddomain@name",
    "devices/controller@ports",
    "devices/controller@maxGrantFrames",
    "devices/controller@maxEventChannels",
    // libvirt fills them in; the device model divides the memory itself.
    "devices/video/model@ram",
    "devices/video/model@vgamem",
    "devices/channel",
    "devices/channel@type",
    "devices/channel/source",
    "devices/channel/source@mode",
    "devices/channel/source@path",
    "devices/channel/target",
    "devices/channel/target@type",
    "devices/channel/target@name",
    "devices/graphics@tlsPort",
    "devices/graphics/mouse",
    "devices/graphics/mouse@mode",
    "devices/graphics/clipboard",
    "devices/graphics/clipboard@copypaste",
    "xen:commandline",
    "xen:commandline/xen:arg",
    "xen:commandline/xen:arg@value",
    "commandline",
    "commandline/arg",
    "commandline/arg@value",
];

/// What only libxl can be told.
const SAID_LIBXL: &[&str] = &[
    "cputune",
    "cputune/shares",
    "cputune/vcpupin",
    "cputune/vcpupin@vcpu",
    "cputune/vcpupin@cpuset",
];

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    Xl,
    Xm,
    Libxl,
}

impl From<Syntax> for Listener {
    fn from(syntax: Syntax) -> Self {
        match syntax {
            Syntax::Xl => Self::Xl,
            Syntax::Xm => Self::Xm,
        }
    }
}

/// What kind of guest it is; refuses a domain that says what cannot be told.
pub(super) fn check(domain: &DomainConfig, listener: impl Into<Listener>) -> Result<Kind> {
    let listener = listener.into();
    if domain.kind != DomainType::Xen {
        let text = format!("a guest of Xen has type 'xen', not '{}'", domain.kind);
        return Err(invalid("/domain/@type", text));
    }
    if domain.name.is_empty() {
        return Err(invalid("/domain/name", "a guest has a name"));
    }
    let kind = Kind::of(domain).ok_or_else(|| {
        let text = "guests of Xen are of type hvm, linux (or xen), and xenpvh";
        unsupported("/domain/os/type", text)
    })?;
    if kind == Kind::Pvh && listener == Listener::Xm {
        return Err(unsupported("/domain/os/type", "xm has no guests of type xenpvh"));
    }
    let is_said = |path: &str| {
        path.is_empty()
            || SAID.contains(&path)
            || (listener != Listener::Xm && SAID_NEWER.contains(&path))
            || (listener == Listener::Libxl && SAID_LIBXL.contains(&path))
            || WHOLE.iter().any(|whole| is_within(path, whole))
    };
    for found in domain.present() {
        let path = found
            .schema_path
            .trim_start_matches("domain")
            .trim_start_matches('/');
        if !is_said(path) {
            return Err(unsupported(found.path, told(listener)));
        }
    }
    check_kind(domain, kind, listener)?;
    check_devices(domain, kind, listener)?;
    Ok(kind)
}

fn told(listener: Listener) -> &'static str {
    match listener {
        Listener::Xl => "xl cannot be told: leave it out, or keep a setting of xl's in <metadata>",
        Listener::Xm => "xm cannot be told: leave it out, or keep a setting of xm's in <metadata>",
        Listener::Libxl => "libxl cannot be told: leave it out",
    }
}

/// What only one kind of guest has, or only some are told of.
fn check_kind(domain: &DomainConfig, kind: Kind, listener: Listener) -> Result<()> {
    let nothing = (Os::default(), Features::default(), Devices::default());
    let os = domain.os.as_ref().unwrap_or(&nothing.0);
    let features = domain.features.as_ref().unwrap_or(&nothing.1);
    let devices = domain.devices.as_ref().unwrap_or(&nothing.2);
    let placement = domain.vcpu.as_ref().and_then(|vcpu| vcpu.placement.as_ref());
    let is_flash = os
        .loader
        .as_ref()
        .is_some_and(|loader| loader.kind == Some(LoaderKind::Pflash));
    let (is_machine, is_pv) = (kind == Kind::Hvm, kind == Kind::Pv);
    let is_xm = listener == Listener::Xm;
    let guest_only = "only a paravirtual guest has it";
    let machine_only = "only a whole machine, of type hvm, has it";
    let hardware_only = "a guest of type linux has none of it";
    let not_xm = "xm cannot be told";
    let elements = [
        (
            placement == Some(&VcpuPlacement::Auto),
            "vcpu/@placement",
            "nobody places virtual CPUs of Xen: say static",
        ),
        (
            is_machine && domain.bootloader.is_some(),
            "bootloader",
            guest_only,
        ),
        (
            is_machine && domain.bootloader_args.is_some(),
            "bootloader_args",
            guest_only,
        ),
        (!is_machine && os.loader.is_some(), "os/loader", machine_only),
        (!is_machine && os.firmware.is_some(), "os/@firmware", machine_only),
        (!is_machine && os.acpi.is_some(), "os/acpi", machine_only),
        (!is_machine && !os.boot.is_empty(), "os/boot", machine_only),
        (
            !is_machine && features.viridian,
            "features/viridian",
            machine_only,
        ),
        (
            !is_machine && features.hyperv.is_some(),
            "features/hyperv",
            machine_only,
        ),
        (is_pv && features.hap.is_some(), "features/hap", hardware_only),
        (is_pv && features.acpi, "features/acpi", hardware_only),
        (is_pv && features.apic.is_some(), "features/apic", hardware_only),
        (is_pv && features.pae, "features/pae", hardware_only),
        (
            !is_machine && !devices.serials.is_empty(),
            "devices/serial",
            machine_only,
        ),
        (
            !is_machine && !devices.parallels.is_empty(),
            "devices/parallel",
            machine_only,
        ),
        (
            !is_machine && !devices.sounds.is_empty(),
            "devices/sound",
            machine_only,
        ),
        (
            !is_machine && listener == Listener::Libxl && devices.emulator.is_some(),
            "devices/emulator",
            machine_only,
        ),
        (is_xm && is_machine && os.kernel.is_some(), "os/kernel", not_xm),
        (is_xm && is_machine && os.initrd.is_some(), "os/initrd", not_xm),
        (is_xm && is_machine && os.cmdline.is_some(), "os/cmdline", not_xm),
        (is_xm && os.firmware.is_some(), "os/@firmware", not_xm),
        (is_xm && is_flash, "os/loader/@type", not_xm),
    ];
    match elements.into_iter().find(|(is_there, _, _)| *is_there) {
        Some((_, name, text)) => Err(unsupported(format!("/domain/{name}"), text)),
        None => Ok(()),
    }
}

fn check_devices(domain: &DomainConfig, kind: Kind, listener: Listener) -> Result<()> {
    let Some(devices) = &domain.devices else {
        return Ok(());
    };
    for (number, device) in devices.hostdevs.iter().enumerate() {
        let place = |name: &str| format!("/domain/devices/hostdev[{}]/{name}", number + 1);
        if !matches!(device.mode.as_deref(), None | Some("subsystem")) {
            return Err(unsupported(
                place("@mode"),
                "Xen hands through devices of mode subsystem",
            ));
        }
        match (device.kind.as_deref(), listener) {
            (Some("usb"), Listener::Xm) => {
                return Err(unsupported(place("@type"), "xm hands through devices on pci"));
            }
            (Some("pci"), Listener::Xm) if device.managed == Some(YesNo::Yes) => {
                return Err(unsupported(
                    place("@managed"),
                    "xm takes no device from the host: say no",
                ));
            }
            (Some("pci" | "usb"), _) => {}
            _ => {
                return Err(unsupported(
                    place("@type"),
                    "Xen hands through devices on pci and usb",
                ));
            }
        }
        let driver = device.driver.as_ref().and_then(|driver| driver.name.as_deref());
        if !matches!(driver, None | Some("xen")) {
            return Err(unsupported(place("driver/@name"), "the driver is xen"));
        }
    }
    for (number, controller) in devices.controllers.iter().enumerate() {
        let place = |name: &str| format!("/domain/devices/controller[{}]/@{name}", number + 1);
        match (&controller.kind, listener) {
            (Some(ControllerType::Usb), Listener::Xl | Listener::Libxl) => {}
            (Some(ControllerType::Ide | ControllerType::Scsi | ControllerType::Xenbus), _) => {
                if controller.model.is_some() {
                    return Err(unsupported(
                        place("model"),
                        "Xen has one model of it: leave it out",
                    ));
                }
            }
            _ => {
                let text = "controllers are xenbus, ide, scsi and, of xl, usb";
                return Err(unsupported(place("type"), text));
            }
        }
    }
    for (number, disk) in devices.disks.iter().enumerate() {
        let bus = disk.target.as_ref().and_then(|target| target.bus.as_ref());
        if !matches!(
            bus,
            None | Some(DiskBus::Ide | DiskBus::Scsi | DiskBus::Xen | DiskBus::Fdc)
        ) {
            let text = "disks of Xen are on ide, scsi and xen";
            return Err(unsupported(
                format!("/domain/devices/disk[{}]/target/@bus", number + 1),
                text,
            ));
        }
    }
    for (number, console) in devices.consoles.iter().enumerate() {
        if kind != Kind::Hvm && !matches!(console.kind, None | Some(ChardevType::Pty)) {
            return Err(unsupported(
                format!("/domain/devices/console[{}]/@type", number + 1),
                "the console of a guest of this kind is a pty",
            ));
        }
    }
    let is_spice = |graphics: &Graphics| graphics.kind == Some(GraphicsType::Spice);
    if listener == Listener::Xm && devices.graphics.iter().any(is_spice) {
        return Err(unsupported(
            "/domain/devices/graphics/@type",
            "xm has displays vnc and sdl",
        ));
    }
    let is_usual = |video: &Video| {
        let usual = if kind == Kind::Pv {
            VideoModelType::Xen
        } else {
            VideoModelType::Cirrus
        };
        let model = video.model.as_ref().and_then(|model| model.kind.as_ref());
        model.is_none_or(|model| *model == usual || *model == VideoModelType::Default)
    };
    if (listener == Listener::Xm || kind != Kind::Hvm) && !devices.videos.iter().all(is_usual) {
        let text = "a guest of this kind has the adapter it always has: leave it out";
        return Err(unsupported("/domain/devices/video/model/@type", text));
    }
    let balloon = devices
        .memballoon
        .as_ref()
        .and_then(|balloon| balloon.model.as_ref());
    if balloon.is_some_and(|model| model.as_str() != "xen") {
        let text = "the balloon of a guest is Xen's: say model='xen'";
        return Err(unsupported("/domain/devices/memballoon/@model", text));
    }
    Ok(())
}

fn is_within(path: &str, whole: &str) -> bool {
    let rest = path.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
}
