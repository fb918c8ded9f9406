//! What holds for every file and every domain.

use proptest::prelude::*;
use virt_core::model::DomainConfig;

use super::*;
use crate::vmx::document::Vmx;

/// Lines that are understood, half understood, and not at all.
const LINES: &[&str] = &[
    "memsize = \"512\"",
    "MemSize = \"6\"",
    "sched.mem.max = \"100\"",
    "sched.mem.minSize = \"12\"",
    "numvcpus = \"4\"",
    "numvcpus = \"6\"",
    "cpuid.coresPerSocket = \"2\"",
    "cpuid.coresPerSocket = \"4\"",
    "sched.cpu.affinity = \"0,1,2,3\"",
    "sched.cpu.affinity = \"all\"",
    "sched.cpu.shares = \"high\"",
    "sched.cpu.shares = \"1\"",
    "guestOS = \"rhel9-64\"",
    "uuid.bios = \"56 4d 9b ef ac d9 b4 e0-c8 f0 ae a8 b9 10 35 15\"",
    "uuid.action = \"create\"",
    "vm.genid = \"-5\"",
    "annotation = \"a|0Ab|7C\"",
    "firmware = \"efi\"",
    "uefi.secureBoot.enabled = \"TRUE\"",
    "bios.bootOrder = \"cdrom,hdd\"",
    "smbios.reflecthost = \"TRUE\"",
    "RemoteDisplay.vnc.enabled = \"TRUE\"",
    "RemoteDisplay.vnc.port = \"5901\"",
    "RemoteDisplay.vnc.ip = \"127.0.0.1\"",
    "svga.vramSize = \"8388609\"",
    "svga.present = \"TRUE\"",
    "sound.present = \"TRUE\"",
    "sound.virtualDev = \"es1371\"",
    "vmci0.present = \"TRUE\"",
    "nvram = \"a.nvram\"",
    "isolation.tools.hgfs.disable = \"FALSE\"",
    "sharedFolder.maxNum = \"2\"",
    "scsi0.virtualDev = \"pvscsi\"",
    "scsi1.virtualDev = \"ncr\"",
];

/// Keys of devices, with what they may say.
const KEYS: &[(&str, &[&str])] = &[
    ("present", &["TRUE", "FALSE", "true", "yes"]),
    (
        "deviceType",
        &[
            "cdrom-image",
            "cdrom-raw",
            "atapi-cdrom",
            "scsi-hardDisk",
            "ata-hardDisk",
            "scsi-passthru",
            "disk",
        ],
    ),
    (
        "fileName",
        &[
            "a.vmdk",
            "b.iso",
            "auto detect",
            "emptyBackingString",
            "",
            "/dev/x",
            "tcp://h:1",
            "/vmfs/devices/cdrom/m",
        ],
    ),
    ("fileType", &["device", "file", "pipe", "network", "thinprint"]),
    ("clientDevice", &["TRUE", "FALSE"]),
    ("startConnected", &["TRUE", "FALSE"]),
    ("mode", &["independent-nonpersistent", "persistent"]),
    ("writeThrough", &["TRUE"]),
    ("redo", &[""]),
    ("network.endPoint", &["client", "server", "x"]),
    ("vspc", &["telnet://h:1"]),
    ("networkName", &["VM Network", "a|22b"]),
    ("connectionType", &["bridged", "custom", "nat", "hostonly"]),
    ("vnet", &["vmnet1"]),
    ("addressType", &["static", "generated", "vpx"]),
    ("address", &["00:50:56:00:00:01", "52:54:00:00:00:02", "x"]),
    ("generatedAddress", &["00:0C:29:00:00:01", "00:50:56:80:00:02"]),
    ("checkMACAddress", &["TRUE", "false"]),
    ("virtualDev", &["e1000", "vmxnet", "vmxnet3", "pvscsi"]),
    ("features", &["15"]),
    (
        "dvs.switchId",
        &["50 34 26 b2 94 e9 3b 16-1d 68 87 bf ff 4a 54 40"],
    ),
    ("dvs.portId", &["1"]),
    ("pciSlotNumber", &["32"]),
    ("enabled", &["TRUE", "FALSE"]),
    ("hostPath", &["/a"]),
    ("guestName", &["g"]),
    ("writeAccess", &["TRUE"]),
];

