//! Machines defined by their documents and by files, defined anew, forgotten, removed.

use virt_core::domain::DefineOptions;
use virt_core::event::{DefinedReason, DomainChange, Event, EventFilter};
use virt_core::model::{ByteSize, Device, DomainConfig};
use virt_core::{Connection, ErrorKind};
use virt_esx::vmx::Vmx;
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{open, simulator, until};

const UUID: &str = "564d9bef-acd9-b4e0-c8f0-aea8b9103515";
const DISK: &str = "[LocalDS_0] made/made.vmdk";
const ISO: &str = "[LocalDS_0] isos/linux.iso";

/// A simulator of a host with a disk and an image that no machine has.
async fn host_with_files() -> Option<(Simulator, Connection)> {
    let simulator = simulator(SimulatorOptions::esx().powered_off()).await?;
    let control = simulator.control();
    control.make_disk(DISK, 64 << 10).await.expect("a disk");
    control.make_file(ISO, 4096).await.expect("an image");
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    Some((simulator, conn))
}

fn document(elements: &str, devices: &str) -> DomainConfig {
    let text = format!(
        "<domain type='vmware'><name>made</name><uuid>{UUID}</uuid><memory unit='MiB'>256</memory>{elements}<devices>\
         <disk type='file' device='disk'><source file='{DISK}'/><target dev='sda' bus='scsi'/></disk>\
         <controller type='scsi' model='vmpvscsi'/>{devices}</devices></domain>"
    );
    DomainConfig::from_xml(&text).expect("a document")
}

fn whole() -> DomainConfig {
    document(
        "<description>a\nnote</description><vcpu cpuset='0-3'>4</vcpu><memtune><min_guarantee unit='MiB'>64</min_guarantee>\
         </memtune><cputune><shares>9000</shares></cputune><os firmware='efi'><type arch='x86_64'>hvm</type><firmware>\
         <feature enabled='yes' name='secure-boot'/></firmware><boot dev='cdrom'/><boot dev='hd'/></os>\
         <cpu><topology sockets='2' cores='2' threads='1'/></cpu>",
        &format!(
            "<disk type='file' device='cdrom'><source file='{ISO}'/><target dev='sdb' bus='sata'/></disk>\
             <disk type='file' device='cdrom'><target dev='hda' bus='ide'/></disk>\
             <interface type='bridge'><mac address='00:50:56:11:22:33'/><source bridge='VM Network'/>\
             <model type='vmxnet3'/></interface><interface type='bridge'><source bridge='VM Network'/>\
             <model type='e1000e'/><link state='down'/></interface>\
             <serial type='file'><source path='[LocalDS_0] made/serial.log'/></serial><sound model='ich6'/>\
             <video><model type='vmvga' vram='8192'/></video>"
        ),
    )
}

