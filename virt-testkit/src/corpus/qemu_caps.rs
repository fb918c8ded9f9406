//! libvirt's cache files of what a QEMU can do: `caps_10.0.0_x86_64.xml`.

use std::collections::BTreeSet;

use virt_core::xml::{Document, Element};

/// What such a file says.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct QemuCapsFile {
    /// The binary.
    pub emulator: String,
    /// The version as a number: 1000000 × major + 1000 × minor + micro.
    pub version: u32,
    /// The architecture.
    pub arch: String,
    /// libvirt's names of abilities.
    pub flags: BTreeSet<String>,
    /// Machine types, of every accelerator.
    pub machines: Vec<CapsMachine>,
    /// CPU models KVM can run.
    pub usable_under_kvm: BTreeSet<String>,
}

/// A machine type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapsMachine {
    /// The accelerator: `kvm`, `tcg`.
    pub accelerator: String,
    /// The name.
    pub name: String,
    /// The short name.
    pub alias: Option<String>,
    /// Whether it is the default.
    pub is_default: bool,
    /// The most virtual CPUs.
    pub max_cpus: u32,
    /// The type of the default CPU.
    pub default_cpu: Option<String>,
    /// The id of the default memory.
    pub default_ram_id: Option<String>,
    /// Whether ACPI can be switched.
    pub acpi: bool,
}

impl QemuCapsFile {
    /// Reads such a file.
    ///
    /// # Errors
    /// When it is no XML or has no version.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = Document::parse(text).map_err(|error| error.to_string())?;
        let mut file = Self::default();
        for element in document.root.elements() {
            match element.name.local() {
                "emulator" => file.emulator = element.text(),
                "arch" => file.arch = element.text(),
                "version" => file.version = element.text().parse().map_err(|_| "the version is no number")?,
                "flag" => file.flags.extend(element.attribute("name").map(str::to_owned)),
                "machine" => file.machines.push(machine(element)),
                "cpu"
                    if element.attribute("type") == Some("kvm")
                        && element.attribute("usable") == Some("yes") =>
                {
                    file.usable_under_kvm
                        .extend(element.attribute("name").map(str::to_owned));
                }
                _ => {}
            }
        }
        if file.version == 0 {
            Err("there is no version".to_owned())
        } else {
            Ok(file)
        }
    }

    /// Knows machine types by their short names only, as libvirt's test has them for the latest version: the short
    /// name becomes a machine type of its own.
    pub fn strip_aliases(&mut self) {
        let mut added = Vec::new();
        for machine in &mut self.machines {
            if let Some(alias) = machine.alias.take() {
                added.push(CapsMachine {
                    name: alias,
                    ..machine.clone()
                });
                machine.is_default = false;
            }
        }
        self.machines.extend(added);
    }
}

fn machine(element: &Element) -> CapsMachine {
    let text = |name: &str| element.attribute(name).map(str::to_owned);
    let yes = |name: &str| element.attribute(name) == Some("yes");
    CapsMachine {
        accelerator: text("type").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        alias: text("alias"),
        is_default: yes("default"),
        max_cpus: text("maxCpus")
            .and_then(|number| number.parse().ok())
            .unwrap_or(0),
        default_cpu: text("defaultCPU"),
        default_ram_id: text("defaultRAMid"),
        acpi: yes("acpi"),
    }
}
