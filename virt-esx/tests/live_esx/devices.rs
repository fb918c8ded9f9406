//! Devices attached, changed and detached; images; addresses of guests.

use std::time::Duration;

use virt_core::domain::{AddressSource, ConfigScope, DeviceUpdateOptions};
use virt_core::event::{DomainChange, EventFilter};
use virt_core::model::{ByteSize, Device, Disk};
use virt_core::{Connection, Domain, ErrorKind};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{open, simulator, until};

const DISK: &str = "[LocalDS_0] more/data.vmdk";
const ISO: &str = "[LocalDS_0] isos/linux.iso";

/// A machine of a host that has files which no machine has.
async fn machine(options: SimulatorOptions) -> Option<(Simulator, Connection, Domain)> {
    let simulator = simulator(options).await?;
    let control = simulator.control();
    control.make_disk(DISK, 64 << 10).await.expect("a disk");
    control.make_file(ISO, 4096).await.expect("an image");
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    Some((simulator, conn, domain))
}

fn device(text: &str) -> Device {
    text.parse().expect("a device")
}

fn data() -> Device {
    device(&format!(
        "<disk type='file' device='disk'><source file='{DISK}'/><target dev='sdf' bus='scsi'/></disk>"
    ))
}

async fn xml(domain: &Domain) -> String {
    domain.config().await.expect("its document").to_xml()
}

async fn kinds(simulator: &Simulator, domain: &Domain, kind: &str) -> usize {
    let told = simulator
        .control()
        .devices(domain.name())
        .await
        .expect("its devices");
    told.iter().filter(|device| device.kind == kind).count()
}

