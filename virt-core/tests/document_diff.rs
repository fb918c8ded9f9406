//! What changed between two documents, as people and live update are told.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use virt_core::model::domain::ConfigChange;
use virt_core::model::domain::devices::{CacheMode, Device, Graphics, GraphicsType};
use virt_core::model::value::SecretText;
use virt_core::model::{AnyDocument, ByteSize, Disk, DomainConfig, Interface, MacAddress, Serial};
use virt_core::xml::{Change, ChangeKind, Element};

fn web() -> DomainConfig {
    let mut graphics = Graphics::default();
    graphics.kind = Some(GraphicsType::Vnc);
    graphics.passwd = Some(SecretText::new("first secret"));
    DomainConfig::builder("web")
        .memory(ByteSize::gib(2))
        .disk(Disk::file("/images/a.qcow2").target("vda"))
        .disk(Disk::file("/images/b.qcow2").target("vdb"))
        .interface(Interface::network("default").mac(MacAddress::new([0x52, 0x54, 0, 0, 0, 1])))
        .serial(Serial::pty())
        .graphics(graphics)
        .metadata(Element::new(virt_core::xml::Name::namespaced("app", "note", "urn:app")).with_text("one"))
        .build()
        .unwrap()
}

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// The lines for what `change` does to a domain.
fn told(change: impl FnOnce(&mut DomainConfig)) -> Vec<String> {
    let (old, mut new) = (web(), web());
    change(&mut new);
    let changes = old.diff(&new);
    assert_eq!(changes.is_empty(), old == new);
    lines(&changes)
}

#[test]
fn equal_documents_have_no_difference() {
    assert_eq!(told(|_| {}), [""; 0]);
    let text = web()
        .to_xml()
        .replace("unit='KiB'>2097152<", "unit='GiB'><!-- two -->2<");
    assert_ne!(text, web().to_xml());
    assert_eq!(DomainConfig::from_xml(&text).unwrap().diff(&web()), []);
}

/// Three of one name, two of them equal: which is which must not depend on how they are spelled.
#[test]
fn a_list_of_equals_has_no_difference_whatever_their_spelling() {
    let document = |spelled: &str| {
        let text = format!(
            "<cpudata><msr index='0' edx='0' eax='1'/><msr index='0' edx='0' eax='{spelled}'/><msr index='0' edx='0' eax='0x00000002'/></cpudata>"
        );
        AnyDocument::from_xml(&text).unwrap()
    };
    let (one, other) = (document("0x2"), document("0x00000002"));
    assert!(one == other);
    assert_eq!(lines(&one.diff(&other)), [""; 0]);
    assert_eq!(lines(&other.diff(&one)), [""; 0]);
    let changed = document("0x3");
    assert!(one != changed);
    assert_ne!(lines(&one.diff(&changed)), [""; 0]);
}

#[test]
fn values_are_told_from_and_to() {
    let told = told(|config| {
        config.memory = Some(ByteSize::gib(4).into());
        config.title = Some("The web".to_owned());
        config.vcpu = None;
        let disk = &mut config.devices_mut().disks[0];
        disk.readonly = true;
        disk.driver.get_or_insert_default().cache = Some(CacheMode::Writeback);
    });
    assert_eq!(
        told,
        [
            "/domain/title: added The web",
            "/domain/memory: 2 GiB → 4 GiB",
            "/domain/vcpu: removed",
            "/domain/devices/disk[vda]/driver/@cache: added writeback",
            "/domain/devices/disk[vda]/readonly: added",
        ]
    );
}

#[test]
fn items_are_told_by_what_they_are_and_not_by_their_place() {
    let told = told(|config| {
        let devices = config.devices_mut();
        devices.disks.remove(0);
        devices.disks.push(Disk::file("/images/c.qcow2").target("vdc"));
        let source = devices.interfaces[0].source.get_or_insert_default();
        source.network = Some("other".to_owned());
    });
    assert_eq!(
        told,
        [
            "/domain/devices/disk[vda]: removed",
            "/domain/devices/disk[vdc]: added",
            "/domain/devices/interface[52:54:00:00:00:01]/source/@network: default → other",
        ]
    );
}

