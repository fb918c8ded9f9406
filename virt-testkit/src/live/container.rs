//! The root file system of a small container: busybox, and an init that gives a shell at the console.

use super::error::{LiveError, Result};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// What the container's shell prints when it takes input.
pub const PROMPT: &str = "container# ";

/// Where Debian has had its static busybox.
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];

const APPLETS: &str = "cat cttyhack dd echo hostname id ip kill ls mkdir mkfifo mount ps reboot rm setsid sh sleep tr \
    true udhcpc umount";

const INIT: &str = include_str!("container_init.sh");

/// Makes a root file system in this directory, which is made too; a few MB.
///
/// # Errors
/// [`LiveError`] when busybox is not installed (package busybox-static), or a file can't be made.
pub fn make_root(root: &Path) -> std::result::Result<(), LiveError> {
    let busybox = BUSYBOX.map(Path::new).into_iter().find(|path| path.exists());
    let busybox = busybox.ok_or_else(|| {
        LiveError::Unexpected("busybox-static is not installed: `cargo xtask install libvirt`".to_owned())
    })?;
    for directory in ["bin", "sbin", "dev", "etc", "proc", "root", "run", "sys", "tmp"] {
        let directory = root.join(directory);
        fs::create_dir_all(&directory).map_err(|error| LiveError::file("create", &directory, error))?;
    }
    let own = root.join("bin/busybox");
    fs::copy(busybox, &own).map_err(|error| LiveError::file("copy", &own, error))?;
    for applet in APPLETS.split(' ') {
        let link = root.join("bin").join(applet);
        symlink("busybox", &link).map_err(|error| LiveError::file("link", &link, error))?;
    }
    write(&root.join("etc/passwd"), "root::0:0:root:/root:/bin/sh\n", 0o644)?;
    write(&root.join("etc/profile"), &format!("PS1='{PROMPT}'\n"), 0o644)?;
    write(&root.join("sbin/init"), INIT, 0o755)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|error| LiveError::file("write", path, error))
}
