//! Name, uuid, emulator, architecture and machine type.

use uuid::Uuid;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{DomainType, LifecycleAction, OsKind, OsType};

use super::super::abilities::Abilities;
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities) -> Result<()> {
    virt_core::domain::DomainName::new(config.name.clone())?;
    config.id = None;
    accelerator(config, abilities)?;
    config.uuid.get_or_insert_with(Uuid::new_v4);
    config.on_poweroff.get_or_insert(LifecycleAction::Destroy);
    config.on_reboot.get_or_insert(LifecycleAction::Restart);
    config.on_crash.get_or_insert(LifecycleAction::Destroy);
    actions(config)?;
    emulator(config, abilities)?;
    machine(
        config.os.get_or_insert_default().kind.get_or_insert_default(),
        abilities,
    )
}

fn accelerator(config: &DomainConfig, abilities: &Abilities) -> Result<()> {
    match config.kind {
        DomainType::Qemu => Ok(()),
        DomainType::Kvm if abilities.kvm => Ok(()),
        DomainType::Kvm => Err(refusal::unsupported(
            "/domain/@type",
            format!(
                "KVM cannot be used with {} on this host; choose type=\"qemu\"",
                abilities.emulator
            ),
        )),
        ref other => Err(refusal::unsupported(
            "/domain/@type",
            format!(
                "domain type {other:?} is not one this driver runs; choose \"kvm\" or \"qemu\"",
                other = other.as_str()
            ),
        )),
    }
}

fn actions(config: &DomainConfig) -> Result<()> {
    use LifecycleAction::{CoredumpDestroy, CoredumpRestart, Destroy, Preserve, Restart};
    let allowed = |path: &str, action: &Option<LifecycleAction>, allowed: &[LifecycleAction]| match action {
        Some(action) if !allowed.contains(action) => {
            let names: Vec<&str> = allowed.iter().map(LifecycleAction::as_str).collect();
            let action = action.as_str();
            Err(refusal::unsupported(
                path,
                format!(
                    "{action:?} is not supported here; choose one of {}",
                    names.join(", ")
                ),
            ))
        }
        _ => Ok(()),
    };
    allowed(
        "/domain/on_poweroff",
        &config.on_poweroff,
        &[Destroy, Restart, Preserve],
    )?;
    allowed("/domain/on_reboot", &config.on_reboot, &[Destroy, Restart])?;
    allowed(
        "/domain/on_crash",
        &config.on_crash,
        &[Destroy, Restart, Preserve, CoredumpDestroy, CoredumpRestart],
    )?;
    if config.on_reboot == Some(Destroy) && config.on_poweroff == Some(Restart) {
        return Err(refusal::invalid(
            "/domain/on_reboot",
            "a guest that ends when it reboots and restarts when it powers off is not possible with QEMU",
        ));
    }
    Ok(())
}

fn emulator(config: &mut DomainConfig, abilities: &Abilities) -> Result<()> {
    let emulator = config
        .devices_mut()
        .emulator
        .get_or_insert_with(|| abilities.emulator.clone());
    if emulator == &abilities.emulator {
        return Ok(());
    }
    Err(refusal::invalid(
        "/domain/devices/emulator",
        format!(
            "{emulator:?} is not the emulator that was probed, {:?}",
            abilities.emulator
        ),
    ))
}

fn machine(os: &mut OsType, abilities: &Abilities) -> Result<()> {
    match os.kind.get_or_insert(OsKind::Hvm) {
        OsKind::Hvm => {}
        other => {
            let other = other.as_str();
            return Err(refusal::unsupported(
                "/domain/os/type",
                format!("{other:?} is not supported; choose \"hvm\""),
            ));
        }
    }
    let arch = os.arch.get_or_insert_with(|| abilities.arch.clone());
    let same = arch == &abilities.arch || (arch == "i686" && abilities.arch == "x86_64");
    if !same {
        return Err(refusal::unsupported(
            "/domain/os/type/@arch",
            format!(
                "{} emulates {}, not {arch}; choose another emulator",
                abilities.emulator, abilities.arch
            ),
        ));
    }
    if !matches!(arch.as_str(), "x86_64" | "i686") {
        return Err(refusal::unsupported(
            "/domain/os/type/@arch",
            format!("architecture {arch} is not supported yet"),
        ));
    }
    let found = match &os.machine {
        Some(name) => abilities.machine(name).ok_or_else(|| {
            refusal::unsupported(
                "/domain/os/type/@machine",
                format!(
                    "{} has no machine type {name:?}; see its -machine help",
                    abilities.emulator
                ),
            )
        })?,
        None => abilities.default_machine().ok_or_else(|| {
            refusal::invalid(
                "/domain/os/type/@machine",
                "the emulator has no default machine type; name one",
            )
        })?,
    };
    os.machine = Some(found.name.clone());
    Ok(())
}
