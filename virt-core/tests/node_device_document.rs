//! Node devices through their public door: made by hand, read and asked, refused with path and place, given back.

use virt_core::model::node_device::{
    DevNodeKind, NestedCapabilityKind, NodeCapabilityKind, NodeDeviceConfig, PciLinkSpeed,
};
use virt_core::model::{AnyDocument, PciAddress};
use virt_core::xml::XmlProblem;

const NETWORK_CARD: &str = "<device>
  <name>pci_0000_02_00_0</name>
  <path>/sys/devices/pci0000:00/0000:02:00.0</path>
  <parent>pci_0000_00_04_0</parent>
  <driver>
    <name>igb</name>
  </driver>
  <capability type='pci'>
    <class>0x020000</class>
    <domain>0</domain>
    <bus>2</bus>
    <slot>0</slot>
    <function>0</function>
    <product id='0x10c9'>82576 Gigabit Network Connection</product>
    <vendor id='0x8086'>Intel Corporation</vendor>
    <capability type='virt_functions' maxCount='7'>
      <address domain='0x0000' bus='0x02' slot='0x10' function='0x0'/>
      <address domain='0x0000' bus='0x02' slot='0x10' function='0x2'/>
    </capability>
    <iommuGroup number='12'>
      <address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </iommuGroup>
    <numa node='-1'/>
    <pci-express>
      <link validity='cap' port='0' speed='2.5' width='4'/>
    </pci-express>
    <vendor-extension xmlns='urn:x' n='1'/>
  </capability>
</device>
";

#[test]
fn a_mediated_device_is_written_as_libvirt_reads_it() {
    let uuid = "d069d019-36ea-4111-8f0a-8c9a70e21366".parse().unwrap();
    let device = NodeDeviceConfig::mdev("pci_0000_00_02_0", "i915-GVTg_V5_8")
        .uuid(uuid)
        .attribute("assign_adapter", "5")
        .attribute("assign_domain", "0x47")
        .build()
        .unwrap();
    assert_eq!(
        device.to_xml(),
        "<device>
  <parent>pci_0000_00_02_0</parent>
  <capability type='mdev'>
    <type id='i915-GVTg_V5_8'/>
    <uuid>d069d019-36ea-4111-8f0a-8c9a70e21366</uuid>
    <attr name='assign_adapter' value='5'/>
    <attr name='assign_domain' value='0x47'/>
  </capability>
</device>
"
    );
    assert_eq!(NodeDeviceConfig::from_xml(&device.to_xml()).unwrap(), device);
    assert_eq!(device.mediated_type(), Some("i915-GVTg_V5_8"));
    assert_eq!(device.normalized().iommu_group(), Some(0));
}

#[test]
fn a_virtual_adapter_is_written_as_libvirt_reads_it() {
    let device = NodeDeviceConfig::virtual_hba()
        .parent_names("2000f4e9d4eb02c9", "2001f4e9d4eb02c9")
        .names("20000000c9831b4b", "10000000c9831b4b")
        .build()
        .unwrap();
    assert_eq!(
        device.to_xml(),
        "<device>
  <parent wwnn='2000f4e9d4eb02c9' wwpn='2001f4e9d4eb02c9'/>
  <capability type='scsi_host'>
    <capability type='fc_host'>
      <wwnn>20000000c9831b4b</wwnn>
      <wwpn>10000000c9831b4b</wwpn>
    </capability>
  </capability>
</device>
"
    );
    assert_eq!(
        device.world_wide_names(),
        Some(("20000000c9831b4b", "10000000c9831b4b"))
    );
    NodeDeviceConfig::virtual_hba()
        .parent("scsi_host3")
        .build()
        .unwrap();
    NodeDeviceConfig::virtual_hba().build().unwrap();
}

