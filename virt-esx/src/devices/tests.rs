//! Domains as specifications, and what the server tells of such machines as domains.

use std::sync::Arc;

use virt_core::ErrorKind;
use virt_core::model::DomainConfig;

use super::*;
use crate::vim::{
    AnyVirtualDevice, OptionValue, VirtualDeviceConfigSpecOperation as Operation,
    VirtualDiskFlatVer2BackingInfo, VirtualMachineBootOptions, VirtualMachineConfigInfo,
    VirtualMachineConfigSpec, VirtualSCSIController, VirtualSCSISharing,
};
use crate::vmx::convert::{PlainNames, compared, lines};
use crate::vmx::{FromVmx, ToVmx, Vmx, from_vmx};

fn domain(elements: &str, devices: &str) -> DomainConfig {
    let text = format!(
        "<domain type='vmware'><name>n</name><uuid>564d9bef-acd9-b4e0-c8f0-aea8b9103515</uuid>\
         <memory unit='MiB'>512</memory>{elements}<devices>{devices}</devices></domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn means() -> Means {
    let mut means = Means {
        is_64_bit: true,
        ..Means::default()
    };
    means.networks.standard.insert("VM Network".to_owned());
    means.networks.distributed.push(PortGroup {
        name: "blue".to_owned(),
        key: "dvportgroup-7".to_owned(),
        switch: "50 34 26 b2 94 e9 3b 16-1d 68 87 bf ff 4a 54 40".to_owned(),
    });
    means.networks.opaque.push(OpaqueNetwork {
        name: "cloud".to_owned(),
        id: "seg-1".to_owned(),
        kind: "nsx.LogicalSwitch".to_owned(),
    });
    means
}

fn options() -> ToVmx {
    ToVmx::new()
        .with_files(Arc::new(PlainNames))
        .with_hardware_version(13)
}

fn spec_of(domain: &DomainConfig) -> virt_core::Result<VirtualMachineConfigSpec> {
    let plan = Plan::of_a_new_machine(&lines(domain, &options())?);
    plan.spec(&Hardware::of_a_new_machine(), &means())
}

/// What a server would tell of a machine that was made so.
fn told(spec: &VirtualMachineConfigSpec) -> VirtualMachineConfigInfo {
    let mut info = VirtualMachineConfigInfo {
        name: "n".to_owned(),
        version: spec.version.clone().unwrap_or_default(),
        uuid: spec.uuid.clone().unwrap_or_default(),
        guest_id: spec.guest_id.clone().unwrap_or_default(),
        annotation: spec.annotation.clone(),
        firmware: spec.firmware.clone(),
        boot_options: spec.boot_options.clone(),
        nested_hv_enabled: spec.nested_hv_enabled,
        memory_allocation: spec.memory_allocation.clone(),
        cpu_allocation: spec.cpu_allocation.clone(),
        cpu_affinity: spec.cpu_affinity.clone(),
        extra_config: spec.extra_config.clone(),
        ..VirtualMachineConfigInfo::default()
    };
    info.hardware.memory_mb = i32::try_from(spec.memory_mb.unwrap_or_default()).unwrap();
    info.hardware.num_cpu = spec.num_cpus.unwrap_or(1);
    info.hardware.num_cores_per_socket = spec.num_cores_per_socket;
    let usual = Hardware::of_a_new_machine();
    let edited = |key: i32| {
        let mut changes = spec.device_change.iter();
        changes
            .find(|change| change.device.key == key)
            .map(|change| change.device.clone())
    };
    info.hardware.device = usual
        .slots()
        .map(|(_, device)| edited(device.key).unwrap_or_else(|| device.clone()))
        .collect();
    let added = spec
        .device_change
        .iter()
        .filter(|change| change.operation == Some(Operation::Add));
    info.hardware
        .device
        .extend(added.map(|change| change.device.clone()));
    info
}

const DEVICES: &str = "<disk type='file' device='disk'><source file='[ds] a/a.vmdk'/><target dev='sda' bus='scsi'/></disk>\
    <disk type='file' device='disk'><driver cache='writethrough'/><source file='[ds] a/b.vmdk'/><target dev='sdq' bus='scsi'/>\
    <transient/></disk>\
    <disk type='file' device='disk'><source file='[ds] a/c.vmdk'/><target dev='sda' bus='sata'/><shareable/></disk>\
    <disk type='file' device='disk'><source file='[ds] a/d.vmdk'/><target dev='nvme0n1' bus='nvme'/></disk>\
    <disk type='file' device='cdrom'><source file='[ds] isos/x.iso'/><target dev='hda' bus='ide'/></disk>\
    <disk type='block' device='cdrom'><source startupPolicy='optional'/><target dev='hdb' bus='ide'/></disk>\
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>\
    <disk type='file' device='cdrom'><source file='/usr/lib/vmware/linux.iso'/><target dev='hdd' bus='ide'/></disk>\
    <disk type='file' device='floppy'><source file='[ds] a/f.flp'/><target dev='fda' bus='fdc'/></disk>\
    <controller type='scsi' index='0' model='vmpvscsi'/><controller type='scsi' index='1' model='lsisas1068'/>\
    <controller type='usb' model='nec-xhci'/>\
    <interface type='bridge'><mac address='00:50:56:11:22:33'/><source bridge='VM Network'/><model type='vmxnet3'/></interface>\
    <interface type='bridge'><mac address='00:0c:29:11:22:33'/><source bridge='VM Network'/><model type='e1000e'/>\
    <link state='down'/></interface>\
    <interface type='vds'><mac address='00:50:56:91:22:33'/><source switchid='503426b2-94e9-3b16-1d68-87bfff4a5440' \
    portgroupid='dvportgroup-7'/><model type='vmxnet2'/></interface>\
    <serial type='file'><source path='[ds] a/s.log'/></serial><serial type='dev'><source path='/dev/ttyS0'/></serial>\
    <serial type='tcp'><source mode='bind' host='0.0.0.0' service='9000'/><protocol type='telnet'/></serial>\
    <serial type='pipe'><source path='p'/></serial><parallel type='dev'><source path='/dev/parport0'/></parallel>\
    <sound model='ich6'/><video><model type='vmvga' vram='8192'/></video>";

#[test]
fn devices_come_back_as_they_were_specified() {
    let domain = domain("", DEVICES);
    let info = told(&spec_of(&domain).unwrap());
    let written = lines(&domain, &options()).unwrap().into_vmx().unwrap();
    let expected = from_vmx(&written, &FromVmx::complete()).unwrap();
    let again = from_vmx(&described(&info).unwrap(), &FromVmx::complete()).unwrap();
    let (mut again, expected) = (again.devices.unwrap(), expected.devices.unwrap());
    // The controllers of USB are no elements of a document that is read.
    again.controllers.retain(|one| expected.controllers.contains(one));
    assert_eq!(again, expected);
}

#[test]
fn settings_come_back_as_they_were_specified() {
    let domain = domain(
        "<genid>13c67c91-9f47-526f-b0d6-e4dd2e4bb4f9</genid><description>a\n\"|b</description><vcpu \
         cpuset='0-3'>4</vcpu><cputune><shares>8000</shares></cputune><memtune><min_guarantee \
         unit='MiB'>128</min_guarantee></memtune><os firmware='efi'><type arch='x86_64'>hvm</type><firmware><feature \
         enabled='yes' name='secure-boot'/></firmware><boot dev='cdrom'/><boot dev='hd'/></os><cpu><topology sockets='2' \
         cores='2' threads='1'/></cpu>",
        "",
    );
    let spec = spec_of(&domain).unwrap();
    assert_eq!(spec.guest_id.as_deref(), Some("otherGuest64"));
    assert_eq!(spec.version.as_deref(), Some("vmx-13"));
    assert_eq!((spec.num_cpus, spec.num_cores_per_socket), (Some(4), Some(2)));
    assert_eq!(spec.memory_allocation.as_ref().unwrap().reservation, Some(128));
    let info = told(&spec);
    let again = from_vmx(&described(&info).unwrap(), &FromVmx::complete()).unwrap();
    assert_eq!(
        (&again.genid, &again.description),
        (&domain.genid, &domain.description)
    );
    assert_eq!(again.uuid, domain.uuid);
    assert_eq!(again.memory, domain.memory);
    assert_eq!(again.vcpu.unwrap().count, 4);
    assert_eq!(again.cputune, domain.cputune);
    assert_eq!(again.memtune, domain.memtune);
    let (os, wanted) = (again.os.unwrap(), domain.os.unwrap());
    assert_eq!((os.firmware, os.boot), (wanted.firmware, wanted.boot));
    let features = os.firmware_features.unwrap().features;
    assert!(
        features
            .iter()
            .any(|feature| feature.name.as_deref() == Some("secure-boot"))
    );
}

fn devices(spec: &VirtualMachineConfigSpec) -> Vec<(&str, &AnyVirtualDevice)> {
    let devices = spec.device_change.iter().map(|change| &change.device);
    devices.map(|device| (device.type_name(), device)).collect()
}

#[test]
fn controllers_come_first_and_have_what_is_on_them() {
    let spec = spec_of(&domain("", DEVICES)).unwrap();
    let devices = devices(&spec);
    let index = |name: &str| devices.iter().position(|(own, _)| *own == name).unwrap();
    for controller in [
        "ParaVirtualSCSIController",
        "VirtualLsiLogicSASController",
        "VirtualAHCIController",
        "VirtualNVMEController",
    ] {
        assert!(index(controller) < index("VirtualDisk"), "{controller}");
        let key = devices[index(controller)].1.key;
        assert!(key < 0);
        assert!(
            devices
                .iter()
                .any(|(_, device)| device.controller_key == Some(key))
        );
    }
    // Those of IDE are there.
    let drive = devices[index("VirtualCdrom")].1;
    assert_eq!(drive.controller_key, Some(200));
    assert!(
        spec.device_change
            .iter()
            .all(|change| change.file_operation.is_none())
    );
}

#[test]
fn what_no_specification_says_is_refused_by_name() {
    for (devices, kind, said) in [
        ("<interface type='user'/>", ErrorKind::Unsupported, "nat"),
        ("<interface type='null'/>", ErrorKind::Unsupported, "interface"),
        (
            "<interface type='bridge'><source bridge='none'/></interface>",
            ErrorKind::InvalidConfig,
            "VM Network, blue, cloud",
        ),
        (
            "<interface type='vds'><source switchid='503426b2-94e9-3b16-1d68-87bfff4a5441'/></interface>",
            ErrorKind::InvalidConfig,
            "switch",
        ),
        ("<serial type='null'/>", ErrorKind::Unsupported, "serial"),
    ] {
        let error = spec_of(&domain("", devices)).unwrap_err();
        assert_eq!(error.kind(), kind, "{devices}: {error}");
        assert!(error.to_string().contains(said), "{devices}: {error}");
    }
}

#[test]
fn a_network_is_found_by_its_name_whatever_it_is() {
    for (name, backing) in [
        ("VM Network", "VirtualEthernetCardNetworkBackingInfo"),
        ("blue", "VirtualEthernetCardDistributedVirtualPortBackingInfo"),
        ("cloud", "VirtualEthernetCardOpaqueNetworkBackingInfo"),
    ] {
        let text = format!("<interface type='bridge'><source bridge='{name}'/></interface>");
        let spec = spec_of(&domain("<os><type arch='x86_64'>hvm</type></os>", &text)).unwrap();
        let (kind, card) = devices(&spec)[0];
        assert_eq!(kind, "VirtualE1000");
        assert_eq!(card.backing.as_ref().unwrap().type_name(), backing);
    }
}

/// A machine that a server has told of, its file, and what it takes to make it another one.
fn plan(change: impl FnOnce(&mut DomainConfig)) -> (Plan, Hardware) {
    let mut info = told(&spec_of(&domain("<vcpu>2</vcpu>", DEVICES)).unwrap());
    info.extra_config.push(OptionValue {
        key: "guestinfo.mine".to_owned(),
        value: Some("1".into()),
    });
    info.boot_options = Some(VirtualMachineBootOptions::default());
    let vmx = described(&info).unwrap();
    let vmx = Vmx::parse(&vmx.to_string()).unwrap();
    let mut wanted = from_vmx(&vmx, &FromVmx::complete()).unwrap();
    change(&mut wanted);
    let (before, after) = compared(&vmx, &wanted, &FromVmx::complete(), &options()).unwrap();
    let plan = Plan::between(&before, &after).with_controllers_of(&wanted);
    (plan, Hardware::new(info.hardware.device))
}

fn steps(spec: &VirtualMachineConfigSpec) -> Vec<(&str, &str)> {
    let step = |change: &crate::vim::VirtualDeviceConfigSpec| change.operation.clone();
    let named = |operation: Option<Operation>| match operation {
        Some(Operation::Add) => "add",
        Some(Operation::Edit) => "edit",
        _ => "remove",
    };
    let changes = spec.device_change.iter();
    changes
        .map(|change| (named(step(change)), change.device.type_name()))
        .collect::<Vec<_>>()
}

#[test]
fn nothing_said_otherwise_changes_nothing() {
    let (plan, _) = plan(|_| {});
    assert!(plan.is_empty(), "{plan:?}");
}

#[test]
fn each_difference_is_one_step() {
    let (plan, hardware) = plan(|wanted| {
        wanted.vcpu.as_mut().unwrap().count = 4;
        let devices = wanted.devices_mut();
        devices.interfaces.remove(0);
        devices
            .disks
            .retain(|disk| disk.target.as_ref().unwrap().dev.as_deref() != Some("nvme0n1"));
        let drive = devices.disks.iter_mut().find(|disk| {
            disk.source.as_ref().and_then(|source| source.file.as_deref()) == Some("[ds] isos/x.iso")
        });
        drive.unwrap().source = None;
        let new = "<interface type='bridge'><source bridge='blue'/></interface>";
        let new: virt_core::model::Device = new.parse().unwrap();
        new.add_to(devices);
    });
    let spec = plan.spec(&hardware, &means()).unwrap();
    assert_eq!(spec.num_cpus, Some(4));
    assert_eq!((spec.memory_mb, spec.uuid.as_ref()), (None, None));
    assert!(spec.extra_config.is_empty(), "{:?}", spec.extra_config);
    let steps = steps(&spec);
    // The controller stays: the document names it.
    assert_eq!(
        steps,
        [
            ("remove", "VirtualDisk"),
            ("remove", "VirtualVmxnet3"),
            ("edit", "VirtualCdrom"),
            ("add", "VirtualE1000"),
        ]
    );
    let drive = &spec.device_change[2].device;
    assert_eq!(
        drive.backing.as_ref().unwrap().type_name(),
        "VirtualCdromRemotePassthroughBackingInfo"
    );
    assert!(plan.files().is_empty() && plan.connects());
    assert!(!plan.needs_an_end(HotAdd::default()).unwrap().contains("ide0:0"));
}

#[test]
fn a_controller_of_another_model_takes_along_what_is_on_it() {
    let (plan, hardware) = plan(|wanted| {
        let controllers = &mut wanted.devices_mut().controllers;
        controllers[0].model = Some("lsilogic".to_owned());
    });
    let spec = plan.spec(&hardware, &means()).unwrap();
    assert_eq!(
        steps(&spec),
        [
            ("remove", "ParaVirtualSCSIController"),
            ("add", "VirtualLsiLogicController"),
            ("edit", "VirtualDisk"),
        ]
    );
    let key = spec.device_change[1].device.key;
    assert_eq!(spec.device_change[2].device.controller_key, Some(key));
    assert!(plan.needs_an_end(HotAdd::default()).is_some());
}

fn disk_of<'d>(wanted: &'d mut DomainConfig, file: &str) -> &'d mut virt_core::model::Disk {
    let mut disks = wanted.devices_mut().disks.iter_mut();
    let has_it = |disk: &&mut virt_core::model::Disk| {
        disk.source.as_ref().and_then(|source| source.file.as_deref()) == Some(file)
    };
    disks.find(has_it).unwrap()
}

