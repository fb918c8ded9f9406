//! What is booted, and the CPU.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    Cpu, CpuFeature, CpuFeaturePolicy, CpuMode, FirmwareKind, Loader, LoaderKind, Os,
};
use virt_core::model::value::YesNo;

use super::super::made::Made;
use super::super::problem::{invalid, unsupported};
use super::super::words::{Kind, boot_letter, feature_for_libxl};
use super::is_machine;
use crate::config_file::Value;

/// The letters of what is booted.
pub(in super::super) fn boot_order(os: &Os) -> String {
    match os.boot.is_empty() {
        true => "c".to_owned(),
        false => os
            .boot
            .iter()
            .map(|device| boot_letter(device.dev.as_ref()))
            .collect(),
    }
}

/// Whether the firmware is UEFI's, and the file of it if that is said.
pub(in super::super) fn uefi(os: &Os) -> Result<(bool, Option<String>)> {
    let loader = os.loader.as_ref();
    let path = loader.and_then(|loader| loader.path.clone());
    if loader.is_some_and(|loader| loader.secure == Some(YesNo::Yes)) {
        return Err(unsupported("/domain/os/loader/@secure", "Xen has no secure boot"));
    }
    let features = os
        .firmware_features
        .iter()
        .flat_map(|firmware| &firmware.features);
    let mut secure = features.filter(|feature| feature.name.as_deref() == Some("secure-boot"));
    if secure.any(|feature| feature.enabled == Some(YesNo::Yes)) {
        return Err(unsupported(
            "/domain/os/firmware/feature",
            "Xen has no secure boot",
        ));
    }
    if let Some(format) = loader
        .and_then(|loader| loader.format.as_deref())
        .filter(|format| *format != "raw")
    {
        let text = format!("firmware has format raw, not {format}");
        return Err(unsupported("/domain/os/loader/@format", text));
    }
    if os.firmware == Some(FirmwareKind::Efi) {
        return Ok((true, path));
    }
    let is_old =
        |loader: &Loader| loader.kind == Some(LoaderKind::Pflash) && loader.readonly == Some(YesNo::Yes);
    match loader {
        Some(loader) if is_old(loader) => Ok((true, path)),
        Some(loader) if loader.kind == Some(LoaderKind::Pflash) => {
            let text = "firmware in flash is not written by guests of Xen: say yes";
            Err(unsupported("/domain/os/loader/@readonly", text))
        }
        _ => Ok((false, None)),
    }
}

/// The loader of whole machines, where it is not Xen's own: that one is where Xen was built to have it.
pub(in super::super) fn loader_override(os: &Os) -> Option<&str> {
    let loader = os
        .loader
        .as_ref()
        .filter(|loader| loader.kind != Some(LoaderKind::Pflash));
    let path = loader.and_then(|loader| loader.path.as_deref());
    path.filter(|path| !path.is_empty() && path.rsplit('/').next() != Some("hvmloader"))
}

/// The file of the table of firmware, if there is one.
pub(in super::super) fn acpi_table(os: &Os) -> Result<Option<&str>> {
    let tables = os
        .acpi
        .as_ref()
        .map(|acpi| acpi.tables.as_slice())
        .unwrap_or_default();
    match tables {
        [] => Ok(None),
        [table] if table.kind.as_deref() == Some("rawset") => Ok(table.path.as_deref()),
        [_] => {
            let text = "Xen adds sets of tables: say type='rawset'";
            Err(unsupported("/domain/os/acpi/table/@type", text))
        }
        _ => Err(unsupported(
            "/domain/os/acpi/table",
            "Xen adds one set of tables: join them in one file",
        )),
    }
}

fn write_boot_loader(domain: &DomainConfig, out: &mut Made) {
    out.add_text("bootloader", domain.bootloader.as_deref());
    out.add_text("bootargs", domain.bootloader_args.as_deref());
}

pub(super) fn write_xm(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let Some(os) = &domain.os else {
        write_boot_loader(domain, out);
        return Ok(());
    };
    if is_machine(kind) {
        out.add("builder", "hvm");
        let loader = os.loader.as_ref().and_then(|loader| loader.path.as_deref());
        out.add_text("kernel", loader);
        out.add("boot", boot_order(os));
        return Ok(());
    }
    write_boot_loader(domain, out);
    out.add_text("kernel", os.kernel.as_deref());
    out.add_text("ramdisk", os.initrd.as_deref());
    out.add_text("extra", os.cmdline.as_deref());
    Ok(())
}