#[tokio::test]
async fn a_machine_has_what_its_document_says() {
    let Some((simulator, conn)) = host_with_files().await else {
        return;
    };
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    let config = whole();
    let domain = conn.define_domain(&config).await.expect("it is defined");
    assert_eq!(domain.uuid().to_string(), UUID);
    until(&mut events, &domain, &DomainChange::Defined(DefinedReason::Added)).await;
    let info = domain.info().await.expect("what it is");
    assert_eq!((info.max_memory, info.vcpus), (ByteSize::mib(256), 4));

    // As the server's own library has it.
    let told = simulator.control().devices("made").await.expect("its devices");
    let of = |kind: &str| {
        told.iter()
            .filter(|device| device.kind == kind)
            .collect::<Vec<_>>()
    };
    let disk = of("VirtualDisk");
    assert_eq!((disk.len(), disk[0].name.as_str()), (1, DISK));
    assert_eq!(
        (disk[0].controller, disk[0].unit, disk[0].capacity),
        (1000, Some(0), 64 << 20)
    );
    assert_eq!(of("ParaVirtualSCSIController").len(), 1);
    let drive = |controller: i32| {
        let mut drives = of("VirtualCdrom").into_iter();
        drives
            .find(|drive| drive.controller == controller)
            .expect("a drive")
    };
    assert_eq!((drive(200).unit, drive(15_000).unit), (Some(0), Some(1)));
    assert_eq!(drive(200).backing, "VirtualCdromRemotePassthroughBackingInfo");
    assert_eq!(drive(15_000).name, ISO);
    let card = of("VirtualVmxnet3");
    assert_eq!(card[0].address, "00:50:56:11:22:33");
    assert!(card[0].connected && card[0].name == "VM Network");
    assert!(!of("VirtualE1000e")[0].connected);
    assert_eq!(
        of("VirtualSerialPort")[0].backing,
        "VirtualSerialPortFileBackingInfo"
    );
    assert_eq!(of("VirtualHdAudioCard").len(), 1);

    // And as its document tells.
    let read = domain.config().await.expect("its document");
    let text = read.to_xml();
    assert_eq!(read.uuid, Some(domain.uuid()));
    for element in ["description", "cputune", "memtune"] {
        assert!(text.contains(&format!("<{element}")), "{element} in {text}");
    }
    for said in [
        "firmware='efi'",
        "name='secure-boot'",
        "<boot dev='cdrom'/>",
        "cores='2'",
        "cpuset='0-3'",
        "<link state='down'/>",
        "made/serial.log",
        "isos/linux.iso",
        "vram='8192'",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let (had, wanted) = (read.devices.expect("devices"), config.devices.expect("devices"));
    assert_eq!(had.disks.len(), wanted.disks.len(), "{text}");
    assert_eq!(had.interfaces.len(), 2);
    let target = |index: usize| {
        had.disks[index]
            .target
            .as_ref()
            .and_then(|target| target.dev.as_deref())
    };
    assert_eq!(target(0), Some("sda"));

    domain.start().await.expect("it starts");
    let error = domain.undefine().await.expect_err("it runs");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    domain.destroy().await.expect("it ends");
    domain.undefine().await.expect("it is forgotten");
    let error = conn.domain("made").await.map(drop).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Its files are there, and it is defined once more beside them.
    let again = conn.define_domain(&whole()).await.expect("it is defined again");
    let read = again.config().await.expect("its document");
    assert!(read.to_xml().contains(DISK));
    let error = conn
        .create_domain(&whole())
        .await
        .map(drop)
        .expect_err("there are none");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_is_not_there_is_named_and_nothing_is_made() {
    let Some((simulator, conn)) = host_with_files().await else {
        return;
    };
    let control = simulator.control();
    let before = control.reset_calls().await.expect("the calls");
    assert!(before.total() > 0);
    let missing = "<disk type='file' device='disk'><source file='[LocalDS_0] made/none.vmdk'/><target dev='sdb' bus='scsi'/></disk>";
    let elsewhere = "<disk type='file' device='disk'><source file='[nowhere] a/b.vmdk'/><target dev='sdb' bus='scsi'/></disk>";
    let network = "<interface type='bridge'><source bridge='no such network'/></interface>";
    let watchdog = "<watchdog model='i6300esb' action='reset'/>";
    for (devices, kind, said) in [
        (missing, ErrorKind::InvalidConfig, "none.vmdk"),
        (elsewhere, ErrorKind::InvalidConfig, "nowhere"),
        (network, ErrorKind::InvalidConfig, "no such network"),
        (watchdog, ErrorKind::Unsupported, "watchdog"),
    ] {
        let error = conn
            .define_domain(&document("", devices))
            .await
            .map(drop)
            .expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let calls = control.calls().await.expect("the calls");
    assert_eq!(calls.of("CreateVM_Task"), 0);
    // A name and a uuid of others are not taken.
    let other = conn.domains().await.expect("the machines");
    let other = other.first().expect("one");
    let mut config = document("", "");
    config.name = other.name().to_owned();
    let error = conn
        .define_domain(&config)
        .await
        .map(drop)
        .expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let mut config = document("", "");
    config.uuid = Some(other.uuid());
    let error = conn
        .define_domain(&config)
        .await
        .map(drop)
        .expect_err("the uuid is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn one_that_is_there_is_made_what_its_new_document_says() {
    let Some((simulator, conn)) = host_with_files().await else {
        return;
    };
    let control = simulator.control();
    let domain = conn.define_domain(&whole()).await.expect("it is defined");
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    control.reset_calls().await.expect("the calls");

    // Nothing said otherwise asks for nothing.
    let read = domain.config().await.expect("its document");
    conn.define_domain(&read).await.expect("it is the same");
    until(
        &mut events,
        &domain,
        &DomainChange::Defined(DefinedReason::Updated),
    )
    .await;
    assert_eq!(control.calls().await.expect("the calls").of("ReconfigVM_Task"), 0);
    let refused = conn
        .define_domain_with(&read, &DefineOptions::default().refuse_existing())
        .await;
    assert_eq!(
        refused.map(drop).expect_err("it exists").kind(),
        ErrorKind::AlreadyExists
    );

    let mut wanted = read.clone();
    wanted.memory = Some(ByteSize::mib(512).into());
    wanted.current_memory = None;
    wanted.description = Some("another".to_owned());
    let devices = wanted.devices_mut();
    devices.interfaces.remove(0);
    devices.sounds.clear();
    devices.serials.clear();
    devices.consoles.clear();
    let card: Device =
        "<interface type='bridge'><mac address='00:50:56:11:22:44'/><source bridge='VM Network'/>\
                        <model type='vmxnet3'/></interface>"
            .parse()
            .expect("a card");
    card.add_to(devices);
    conn.define_domain(&wanted).await.expect("it is another");
    until(
        &mut events,
        &domain,
        &DomainChange::Defined(DefinedReason::Updated),
    )
    .await;
    assert_eq!(control.calls().await.expect("the calls").of("ReconfigVM_Task"), 1);
    assert_eq!(
        domain.info().await.expect("what it is").max_memory,
        ByteSize::mib(512)
    );
    let told = control.devices("made").await.expect("its devices");
    let addresses: Vec<&str> = told.iter().map(|device| device.address.as_str()).collect();
    assert!(addresses.contains(&"00:50:56:11:22:44") && !addresses.contains(&"00:50:56:11:22:33"));
    for gone in ["VirtualSerialPort", "VirtualHdAudioCard"] {
        assert!(
            told.iter().all(|device| device.kind != gone),
            "{gone} in {}",
            wanted.to_xml()
        );
    }
    let now = domain.config().await.expect("its document");
    assert_eq!(now.description.as_deref(), Some("another"));
    assert!(now.to_xml().contains("secure-boot"), "the rest stays");

    // While it runs, what it can take.
    domain.start().await.expect("it starts");
    let mut note = now.clone();
    note.description = Some("while it runs".to_owned());
    conn.define_domain(&note).await.expect("a note is taken");
    let mut less = note.clone();
    less.memory = Some(ByteSize::mib(128).into());
    less.current_memory = None;
    let error = conn
        .define_domain(&less)
        .await
        .map(drop)
        .expect_err("memory is not");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert!(error.to_string().contains("memsize"), "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn machines_come_by_their_files_and_go_with_their_disks() {
    let Some((simulator, conn)) = host_with_files().await else {
        return;
    };
    let control = simulator.control();
    let domain = virt_esx::define_by_vmx(&conn, &document("<vcpu>2</vcpu>", ""))
        .await
        .expect("it is defined");
    assert_eq!(domain.uuid().to_string(), UUID);
    assert_eq!(domain.info().await.expect("what it is").vcpus, 2);
    let error = virt_esx::define_by_vmx(&conn, &document("", ""))
        .await
        .map(drop)
        .expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let path = "[LocalDS_0] made/made.vmx";
    let error = virt_esx::register(&conn, path)
        .await
        .map(drop)
        .expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");

    domain.undefine().await.expect("it is forgotten");
    assert!(control.has_file(DISK).await.expect("the disk"));
    let domain = virt_esx::register(&conn, path)
        .await
        .expect("it is a domain again");
    assert_eq!(
        (domain.name(), domain.uuid().to_string().as_str()),
        ("made", UUID)
    );

    domain.start().await.expect("it starts");
    let error = virt_esx::delete(&domain).await.expect_err("it runs");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    domain.destroy().await.expect("it ends");
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    virt_esx::delete(&domain).await.expect("it is removed");
    until(&mut events, &domain, &DomainChange::Undefined).await;
    assert!(!control.has_file(DISK).await.expect("the disk"));
    while let Some(event) = events.try_next() {
        assert!(!matches!(event, Event::Resync));
    }

    let text = "config.version = \"8\"\nvirtualHW.version = \"13\"\ndisplayName = \"by file\"\nmemsize = \"64\"\n\
                guestOS = \"other\"\nuuid.bios = \"56 4d 9b ef ac d9 b4 e0-c8 f0 ae a8 b9 10 35 16\"\n";
    let vmx = Vmx::parse(text).expect("a file");
    for wrong in ["made/x.vmx", "[LocalDS_0] made/x.vmdk"] {
        let error = virt_esx::register_vmx(&conn, wrong, &vmx)
            .await
            .map(drop)
            .expect_err("no such file");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let domain = virt_esx::register_vmx(&conn, "[LocalDS_0] by/file.vmx", &vmx)
        .await
        .expect("it is registered");
    assert_eq!(domain.name(), "by file");
    assert_eq!(
        domain.info().await.expect("what it is").max_memory,
        ByteSize::mib(64)
    );
    let error = virt_esx::register(&conn, "[LocalDS_0] by/none.vmx")
        .await
        .map(drop)
        .expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_document_is_told_without_the_file() {
    let Some((simulator, conn)) = host_with_files().await else {
        return;
    };
    let domain = conn.define_domain(&whole()).await.expect("it is defined");
    let by_file = domain.config().await.expect("its document");
    let file = "[LocalDS_0] made/made.vmx";
    simulator
        .control()
        .remove_file(file)
        .await
        .expect("the file goes");
    let by_server = domain.config().await.expect("its document");
    assert_eq!(by_server.devices, by_file.devices);
    assert_eq!(
        (by_server.memory, by_server.vcpu, by_server.uuid),
        (by_file.memory, by_file.vcpu, by_file.uuid)
    );
    assert_eq!(
        (by_server.description, by_server.os),
        (by_file.description, by_file.os)
    );
    assert_eq!(
        (by_server.memtune, by_server.cputune),
        (by_file.memtune, by_file.cputune)
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_vcenter_connects_cards_to_its_switches() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter().powered_off()).await else {
        return;
    };
    let control = simulator.control();
    control.make_disk(DISK, 1024).await.expect("a disk");
    let uri = simulator.vpx_uri().replace("/DC0_H0", "");
    let conn = open(&simulator, &uri, "").await.expect("it opens");
    let card = "<interface type='bridge'><source bridge='DC0_DVPG0'/><model type='vmxnet3'/></interface>";
    let domain = conn
        .define_domain(&document("", card))
        .await
        .expect("it is defined");
    let told = control.devices("made").await.expect("its devices");
    let card = told
        .iter()
        .find(|device| device.kind == "VirtualVmxnet3")
        .expect("a card");
    assert_eq!(
        card.backing,
        "VirtualEthernetCardDistributedVirtualPortBackingInfo"
    );
    let read = domain.config().await.expect("its document");
    let interface = read
        .devices
        .and_then(|devices| devices.interfaces.into_iter().next())
        .expect("one");
    let source = interface.source.expect("a source");
    assert_eq!(source.portgroupid.as_deref(), Some(card.name.as_str()));
    conn.shutdown().await.expect("it ends");
}