#[test]
fn another_image_is_another_disk_and_no_file_goes() {
    let (plan, hardware) = plan(|wanted| {
        let disk = disk_of(wanted, "[ds] a/a.vmdk");
        disk.source.as_mut().unwrap().file = Some("[ds] a/z.vmdk".to_owned());
    });
    let spec = plan.spec(&hardware, &means()).unwrap();
    assert_eq!(steps(&spec), [("remove", "VirtualDisk"), ("add", "VirtualDisk")]);
    let operations = spec.device_change.iter().map(|change| &change.file_operation);
    assert!(operations.into_iter().all(Option::is_none));
    let (before, after) = (&spec.device_change[0].device, &spec.device_change[1].device);
    assert_eq!(
        (before.controller_key, before.unit_number),
        (after.controller_key, after.unit_number)
    );
    assert!(after.key < 0);
}

#[test]
fn what_a_document_without_settings_does_not_say_of_a_device_stays() {
    let mut info = told(&spec_of(&domain("", DEVICES)).unwrap());
    for device in &mut info.hardware.device {
        let backing = device.backing.as_mut();
        let flat = backing.and_then(|backing| backing.part_mut::<VirtualDiskFlatVer2BackingInfo>());
        if let Some(flat) = flat {
            "independent_persistent".clone_into(&mut flat.disk_mode);
        }
        if let Some(controller) = device.part_mut::<VirtualSCSIController>() {
            controller.shared_bus = VirtualSCSISharing::PhysicalSharing;
        }
    }
    let vmx = described(&info).unwrap();
    let mut wanted = from_vmx(&vmx, &FromVmx::complete()).unwrap();
    crate::vmx::convert::set_kept(&mut wanted, None);
    wanted.devices_mut().controllers[0].model = Some("lsilogic".to_owned());
    disk_of(&mut wanted, "[ds] a/a.vmdk").shareable = true;
    let (before, after) = compared(&vmx, &wanted, &FromVmx::complete(), &options()).unwrap();
    let plan = Plan::between(&before, &after).with_controllers_of(&wanted);
    let spec = plan.spec(&Hardware::new(info.hardware.device), &means()).unwrap();
    let find = |name: &str| {
        let mut devices = spec.device_change.iter().map(|change| &change.device);
        devices.find(|device| device.type_name() == name).unwrap()
    };
    let controller = find("VirtualLsiLogicController").part::<VirtualSCSIController>();
    assert_eq!(
        controller.unwrap().shared_bus,
        VirtualSCSISharing::PhysicalSharing
    );
    let backing = find("VirtualDisk").backing.as_ref().unwrap();
    let flat = backing.part::<VirtualDiskFlatVer2BackingInfo>().unwrap();
    assert_eq!(flat.disk_mode, "independent_persistent");
    assert_eq!(flat.sharing.as_deref(), Some("sharingMultiWriter"));
}