const DEVICES: &[&str] = &[
    "scsi0",
    "scsi1",
    "sata0",
    "nvme0",
    "scsi0:0",
    "scsi0:16",
    "scsi1:0",
    "sata0:7",
    "nvme0:1",
    "ide0:0",
    "ide1:1",
    "floppy0",
    "floppy1",
    "ethernet0",
    "ethernet2",
    "ethernet9",
    "serial0",
    "serial3",
    "parallel1",
    "sharedFolder0",
    "sharedFolder1",
];

fn line() -> impl Strategy<Value = String> {
    let device = (
        proptest::sample::select(DEVICES),
        proptest::sample::select(KEYS),
        any::<proptest::sample::Index>(),
    );
    prop_oneof![
        1 => proptest::sample::select(LINES).prop_map(ToOwned::to_owned),
        4 => device.prop_map(|(device, (key, values), index)| format!("{device}.{key} = \"{}\"", index.get(values))),
        1 => proptest::sample::select(DEVICES).prop_map(|device| format!("{device}.present = \"TRUE\"")),
        1 => "[a-z]{1,6}\\.[a-zA-Z]{1,6} = \"[ !#-~é]{0,8}\"",
    ]
}

fn file() -> impl Strategy<Value = Vmx> {
    let lines = proptest::collection::vec(line(), 0..40);
    (proptest::sample::select(&[4, 7, 13, 20][..]), lines).prop_map(|(hardware, lines)| {
        let text = format!(
            "config.version = \"8\"\nvirtualHW.version = \"{hardware}\"\ndisplayName = \"n\"\n{}\n",
            lines.join("\n")
        );
        Vmx::parse(&text).unwrap()
    })
}

/// What a file says, without the case of yes and no, and of addresses.
fn said(vmx: &Vmx) -> Vec<(String, String)> {
    let mut said: Vec<(String, String)> = Vec::new();
    for entry in vmx.entries() {
        let key = entry.key.to_ascii_lowercase();
        let is_loose = key.ends_with("address")
            || ["true", "false"].contains(&entry.value.to_ascii_lowercase().as_str());
        let value = if is_loose {
            entry.value.to_ascii_lowercase()
        } else {
            entry.value.to_owned()
        };
        if said.iter().all(|(other, _)| *other != key) {
            said.push((key, value));
        }
    }
    said.sort();
    said
}

proptest! {
    /// A complete reading takes everything, and nothing is lost on the way there and back.
    #[test]
    fn nothing_is_lost(vmx in file()) {
        let domain = from_vmx(&vmx, &FromVmx::complete()).unwrap();
        let domain = DomainConfig::from_xml(&domain.to_xml()).unwrap();
        let again = to_vmx(&domain, &ToVmx::new()).unwrap();
        prop_assert_eq!(said(&again), said(&vmx));
        let second = from_vmx(&again, &FromVmx::complete()).unwrap();
        prop_assert_eq!(second.devices, domain.devices);
    }

    /// A domain that says nothing else changes nothing, with what is kept and without.
    #[test]
    fn an_update_by_its_own_domain_changes_nothing(vmx in file()) {
        let mut domain = from_vmx(&vmx, &FromVmx::complete()).unwrap();
        prop_assert_eq!(update(&vmx, &domain, &ToVmx::new()).unwrap().to_string(), vmx.to_string());
        set_kept(&mut domain, None);
        prop_assert_eq!(update(&vmx, &domain, &ToVmx::new()).unwrap().to_string(), vmx.to_string());
    }

    /// An update has what the domain says.
    #[test]
    fn an_update_says_what_the_domain_says(vmx in file(), other in file()) {
        let mut domain = from_vmx(&other, &FromVmx::complete()).unwrap();
        set_kept(&mut domain, None);
        let hardware = vmx.get("virtualHW.version").unwrap().parse().unwrap();
        let options = ToVmx::new().with_hardware_version(hardware);
        if let Ok(updated) = update(&vmx, &domain, &options) {
            let written = to_vmx(&domain, &options).unwrap();
            let again = from_vmx(&updated, &FromVmx::complete()).unwrap();
            let expected = from_vmx(&written, &FromVmx::complete()).unwrap();
            prop_assert_eq!(&again.memory, &expected.memory);
            prop_assert_eq!(&again.uuid, &expected.uuid);
            prop_assert_eq!(again.vcpu.unwrap().count, expected.vcpu.unwrap().count);
        }
    }

    /// Nothing panics, and what libvirt's reading takes, can be written.
    #[test]
    fn libvirts_reading_ends(vmx in file()) {
        if let Ok(domain) = from_vmx(&vmx, &FromVmx::libvirt()) {
            let _written = to_vmx(&domain, &ToVmx::new());
        }
    }
}
