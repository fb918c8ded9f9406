//! Devices: attached, detached with the guest's consent or without, changed.

use std::time::Duration;

use virt_core::domain::{ConfigScope, DeviceUpdateOptions, StartOptions, XmlOptions};
use virt_core::event::DomainChange;
use virt_core::model::{Device, Disk, DomainConfig};
use virt_core::{Domain, ErrorKind, Outcome};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "devices";
    a_device_is_attached_to_the_next_start_and_detached(None, PersistentDomains, DeviceAttach);
    a_device_that_is_there_is_not_attached_again(None, PersistentDomains, DeviceAttach);
    a_device_that_is_not_there_is_named(Machine, PersistentDomains, DeviceAttach, StartPaused);
    a_scope_the_domain_has_not_is_refused(Machine, PersistentDomains, TransientDomains, DeviceAttach);
    a_running_machine_gets_a_device_for_this_run(Machine, PersistentDomains, DeviceAttach, Events);
    both_configurations_get_a_device(Machine, PersistentDomains, DeviceAttach);
    a_guest_that_does_not_answer_keeps_its_device(Machine, PersistentDomains, DeviceAttach, StartPaused);
    a_guest_lets_go_of_its_device(Booted, PersistentDomains, DeviceAttach, Agent, Events);
    a_device_is_detached_by_its_alias(Booted, PersistentDomains, DeviceAttach, Agent);
    a_medium_is_changed_in_the_next_start(None, PersistentDomains, DeviceUpdate);
    a_disk_without_a_tray_gets_no_medium(None, PersistentDomains, DeviceUpdate);
    a_device_that_is_not_there_is_not_changed(None, PersistentDomains, DeviceUpdate);
}

/// How often a configuration has a device.
fn count(config: &DomainConfig, device: &Device) -> usize {
    let all = config
        .devices
        .iter()
        .flat_map(|devices| devices.of_kind(device.name()));
    all.filter(|found| device.is_same(found)).count()
}

async fn has(domain: &Domain, device: &Device, inactive: bool) -> Result<bool, Failure> {
    let mut options = XmlOptions::default();
    options.inactive = inactive;
    let config = domain
        .config_with(&options)
        .await
        .doing("reading its configuration")?;
    Ok(count(&config, device) > 0)
}

async fn attach(domain: &Domain, device: &Device, scope: ConfigScope) -> Result<(), Failure> {
    domain
        .attach_device(device, scope)
        .await
        .doing("attaching a device")
}

async fn alias_of(domain: &Domain, device: &Device) -> Result<String, Failure> {
    let config = domain.config().await.doing("reading its configuration")?;
    let found = config.devices.as_ref().and_then(|devices| devices.find(device));
    found
        .and_then(|found| found.alias())
        .ok_or_else(|| Failure::new("the device has no alias, or is not there"))
}

async fn a_device_is_attached_to_the_next_start_and_detached(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("attached").await?;
    let device = env.device()?;
    for scope in [ConfigScope::Config, ConfigScope::Current] {
        attach(&domain, &device, scope).await?;
        ensure!(has(&domain, &device, true).await?, "the device is not there");
        domain
            .detach_device(&device, scope)
            .await
            .doing("detaching the device")?;
        ensure!(!has(&domain, &device, true).await?, "the device is still there");
    }
    Ok(())
}

async fn a_device_that_is_there_is_not_attached_again(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("twice").await?;
    let device = env.device()?;
    let scope = ConfigScope::Config;
    attach(&domain, &device, scope).await?;
    let again = domain.attach_device(&device, scope).await;
    refused(again, ErrorKind::AlreadyExists, "attaching a device twice")?;
    let config = domain.config().await.doing("reading its configuration")?;
    ensure_eq!(count(&config, &device), 1, "how often it is there");
    Ok(())
}

