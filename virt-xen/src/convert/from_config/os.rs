//! What is booted.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    AcpiTable, AcpiTables, BootDevice, Cpu, CpuFeature, CpuFeaturePolicy, CpuMode, Loader, LoaderKind,
    NativeArg, Os, XenCommandline,
};
use virt_core::model::value::YesNo;

use super::super::problem::wrong_key;
use super::super::words::{Kind, boot_device};
use super::source::Source;

fn loader(path: String) -> Loader {
    let mut loader = Loader::default();
    loader.path = Some(path);
    loader.format = Some("raw".to_owned());
    loader.kind = Some(LoaderKind::Rom);
    loader
}

/// libvirt's list of devices that are booted has as many places as there are kinds.
const BOOT_DEVICES: usize = 4;

fn read_boot(source: &Source<'_>, os: &mut Os) -> Result<()> {
    let order = source.text("boot")?.unwrap_or_else(|| "c".to_owned());
    let device = |letter: char| {
        let mut device = BootDevice::default();
        device.dev = Some(boot_device(letter));
        device
    };
    os.boot = order.chars().take(BOOT_DEVICES).map(device).collect();
    Ok(())
}

fn read_kernel(source: &Source<'_>, os: &mut Os) -> Result<()> {
    os.kernel = source.text("kernel")?;
    os.initrd = source.text("ramdisk")?;
    Ok(())
}

/// `root` and `extra` are both arguments of the kernel.
fn joined(source: &Source<'_>) -> Result<Option<String>> {
    Ok(match (source.text("root")?, source.text("extra")?) {
        (Some(root), Some(extra)) => Some(format!("root={root} {extra}")),
        (Some(root), None) => Some(format!("root={root}")),
        (None, extra) => extra,
    })
}

fn read_boot_loader(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    domain.bootloader = source.text("bootloader")?;
    domain.bootloader_args = source.text("bootargs")?;
    Ok(())
}

pub(super) fn read_xm(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    let mut os = domain.os.take().unwrap_or_default();
    if kind == Kind::Hvm {
        match source.text("kernel")? {
            Some(path) => os.loader = Some(loader(path)),
            None => {
                source.lenient::<()>(wrong_key(
                    "kernel",
                    "the file does not say it: say the path of hvmloader",
                ))?;
            }
        }
        read_boot(source, &mut os)?;
    } else {
        read_boot_loader(source, domain)?;
        read_kernel(source, &mut os)?;
        os.cmdline = joined(source)?;
    }
    domain.os = Some(os);
    Ok(())
}

pub(super) fn read_xl(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    let mut os = domain.os.take().unwrap_or_default();
    if kind == Kind::Hvm {
        let directory = &source.options.firmware_directory;
        let mut firmware = loader(format!("{directory}/hvmloader"));
        if source.text("bios")?.as_deref() == Some("ovmf") {
            let path = source.text("bios_path_override")?;
            firmware.path = Some(path.unwrap_or_else(|| format!("{directory}/ovmf.bin")));
            firmware.kind = Some(LoaderKind::Pflash);
            firmware.readonly = Some(YesNo::Yes);
        } else if let Some(path) = source
            .text("firmware_override")?
            .filter(|_path| source.is_complete())
        {
            // libvirt does not read it.
            firmware.path = Some(path);
        }
        os.loader = Some(firmware);
        if let Some(path) = source.text("acpi_firmware")? {
            let mut table = AcpiTable::default();
            table.kind = Some("rawset".to_owned());
            table.path = Some(path);
            let mut tables = AcpiTables::default();
            tables.tables = vec![table];
            os.acpi = Some(tables);
        }
        read_boot(source, &mut os)?;
        read_nested(source, domain)?;
    } else {
        read_boot_loader(source, domain)?;
    }
    read_kernel(source, &mut os)?;
    let joined = joined(source)?;
    os.cmdline = source.text("cmdline")?.or(joined);
    domain.os = Some(os);
    Ok(())
}

fn read_nested(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let Some(is_nested) = source.flag("nestedhvm")? else {
        return Ok(());
    };
    let mut cpu = Cpu::default();
    cpu.mode = Some(CpuMode::HostPassthrough);
    if !is_nested {
        let mut feature = CpuFeature::default();
        feature.policy = Some(CpuFeaturePolicy::Disable);
        feature.name = Some(source.options.virtualization.clone());
        cpu.features.push(feature);
    }
    domain.cpu = Some(cpu);
    Ok(())
}

/// Arguments of the device model.
pub(super) fn read_arguments(source: &Source<'_>, domain: &mut DomainConfig) {
    let argument = |value: String| {
        let mut argument = NativeArg::default();
        argument.value = Some(value);
        argument
    };
    let arguments: Vec<NativeArg> = source
        .texts("device_model_args")
        .into_iter()
        .map(argument)
        .collect();
    if !arguments.is_empty() {
        let mut commandline = XenCommandline::default();
        commandline.args = arguments;
        domain.xen_commandline = Some(commandline);
    }
}