#[tokio::test]
async fn a_machine_that_is_off_gets_and_loses_devices() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let control = simulator.control();
    let current = ConfigScope::Current;
    let before = kinds(&simulator, &domain, "VirtualDisk").await;
    domain
        .attach_device(&data(), current)
        .await
        .expect("a disk comes");
    assert_eq!(kinds(&simulator, &domain, "VirtualDisk").await, before + 1);
    assert!(xml(&domain).await.contains(DISK));
    let error = domain
        .attach_device(&data(), current)
        .await
        .expect_err("it has it");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let missing =
        device("<disk><source file='[LocalDS_0] more/none.vmdk'/><target dev='sdg' bus='scsi'/></disk>");
    let error = domain
        .attach_device(&missing, current)
        .await
        .expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    assert!(error.to_string().contains("none.vmdk"));

    // A controller comes with the first of its kind, and stays.
    let drive = device(&format!(
        "<disk type='file' device='cdrom'><source file='{ISO}'/><target dev='sdb' bus='sata'/></disk>"
    ));
    domain
        .attach_device(&drive, current)
        .await
        .expect("a drive comes");
    assert_eq!(kinds(&simulator, &domain, "VirtualAHCIController").await, 1);
    domain.detach_device(&drive, current).await.expect("it goes");
    assert_eq!(kinds(&simulator, &domain, "VirtualAHCIController").await, 1);

    for (port, kind) in [
        (
            "<serial type='file'><source path='[LocalDS_0] more/s.log'/><target port='0'/></serial>",
            "VirtualSerialPort",
        ),
        ("<sound model='ich6'/>", "VirtualHdAudioCard"),
    ] {
        domain
            .attach_device(&device(port), current)
            .await
            .expect("it comes");
        assert_eq!(kinds(&simulator, &domain, kind).await, 1);
        domain
            .detach_device(&device(port), current)
            .await
            .expect("it goes");
        assert_eq!(kinds(&simulator, &domain, kind).await, 0);
    }
    let mouse = device("<input type='mouse' bus='ps2'/>");
    let error = domain
        .attach_device(&mouse, current)
        .await
        .expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    for scope in [ConfigScope::Live, ConfigScope::Both] {
        let error = domain
            .detach_device(&data(), scope)
            .await
            .expect_err("it does not run");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    }
    let error = domain
        .detach_device_alias("scsi0-0")
        .await
        .expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    domain.detach_device(&data(), current).await.expect("it goes");
    assert_eq!(kinds(&simulator, &domain, "VirtualDisk").await, before);
    assert!(control.has_file(DISK).await.expect("its file stays"));
    let error = domain
        .detach_device(&data(), current)
        .await
        .expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = domain
        .attach_device(
            &device("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
            current,
        )
        .await
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_running_machine_tells_what_comes_and_goes() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx()).await else {
        return;
    };
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    let live = ConfigScope::Live;
    domain.attach_device(&data(), live).await.expect("a disk comes");
    let alias = |device: &str| DomainChange::DeviceAdded {
        device: device.to_owned(),
    };
    until(&mut events, &domain, &alias("scsi0-5")).await;
    assert!(xml(&domain).await.contains("<alias name='scsi0-5'/>"));
    domain.detach_device(&data(), live).await.expect("it goes");
    let gone = DomainChange::DeviceRemoved {
        device: "scsi0-5".to_owned(),
    };
    until(&mut events, &domain, &gone).await;

    let card = device(
        "<interface type='bridge'><mac address='00:50:56:11:22:33'/><source bridge='VM Network'/><model type='vmxnet3'/>\
         </interface>",
    );
    domain
        .attach_device(&card, ConfigScope::Both)
        .await
        .expect("a card comes");
    let error = domain.attach_device(&card, live).await.expect_err("it has it");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    until(&mut events, &domain, &alias("ethernet1")).await;
    // Without a model, which stays.
    let down = device(
        "<interface type='bridge'><mac address='00:50:56:11:22:33'/><source bridge='VM Network'/><link state='down'/>\
         </interface>",
    );
    domain
        .update_device(&down, &DeviceUpdateOptions::default())
        .await
        .expect("its cable is pulled out");
    let told = simulator
        .control()
        .devices(domain.name())
        .await
        .expect("its devices");
    let cable = told
        .iter()
        .find(|device| device.address == "00:50:56:11:22:33")
        .expect("the card");
    assert!(!cable.connected && cable.kind == "VirtualVmxnet3", "{cable:?}");
    assert!(xml(&domain).await.contains("<link state='down'/>"));
    domain.detach_device_alias("ethernet1").await.expect("it goes");
    until(
        &mut events,
        &domain,
        &DomainChange::DeviceRemoved {
            device: "ethernet1".to_owned(),
        },
    )
    .await;
    let error = domain
        .detach_device_alias("ethernet7")
        .await
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");

    let error = domain
        .attach_device(&data(), ConfigScope::Config)
        .await
        .expect_err("there is one configuration");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    for cold in [
        "<serial type='file'><source path='[LocalDS_0] more/s.log'/></serial>",
        "<disk type='file' device='cdrom'><target dev='hdd' bus='ide'/></disk>",
    ] {
        let error = domain
            .attach_device(&device(cold), live)
            .await
            .expect_err("not while it runs");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    conn.shutdown().await.expect("it ends");
}

/// Puts a drive into a machine that is off, and starts it.
async fn with_drive(domain: &Domain) {
    let drive = device("<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>");
    domain
        .attach_device(&drive, ConfigScope::Current)
        .await
        .expect("a drive comes");
    domain.start().await.expect("it starts");
}