pub(super) fn write_xl(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let nothing = Os::default();
    let os = domain.os.as_ref().unwrap_or(&nothing);
    if is_machine(kind) {
        out.add("builder", "hvm");
        let (is_uefi, path) = uefi(os)?;
        if is_uefi {
            out.add("bios", "ovmf");
            out.add_text("bios_path_override", path.as_deref());
        }
        out.add_text("firmware_override", loader_override(os));
        out.add_text("acpi_firmware", acpi_table(os)?);
    } else {
        if kind == Kind::Pvh {
            out.add("type", "pvh");
        }
        write_boot_loader(domain, out);
    }
    out.add_text("kernel", os.kernel.as_deref());
    out.add_text("ramdisk", os.initrd.as_deref());
    out.add_text("cmdline", os.cmdline.as_deref());
    if is_machine(kind) {
        out.add("boot", boot_order(os));
    }
    match &domain.cpu {
        Some(cpu) => write_cpu(cpu, kind, out),
        None => Ok(()),
    }
}

/// Whether a feature is virtualization itself.
fn is_virtualization(feature: &CpuFeature) -> bool {
    matches!(feature.name.as_deref(), Some("vmx" | "svm"))
}

fn is_off(feature: &CpuFeature) -> bool {
    matches!(
        feature.policy,
        Some(CpuFeaturePolicy::Disable | CpuFeaturePolicy::Forbid)
    )
}

fn write_cpu(cpu: &Cpu, kind: Kind, out: &mut Made) -> Result<()> {
    if cpu.mode != Some(CpuMode::HostPassthrough) {
        return check_other_mode(cpu);
    }
    if is_machine(kind) {
        let is_nested = !cpu
            .features
            .iter()
            .any(|feature| is_virtualization(feature) && is_off(feature));
        out.add("nestedhvm", is_nested);
    }
    let mut parts = vec!["host".to_owned()];
    for feature in cpu.features.iter().filter(|feature| !is_virtualization(feature)) {
        let name = feature.name.as_deref().unwrap_or_default();
        if name.is_empty() || name.contains([',', '=']) {
            return Err(invalid(
                "/domain/cpu/feature/@name",
                format!("{name:?} is no name of a feature"),
            ));
        }
        let value = match &feature.policy {
            None | Some(CpuFeaturePolicy::Force | CpuFeaturePolicy::Require) => "1",
            Some(CpuFeaturePolicy::Disable | CpuFeaturePolicy::Forbid) => "0",
            Some(CpuFeaturePolicy::Optional) => "x",
            Some(policy) => {
                let text = format!("{policy} is none of force, require, optional, disable, forbid");
                return Err(invalid("/domain/cpu/feature/@policy", text));
            }
        };
        parts.push(format!("{}={value}", feature_for_libxl(name)));
    }
    if parts.len() > 1 {
        out.add("cpuid", parts.join(","));
    }
    Ok(())
}

/// A guest has the host's CPU; only its nodes are said otherwise.
pub(in super::super) fn check_other_mode(cpu: &Cpu) -> Result<()> {
    let only = "the CPU of a guest is the host's: say mode='host-passthrough'";
    if let Some(mode) = cpu.mode.as_ref().filter(|mode| **mode != CpuMode::Custom) {
        return Err(unsupported("/domain/cpu/@mode", format!("{only}, not {mode}")));
    }
    match (&cpu.model, cpu.features.is_empty()) {
        (Some(_), _) => Err(unsupported("/domain/cpu/model", only)),
        (None, false) => Err(unsupported("/domain/cpu/feature", only)),
        (None, true) => Ok(()),
    }
}

pub(super) fn write_arguments(domain: &DomainConfig, out: &mut Made) {
    let commandline = domain.xen_commandline.as_ref();
    let arguments = commandline.into_iter().flat_map(|commandline| &commandline.args);
    let arguments: Vec<String> = arguments.filter_map(|argument| argument.value.clone()).collect();
    if !arguments.is_empty() {
        out.add("device_model_args", Value::texts(arguments));
    }
}