#[test]
fn what_is_changed_on_a_controller_of_another_model_goes_along_once() {
    let model = |wanted: &mut DomainConfig| {
        wanted.devices_mut().controllers[0].model = Some("lsilogic".to_owned());
    };
    let (changed, hardware) = plan(|wanted| {
        model(wanted);
        disk_of(wanted, "[ds] a/a.vmdk").shareable = true;
    });
    let spec = changed.spec(&hardware, &means()).unwrap();
    let controller = [
        ("remove", "ParaVirtualSCSIController"),
        ("add", "VirtualLsiLogicController"),
    ];
    assert_eq!(steps(&spec)[..2], controller);
    assert_eq!(steps(&spec)[2..], [("edit", "VirtualDisk")]);
    let key = spec.device_change[1].device.key;
    assert_eq!(spec.device_change[2].device.controller_key, Some(key));
    let (gone, hardware) = plan(|wanted| {
        model(wanted);
        let disks = &mut wanted.devices_mut().disks;
        disks.retain(|disk| {
            disk.source.as_ref().and_then(|source| source.file.as_deref()) != Some("[ds] a/a.vmdk")
        });
    });
    let spec = gone.spec(&hardware, &means()).unwrap();
    assert_eq!(steps(&spec)[..1], [("remove", "VirtualDisk")]);
    assert_eq!(steps(&spec)[1..], controller);
}