#[test]
fn what_a_builder_is_told_wrong_it_says() {
    let nowhere = NodeDeviceConfig::mdev("", "nvidia-11").build().unwrap_err();
    assert_eq!(nowhere.path(), "/device/parent");
    let untyped = NodeDeviceConfig::mdev("pci_0000_00_02_0", "")
        .build()
        .unwrap_err();
    assert_eq!(untyped.path(), "/device/capability[1]/type/@id");
    let empty = NodeDeviceConfig::mdev("a", "b")
        .attribute("x", "")
        .build()
        .unwrap_err();
    assert_eq!(empty.path(), "/device/capability[1]/attr[1]/@value");
    let short = NodeDeviceConfig::virtual_hba()
        .names("2000", "10000000c9831b4b")
        .build();
    assert_eq!(
        short.unwrap_err().to_string(),
        "'2000' is no world wide name: it has 16 hexadecimal digits at /device/capability[1]/capability[1]/wwnn"
    );
}

#[test]
fn a_card_tells_where_it_is_and_what_it_can_do() {
    let card = NodeDeviceConfig::from_xml(NETWORK_CARD).unwrap();
    card.validate().unwrap();
    assert_eq!(card.to_xml(), NETWORK_CARD);
    assert_eq!(card.kind(), Some(&NodeCapabilityKind::Pci));
    assert_eq!(card.pci_address(), PciAddress::new(0, 2, 0, 0));
    assert_eq!(card.parent_name(), Some("pci_0000_00_04_0"));
    assert_eq!(card.iommu_group(), Some(12));
    assert_eq!(card.iommu_devices(), [PciAddress::new(0, 2, 0, 0).unwrap()]);
    let functions = [2_u8, 0].map(|function| PciAddress::new(0, 2, 0x10, function).unwrap());
    assert!(card.virtual_functions().iter().all(|one| functions.contains(one)));
    assert_eq!(card.virtual_functions().len(), 2);
    assert_eq!(card.physical_function(), None);
    let pci = card.capability(&NodeCapabilityKind::Pci).unwrap();
    assert_eq!(pci.class.unwrap().value(), 0x02_0000);
    assert_eq!(pci.vendor.as_ref().unwrap().id.unwrap().0, 0x8086);
    let link = &pci.pci_express.as_ref().unwrap().links[0];
    assert_eq!(link.speed, Some(PciLinkSpeed::Gen1));
    let unknown: Vec<_> = card.unknown().into_iter().map(|found| found.path).collect();
    assert!(
        unknown.iter().any(|path| path.contains("vendor-extension")),
        "{unknown:?}"
    );
}

#[test]
fn what_libvirt_never_reads_is_not_given_back() {
    let mut card = NodeDeviceConfig::from_xml(NETWORK_CARD).unwrap();
    card.capabilities[0].capabilities[0].max_count = Some(0);
    let given = card.normalized();
    assert!(given.driver.is_none());
    assert!(given.capabilities[0].numa.is_none());
    assert_eq!(
        given
            .nested(&NestedCapabilityKind::VirtualFunctions)
            .unwrap()
            .max_count,
        None
    );
    assert_eq!(given.normalized(), given);
}

#[test]
fn features_and_nodes_are_given_back_in_libvirts_order() {
    let net = NodeDeviceConfig::from_xml(
        "<device><name>net_eth0</name>
           <devnode type='link'>/dev/b</devnode><devnode type='dev'>/dev/a</devnode>
           <capability type='net'>
             <feature name='rdma'/><feature name='rx'/><feature name='rdma'/>
             <interface>eth0</interface><link speed='0'/><address/>
           </capability>
         </device>",
    )
    .unwrap();
    net.validate().unwrap();
    assert_eq!(
        net.normalized().to_xml(),
        "<device>
  <name>net_eth0</name>
  <devnode type='dev'>/dev/a</devnode>
  <devnode type='link'>/dev/b</devnode>
  <capability type='net'>
    <interface>eth0</interface>
    <feature name='rx'/>
    <feature name='rdma'/>
  </capability>
</device>
"
    );
    assert_eq!(net.devnodes[0].kind, Some(DevNodeKind::Link));
    assert_eq!(net.dev_path(), Some("/dev/a"));
    assert_eq!(net.interface_name(), Some("eth0"));
}

