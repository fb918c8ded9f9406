//! The domain document through its public door: builder, reading, writing, order, what is not understood.

use virt_core::model::domain::devices::{DiskDevice, Rng};
use virt_core::model::domain::{DomainConfig, DomainType, LifecycleAction};
use virt_core::model::{ByteSize, Channel, Console, Disk, DiskBus, Interface, Serial};
use virt_core::xml::{Element, Name};

#[test]
fn the_builder_writes_what_libvirt_reads() {
    let web = DomainConfig::builder("web")
        .memory(ByteSize::gib(2))
        .vcpus(2)
        .disk(Disk::file("/srv/web.qcow2").bus(DiskBus::Virtio))
        .interface(Interface::user())
        .build()
        .unwrap();
    assert_eq!(
        web.to_xml(),
        "<domain type='kvm'>
  <name>web</name>
  <memory unit='KiB'>2097152</memory>
  <vcpu>2</vcpu>
  <os>
    <type>hvm</type>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/srv/web.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"
    );
}

#[test]
fn every_step_of_the_builder_is_read_back() {
    let config = DomainConfig::builder("all")
        .kind(DomainType::Qemu)
        .title("one line")
        .description("<several>\nlines & 'quotes'")
        .metadata(Element::new(Name::namespaced("app", "data", "urn:app")).with_text("x"))
        .memory(ByteSize::mib(512))
        .current_memory(ByteSize::mib(256))
        .machine("q35")
        .arch("x86_64")
        .kernel("/boot/vmlinuz")
        .initrd("/boot/initrd")
        .cmdline("console=ttyS0 a='b'")
        .on_poweroff(LifecycleAction::Destroy)
        .on_reboot(LifecycleAction::Restart)
        .on_crash(LifecycleAction::Preserve)
        .disk(Disk::file("/a.img").serial("S1").boot_order(1))
        .disk(Disk::block("/dev/sdx"))
        .cdrom("/install.iso")
        .serial(Serial::pty())
        .serial(Serial::file("/log"))
        .console(Console::unix("/sock"))
        .channel(Channel::guest_agent())
        .rng(Rng::urandom())
        .build()
        .unwrap();
    let again = DomainConfig::from_xml(&config.to_xml()).unwrap();
    assert_eq!(again, config);
    let devices = again.devices.unwrap();
    let targets: Vec<_> = devices
        .disks
        .iter()
        .filter_map(|disk| disk.target.as_ref()?.dev.as_deref())
        .collect();
    assert_eq!(targets, ["vda", "vdb", "sda"]);
    assert_eq!(devices.disks[2].device, Some(DiskDevice::Cdrom));
    assert!(devices.channels[0].is_guest_agent());
    assert_eq!(again.metadata.unwrap().element("urn:app").unwrap().text(), "x");
}

const MIXED: &str = "<!-- made by hand -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' new='attr'>
  <memory unit='GiB'>2</memory>
  <name>mixed</name>
  <!-- the devices -->
  <devices>
    <disk type='file'>
      <future a='1'/>
      <target dev='vda'/>
      <source file='/a'/>
    </disk>
    <interface type='user'/>
    <novelty model='x'/>
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
    </disk>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-foo'/>
  </qemu:commandline>
</domain>
";

#[test]
fn a_document_keeps_its_order_and_what_is_not_understood() {
    let config = DomainConfig::from_xml(MIXED).unwrap();
    assert_eq!(config.to_xml(), MIXED);
    assert_eq!(config.memory.as_ref().unwrap().size, ByteSize::gib(2));
    assert_eq!(config.qemu_commandline.as_ref().unwrap().args[0].value, "-foo");
    let unknown: Vec<_> = config.unknown().into_iter().map(|found| found.path).collect();
    assert_eq!(
        unknown,
        [
            "/domain/devices/disk[1]/future[1]",
            "/domain/devices/disk[1]/future[1]/@a",
            "/domain/devices/novelty[1]",
            "/domain/devices/novelty[1]/@model",
            "/domain/@new",
        ]
    );
    assert!(
        config
            .present()
            .iter()
            .any(|found| found.schema_path == "domain/qemu:commandline/qemu:arg@value")
    );
}

#[test]
fn items_taken_out_and_put_in_leave_the_others_where_they_are() {
    let mut config = DomainConfig::from_xml(MIXED).unwrap();
    let devices = config.devices_mut();
    let first = devices.disks.remove(0);
    devices.disks.push(first);
    devices.rngs.push(Rng::urandom());
    let written = config.to_xml();
    let places: Vec<_> = ["<interface", "<novelty", "file='/b'", "<future", "<rng"]
        .iter()
        .map(|text| written.find(text).unwrap())
        .collect();
    assert!(places.is_sorted(), "{written}");
}

#[test]
fn a_changed_value_is_written_in_libvirts_spelling() {
    let mut config = DomainConfig::from_xml(MIXED).unwrap();
    config.memory.as_mut().unwrap().size = ByteSize::mib(1);
    assert!(config.to_xml().contains("<memory unit='KiB'>1024</memory>"));
}

#[test]
fn canonical_has_libvirts_order_and_is_equal() {
    let config = DomainConfig::from_xml(MIXED).unwrap();
    let canonical = config.canonical();
    assert_eq!(canonical, config);
    let written = canonical.to_xml();
    assert!(written.starts_with("<domain type='kvm' xmlns:qemu="), "{written}");
    assert!(written.find("<name>").unwrap() < written.find("<memory unit='KiB'>2097152<").unwrap());
    assert!(written.find("file='/b'").unwrap() < written.find("<interface").unwrap());
    assert!(!written.contains("<!--"));
}

