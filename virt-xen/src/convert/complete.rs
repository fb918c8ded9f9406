//! A domain with everything libvirt's driver for Xen fills in.

use virt_core::model::DomainConfig;
use virt_core::model::domain::Memory;
use virt_core::model::domain::devices::{
    ChardevTarget, ChardevType, Console, Controller, ControllerType, Devices, DiskDriver, DiskType,
    GraphicsType, ImageFormat, Input, InputBus, InputType, MemBalloon, MemBalloonModel, Video, VideoModel,
    VideoModelType,
};
use virt_core::model::value::{ByteSize, YesNo};

use super::words::Kind;

/// The domain, complete. What is made by chance is not filled in.
pub(super) fn complete(domain: &DomainConfig) -> DomainConfig {
    let mut prepared = domain.clone();
    let kind = Kind::of(domain).unwrap_or(Kind::Pv);
    let is_traditional = is_traditional(domain);
    if let Some(devices) = &mut prepared.devices {
        fill_buses(devices, kind);
        fill_videos(devices, kind, is_traditional);
    }
    let mut full = prepared.normalized();
    fill_memory(domain, &mut full);
    fill_features(kind, &mut full);
    // Older documents call a table of this kind so.
    let tables = full.os.as_mut().and_then(|os| os.acpi.as_mut());
    for table in tables.into_iter().flat_map(|acpi| &mut acpi.tables) {
        if table.kind.as_deref() == Some("slic") {
            table.kind = Some("rawset".to_owned());
        }
    }
    fill_devices(full.devices_mut(), kind);
    full
}

/// Whether the device model is the one Xen had of its own.
pub(super) fn is_traditional(domain: &DomainConfig) -> bool {
    let devices = domain.devices.as_ref();
    let emulator = devices.and_then(|devices| devices.emulator.as_deref());
    let name = emulator.and_then(|path| path.rsplit('/').next());
    name == Some("qemu-dm")
}

/// libvirt adds up the nodes only where nothing else says how much there is.
fn fill_memory(domain: &DomainConfig, full: &mut DomainConfig) {
    let whole = |size: ByteSize| ByteSize::kib(size.as_kib());
    let said = domain.memory.as_ref().map(|memory| memory.size);
    let Some(size) = said.filter(|size| !size.is_zero()).map(whole) else {
        return;
    };
    full.memory.get_or_insert_default().size = size;
    let current = domain.current_memory.as_ref().map(|memory| whole(memory.size));
    let current = current.filter(|current| !current.is_zero() && *current <= size);
    full.current_memory.get_or_insert_with(|| Memory::from(size)).size = current.unwrap_or(size);
}

fn fill_features(kind: Kind, full: &mut DomainConfig) {
    let arch = full.os.as_ref().and_then(|os| os.kind.as_ref()?.arch.as_deref());
    if kind != Kind::Hvm || !matches!(arch, None | Some("x86_64")) {
        return;
    }
    let numa = full.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref());
    let has_nodes = numa.is_some_and(|numa| !numa.cells.is_empty());
    let features = full.features.get_or_insert_default();
    features.pae = true;
    features.acpi |= has_nodes;
}

/// What a device is on where it says only what it is called.
fn fill_buses(devices: &mut Devices, kind: Kind) {
    for input in &mut devices.inputs {
        input.bus.get_or_insert(match (&input.kind, kind) {
            (Some(InputType::Mouse | InputType::Keyboard), Kind::Hvm) => InputBus::Ps2,
            (Some(InputType::Mouse | InputType::Keyboard), _) => InputBus::Xen,
            _ => InputBus::Usb,
        });
    }
    for disk in &mut devices.disks {
        if disk.kind == Some(DiskType::Network) {
            let driver = disk.driver.get_or_insert_with(DiskDriver::default);
            driver.name.get_or_insert_with(|| "qemu".to_owned());
        }
        let driver = disk.driver.get_or_insert_with(DiskDriver::default);
        driver.kind.get_or_insert(ImageFormat::Raw);
    }
}

fn fill_videos(devices: &mut Devices, kind: Kind, is_traditional: bool) {
    let has_display = devices
        .graphics
        .iter()
        .any(|graphics| graphics.kind != Some(GraphicsType::EglHeadless));
    if devices.videos.is_empty() && has_display {
        let mut video = Video::default();
        video.model = Some(VideoModel::default());
        devices.videos.push(video);
    }
    let models = devices
        .videos
        .iter_mut()
        .map(|video| video.model.get_or_insert_default());
    for model in models {
        if matches!(model.kind, None | Some(VideoModelType::Default)) {
            model.kind = Some(match kind {
                Kind::Pv => VideoModelType::Xen,
                Kind::Pvh | Kind::Hvm => VideoModelType::Cirrus,
            });
        }
        if kind != Kind::Hvm || model.vram.is_some_and(|vram| vram > 0) {
            continue;
        }
        let mib = match &model.kind {
            Some(VideoModelType::Vga | VideoModelType::Xen) if is_traditional => 8,
            Some(VideoModelType::Vga | VideoModelType::Xen) => 16,
            Some(VideoModelType::Cirrus) if is_traditional => 4,
            Some(VideoModelType::Cirrus) => 8,
            Some(VideoModelType::Qxl) => 128,
            _ => continue,
        };
        model.vram = Some(mib * 1024);
    }
}

fn fill_devices(devices: &mut Devices, kind: Kind) {
    if kind != Kind::Hvm {
        for console in &mut devices.consoles {
            let target = console.target.get_or_insert_default();
            if matches!(target.kind.as_deref(), None | Some("none")) {
                target.kind = Some("xen".to_owned());
            }
        }
        if devices.consoles.is_empty() {
            devices.consoles.push(pv_console());
        }
    }
    let bus = if kind == Kind::Hvm {
        InputBus::Ps2
    } else {
        InputBus::Xen
    };
    for wanted in [InputType::Mouse, InputType::Keyboard] {
        let is_one = |input: &Input| input.kind.as_ref() == Some(&wanted) && input.bus.as_ref() == Some(&bus);
        if !devices.inputs.iter().any(is_one) {
            let mut input = Input::default();
            input.kind = Some(wanted);
            input.bus = Some(bus.clone());
            devices.inputs.push(input);
        }
    }
    if devices.memballoon.is_none() {
        let mut balloon = MemBalloon::default();
        balloon.model = Some(MemBalloonModel::Xen);
        devices.memballoon = Some(balloon);
    }
    let mut controllers = devices.controllers.iter();
    if !controllers.any(|controller| controller.kind == Some(ControllerType::Xenbus)) {
        devices.controllers.push(xenbus());
    }
    let mut usb = 0;
    for controller in &mut devices.controllers {
        if controller.kind == Some(ControllerType::Usb) {
            controller.index.get_or_insert(usb);
            usb += 1;
        } else if controller.kind == Some(ControllerType::Xenbus) {
            controller.index.get_or_insert(0);
        }
    }
}

/// The bus of paravirtual devices.
pub(super) fn xenbus() -> Controller {
    let mut controller = Controller::default();
    controller.kind = Some(ControllerType::Xenbus);
    controller.index = Some(0);
    controller
}

/// The console every paravirtual guest has.
pub(super) fn pv_console() -> Console {
    let mut target = ChardevTarget::default();
    target.kind = Some("xen".to_owned());
    target.port = Some("0".to_owned());
    let mut console = Console::default();
    console.kind = Some(ChardevType::Pty);
    console.target = Some(target);
    console
}

/// Whether a timer, say, is there: it is unless it says that it is not.
pub(super) fn is_present(present: Option<&YesNo>) -> bool {
    present != Some(&YesNo::No)
}