#[test]
fn what_a_kind_of_device_has_to_say_is_asked_with_path_and_place() {
    let wrong = [
        ("<device/>", "/device/capability", 1),
        (
            "<device>\n<capability/></device>",
            "/device/capability[1]/@type",
            2,
        ),
        (
            "<device>\n<capability type='toaster'/></device>",
            "/device/capability[1]/@type",
            2,
        ),
        (
            "<device>\n<capability type='pci'><domain>0</domain></capability></device>",
            "/device/capability[1]/bus",
            2,
        ),
        (
            "<device>\n<capability type='storage'><block>/dev/sda</block></capability></device>",
            "/device/capability[1]/size",
            2,
        ),
        (
            "<device><capability type='storage'><block>/dev/sr0</block>\n<capability type='removable'/></capability></device>",
            "/device/capability[1]/capability[1]/media_size",
            2,
        ),
        (
            "<device><capability type='net'><interface>e</interface>\n<feature name='warp'/></capability></device>",
            "/device/capability[1]/feature[1]/@name",
            2,
        ),
        (
            "<device>\n<parent wwnn='2000f4e9d4eb02c9'/><capability type='scsi_host'/></device>",
            "/device/parent/@wwpn",
            2,
        ),
        (
            "<device><capability type='scsi_host'>\n<capability type='removable'/></capability></device>",
            "/device/capability[1]/capability[1]/@type",
            2,
        ),
        (
            "<device>\n<capability type='ap_queue'><ap-adapter>0x07</ap-adapter><ap-domain>0x100</ap-domain></capability></device>",
            "/device/capability[1]/ap-domain",
            2,
        ),
        (
            "<device>\n<capability type='drm'><type>back</type></capability></device>",
            "/device/capability[1]/type",
            2,
        ),
        (
            "<device>\n<devnode type='door'>/dev/x</devnode><capability type='vdpa'/></device>",
            "/device/devnode[1]/@type",
            2,
        ),
    ];
    for (text, path, line) in wrong {
        let error = NodeDeviceConfig::from_xml(text).unwrap().validate().unwrap_err();
        assert_eq!(error.path(), path, "{text}");
        assert_eq!(error.position().map(|place| place.line()), Some(line), "{text}");
        assert!(
            matches!(error.problem(), XmlProblem::Missing(_) | XmlProblem::Invalid(_)),
            "{error}"
        );
    }
}

#[test]
fn values_are_refused_while_reading() {
    let error = NodeDeviceConfig::from_xml(
        "<device>\n<capability type='ccw'><cssid>0x1ff</cssid></capability></device>",
    )
    .unwrap_err();
    assert_eq!(error.path(), "/device/capability[1]/cssid");
    let error = NodeDeviceConfig::from_xml(
        "<device><capability type='pci'>\n<vendor id='intel'/></capability></device>",
    )
    .unwrap_err();
    assert_eq!(error.path(), "/device/capability[1]/vendor/@id");
    assert_eq!(error.position().map(|place| place.line()), Some(2));
}

#[test]
fn storage_tells_the_size_of_what_is_in_it() {
    let disk = "<device><name>d</name><capability type='storage'><block>/dev/sda</block><size>512</size></capability></device>";
    let disk = NodeDeviceConfig::from_xml(disk).unwrap();
    assert_eq!(
        (disk.storage_size(), disk.block_path()),
        (Some(512), Some("/dev/sda"))
    );
    let drive = "<device><name>d</name><capability type='storage'><block>/dev/sr0</block><capability type='removable'><media_available>1</media_available><media_size>2048</media_size></capability></capability></device>";
    let drive = AnyDocument::from_xml(drive).unwrap();
    let AnyDocument::NodeDevice(drive) = drive else {
        panic!("{drive:?}")
    };
    assert_eq!(drive.storage_size(), Some(2048));
}
