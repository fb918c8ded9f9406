//! What goes into the guest's root file system.

use super::cpio::Archive;
use super::modules::Modules;
use crate::live::debian::output_of;
use crate::live::error::{LiveError, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

const INIT: &str = include_str!("init.sh");
const OFF: &str = include_str!("off.sh");
const UDHCPC: &str = include_str!("udhcpc.sh");

/// The packages beside the kernel: the agent with all its libraries, so that nothing of this machine gets in.
const PACKAGES: &str = "busybox-static qemu-guest-agent libc6 libglib2.0-0 libudev1 liburing2 libpcre2-8-0 \
    libnuma1 libgcc-s1 libcap2";

const APPLETS: &str = "acpid awk cat chmod cttyhack cut date dd df dmesg echo env false find free fsfreeze grep halt \
    head hostname hwclock id insmod ip kill ln ls lsmod md5sum mkdir mknod mount mv nc od ping poweroff printf ps rm \
    reboot rmmod sed seq setsid sh sleep stat stty sync tail touch tr true tty udhcpc umount uname usleep vi wc wget who";

/// Drivers, by the name `init.sh` loads them by.
const DRIVERS: &str = "button evdev pvpanic-mmio pvpanic-pci virtio_pci virtio_mmio virtio_blk virtio_net \
    virtio_console virtio_balloon virtio_scsi virtio-rng vmw_vsock_virtio_transport sd_mod sr_mod ahci ata_piix \
    e1000 e1000e ext4 isofs 9p 9pnet_virtio virtiofs i6300esb acpiphp";

/// Wanted by a driver through an interface that its `depends=` does not show.
const ALSO_WANTED: [(&str, &str); 1] = [("ext4", "crc32c_generic")];

const FILES: [(&str, u32, &str); 8] = [
    ("init", 0o755, INIT),
    ("sbin/shutdown", 0o755, OFF),
    ("sbin/off", 0o755, OFF),
    ("bin/udhcpc.sh", 0o755, UDHCPC),
    ("etc/acpi/PWRF/00000080", 0o755, "#!/bin/sh\nexec /sbin/off\n"),
    ("etc/passwd", 0o644, "root::0:0:root:/root:/bin/sh\n"),
    ("etc/group", 0o644, "root:x:0:\n"),
    (
        "etc/os-release",
        0o644,
        "ID=virt-sdk-guest\nNAME=\"virt SDK test guest\"\nPRETTY_NAME=\"virt SDK test guest\"\nVERSION_ID=\"1\"\n",
    ),
];

/// Where the agent looks for the program that sets the hardware clock.
const CLOCK_PROGRAM: &str = "sbin/hwclock";

/// Everything that decides what the guest is: equal recipes make guests that behave alike.
pub(super) fn recipe() -> Vec<&'static str> {
    let mut parts = vec![PACKAGES, APPLETS, CLOCK_PROGRAM, DRIVERS, std::env::consts::ARCH];
    parts.extend(FILES.iter().flat_map(|(path, _, content)| [*path, *content]));
    parts
}

/// The packages it is made of, beside the kernel's.
pub(super) fn packages() -> impl Iterator<Item = &'static str> {
    PACKAGES.split_whitespace()
}

/// Makes the archive from the packages unpacked in `root`.
pub(super) fn write(root: &Path, target: &Path) -> Result<()> {
    let mut archive = Archive::default();
    for directory in ["proc", "sys", "tmp", "mnt", "root", "run", "var/run", "dev/pts"] {
        archive.directory(directory);
    }
    archive.character_device("dev/console", 5, 1);
    archive.file("var/run/utmp", 0o644, Vec::new());
    for (path, permissions, content) in FILES {
        archive.file(path, permissions, content.as_bytes().to_vec());
    }
    add_file(&mut archive, root, "bin/busybox")?;
    for applet in APPLETS.split_whitespace() {
        archive.link(&format!("bin/{applet}"), "busybox");
    }
    archive.link(CLOCK_PROGRAM, "../bin/busybox");
    add_drivers(&mut archive, root)?;
    add_agent(&mut archive, root)?;
    fs::write(target, archive.into_bytes()).map_err(|error| LiveError::file("write", target, error))
}

fn add_file(archive: &mut Archive, root: &Path, path: &str) -> Result<()> {
    let content =
        fs::read(root.join(path)).map_err(|error| LiveError::file("read", &root.join(path), error))?;
    archive.file(path, 0o755, content);
    Ok(())
}

fn add_drivers(archive: &mut Archive, root: &Path) -> Result<()> {
    let modules = Modules::find(root)?;
    for driver in DRIVERS.split_whitespace() {
        let mut order = Vec::new();
        for (_, wanted) in ALSO_WANTED.iter().filter(|(wanting, _)| *wanting == driver) {
            order.extend(modules.with_dependencies(wanted)?);
        }
        order.extend(modules.with_dependencies(driver)?);
        let names: String = order.iter().map(|(name, _)| format!("{name}\n")).collect();
        archive.file(&format!("etc/drivers/{driver}"), 0o644, names.into_bytes());
        for (name, path) in order {
            let content = fs::read(&path).map_err(|error| LiveError::file("read", &path, error))?;
            archive.file(&format!("lib/modules/{name}.ko"), 0o644, content);
        }
    }
    Ok(())
}

/// Adds qemu-ga and the libraries that its own dynamic linker finds for it in the unpacked packages.
fn add_agent(archive: &mut Archive, root: &Path) -> Result<()> {
    const LINKER: &str = "lib64/ld-linux-x86-64.so.2";
    const AGENT: &str = "usr/sbin/qemu-ga";
    let folders = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];
    let path = folders
        .map(|folder| root.join(folder).display().to_string())
        .join(":");
    let linker = root.join("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
    let listed = output_of(
        Command::new(&linker)
            .arg("--library-path")
            .arg(&path)
            .arg("--list")
            .arg(root.join(AGENT)),
    )?;
    for line in String::from_utf8_lossy(&listed).lines() {
        let Some((wanted, found)) = line.split_once("=>") else {
            continue;
        };
        let found = found.split_whitespace().next().unwrap_or_default();
        let Ok(inside) = Path::new(found).strip_prefix(root) else {
            let what = format!("no package has {}, which qemu-ga needs", wanted.trim());
            return Err(LiveError::Unexpected(what));
        };
        let name = inside
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let content = fs::read(found).map_err(|error| LiveError::file("read", Path::new(found), error))?;
        archive.file(&format!("lib/x86_64-linux-gnu/{name}"), 0o755, content);
    }
    let content = fs::read(&linker).map_err(|error| LiveError::file("read", &linker, error))?;
    archive.file(LINKER, 0o755, content);
    add_file(archive, root, AGENT)
}
