//! What keys are in a domain, and what is refused.

use std::sync::Arc;

use virt_core::ErrorKind;

use super::super::file_names::DatastoreNames;
use super::super::kept::kept;
use super::*;

fn vmx(lines: &str) -> Vmx {
    let text = format!("config.version = \"8\"\nvirtualHW.version = \"13\"\ndisplayName = \"n\"\n{lines}");
    Vmx::parse(&text).unwrap()
}

fn xml(lines: &str) -> String {
    from_vmx(&vmx(lines), &FromVmx::libvirt()).unwrap().to_xml()
}

fn complete(lines: &str) -> DomainConfig {
    from_vmx(&vmx(lines), &FromVmx::complete()).unwrap()
}

/// Checks that lines make these pieces of a document.
fn assert_has(lines: &str, pieces: &[&str]) {
    let xml = xml(lines);
    for piece in pieces {
        assert!(xml.contains(piece), "{piece} in {xml}");
    }
}

/// Checks that libvirt's reading refuses lines for a key, and that a complete one keeps them.
fn assert_refused(lines: &str, kind: ErrorKind, key: &str) {
    let error = from_vmx(&vmx(lines), &FromVmx::libvirt()).unwrap_err();
    assert_eq!(error.kind(), kind, "{lines}: {error}");
    assert!(error.to_string().contains(key), "{lines}: {error}");
    let domain = complete(lines);
    let settings = kept(&domain).unwrap().unwrap().settings;
    assert!(
        settings
            .iter()
            .any(|setting| setting.key.eq_ignore_ascii_case(key)),
        "{lines}: {settings:?}"
    );
}

#[test]
fn numbers_of_the_machine_are_elements() {
    assert_has(
        "memsize = \"64\"\nsched.mem.max = \"unlimited\"\nsched.mem.minsize = \"8\"\nnumvcpus = \"3\"\nsched.cpu.shares = \
         \"77\"\nsched.cpu.affinity = \"0, 2,5\"\nvm.genid = \"1\"\n",
        &[
            "<currentMemory unit='KiB'>65536<",
            "<min_guarantee unit='KiB'>8192<",
            "cpuset='0,2,5'>3</vcpu>",
            "<shares>77</shares>",
            "<genid>00000000-0000-0001-0000-000000000000</genid>",
        ],
    );
}

#[test]
fn names_are_without_escapes() {
    let vmx = Vmx::parse("config.version = 8\nvirtualHW.version = 4\ndisplayName = \"a%2fb|22\"\n").unwrap();
    assert_eq!(from_vmx(&vmx, &FromVmx::libvirt()).unwrap().name, "a/b\"");
    assert_refused("annotation = \"50|\"\n", ErrorKind::InvalidConfig, "annotation");
}

