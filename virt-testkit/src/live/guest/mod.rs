//! A small Linux guest: Debian's kernel, busybox, qemu-ga; 5 to 7 seconds to its shell under TCG.
//!
//! What it does, and what can be asked of it on the kernel command line:
//!
//! | the guest | how |
//! | --- | --- |
//! | says when it is up | a line `GUEST-READY UPTIME` on its console ([`READY_LINE`]) |
//! | gives a root shell | on the console, prompt `guest# ` |
//! | runs qemu-ga | on the virtio-serial port `org.qemu.guest_agent.0`; not with `guest.agent=off` |
//! | takes an address | by DHCP, on every network card |
//! | powers off | on the ACPI power button (not with `guest.button=off`), on the agent's request, `guest.off` right after it is up |
//! | panics | `guest.panic` right after it is up, or `echo c > /proc/sysrq-trigger` in the shell |
//! | mounts a disk | `guest.mount=vda` mounts `/dev/vda` on `/mnt` |
//! | says more of its boot | without `quiet` |

mod assemble;
mod cpio;
mod kernel;
mod modules;

use super::cache::{content_key, directory_built_once};
use super::debian;
use super::error::{LiveError, Result};
use std::path::{Path, PathBuf};

/// How the line starts that the guest prints when it is up.
pub const READY_LINE: &str = "GUEST-READY";

/// What the guest prints before each command in its shell.
pub const PROMPT: &str = "guest# ";

/// The name of the agent's virtio-serial port.
pub const AGENT_PORT: &str = "org.qemu.guest_agent.0";

/// The files of a guest, in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestImage {
    /// The kernel: an uncompressed ELF file with a PVH entry, for direct boot.
    pub kernel: PathBuf,
    /// The root file system: an uncompressed cpio archive.
    pub initrd: PathBuf,
}

impl GuestImage {
    /// The guest's files: from the cache, or made there first (about 20 s and a download of 80 MB).
    ///
    /// # Errors
    /// [`LiveError`] when a package cannot be downloaded or is not as expected; nothing half-made is left.
    ///
    /// # Cancel safety
    /// Safe: the work goes on in a thread of its own and its result stays in the cache.
    pub async fn obtain() -> std::result::Result<Self, LiveError> {
        match tokio::task::spawn_blocking(Self::obtain_blocking).await {
            Ok(result) => result,
            Err(error) => Err(LiveError::Unexpected(format!(
                "the guest builder stopped: {error}"
            ))),
        }
    }

    /// The same, without a runtime.
    ///
    /// # Errors
    /// As [`GuestImage::obtain`].
    pub fn obtain_blocking() -> std::result::Result<Self, LiveError> {
        let directory = directory_built_once(&format!("guest-{}", content_key(&assemble::recipe())), build)?;
        Ok(Self {
            kernel: directory.join("vmlinux"),
            initrd: directory.join("initrd.cpio"),
        })
    }

    /// The kernel command line for a guest whose console is its first serial port, followed by `more`.
    ///
    /// An example of `more` is `guest.off`; see the [module](self) for what the guest knows.
    #[must_use]
    pub fn command_line(more: &str) -> String {
        // The kernel's tests of its own ciphers would be a tenth of the boot.
        format!("console=ttyS0 quiet cryptomgr.notests {more}")
            .trim_end()
            .to_owned()
    }
}

fn build(target: &Path) -> Result<()> {
    let work =
        tempfile::tempdir().map_err(|error| LiveError::file("create a directory in", target, error))?;
    let packages: Vec<String> = assemble::packages()
        .map(str::to_owned)
        .chain([debian::kernel_package()?])
        .collect();
    debian::unpack(&packages, work.path())?;
    kernel::extract(work.path(), &target.join("vmlinux"))?;
    assemble::write(work.path(), &target.join("initrd.cpio"))
}