#[tokio::test]
async fn media_come_and_go_and_a_guest_may_keep_them() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let conn = conn.with_deadline(Duration::from_secs(20));
    let domain = conn.domain(domain.name()).await.expect("it is there");
    let control = simulator.control();
    with_drive(&domain).await;
    let options = DeviceUpdateOptions::default();
    domain
        .change_media("hdc", &Disk::cdrom(ISO), &options)
        .await
        .expect("it is put in");
    let told = control.devices(domain.name()).await.expect("its devices");
    let has_it = |device: &&virt_testkit::live::vsphere::ToldDevice| device.name == ISO;
    assert!(told.iter().find(has_it).expect("the medium").connected);
    assert!(xml(&domain).await.contains(ISO));
    let error = domain
        .change_media("hdc", &Disk::cdrom("[LocalDS_0] isos/none.iso"), &options)
        .await
        .expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");

    let text = "msg.cdromdisconnect.locked: The guest has locked the door. Override?";
    for force in [true, false] {
        control
            .ask_during("ReconfigVM_Task", domain.name(), text, &["Yes", "No"])
            .await
            .expect("it asks");
        let options = if force {
            options.clone().force()
        } else {
            options.clone()
        };
        let changed = domain.change_media("hdc", &Disk::empty_cdrom(), &options).await;
        if force {
            changed.expect("it lets go");
            assert!(!xml(&domain).await.contains(ISO));
            domain
                .change_media("hdc", &Disk::cdrom(ISO), &options)
                .await
                .expect("it is put in");
        } else {
            let error = changed.expect_err("it is locked");
            assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
            assert!(error.to_string().contains("locked"), "{error}");
        }
    }
    let given = control.answers().await.expect("the answers");
    let choices: Vec<&str> = given.iter().map(|given| given.choice.as_str()).collect();
    assert_eq!(choices, ["0", "1"]);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn two_changes_at_once_are_both_made() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx()).await else {
        return;
    };
    simulator
        .control()
        .make_disk("[LocalDS_0] more/b.vmdk", 1024)
        .await
        .expect("another disk");
    let other = device("<disk><source file='[LocalDS_0] more/b.vmdk'/><target dev='sdg' bus='scsi'/></disk>");
    let (data, live) = (data(), ConfigScope::Live);
    let (one, two) = tokio::join!(
        domain.attach_device(&data, live),
        domain.attach_device(&other, live)
    );
    one.expect("one comes");
    two.expect("the other, too");
    let text = xml(&domain).await;
    assert!(text.contains(DISK) && text.contains("more/b.vmdk"), "{text}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn images_have_sizes_and_grow() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx()).await else {
        return;
    };
    domain
        .attach_device(&data(), ConfigScope::Live)
        .await
        .expect("a disk comes");
    let info = domain.block_info("sdf").await.expect("its sizes");
    assert_eq!(info.capacity, ByteSize::mib(64));
    assert!(
        info.physical >= info.allocation && !info.physical.is_zero(),
        "{info:?}"
    );
    assert_eq!(
        domain.block_info(DISK).await.expect("by its path").capacity,
        ByteSize::mib(64)
    );
    let error = domain.block_info("sdz").await.expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    domain
        .block_resize("sdf", ByteSize::mib(96))
        .await
        .expect("it grows");
    assert_eq!(
        domain.block_info("sdf").await.expect("its sizes").capacity,
        ByteSize::mib(96)
    );
    let told = simulator
        .control()
        .devices(domain.name())
        .await
        .expect("its devices");
    assert!(
        told.iter()
            .any(|device| device.name == DISK && device.capacity == 96 << 20)
    );
    let error = domain
        .block_resize("sdf", ByteSize::mib(32))
        .await
        .expect_err("it does not shrink");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    domain.destroy().await.expect("it ends");
    let error = domain
        .block_resize("sdf", ByteSize::mib(128))
        .await
        .expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn guests_tell_their_addresses() {
    let Some((simulator, conn, domain)) = machine(SimulatorOptions::esx()).await else {
        return;
    };
    let told = domain
        .interface_addresses(AddressSource::Agent)
        .await
        .expect("addresses");
    let first = told.first().expect("an interface");
    assert_eq!(first.name, "VM Network");
    assert!(first.mac.is_some());
    let prefixes: Vec<u8> = first.addresses.iter().map(|address| address.prefix).collect();
    assert_eq!(prefixes, [8, 64]);
    for source in [AddressSource::Lease, AddressSource::Arp] {
        let error = domain
            .interface_addresses(source)
            .await
            .expect_err("it does not know");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    simulator
        .control()
        .remove_tools(domain.name())
        .await
        .expect("the tools go");
    let gone = DomainChange::Agent(virt_core::event::AgentState::Disconnected);
    until(&mut events, &domain, &gone).await;
    let error = domain
        .interface_addresses(AddressSource::Agent)
        .await
        .expect_err("nobody tells");
    assert_eq!(error.kind(), ErrorKind::AgentUnavailable, "{error}");
    domain.destroy().await.expect("it ends");
    let error = domain
        .interface_addresses(AddressSource::Agent)
        .await
        .expect_err("it is off");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}
