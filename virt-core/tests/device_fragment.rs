//! One device by itself, a running domain's document, and what is left of it when the domain is off.

use virt_core::model::domain::devices::{MemBalloon, MemBalloonModel, Rng};
use virt_core::model::domain_status::RunState;
use virt_core::model::{Device, Disk, DomainConfig, DomainStatus, Interface, MigrationCookie};
use virt_core::xml::XmlProblem;

#[test]
fn a_device_is_told_by_its_element() {
    let text = "<interface type='network'>
  <mac address='52:54:00:00:00:01'/>
  <source network='default'/>
  <novelty a='1'/>
</interface>
";
    let device = Device::from_xml(text).unwrap();
    assert_eq!(device.name(), "interface");
    assert_eq!(device.to_xml(), text);
    let unknown: Vec<_> = device.unknown().into_iter().map(|found| found.path).collect();
    assert_eq!(unknown, ["/interface/novelty[1]", "/interface/novelty[1]/@a"]);
    assert!(matches!(device, Device::Interface(_)));
    for element in Device::NAMES {
        let device = Device::from_xml(&format!("<{element}/>")).unwrap();
        assert_eq!(device.name(), *element);
        assert_eq!(device.to_xml(), format!("<{element}/>\n"));
    }
}

#[test]
fn what_is_no_device_is_refused() {
    let error = Device::from_xml("<domain/>").unwrap_err();
    assert!(matches!(error.problem(), XmlProblem::Root { found, .. } if found == "domain"));
}

#[test]
fn devices_are_put_into_a_domain() {
    let mut config = DomainConfig::default();
    let devices = config.devices_mut();
    assert_eq!(Device::from(Disk::file("/a")).add_to(devices), None);
    assert_eq!(Device::from(Interface::user()).add_to(devices), None);
    assert_eq!(Device::from(Rng::urandom()).add_to(devices), None);
    let balloon = |model| {
        let mut balloon = MemBalloon::default();
        balloon.model = Some(model);
        Device::from(balloon)
    };
    assert_eq!(balloon(MemBalloonModel::Virtio).add_to(devices), None);
    let before = balloon(MemBalloonModel::None).add_to(devices);
    assert_eq!(before, Some(balloon(MemBalloonModel::Virtio)));
    assert_eq!(
        (devices.disks.len(), devices.interfaces.len(), devices.rngs.len()),
        (1, 1, 1)
    );
}

#[test]
fn secrets_of_a_device_are_shown_to_nobody_who_does_not_ask() {
    let text = "<graphics type='vnc' passwd='hush'/>\n";
    let device = Device::from_xml(text).unwrap();
    assert_eq!(device.to_xml(), text);
    for shown in [
        format!("{device}"),
        format!("{device:?}"),
        device.to_xml_without_secrets(),
    ] {
        assert!(!shown.contains("hush"), "{shown}");
    }
}

const RUNNING: &str = "<domstatus state='running' reason='booted' pid='4242'>
  <taint flag='high-privileges'/>
  <monitor path='/run/m' type='unix'/>
  <vcpus>
    <vcpu id='0' pid='4243'/>
  </vcpus>
  <qemuCaps>
    <flag name='kvm'/>
  </qemuCaps>
  <novelty/>
  <domain type='kvm' id='7'>
    <name>web</name>
    <devices>
      <disk type='network' device='disk'>
        <auth username='u'>
          <secret type='ceph' usage='k'/>
        </auth>
        <source protocol='rbd' name='p/v'/>
        <target dev='vda' bus='virtio'/>
        <alias name='virtio-disk0'/>
      </disk>
    </devices>
  </domain>
</domstatus>
";

