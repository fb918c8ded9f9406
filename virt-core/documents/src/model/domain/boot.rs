//! What is booted: firmware, boot order, direct kernel boot, the init of a container.

use super::devices::DiskSource;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What kind of system is booted.
    pub enum OsKind {
        /// A whole machine.
        Hvm = "hvm",
        /// A process in a container.
        Exe = "exe",
        /// A kernel made for Xen.
        Linux = "linux",
        /// A kernel made for Xen, the older spelling.
        Xen = "xen",
        /// A kernel made for Xen, with hardware virtualisation.
        Xenpvh = "xenpvh",
        /// User mode Linux.
        Uml = "uml",
    }

    /// What a machine boots from.
    pub enum BootDeviceKind {
        /// The first disk.
        Hd = "hd",
        /// The first CD-ROM.
        Cdrom = "cdrom",
        /// The network.
        Network = "network",
        /// The first floppy.
        Fd = "fd",
    }

    /// Which kind of firmware is chosen automatically.
    pub enum FirmwareKind {
        Bios = "bios",
        Efi = "efi",
    }

    /// How a loader is mapped.
    pub enum LoaderKind {
        /// As read-only memory.
        Rom = "rom",
        /// As flash memory.
        Pflash = "pflash",
    }

    /// Where the SMBIOS tables come from.
    pub enum SmBiosMode {
        /// The hypervisor.
        Emulate = "emulate",
        /// The host.
        Host = "host",
        /// The element `<sysinfo>`.
        Sysinfo = "sysinfo",
    }
}

/// `<os>`: what is booted, and on which kind of machine.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Os {
    /// The kind of firmware to choose automatically.
    #[xml(attr)]
    pub firmware: Option<FirmwareKind>,
    /// The kind of system, the architecture and the machine.
    #[xml(child = "type")]
    pub kind: Option<OsType>,
    /// What the firmware chosen automatically must have.
    #[xml(child = "firmware")]
    pub firmware_features: Option<Firmware>,
    /// The first process of a container.
    #[xml(leaf)]
    pub init: Option<String>,
    /// Arguments of that process.
    #[xml(leaf = "initarg")]
    pub init_args: Vec<String>,
    /// Environment of that process.
    #[xml(child = "initenv")]
    pub init_env: Vec<InitEnv>,
    /// Directory of that process.
    #[xml(leaf)]
    pub initdir: Option<String>,
    /// User of that process.
    #[xml(leaf)]
    pub inituser: Option<String>,
    /// Group of that process.
    #[xml(leaf)]
    pub initgroup: Option<String>,
    /// The firmware.
    #[xml(child)]
    pub loader: Option<Loader>,
    /// Where the firmware keeps its variables.
    #[xml(child)]
    pub nvram: Option<Box<Nvram>>,
    /// A kernel on the host, booted directly.
    #[xml(leaf)]
    pub kernel: Option<String>,
    /// The initial RAM disk of that kernel.
    #[xml(leaf)]
    pub initrd: Option<String>,
    /// The command line of that kernel.
    #[xml(leaf)]
    pub cmdline: Option<String>,
    /// The device tree of that kernel.
    #[xml(leaf)]
    pub dtb: Option<String>,
    /// The shim of that kernel.
    #[xml(leaf)]
    pub shim: Option<String>,
    /// The root file system of that kernel.
    #[xml(leaf)]
    pub root: Option<String>,
    /// ACPI tables given to the guest.
    #[xml(child)]
    pub acpi: Option<AcpiTables>,
    /// What is tried, in order.
    #[xml(child)]
    pub boot: Vec<BootDevice>,
    /// The boot menu.
    #[xml(child = "bootmenu")]
    pub boot_menu: Option<BootMenu>,
    /// The SMBIOS tables.
    #[xml(child)]
    pub smbios: Option<SmBios>,
    /// Options of the BIOS.
    #[xml(child)]
    pub bios: Option<Bios>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<type>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct OsType {
    /// The architecture, as `x86_64`.
    #[xml(attr)]
    pub arch: Option<String>,
    /// The machine, as `q35` or `pc-q35-9.2`.
    #[xml(attr)]
    pub machine: Option<String>,
    /// The kind of system.
    #[xml(text)]
    pub kind: Option<OsKind>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<firmware>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Firmware {
    /// What it must have or must not have.
    #[xml(child = "feature")]
    pub features: Vec<FirmwareFeature>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<feature>` of `<firmware>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FirmwareFeature {
    /// Whether it must be there.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// `secure-boot`, `enrolled-keys`.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<loader>`: the firmware.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Loader {
    /// Whether the guest can not write it.
    #[xml(attr)]
    pub readonly: Option<YesNo>,
    /// Whether it needs the secure mode of the machine.
    #[xml(attr)]
    pub secure: Option<YesNo>,
    /// How it is mapped.
    #[xml(attr = "type")]
    pub kind: Option<LoaderKind>,
    /// Whether it keeps no variables.
    #[xml(attr)]
    pub stateless: Option<YesNo>,
    /// The format of the image: `raw`, `qcow2`.
    #[xml(attr)]
    pub format: Option<String>,
    /// The path of the image on the host.
    #[xml(text)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<nvram>`: where the firmware keeps its variables.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Nvram {
    /// The image a new one is copied from.
    #[xml(attr)]
    pub template: Option<String>,
    /// The format of the template: `raw`, `qcow2`.
    #[xml(attr = "templateFormat")]
    pub template_format: Option<String>,
    /// The kind of the source, as of a disk.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The format of the image: `raw`, `qcow2`.
    #[xml(attr)]
    pub format: Option<String>,
    /// The path of the image on the host.
    #[xml(text)]
    pub path: Option<String>,
    /// The source, when it is not a plain path.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<boot>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BootDevice {
    /// What is tried.
    #[xml(attr)]
    pub dev: Option<BootDeviceKind>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bootmenu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BootMenu {
    /// Whether there is one.
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// How long it waits, in milliseconds.
    #[xml(attr)]
    pub timeout: Option<u16>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<smbios>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SmBios {
    /// Where the tables come from.
    #[xml(attr)]
    pub mode: Option<SmBiosMode>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bios>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Bios {
    /// Whether it talks on the first serial port.
    #[xml(attr)]
    pub useserial: Option<YesNo>,
    /// Milliseconds until it tries again after nothing booted; -1 for never, 65535 at most.
    #[xml(attr = "rebootTimeout")]
    pub reboot_timeout: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<acpi>` of `<os>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AcpiTables {
    /// The tables.
    #[xml(child = "table")]
    pub tables: Vec<AcpiTable>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<table>` of `<acpi>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AcpiTable {
    /// `slic`, `msdm`, `raw`, `rawset`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The path of the file on the host.
    #[xml(text)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<initenv>`: an environment variable of a container.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InitEnv {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(text)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