async fn a_device_that_is_not_there_is_named(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("missing").await?;
    let device = env.device()?;
    let detached = domain.detach_device(&device, ConfigScope::Config).await;
    refused(
        detached,
        ErrorKind::NotFound,
        "detaching a device that is not there",
    )?;
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it")?;
    let detached = domain.detach_device(&device, ConfigScope::Live).await;
    let error = refused(
        detached,
        ErrorKind::NotFound,
        "detaching a live device that is not there",
    )?;
    let name = device.identity().unwrap_or_else(|| device.name().to_owned());
    ensure!(
        error.message().contains(&name),
        "the device is not named: {error}"
    );
    let detached = domain.detach_device_alias("ua-nobody").await;
    refused(detached, ErrorKind::NotFound, "detaching an alias nobody has")?;
    Ok(())
}

async fn a_scope_the_domain_has_not_is_refused(env: &Env) -> Result<(), Failure> {
    let device = env.device()?;
    let domain = env.defined("stopped").await?;
    for scope in [ConfigScope::Live, ConfigScope::Both] {
        let attached = domain.attach_device(&device, scope).await;
        refused(
            attached,
            ErrorKind::InvalidState,
            "attaching to a machine that does not run",
        )?;
    }
    let config = env.machine("transient")?;
    let transient = env.conn().create_domain(&config).await.doing("creating it")?;
    for scope in [ConfigScope::Config, ConfigScope::Both] {
        let attached = transient.attach_device(&device, scope).await;
        refused(
            attached,
            ErrorKind::InvalidState,
            "attaching to the next start of a transient domain",
        )?;
    }
    ensure!(!has(&domain, &device, true).await?, "the device is there");
    ensure!(
        !has(&transient, &device, false).await?,
        "the transient domain has the device"
    );
    Ok(())
}

async fn a_running_machine_gets_a_device_for_this_run(env: &Env) -> Result<(), Failure> {
    let domain = env.running("live").await?;
    let mut watch = env.watch(&domain).await?;
    let device = env.device()?;
    attach(&domain, &device, ConfigScope::Live).await?;
    let alias = alias_of(&domain, &device).await?;
    let told = |change: &DomainChange| {
        *change
            == DomainChange::DeviceAdded {
                device: alias.clone(),
            }
    };
    watch.until("that the device is there", told).await?;
    ensure!(
        !has(&domain, &device, true).await?,
        "the next start has the device as well"
    );
    domain.destroy().await.doing("destroying it")?;
    ensure!(
        !has(&domain, &device, false).await?,
        "the device is there after its run"
    );
    Ok(())
}

async fn both_configurations_get_a_device(env: &Env) -> Result<(), Failure> {
    let domain = env.running("both").await?;
    let device = env.device()?;
    attach(&domain, &device, ConfigScope::Both).await?;
    for inactive in [false, true] {
        ensure!(
            has(&domain, &device, inactive).await?,
            "one configuration has no device (inactive: {inactive})"
        );
    }
    Ok(())
}

async fn a_guest_that_does_not_answer_keeps_its_device(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("silent").await?;
    let device = env.device()?;
    attach(&domain, &device, ConfigScope::Live).await?;
    let hasty = domain.with_deadline(env.times().quiet + Duration::from_secs(1));
    let detached = hasty.detach_device(&device, ConfigScope::Live).await;
    let error = refused(
        detached,
        ErrorKind::Timeout,
        "detaching from a guest that stands still",
    )?;
    ensure_eq!(error.outcome(), Outcome::Unknown, "what became of it");
    ensure!(has(&domain, &device, false).await?, "the device is gone");
    Ok(())
}

