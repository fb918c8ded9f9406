use serde_json::json;

use super::*;

fn domain(os: &str, inside: &str) -> DomainConfig {
    let text = format!(
        "<domain type='xen'><name>a</name><uuid>2147d599-9cc6-c0dc-92ab-4064b5446e9b</uuid><memory>1048575</memory><vcpu \
         current='1'>2</vcpu><os><type>{os}</type></os>{inside}</domain>"
    );
    DomainConfig::from_xml(&text).unwrap()
}

fn told(os: &str, inside: &str) -> Value {
    to_libxl(&domain(os, inside), &ToLibxl::new()).unwrap()
}

#[test]
fn what_is_usual_is_not_told() {
    let expected = json!({
        "c_info": { "type": "pv", "name": "a", "uuid": "2147d599-9cc6-c0dc-92ab-4064b5446e9b" },
        "b_info": {
            "max_vcpus": 2,
            "avail_vcpus": [0],
            "max_memkb": 1_048_576,
            "target_memkb": 1_048_576,
            "shadow_memkb": 4 * (2 * 256 + 2 * 1024),
            "sched_params": {},
            "arch_arm": {},
            "arch_x86": {},
            "type.pv": { "bootloader": "pygrub" }
        },
        "on_reboot": "restart"
    });
    assert_eq!(told("linux", ""), expected);
}

#[test]
fn virtual_cpus_are_pinned() {
    let pins = "<cputune><vcpupin vcpu='1' cpuset='2-3'/></cputune>";
    let domain = domain("linux", pins);
    let error = to_libxl(&domain, &ToLibxl::new()).unwrap_err();
    assert!(error.to_string().contains("vcpupin"), "{error}");
    let value = to_libxl(&domain, &ToLibxl::new().with_host(1, 4)).unwrap();
    assert_eq!(
        value["b_info"]["vcpu_hard_affinity"],
        json!([[0, 1, 2, 3], [2, 3]])
    );
    assert_eq!(value["b_info"]["numa_placement"], json!("False"));
}

#[test]
fn devices_are_told() {
    let value = told(
        "hvm",
        "<clock offset='variable' adjustment='-5' basis='localtime'><timer name='hpet'/><timer name='tsc' \
         mode='native'/></clock><devices><disk device='cdrom'><driver name='qemu'/><target dev='hdc'/><readonly/></disk><interface \
         type='bridge'><mac address='00:16:3e:00:00:01'/><source bridge='s'/><vlan><tag id='4'/></vlan><virtualport \
         type='openvswitch'/><bandwidth><outbound average='1000'/></bandwidth><model type='netfront'/></interface><channel \
         type='pty'><target type='xen' name='c'/></channel><sound model='ich6'/><hostdev mode='subsystem' type='usb'><source><address \
         bus='1' device='3'/></source></hostdev><hostdev mode='subsystem' type='pci'><source writeFiltering='no'><address domain='0' \
         bus='6' slot='0x10' function='0'/></source></hostdev></devices>",
    );
    assert_eq!(
        value["disks"],
        json!([{ "vdev": "hdc", "format": "empty", "backend": "qdisk", "removable": 1, "is_cdrom": 1 }])
    );
    let nic = json!([{
        "devid": 0, "mac": "00:16:3e:00:00:01", "bridge": "s.4", "script": "vif-openvswitch", "nictype": "vif",
        "model": "netfront", "rate_bytes_per_interval": 51_200, "rate_interval_usecs": 50_000
    }]);
    assert_eq!(value["nics"], nic);
    assert_eq!(
        value["pcidevs"],
        json!([{ "bus": 6, "dev": 16, "permissive": true }])
    );
    assert_eq!(
        value["usbctrls"],
        json!([{ "type": "qusb", "devid": 0, "version": 2, "ports": 8 }])
    );
    assert_eq!(
        value["usbdevs"],
        json!([{ "type.hostdev": { "hostbus": 1, "hostaddr": 3 } }])
    );
    assert_eq!(value["channels"], json!([{ "name": "c", "connection.pty": {} }]));
    let build = &value["b_info"];
    assert_eq!(build["rtc_timeoffset"], json!(-5));
    assert_eq!(build["localtime"], json!("True"));
    assert_eq!(build["tsc_mode"], json!("native"));
    assert_eq!(build["type.hvm"]["hpet"], json!("True"));
    assert_eq!(build["type.hvm"]["soundhw"], json!("hda"));
    assert_eq!(build["type.hvm"]["vga"], json!({ "kind": "none" }));
}

#[test]
fn spice_comes_before_other_displays() {
    let value = told(
        "hvm",
        "<devices><graphics type='vnc' port='5907'/><graphics type='spice' port='6000' autoport='no' \
         passwd='p'/><video><model type='qxl'/></video></devices>",
    );
    let machine = &value["b_info"]["type.hvm"];
    assert_eq!(machine["vnc"], json!({ "enable": "False" }));
    assert_eq!(machine["spice"]["port"], json!(6000));
    assert_eq!(machine["spice"]["disable_ticketing"], json!("False"));
    assert_eq!(machine["vga"]["kind"], json!("qxl"));
    assert_eq!(value["vfbs"][0]["vnc"]["display"], json!(7));
    assert_eq!(value["vkbs"], json!([{}, {}]));
}

#[test]
fn uefi_and_features_are_told() {
    let text = domain(
        "hvm",
        "<cpu mode='host-passthrough'><feature policy='forbid' name='pni'/></cpu>",
    )
    .to_xml();
    let text = text.replace("<os>", "<os firmware='efi'>");
    let value = to_libxl(&DomainConfig::from_xml(&text).unwrap(), &ToLibxl::new()).unwrap();
    let build = &value["b_info"];
    assert_eq!(build["type.hvm"]["bios"], json!("ovmf"));
    assert_eq!(
        build["type.hvm"]["system_firmware"],
        json!("/usr/lib/xen/boot/ovmf.bin")
    );
    assert_eq!(build["nested_hvm"], json!("False"));
    assert_eq!(
        build["cpuid"],
        json!([{ "leaf": 1, "ecx": format!("{}0", "x".repeat(31)) }])
    );
}

#[test]
fn what_libxl_cannot_be_told_is_refused_by_name() {
    for (os, inside, element) in [
        ("hvm", "<devices><parallel type='pty'/></devices>", "parallel"),
        (
            "hvm",
            "<devices><sound model='sb16'/><sound model='ac97'/></devices>",
            "sound[2]",
        ),
        (
            "hvm",
            "<devices><interface type='bridge'><source bridge='b'/></interface></devices>",
            "mac",
        ),
        (
            "hvm",
            "<devices><video><model type='vga' vram='8192'/></video></devices>",
            "vram",
        ),
        (
            "hvm",
            "<devices><video><model type='virtio'/></video></devices>",
            "video",
        ),
        (
            "hvm",
            "<cpu mode='host-passthrough'><feature policy='require' name='x'/></cpu>",
            "feature",
        ),
        ("linux", "<features><hap state='on'/></features>", "hap"),
        ("linux", "<blkiotune><weight>5</weight></blkiotune>", "blkiotune"),
        (
            "linux",
            "<devices><interface type='bridge'><mac address='00:16:3e:00:00:01'/><source bridge='b'/><model \
             type='e1000'/></interface></devices>",
            "model",
        ),
    ] {
        let error = to_libxl(&domain(os, inside), &ToLibxl::new()).unwrap_err();
        assert!(error.to_string().contains(element), "{inside}: {error}");
    }
}
