//! What the elements of a domain are in a file, and what is refused.

use virt_core::ErrorKind;

use super::super::options::ToVmx;
use super::*;

/// A domain with these elements and devices.
fn domain(elements: &str, devices: &str) -> DomainConfig {
    let text = format!(
        "<domain type='vmware'><name>n</name><memory unit='MiB'>5</memory>{elements}<devices>{devices}</devices></domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn file(elements: &str, devices: &str, hardware: u32) -> String {
    let options = ToVmx::new().with_hardware_version(hardware);
    let vmx = to_vmx(&domain(elements, devices), &options);
    vmx.unwrap_or_else(|error| panic!("{elements}{devices}: {error}"))
        .to_string()
}

fn assert_lines(elements: &str, devices: &str, lines: &[&str]) {
    let file = file(elements, devices, 13);
    for line in lines {
        assert!(file.lines().any(|one| one == *line), "{line} in\n{file}");
    }
}

fn assert_refused(elements: &str, devices: &str, kind: ErrorKind, place: &str) {
    let error = to_vmx(&domain(elements, devices), &ToVmx::new()).unwrap_err();
    assert_eq!(error.kind(), kind, "{elements}{devices}: {error}");
    assert!(error.to_string().contains(place), "{elements}{devices}: {error}");
}

#[test]
fn a_machine_is_written_as_libvirt_writes_it() {
    assert_eq!(
        file("", "", 4),
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"4\"\nguestOS = \"other\"\nuuid.action = \
         \"create\"\ndisplayName = \"n\"\nmemsize = \"8\"\nsched.mem.max = \"5\"\nnumvcpus = \"1\"\nfloppy0.present = \
         \"false\"\nfloppy1.present = \"false\"\n"
    );
}

#[test]
fn elements_beyond_libvirts_are_written() {
    assert_lines(
        "<genid>13c67c91-9f47-526f-b0d6-e4dd2e4bb4f9</genid><description>a\n\"|</description><vcpu>4</vcpu><os \
         firmware='efi'><type arch='x86_64'>hvm</type><firmware><feature enabled='yes' name='secure-boot'/></firmware><boot \
         dev='cdrom'/><boot dev='hd'/></os><features><acpi/></features><cpu><topology sockets='2' cores='2' \
         threads='1'/></cpu>",
        "<disk type='file'><source file='a.vmdk'/><target dev='sda' bus='sata'/><shareable/></disk><disk type='file'><source \
         file='b.vmdk'/><target dev='nvme0n1' bus='nvme'/></disk><disk><source file='c.vmdk'/><target dev='x' \
         bus='scsi'/><address type='drive' controller='2' unit='63'/></disk><controller type='scsi' index='1' \
         model='vmpvscsi'/><controller type='usb' model='nec-xhci'/><interface type='bridge'><source bridge='a\"b'/><link \
         state='down'/></interface><serial type='null'/><sound model='ich6'/>",
        &[
            "vm.genid = \"1424963296993694319\"",
            "annotation = \"a|0a|22|7c\"",
            "cpuid.coresPerSocket = \"2\"",
            "firmware = \"efi\"",
            "uefi.secureBoot.enabled = \"true\"",
            "bios.bootOrder = \"cdrom,hdd\"",
            "sata0:0.fileName = \"a.vmdk\"",
            "sata0:0.sharing = \"multi-writer\"",
            "nvme0.present = \"true\"",
            "scsi1.virtualDev = \"pvscsi\"",
            "scsi2:63.fileName = \"c.vmdk\"",
            "usb_xhci.present = \"true\"",
            "ethernet0.networkName = \"a|22b\"",
            "ethernet0.addressType = \"generated\"",
            "ethernet0.startConnected = \"false\"",
            "serial0.fileName = \"\"",
            "sound.virtualDev = \"hdaudio\"",
        ],
    );
}

#[test]
fn models_of_controllers_are_found() {
    let auto = "<controller type='scsi' index='0' model='auto'/><disk><source file='a.vmdk'/><target dev='sda' \
                bus='scsi'/></disk>";
    assert_refused("", auto, ErrorKind::InvalidConfig, "model");
    let two = "<disk><driver name='buslogic'/><source file='a.vmdk'/><target dev='sda' bus='scsi'/></disk><disk><driver \
               name='lsilogic'/><source file='b.vmdk'/><target dev='sdb' bus='scsi'/></disk>";
    assert_refused("", two, ErrorKind::InvalidConfig, "model");
}

#[test]
fn addresses_are_of_whom_they_are_from() {
    for (mac, lines) in [
        (
            "00:50:56:3f:00:01",
            ["addressType = \"static\"", "address = \"00:50:56:3f:00:01\""],
        ),
        (
            "00:50:56:80:00:01",
            [
                "addressType = \"vpx\"",
                "generatedAddress = \"00:50:56:80:00:01\"",
            ],
        ),
        (
            "00:0c:29:80:00:01",
            ["addressType = \"generated\"", "generatedAddressOffset = \"0\""],
        ),
        (
            "52:54:00:80:00:01",
            ["addressType = \"static\"", "checkMACAddress = \"false\""],
        ),
    ] {
        let lines = lines.map(|line| format!("ethernet0.{line}"));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_lines(
            "",
            &format!("<interface type='null'><mac address='{mac}'/></interface>"),
            &lines,
        );
    }
}

#[test]
fn what_no_file_says_is_refused_by_name() {
    let unsupported = ErrorKind::Unsupported;
    for (elements, place) in [
        ("<title>t</title>", "/domain/title"),
        ("<maxMemory slots='2'>9000</maxMemory>", "/domain/maxMemory"),
        ("<os><type arch='aarch64'>hvm</type></os>", "arch"),
        (
            "<os><type>hvm</type><kernel>/k</kernel></os>",
            "/domain/os/kernel",
        ),
        ("<os><type>hvm</type><smbios mode='sysinfo'/></os>", "smbios"),
        ("<cpu mode='host-passthrough'/>", "/domain/cpu/@mode"),
        (
            "<cpu><feature policy='require' name='vmx'/></cpu>",
            "/domain/cpu/feature",
        ),
        ("<vcpu current='1'>2</vcpu>", "/domain/vcpu/@current"),
        (
            "<vcpu>2</vcpu><cpu><topology sockets='1' cores='1' threads='2'/></cpu>",
            "threads",
        ),
        ("<clock offset='localtime'/>", "clock"),
        ("<on_crash>preserve</on_crash>", "on_crash"),
        (
            "<features><hyperv mode='passthrough'/></features>",
            "features/hyperv",
        ),
        ("<cputune><quota>1000</quota></cputune>", "cputune/quota"),
        (
            "<memtune><hard_limit>1000</hard_limit></memtune>",
            "memtune/hard_limit",
        ),
        ("<surprise/>", "surprise"),
    ] {
        assert_refused(elements, "", unsupported, place);
    }
}

#[test]
fn devices_no_file_says_are_refused_by_name() {
    let unsupported = ErrorKind::Unsupported;
    let disk =
        |inside: &str| format!("<disk><source file='a.vmdk'/><target dev='sda' bus='scsi'/>{inside}</disk>");
    for (devices, place) in [
        ("<tpm model='tpm-crb'/>".to_owned(), "/domain/devices/tpm"),
        (
            "<input type='tablet' bus='usb'/>".to_owned(),
            "/domain/devices/input",
        ),
        ("<graphics type='spice'/>".to_owned(), "graphics"),
        ("<video><model type='qxl'/></video>".to_owned(), "video"),
        (
            "<interface type='network'><source network='default'/></interface>".to_owned(),
            "interface[1]/@type",
        ),
        (
            "<interface type='user'><mtu size='9000'/></interface>".to_owned(),
            "mtu",
        ),
        (
            "<interface type='user'><model type='virtio'/></interface>".to_owned(),
            "model",
        ),
        ("<serial type='pty'/>".to_owned(), "serial"),
        (
            "<serial type='dev'><target port='4'/></serial>".to_owned(),
            "port",
        ),
        (
            "<disk type='network'><target dev='sda' bus='scsi'/></disk>".to_owned(),
            "@type",
        ),
        (
            "<disk><source file='a.vmdk'/><target dev='vda' bus='virtio'/></disk>".to_owned(),
            "bus",
        ),
        (disk("<serial>1</serial>"), "serial"),
        (disk("<driver name='lsilogic' cache='none'/>"), "cache"),
        (disk("<boot order='1'/>"), "boot"),
        (disk("<driver type='qcow2'/>"), "type"),
        (disk("<source><reservations managed='yes'/></source>"), "source"),
    ] {
        let error = to_vmx(&domain("", &devices), &ToVmx::new()).unwrap_err();
        assert_eq!(error.kind(), unsupported, "{devices}: {error}");
        assert!(error.to_string().contains(place), "{devices}: {error}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let wrong = ErrorKind::InvalidConfig;
    for (devices, place) in [
        (
            "<disk><source file='a.img'/><target dev='sda' bus='scsi'/></disk>",
            "source",
        ),
        (
            "<disk device='cdrom'><source file='a.vmdk'/><target dev='hda' bus='ide'/></disk>",
            "source",
        ),
        ("<disk><target dev='sda' bus='scsi'/></disk>", "source"),
        (
            "<disk><source file='a.vmdk'/><target dev='hde' bus='ide'/></disk>",
            "dev",
        ),
        (
            "<disk><source file='a.vmdk'/><target dev='sda' bus='scsi'/><address type='drive' unit='7'/></disk>",
            "address",
        ),
        (
            "<disk><source file='a.vmdk'/><target dev='hda' bus='ide'/></disk><disk><source file='b.vmdk'/><target dev='hda' \
             bus='ide'/></disk>",
            "target",
        ),
        ("<filesystem><source dir='/a'/></filesystem>", "target"),
        ("<interface type='vds'/>", "switchid"),
        (
            "<serial type='dev'/><serial type='dev'><target port='0'/></serial>",
            "serial/target/@port",
        ),
    ] {
        assert_refused("", devices, wrong, place);
    }
    let other = DomainConfig::from_xml("<domain type='kvm'><name>n</name></domain>").unwrap();
    assert_eq!(to_vmx(&other, &ToVmx::new()).unwrap_err().kind(), wrong);
    let five = "<interface type='user'/>".repeat(5);
    let old = to_vmx(&domain("", &five), &ToVmx::new().with_hardware_version(4));
    assert_eq!(old.unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(to_vmx(&domain("", &five), &ToVmx::new()).is_ok());
}