async fn a_guest_lets_go_of_its_device(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("letting-go").await?;
    let device = env.device()?;
    attach(&domain, &device, ConfigScope::Both).await?;
    let mut watch = env.watch(&domain).await?;
    domain
        .with_deadline(env.patience())
        .detach_device(&device, ConfigScope::Both)
        .await
        .doing("detaching the device")?;
    let gone = |change: &DomainChange| matches!(change, DomainChange::DeviceRemoved { .. });
    watch.until("that the device is gone", gone).await?;
    for inactive in [false, true] {
        ensure!(
            !has(&domain, &device, inactive).await?,
            "one configuration still has the device (inactive: {inactive})"
        );
    }
    let again = domain.detach_device(&device, ConfigScope::Live).await;
    refused(again, ErrorKind::NotFound, "detaching it once more")?;
    Ok(())
}

async fn a_device_is_detached_by_its_alias(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("by-alias").await?;
    let device = env.device()?;
    attach(&domain, &device, ConfigScope::Live).await?;
    let alias = alias_of(&domain, &device).await?;
    domain
        .with_deadline(env.patience())
        .detach_device_alias(&alias)
        .await
        .doing("detaching the device by its alias")?;
    ensure!(!has(&domain, &device, false).await?, "the device is still there");
    Ok(())
}

async fn with_drive(env: &Env) -> Result<Domain, Failure> {
    drives(env)?;
    let mut config = env.machine("drive")?;
    let drive = Disk::empty_cdrom()
        .target("sdz")
        .bus(virt_core::model::domain::devices::DiskBus::Sata);
    config.devices_mut().disks.push(drive);
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining a machine with a drive")
}

fn drives(env: &Env) -> Result<(), Failure> {
    if env.target().has_drives() {
        return Ok(());
    }
    Err(Failure::not_here("machines have no drives here"))
}

async fn medium(domain: &Domain) -> Result<Option<String>, Failure> {
    let config = domain.config().await.doing("reading its configuration")?;
    let drive = Device::from(Disk::empty_cdrom().target("sdz"));
    match config.devices.as_ref().and_then(|devices| devices.find(&drive)) {
        Some(Device::Disk(disk)) => Ok(disk.source.and_then(|source| source.file)),
        _ => Err(Failure::new("the drive is gone")),
    }
}

async fn a_medium_is_changed_in_the_next_start(env: &Env) -> Result<(), Failure> {
    let domain = with_drive(env).await?;
    let options = DeviceUpdateOptions::default().scope(ConfigScope::Config);
    let path = env.path("medium.iso").to_string_lossy().into_owned();
    domain
        .change_media("sdz", &Disk::cdrom(path.as_str()), &options)
        .await
        .doing("putting a medium in")?;
    ensure_eq!(medium(&domain).await?, Some(path), "what is in the drive");
    domain
        .change_media("sdz", &Disk::empty_cdrom(), &options)
        .await
        .doing("taking the medium out")?;
    ensure_eq!(medium(&domain).await?, None, "what is in the drive");
    let missing = domain.change_media("sdy", &Disk::empty_cdrom(), &options).await;
    let error = refused(missing, ErrorKind::NotFound, "a drive that is not there")?;
    ensure!(
        error.message().contains("sdz"),
        "the drive there is is not named: {error}"
    );
    Ok(())
}

async fn a_disk_without_a_tray_gets_no_medium(env: &Env) -> Result<(), Failure> {
    drives(env)?;
    let mut config = env.machine("no-tray")?;
    config
        .devices_mut()
        .disks
        .push(env.disk(env.target().disk_target())?);
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let options = DeviceUpdateOptions::default();
    let changed = domain
        .change_media(env.target().disk_target(), &Disk::cdrom("/medium.iso"), &options)
        .await;
    refused(
        changed,
        ErrorKind::InvalidArgument,
        "a medium for a disk without a tray",
    )?;
    Ok(())
}

async fn a_device_that_is_not_there_is_not_changed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("unchanged").await?;
    let options = DeviceUpdateOptions::default();
    let changed = domain.update_device(&env.device()?, &options).await;
    refused(
        changed,
        ErrorKind::NotFound,
        "changing a device that is not there",
    )?;
    Ok(())
}
