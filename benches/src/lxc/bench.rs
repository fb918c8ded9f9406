//! The container that is measured: one root file system, one interface at a bridge, limits of memory and CPU; the same for
//! all sides.

use crate::failure::{Outcome, failed};
use crate::figure;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use virt_testkit::live::lxc::{Bridge, Rootfs, Scope};

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// The directory of one bench run: the root file system that all run from, documents, and two lxcpaths.
#[derive(Debug)]
pub(super) struct Bench {
    directory: tempfile::TempDir,
    rootfs: Rootfs,
    bridge: Bridge,
}

impl Bench {
    /// Makes one.
    pub(super) fn create() -> Outcome<Self> {
        let directory = tempfile::Builder::new()
            .prefix("virt-bench.")
            .tempdir_in("/var/tmp")?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let rootfs = Rootfs::make(&directory.path().join("rootfs"))?;
        Ok(Self {
            directory,
            rootfs,
            bridge: Bridge::create()?,
        })
    }

    /// Where everything is.
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The SDK's root directory, which is its lxcpath.
    pub(super) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// The lxcpath of the containers that liblxc's tools run by themselves.
    pub(super) fn native_root(&self) -> PathBuf {
        self.directory.path().join("native")
    }

    /// The root file system.
    pub(super) fn rootfs(&self) -> &Rootfs {
        &self.rootfs
    }

    /// The bridge.
    pub(super) fn bridge(&self) -> &str {
        self.bridge.name()
    }

    /// Writes the document of a domain and returns its path.
    pub(super) fn document(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.directory.path().join(format!("{name}.xml"));
        fs::write(&path, self.xml(name))?;
        Ok(path)
    }

    /// Waits until nothing of the last container is left: its end is not to be part of the next one's start.
    pub(super) fn settle(&self) -> Outcome {
        let until = Instant::now() + PATIENCE;
        loop {
            let ports = self.bridge.ports();
            if ports.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                return failed(format!("still at the bridge: {}", ports.join(", ")));
            }
            thread::sleep(PAUSE);
        }
    }

    fn xml(&self, name: &str) -> String {
        format!(
            "<domain type='lxc'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <cputune>
    <shares>512</shares>
  </cputune>
  <os>
    <type>exe</type>
    <init>/sbin/init</init>
  </os>
  <features>
    <privnet/>
  </features>
  <devices>
    <filesystem type='mount'>
      <source dir='{rootfs}'/>
      <target dir='/'/>
    </filesystem>
    <interface type='bridge'>
      <source bridge='{bridge}'/>
    </interface>
    <console type='pty'/>
  </devices>
</domain>
",
            rootfs = self.rootfs.path().display(),
            bridge = self.bridge.name(),
        )
    }
}

impl Drop for Bench {
    /// Ends what runs after a failure, before its directory goes.
    fn drop(&mut self) {
        for lxcpath in [self.root(), self.native_root()] {
            match Scope::of(&lxcpath).remove() {
                Ok(left) => left.iter().for_each(|left| figure::remark(&left.to_string())),
                Err(error) => figure::remark(&format!("what is left is not known: {error}")),
            }
        }
    }
}
