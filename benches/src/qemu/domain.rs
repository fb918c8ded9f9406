//! The domain that is measured: disk, network card, serial port, agent channel, rng; the same for both sides.

use crate::failure::{Outcome, failed};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of one bench run: disks, documents, the SDK's root.
#[derive(Debug)]
pub(crate) struct Bench {
    directory: tempfile::TempDir,
    kind: &'static str,
}

impl Bench {
    /// Makes one, where libvirt's QEMU, which is another user, can read it.
    pub(crate) fn create() -> Outcome<Self> {
        let directory = tempfile::Builder::new()
            .prefix("virt-bench.")
            .tempdir_in("/var/tmp")?;
        fs::set_permissions(
            directory.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )?;
        // Paused guests need no KVM that can boot one.
        let kvm = OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
        let bench = Self {
            directory,
            kind: if kvm { "kvm" } else { "qemu" },
        };
        let status = Command::new("qemu-img")
            .args(["create", "-q", "-f", "qcow2"])
            .arg(bench.template())
            .arg("1G")
            .status()?;
        if !status.success() {
            return failed("qemu-img could not create a disk");
        }
        Ok(bench)
    }

    /// libvirt's name of the domains' type: `kvm` or `qemu`.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Where everything is.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The SDK's root directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// Writes the document of a domain with a disk of its own and returns the document's path.
    pub(crate) fn document(&self, name: &str) -> Outcome<PathBuf> {
        let disk = self.directory.path().join(format!("{name}.qcow2"));
        fs::copy(self.template(), &disk)?;
        let path = self.directory.path().join(format!("{name}.xml"));
        fs::write(&path, self.xml(name, &disk))?;
        Ok(path)
    }

    fn template(&self) -> PathBuf {
        self.directory.path().join("template.qcow2")
    }

    fn xml(&self, name: &str, disk: &Path) -> String {
        format!(
            "<domain type='{kind}'>
  <name>{name}</name>
  <memory unit='KiB'>32768</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
  </devices>
</domain>
",
            kind = self.kind,
            disk = disk.display(),
        )
    }
}
