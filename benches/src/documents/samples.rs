//! The two domains that are read and written: one as people have it, and one with very many disks.

use std::fmt::Write as _;

/// A domain of about 2 KB: a disk, a network card, the usual rest.
pub(super) fn small() -> String {
    let mut text = head("small", 1);
    disk(&mut text, 0);
    text.push_str(TAIL);
    text
}

/// A domain of about 29 KB: disks on bridges.
pub(super) fn large() -> String {
    const DISKS: usize = 105;
    let mut text = head("large", 2);
    for index in 0..DISKS {
        disk(&mut text, index);
    }
    for bridge in 0..4 {
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            "    <controller type='pci' index='{bridge}' model='{}'/>",
            if bridge == 0 { "pci-root" } else { "pci-bridge" }
        );
    }
    text.push_str(TAIL);
    text
}

fn head(name: &str, id: u32) -> String {
    format!(
        "<domain type='test'>
  <name>{name}</name>
  <uuid>4dea22b3-1d52-d8f3-2516-00000000000{id}</uuid>
  <title>A guest of the benches</title>
  <metadata>
    <app:owner xmlns:app='https://example.org/owner'>somebody</app:owner>
  </metadata>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>restart</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
"
    )
}

/// Its place: a bus of the controllers, from the fourth slot on.
fn disk(text: &mut String, index: usize) {
    let (bus, slot) = (index / 28, index % 28 + 4);
    let _written = writeln!(
        text,
        "    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/srv/guests/disk-{index}.qcow2'/>
      <target dev='{}' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x{bus:02x}' slot='0x{slot:02x}' function='0x0'/>
    </disk>",
        target(index)
    );
}

/// `vda` … `vdz`, `vdaa` …
fn target(mut index: usize) -> String {
    let mut letters = String::new();
    loop {
        let letter = u8::try_from(index % 26).unwrap_or_default();
        letters.insert(0, char::from(b'a' + letter));
        match index / 26 {
            0 => return format!("vd{letters}"),
            more => index = more - 1,
        }
    }
}

const TAIL: &str = "    <interface type='user'>
      <mac address='52:54:00:e5:48:58'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </interface>
    <serial type='pty'>
      <target port='0'/>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <input type='tablet' bus='usb'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='cirrus' vram='16384' heads='1'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </video>
    <memballoon model='none'/>
  </devices>
</domain>
";