#[test]
fn another_order_of_a_list_is_a_move() {
    let told = told(|config| config.devices_mut().disks.swap(0, 1));
    assert_eq!(told, ["/domain/devices/disk[vda]: moved from place 1 to 2"]);
}

#[test]
fn a_secret_is_told_without_its_value() {
    let (old, mut new) = (web(), web());
    new.devices_mut().graphics[0].passwd = Some(SecretText::new("second secret"));
    let changes = old.diff(&new);
    assert_eq!(
        lines(&changes),
        ["/domain/devices/graphics[vnc]/@passwd: changed (hidden)"]
    );
    assert!(changes[0].secret && changes[0].from.is_none() && changes[0].to.is_none());
    new.devices_mut().graphics.clear();
    assert!(!format!("{:?}", old.diff(&new)[0].from).contains("secret"));
}

#[test]
fn metadata_and_what_is_not_understood_are_compared() {
    let told = told(|config| {
        let note = virt_core::xml::Name::namespaced("app", "note", "urn:app");
        config
            .metadata_mut()
            .set(Element::new(note).with_text("two"))
            .unwrap();
        config.rest.set_attribute("novel", "1");
        config.devices_mut().rest.push_element(Element::new("novelty"));
    });
    assert_eq!(
        told,
        [
            "/domain/metadata/app:note[1]: one → two",
            "/domain/devices/novelty[1]: added",
            "/domain/@novel: added 1",
        ]
    );
}

#[test]
fn a_path_can_be_matched_without_what_tells_items_apart() {
    let (old, mut new) = (web(), web());
    new.devices_mut().disks[1].readonly = true;
    let changes = old.diff(&new);
    assert_eq!(changes[0].path.schema_path(), "domain/devices/disk/readonly");
    assert_eq!(changes[0].kind, ChangeKind::Added);
    assert_eq!(changes[0].path.steps()[2].to_string(), "/disk[vdb]");
}

#[test]
fn live_update_is_told_of_devices_as_wholes() {
    let (old, mut new) = (web(), web());
    new.title = Some("x".to_owned());
    let devices = new.devices_mut();
    devices.disks.remove(0);
    devices.disks[0].readonly = true;
    devices.interfaces.push(Interface::user());
    devices.rest.push_element(Element::new("novelty"));
    let changes = old.changes(&new);
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "/domain/title: added x",
            "disk vda removed",
            "disk vdb changed; /domain/devices/disk[vdb]/readonly: added",
            "interface added",
            "novelty added",
        ]
    );
    assert!(
        matches!(&changes[1], ConfigChange::DeviceRemoved(Device::Disk(disk)) if **disk == old.devices.as_ref().unwrap().disks[0])
    );
    assert!(
        matches!(&changes[2], ConfigChange::DeviceChanged { to: Device::Disk(disk), .. } if disk.readonly)
    );
}

#[test]
fn devices_where_there_were_none_are_told_one_by_one() {
    let (mut none, mut empty) = (web(), web());
    none.devices = None;
    let told: Vec<String> = none.changes(&web()).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "disk vda added",
            "disk vdb added",
            "interface 52:54:00:00:00:01 added",
            "serial added",
            "graphics vnc added",
        ]
    );
    empty.devices = Some(Default::default());
    assert_eq!(none.changes(&empty).len(), 1);
    assert_eq!(none.changes(&none), []);
}

#[test]
fn one_device_is_read_and_written_whatever_it_is() {
    let device = Device::from_xml("<disk type='file'><target dev='vda'/></disk>").unwrap();
    assert_eq!((device.name(), device.title().as_str()), ("disk", "disk vda"));
    assert_eq!(Device::from_xml(&device.to_xml()).unwrap(), device);
    assert!(matches!(
        Device::from_xml("<novelty a='1'/>"),
        Ok(Device::Other(_))
    ));
    let error = Device::from_xml("<domain type='kvm'/>").unwrap_err();
    assert_eq!(error.position().map(|position| position.line()), Some(1));
}

#[test]
fn any_documents_differ_too() {
    let (old, mut new) = (web(), web());
    new.name = "db".to_owned();
    let changes = AnyDocument::from(old).diff(&AnyDocument::from(new));
    assert_eq!(lines(&changes), ["/domain/name: web → db"]);
}