#[test]
fn a_foreign_prefix_and_a_missing_declaration_are_handled() {
    let text = "<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name>\
                <q:commandline><q:env name='A'/></q:commandline></domain>";
    let config = DomainConfig::from_xml(text).unwrap();
    assert!(config.to_xml().contains("<q:env name='A'/>"));
    let mut bare = DomainConfig::default();
    bare.name = "b".into();
    bare.qemu_commandline = config.qemu_commandline.clone();
    let written = bare.to_xml();
    assert!(written.contains("<qemu:env name='A'/>"), "{written}");
    assert_eq!(
        DomainConfig::from_xml(&written).unwrap().qemu_commandline,
        config.qemu_commandline
    );
}

#[test]
fn errors_name_element_line_and_column() {
    let text = "<domain type='kvm'>\n  <name>a</name>\n  <devices>\n    <disk/>\n    <interface>\n      <mac address='nonsense'/>\n    </interface>\n  </devices>\n</domain>";
    let error = DomainConfig::from_xml(text).unwrap_err();
    assert_eq!(error.path(), "/domain/devices/interface[1]/mac/@address");
    assert_eq!(error.position().unwrap().line(), 6);
    assert_eq!(error.position().unwrap().column(), 7);
    assert!(
        error
            .to_string()
            .contains("'nonsense' is not an Ethernet address"),
        "{error}"
    );
    for (text, path) in [
        ("<domain><name>a</name></domain>", "/domain"),
        ("<domain type='kvm'/>", "/domain"),
        (
            "<domain type='kvm'><name>a</name><memory unit='x'>1</memory></domain>",
            "/domain/memory",
        ),
        (
            "<domain type='kvm'><name>a</name><memory unit='EiB'>16</memory></domain>",
            "/domain/memory",
        ),
        (
            "<domain type='kvm'><name>a</name><uuid>1234</uuid></domain>",
            "/domain/uuid",
        ),
        (
            "<domain type='kvm'><name>a</name><vcpu>x</vcpu></domain>",
            "/domain/vcpu",
        ),
        ("<network/>", ""),
    ] {
        assert_eq!(DomainConfig::from_xml(text).unwrap_err().path(), path, "{text}");
    }
}

#[test]
fn contradictions_are_found_with_their_place() {
    let body = |inside: &str| format!("<domain type='kvm'>\n<name>a</name>\n{inside}\n</domain>");
    for (inside, path) in [
        ("", "/domain/memory"),
        ("<memory>0</memory>", "/domain/memory"),
        ("<memory>1</memory><vcpu>0</vcpu>", "/domain/vcpu"),
        (
            "<memory>1</memory><vcpu current='3'>2</vcpu>",
            "/domain/vcpu/@current",
        ),
        (
            "<memory>1</memory><devices><disk device='cdrom'><target dev='a'/></disk><disk device='cdrom'><target dev='a'/></disk></devices>",
            "/domain/devices/disk[2]/target/@dev",
        ),
        (
            "<memory>1</memory><devices><disk device='cdrom'/></devices>",
            "/domain/devices/disk[1]/target/@dev",
        ),
    ] {
        let config = DomainConfig::from_xml(&body(inside)).unwrap();
        let error = config.validate().unwrap_err();
        assert_eq!(error.path(), path);
        assert!(error.position().is_some());
    }
    for name in ["", " ", "a/b", "a\nb"] {
        let error = DomainConfig::builder(name)
            .memory(ByteSize::mib(1))
            .build()
            .unwrap_err();
        assert_eq!(error.path(), "/domain/name");
    }
}

#[test]
fn a_character_xml_cannot_hold_is_refused_by_the_builder() {
    let disk = Disk::file("/a\u{0}b");
    let error = DomainConfig::builder("a")
        .memory(ByteSize::mib(1))
        .disk(disk)
        .build()
        .unwrap_err();
    assert_eq!(error.path(), "/domain/devices/disk[1]/source/@file");
}

#[test]
fn secrets_show_in_the_document_only() {
    let text =
        "<domain type='kvm'><name>a</name><devices><graphics type='vnc' passwd='hush'/></devices></domain>";
    let config = DomainConfig::from_xml(text).unwrap();
    assert!(config.to_xml().contains("hush"));
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!config.to_string().contains("hush"));
}

#[test]
fn an_unknown_value_of_an_enumeration_is_kept() {
    let text = "<domain type='future'><name>a</name><on_crash>explode</on_crash></domain>";
    let config = DomainConfig::from_xml(text).unwrap();
    assert_eq!(config.kind.as_str(), "future");
    assert_eq!(DomainConfig::from_xml(&config.to_xml()).unwrap(), config);
}

#[test]
fn a_device_by_itself_is_a_document_too() {
    let disk = Disk::from_xml("<disk type='file'><source file='/a'/><target dev='vda'/><x/></disk>").unwrap();
    assert_eq!(disk.source.as_ref().unwrap().file.as_deref(), Some("/a"));
    assert_eq!(Disk::from_xml(&disk.to_xml()).unwrap(), disk);
    assert!(Disk::from_xml("<interface/>").is_err());
}
