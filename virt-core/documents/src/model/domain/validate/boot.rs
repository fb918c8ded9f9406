//! Firmware, kernel and boot devices.

use super::at::{At, Checked};
use crate::model::domain::boot::{Firmware, FirmwareKind, Loader, LoaderKind, Os};
use crate::model::domain::config::DomainConfig;
use crate::model::value::YesNo;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(os) = &config.os else {
        return Ok(());
    };
    let at = At::the("/domain/os", &os.rest);
    if os.kind.as_ref().is_none_or(|kind| kind.kind.is_none()) && config.bootloader.is_none() {
        return Err(at.missing("/type", "the type of the operating system"));
    }
    check_devices(at, os)?;
    check_init(at, os)?;
    check_acpi(at, os)?;
    if let Some(firmware) = &os.firmware_features {
        check_firmware(at, os, firmware)?;
    }
    match &os.loader {
        Some(loader) => check_loader(at.on(&loader.rest), os, loader),
        None => check_nvram_alone(at, os),
    }
}

fn check_devices(at: At<'_>, os: &Os) -> Checked {
    for (number, boot) in os.boot.iter().enumerate() {
        let at = at.part("/boot", number, &boot.rest);
        at.need("/@dev", "the attribute 'dev'", boot.dev.as_ref())?;
    }
    match &os.bios {
        Some(bios)
            if bios
                .reboot_timeout
                .is_some_and(|wait| !(-1..=65_535).contains(&wait)) =>
        {
            Err(at
                .on(&bios.rest)
                .wrong("/bios/@rebootTimeout", "the time is not from -1 to 65535 ms"))
        }
        _ => Ok(()),
    }
}

fn check_init(at: At<'_>, os: &Os) -> Checked {
    for (number, variable) in os.init_env.iter().enumerate() {
        let at = at.part("/initenv", number, &variable.rest);
        let name = at.need_text("/@name", "the name of the variable", variable.name.as_ref())?;
        at.need_text("", &format!("the value of '{name}'"), variable.value.as_ref())?;
    }
    Ok(())
}

fn check_acpi(at: At<'_>, os: &Os) -> Checked {
    let tables = os
        .acpi
        .as_ref()
        .map(|acpi| acpi.tables.as_slice())
        .unwrap_or_default();
    for (number, table) in tables.iter().enumerate() {
        let at = at.part("/acpi/table", number, &table.rest);
        at.need("/@type", "the attribute 'type'", table.kind.as_ref())?;
        at.one_of("/@type", table.kind.as_ref(), &["raw", "slic", "rawset", "msdm"])?;
        at.need_text("", "the path of the table", table.path.as_ref())?;
    }
    Ok(())
}

fn check_firmware(at: At<'_>, os: &Os, firmware: &Firmware) -> Checked {
    let at = at.on(&firmware.rest);
    if os.firmware.is_none() && !firmware.features.is_empty() {
        return Err(at.wrong(
            "/firmware",
            "features choose a firmware, but none is chosen by <os firmware>",
        ));
    }
    let mut keys = None;
    let mut secure = None;
    for (number, feature) in firmware.features.iter().enumerate() {
        let at = at.part("/firmware/feature", number, &feature.rest);
        let name = at.need("/@name", "the attribute 'name'", feature.name.as_ref())?;
        at.one_of("/@name", Some(name), &["enrolled-keys", "secure-boot"])?;
        let enabled = at.need("/@enabled", "the attribute 'enabled'", feature.enabled.as_ref())?;
        match name.as_str() {
            "enrolled-keys" => keys = Some(*enabled),
            _ => secure = Some(*enabled),
        }
    }
    at.refuse_if(
        keys == Some(YesNo::Yes) && secure == Some(YesNo::No),
        "/firmware",
        "keys can't be enrolled when secure boot is disabled",
    )
}

fn check_loader(at: At<'_>, os: &Os, loader: &Loader) -> Checked {
    let is_rom = loader.kind == Some(LoaderKind::Rom);
    let is_bios = os.firmware == Some(FirmwareKind::Bios);
    let has_path = loader.path.as_ref().is_some_and(|path| !trimmed(path).is_empty());
    if os.firmware.is_none() && !has_path {
        return Err(at.missing(
            "/loader",
            "the path of the firmware, or <os firmware> to choose one,",
        ));
    }
    let is_rom = is_rom || loader.kind.is_none() && os.firmware.is_none() && has_path;
    at.refuse_if(
        is_rom && loader.readonly == Some(YesNo::No),
        "/loader/@readonly",
        "a loader of the type rom can't be written to",
    )?;
    at.refuse_if(
        (is_rom || is_bios) && loader.stateless == Some(YesNo::No),
        "/loader/@stateless",
        "only firmware in flash keeps state",
    )?;
    let Some(nvram) = &os.nvram else {
        return Ok(());
    };
    let at = at.on(&nvram.rest);
    at.refuse_if(
        loader.stateless == Some(YesNo::Yes),
        "/nvram",
        "there is an <nvram>, but the loader is stateless",
    )?;
    check_nvram_alone(at, os)
}

fn check_nvram_alone(at: At<'_>, os: &Os) -> Checked {
    at.refuse_if(
        os.nvram.is_some() && os.firmware == Some(FirmwareKind::Bios),
        "/nvram",
        "a BIOS has no <nvram>",
    )
}