#[test]
fn a_status_is_kept_as_it_is() {
    let status = DomainStatus::from_xml(RUNNING).unwrap();
    assert_eq!(status.to_xml(), RUNNING);
    assert_eq!(
        (status.state.as_ref(), status.pid),
        (Some(&RunState::Running), Some(4242))
    );
    assert_eq!(status.domain.as_ref().unwrap().id, Some(7));
    assert_eq!(
        status.qemu_caps.as_ref().unwrap().flags[0].name.as_deref(),
        Some("kvm")
    );
    let missing = DomainStatus::from_xml("<domstatus/>").unwrap_err();
    assert_eq!(missing.path(), "/domstatus");
}

#[test]
fn an_older_status_gets_the_names_of_its_secrets() {
    let read = DomainStatus::from_xml(RUNNING).unwrap();
    // Where a daemon keeps memory files is nothing a document can know.
    assert!(read.normalized().memory_backing_dir.is_none());
    let once = read
        .with_memory_directory("/var/lib/libvirt/qemu/ram")
        .normalized();
    let written = once.to_xml();
    assert!(
        written.contains("<secret type='auth' alias='virtio-disk0-secret0'/>"),
        "{written}"
    );
    for filled_in in [
        "<memoryBackingDir path='/var/lib/libvirt/qemu/ram/7-web'/>",
        "<nodename index='0'/>",
        "<blockjobs active='no'/>",
        "<agentTimeout>-2</agentTimeout>",
    ] {
        assert!(written.contains(filled_in), "{written}");
    }
    assert_eq!(once.normalized(), once);
}

#[test]
fn what_belongs_to_a_run_is_left_out_of_the_inactive_document() {
    let running = "<domain type='kvm' id='7'>
  <name>web</name>
  <devices>
    <disk type='file'>
      <source file='/a'>
        <seclabel model='selinux' labelskip='yes'/>
      </source>
      <mirror type='file' job='copy'/>
      <target dev='vda'/>
      <alias name='virtio-disk0'/>
    </disk>
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
      <alias name='ua-data'/>
    </disk>
    <interface type='network'>
      <source network='default' portid='c1a8c2b2-6f9f-4a53-95cb-4ddbdd5ccb7b' bridge='virbr0'/>
      <target dev='vnet3'/>
    </interface>
    <console type='pty' tty='/dev/pts/3'>
      <source path='/dev/pts/3'/>
      <target type='serial' port='0'/>
    </console>
    <graphics type='vnc' port='5901' autoport='yes'/>
  </devices>
  <seclabel type='dynamic' model='selinux' relabel='yes'>
    <label>l</label>
    <imagelabel>i</imagelabel>
  </seclabel>
</domain>
";
    let off = "<domain type='kvm'>
  <name>web</name>
  <devices>
    <disk type='file'>
      <source file='/a'/>
      <target dev='vda'/>
    </disk>
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
      <alias name='ua-data'/>
    </disk>
    <interface type='network'>
      <source network='default'/>
    </interface>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <graphics type='vnc' port='-1' autoport='yes'/>
  </devices>
  <seclabel type='dynamic' model='selinux' relabel='yes'/>
</domain>
";
    let inactive = DomainConfig::from_xml(running).unwrap().inactive();
    assert_eq!(inactive.to_xml(), off);
    assert_eq!(inactive.inactive(), inactive);
}

#[test]
fn a_migration_cookie_is_kept_as_it_is() {
    let text = "<qemu-migration>
  <name>web</name>
  <uuid>dcf47dbd-46d1-4d5b-b442-262a806a333a</uuid>
  <hostname>far</hostname>
  <feature name='lockstate'/>
  <nbd port='49152'>
    <disk target='vda' capacity='10485760'/>
  </nbd>
  <statistics>
    <started>12345</started>
    <novelty>1</novelty>
  </statistics>
</qemu-migration>
";
    let cookie = MigrationCookie::from_xml(text).unwrap();
    assert_eq!(cookie.to_xml(), text);
    assert_eq!(cookie.nbd.as_ref().unwrap().disks[0].capacity, Some(10_485_760));
    assert_eq!(cookie.unknown().len(), 1);
}