#[test]
fn a_running_machine_takes_some_of_it() {
    let refused = |change: fn(&mut DomainConfig), hot_add: HotAdd| plan(change).0.needs_an_end(hot_add);
    let cpus: fn(&mut DomainConfig) = |wanted| wanted.vcpu.as_mut().unwrap().count = 4;
    assert!(refused(cpus, HotAdd::default()).unwrap().contains("numvcpus"));
    let hot = HotAdd {
        cpus: true,
        memory: true,
    };
    assert_eq!(refused(cpus, hot), None);
    let fewer: fn(&mut DomainConfig) = |wanted| wanted.vcpu.as_mut().unwrap().count = 1;
    assert!(refused(fewer, hot).is_some());
    let serial: fn(&mut DomainConfig) = |wanted| wanted.devices_mut().serials.truncate(1);
    assert!(refused(serial, hot).unwrap().contains("serial1"));
    let card: fn(&mut DomainConfig) = |wanted| drop(wanted.devices_mut().interfaces.remove(1));
    assert_eq!(refused(card, hot), None);
    let note: fn(&mut DomainConfig) = |wanted| wanted.description = Some("x".to_owned());
    assert_eq!(refused(note, HotAdd::default()), None);
}

#[test]
fn devices_have_the_names_of_their_lines_as_aliases() {
    let vmx = lines(&domain("", DEVICES), &options())
        .unwrap()
        .into_vmx()
        .unwrap();
    let mut config = from_vmx(&vmx, &FromVmx::complete()).unwrap();
    set_aliases(&mut config);
    let devices = config.devices.unwrap();
    for (alias, kind) in [
        ("scsi0-0", "disk"),
        ("scsi1-1", "disk"),
        ("nvme0-0", "disk"),
        ("ide1-0", "disk"),
        ("floppy0", "disk"),
        ("ethernet2", "interface"),
        ("serial3", "serial"),
        ("scsi1", "controller"),
    ] {
        let found = devices.by_alias(alias);
        assert_eq!(
            found.map(|found| found.name().to_owned()).as_deref(),
            Some(kind),
            "{alias}"
        );
    }
}