#[test]
fn a_file_without_a_name_needs_one() {
    let vmx = Vmx::parse("config.version = 8\nvirtualHW.version = 4\n").unwrap();
    for options in [FromVmx::libvirt(), FromVmx::complete()] {
        let error = from_vmx(&vmx, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_eq!(from_vmx(&vmx, &options.with_name("m")).unwrap().name, "m");
    }
}

#[test]
fn what_libvirt_refuses_is_kept_by_a_complete_reading() {
    let wrong = ErrorKind::InvalidConfig;
    let unsupported = ErrorKind::Unsupported;
    let net = "ethernet0.present = \"TRUE\"\nethernet0.address = \"00:50:56:00:00:01\"\nethernet0.addressType = \"static\"\n";
    for (lines, kind, key) in [
        ("memsize = \"6\"\n", wrong, "memsize"),
        ("memsize = \"lots\"\n", wrong, "memsize"),
        ("numvcpus = \"0\"\n", wrong, "numvcpus"),
        ("cpuid.coresPerSocket = \"2\"\n", wrong, "cpuid.coresPerSocket"),
        ("sched.cpu.shares = \"some\"\n", wrong, "sched.cpu.shares"),
        (
            "numvcpus = \"2\"\nsched.cpu.affinity = \"1\"\n",
            wrong,
            "sched.cpu.affinity",
        ),
        ("uuid.bios = \"x\"\n", wrong, "uuid.bios"),
        ("firmware = \"coreboot\"\n", unsupported, "firmware"),
        ("svga.vramSize = \"-1\"\n", wrong, "svga.vramSize"),
        ("smbios.reflecthost = \"maybe\"\n", wrong, "smbios.reflecthost"),
        (
            "scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"x\"\n",
            unsupported,
            "scsi0.virtualDev",
        ),
        (
            "ide0:0.present = \"TRUE\"\nide0:0.fileName = \"a.img\"\n",
            unsupported,
            "ide0:0.fileName",
        ),
        (
            "ide0:0.present = \"TRUE\"\nide0:0.fileName = \"a.vmdk\"\nide0:0.deviceType = \"scsi-hardDisk\"\n",
            wrong,
            "ide0:0.deviceType",
        ),
        (
            "floppy0.present = \"TRUE\"\nfloppy0.fileName = \"a.flp\"\n",
            unsupported,
            "floppy0.fileName",
        ),
        (
            "serial0.present = \"TRUE\"\nserial0.fileType = \"thinprint\"\n",
            unsupported,
            "serial0.fileType",
        ),
        (
            "serial0.present = \"TRUE\"\nserial0.fileType = \"network\"\nserial0.fileName = \"tcp://a\"\n",
            wrong,
            "serial0.fileName",
        ),
        ("parallel0.present = \"TRUE\"\n", wrong, "parallel0.present"),
        (
            &format!("{net}ethernet0.virtualDev = \"ne2k\"\n"),
            unsupported,
            "ethernet0.virtualDev",
        ),
        (
            &format!("{net}ethernet0.connectionType = \"hostonly\"\n"),
            unsupported,
            "ethernet0.connectionType",
        ),
        (
            &format!("{net}ethernet0.dvs.switchId = \"x\"\n"),
            wrong,
            "ethernet0.dvs.switchId",
        ),
    ] {
        let key = if key == "parallel0.present" {
            "parallel0"
        } else {
            key
        };
        if key == "parallel0" {
            assert!(from_vmx(&vmx(lines), &FromVmx::libvirt()).is_err());
        } else {
            assert_refused(lines, kind, key);
        }
    }
}

#[test]
fn drives_without_a_disc_are_empty() {
    for lines in [
        "sata0.present = \"TRUE\"\nsata0:1.present = \"TRUE\"\nsata0:1.deviceType = \"cdrom-image\"\n",
        "ide0:1.present = \"TRUE\"\nide0:1.deviceType = \"cdrom-image\"\nide0:1.fileName = \"\"\n",
        "ide0:1.present = \"TRUE\"\nide0:1.fileName = \"emptyBackingString\"\n",
    ] {
        assert_has(lines, &["<disk type='file' device='cdrom'>", "<readonly/>"]);
        assert!(!xml(lines).contains("<source"));
    }
    assert_has(
        "ide0:0.present = \"TRUE\"\nide0:0.deviceType = \"cdrom-image\"\nide0:0.fileName = \"Auto Detect\"\n",
        &[
            "<disk type='file' device='cdrom'>",
            "<source startupPolicy='optional'/>",
        ],
    );
}

#[test]
fn disks_sit_on_sata_and_nvme() {
    assert_has(
        "sata1.present = \"TRUE\"\nsata1:0.present = \"TRUE\"\nsata1:0.fileName = \"a.vmdk\"\nnvme0.present = \
         \"TRUE\"\nnvme0:1.present = \"TRUE\"\nnvme0:1.fileName = \"b.VMDK\"\n",
        &[
            "<target dev='sdae' bus='sata'/>",
            "controller='5' bus='0' target='0' unit='0'",
            "<target dev='nvme0n2' bus='nvme'/>",
            "<controller type='nvme' index='0'/>",
        ],
    );
    assert!(
        xml("sata0:0.present = \"TRUE\"\nsata0:0.fileName = \"a.vmdk\"\n")
            .matches("<disk")
            .count()
            == 0
    );
}

#[test]
fn wide_controllers_have_right_addresses_in_a_complete_reading() {
    let lines = "scsi0.present = \"TRUE\"\nscsi1.present = \"TRUE\"\nscsi0:16.present = \"TRUE\"\nscsi0:16.fileName = \
                 \"a.vmdk\"\nscsi1:0.present = \"TRUE\"\nscsi1:0.fileName = \"b.vmdk\"\n";
    let domain = complete(lines);
    let disks = domain.devices.unwrap().disks;
    let names: Vec<_> = disks
        .iter()
        .map(|disk| disk.target.clone().unwrap().dev.unwrap())
        .collect();
    assert_eq!(names, ["sdp", "sda"]);
    let address = disks[1].address.clone().unwrap();
    assert_eq!((address.controller, address.unit), (Some(1), Some(0)));
}

#[test]
fn ports_lead_to_networks_and_nowhere() {
    let port = |lines: &str| format!("serial1.present = \"TRUE\"\nserial1.fileType = \"network\"\n{lines}");
    assert_has(
        &port("serial1.fileName = \"telnets://[fe80::1]:23/x?y\"\n"),
        &[
            "<source mode='bind' host='fe80::1' service='23'/>",
            "<protocol type='telnets'/>",
            "<target port='1'/>",
            "<target type='serial' port='0'/>",
        ],
    );
    assert_has(
        &port("serial1.fileName = \"tcp://:23\"\n"),
        &["<source mode='bind' service='23'/>"],
    );
    assert_has(&port(""), &["<serial type='null'>"]);
    assert_has(
        "serial0.present = \"TRUE\"\nserial0.fileName = \"/dev/ttyS0\"\n",
        &["<serial type='dev'>"],
    );
}

#[test]
fn a_port_of_a_switch_needs_the_switch_only() {
    assert_has(
        "ethernet0.present = \"TRUE\"\nethernet0.dvs.switchId = \"50 34 26 b2 94 e9 3b 16-1d 68 87 bf ff 4a 54 \
         40\"\nethernet0.dvs.portId = \"7\"\nethernet0.addressType = \"vpx\"\nethernet0.generatedAddress = \
         \"00:50:56:87:65:43\"\n",
        &["switchid='503426b2-94e9-3b16-1d68-87bfff4a5440'", "portid='7'"],
    );
}

#[test]
fn where_the_machine_is_is_said_by_others() {
    let options = FromVmx::libvirt()
        .with_datacenter_path("folder/dc")
        .with_moref("vm-7")
        .with_files(Arc::new(DatastoreNames::new("ds", "n")));
    let xml = from_vmx(&vmx(""), &options).unwrap().to_xml();
    assert!(
        xml.contains("<vmware:datacenterpath>folder/dc</vmware:datacenterpath>"),
        "{xml}"
    );
    assert!(xml.contains("<vmware:moref>vm-7</vmware:moref>"), "{xml}");
}

#[test]
fn sound_and_boot_order_are_elements_of_a_complete_reading() {
    let domain = complete(
        "sound.present = \"TRUE\"\nsound.virtualDev = \"hdaudio\"\nbios.bootOrder = \"cdrom,hdd\"\n",
    );
    let xml = domain.to_xml();
    assert!(
        xml.contains("<sound model='ich6'") && xml.contains("<boot dev='cdrom'/>"),
        "{xml}"
    );
}
