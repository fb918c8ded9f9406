//! The root file system of a small container: one copy of busybox, links to it, and an init.

use super::super::container::PROMPT;
use super::super::debian::output_of;
use super::super::error::{LiveError, Result};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian has had its static busybox.
const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];

const DIRECTORIES: [&str; 13] = [
    "bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sbin", "sys", "tmp", "usr/bin", "var/log",
];

const APPLETS: &str = "adduser awk basename cat chmod chown cp cut date dd df echo env false find free grep head \
    hostname id ip kill ln login ls mkdir mkfifo mknod mount mv nproc od passwd ping printf ps pwd readlink rm sed \
    seq setsid sh sleep sort stat stty sync tail tar tee test touch tr true umount uname wc who";

const INIT: &str = include_str!("init.sh");
const DEAF_INIT: &str = include_str!("deaf_init.sh");

/// `lxc-stop` has busybox's init halt by `SIGPWR` and reboot by `SIGINT`, which it takes for three keys.
const INITTAB: &str = "::sysinit:/etc/rc\n\
    console::respawn:-/bin/sh\n\
    ::ctrlaltdel:/sbin/reboot\n\
    ::shutdown:/bin/sync\n";

/// What the first process of the container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Init {
    /// Powers off at `SIGPWR`, `SIGTERM` and `SIGUSR2`, reboots at `SIGINT`, within milliseconds; has a shell at the
    /// console.
    #[default]
    Quick,
    /// The same, and takes the requests for run levels 0 and 6 at `/run/initctl`.
    Controlled,
    /// Busybox's own, with an inittab: as real ones are, and slow, as it takes two seconds to end.
    Busybox,
    /// Ends by `SIGKILL` alone; nothing is at the console.
    Deaf,
    /// Ends at once, with status 1.
    Ends,
}

/// A root file system in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rootfs {
    path: PathBuf,
}

impl Rootfs {
    /// Makes one with the usual init in this directory, which is made too: 2 MB, within milliseconds. Several containers
    /// may run from one at a time, as each has a `/dev` and a `/proc` of its own; what they write they share.
    ///
    /// # Errors
    /// [`LiveError`] when busybox is not installed (package busybox-static), or a file can't be made.
    pub fn make(directory: &Path) -> std::result::Result<Self, LiveError> {
        Self::make_with(directory, Init::default())
    }

    /// Makes one with this init.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub fn make_with(directory: &Path, init: Init) -> std::result::Result<Self, LiveError> {
        let busybox = BUSYBOX.map(Path::new).into_iter().find(|path| path.exists());
        let busybox = busybox.ok_or_else(|| {
            LiveError::Unexpected("busybox-static is not installed: `cargo xtask install lxc`".to_owned())
        })?;
        let rootfs = Self {
            path: directory.to_owned(),
        };
        for name in DIRECTORIES {
            let made = directory.join(name);
            fs::create_dir_all(&made).map_err(|error| LiveError::file("create", &made, error))?;
        }
        rootfs.set_mode("tmp", 0o1777)?;
        let own = directory.join("bin/busybox");
        fs::copy(busybox, &own).map_err(|error| LiveError::file("copy", &own, error))?;
        rootfs.set_mode("bin/busybox", 0o755)?;
        for applet in APPLETS.split_whitespace() {
            rootfs.link("busybox", &format!("bin/{applet}"))?;
        }
        rootfs.write_accounts()?;
        rootfs.write_init(init)?;
        Ok(rootfs)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another one in this directory, with the same files by hard links: what is made new or removed in one is not in the
    /// other, and what is written into a file that is there, or [given](Self::give_to) away, is.
    ///
    /// # Errors
    /// [`LiveError`] with what `cp` said.
    pub fn linked(&self, directory: &Path) -> std::result::Result<Self, LiveError> {
        let mut copy = Command::new("cp");
        copy.args(["-alT", "--"]).arg(&self.path).arg(directory);
        output_of(&mut copy)?;
        Ok(Self {
            path: directory.to_owned(),
        })
    }

    /// Gives all of it to a user namespace whose root is user and group `base` outside: each owner is moved up by so much.
    /// To be done once, by root.
    ///
    /// # Errors
    /// [`LiveError`] when an owner can't be changed.
    pub fn give_to(&self, base: u32) -> std::result::Result<(), LiveError> {
        shift(&self.path, base)
    }

    fn write_accounts(&self) -> Result<()> {
        self.write(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n",
            0o644,
        )?;
        self.write("etc/group", "root:x:0:\nuser:x:1000:\n", 0o644)?;
        self.write(
            "etc/shadow",
            "root::19000:0:99999:7:::\nuser:*:19000:0:99999:7:::\n",
            0o600,
        )?;
        self.write("etc/hostname", "container\n", 0o644)?;
        self.write("etc/hosts", "127.0.0.1 localhost\n", 0o644)?;
        self.write("etc/os-release", "ID=busybox\nPRETTY_NAME=\"busybox\"\n", 0o644)?;
        self.write("etc/profile", &format!("PS1='{PROMPT}'\n"), 0o644)
    }

    fn write_init(&self, init: Init) -> Result<()> {
        match init {
            Init::Quick | Init::Controlled => {
                self.write("sbin/init", INIT, 0o755)?;
                for (word, signal) in [("poweroff", "USR2"), ("halt", "USR1"), ("reboot", "INT")] {
                    let script = format!(
                        "#!/bin/sh\n[ \"$1\" != -f ] || exec /bin/busybox {word} -f\nkill -{signal} 1\n"
                    );
                    self.write(&format!("sbin/{word}"), &script, 0o755)?;
                }
                if init == Init::Controlled {
                    self.write("etc/initctl", "", 0o644)?;
                }
                Ok(())
            }
            Init::Busybox => {
                self.write("etc/inittab", INITTAB, 0o644)?;
                self.write("etc/rc", "#!/bin/sh\n/bin/hostname > /run/booted\n", 0o755)?;
                ["init", "poweroff", "halt", "reboot"]
                    .into_iter()
                    .try_for_each(|word| self.link("../bin/busybox", &format!("sbin/{word}")))
            }
            Init::Deaf => self.write("sbin/init", DEAF_INIT, 0o755),
            Init::Ends => self.write("sbin/init", "#!/bin/sh\nexit 1\n", 0o755),
        }
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> Result<()> {
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))?;
        self.set_mode(name, mode)
    }

    fn set_mode(&self, name: &str, mode: u32) -> Result<()> {
        let path = self.path.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .map_err(|error| LiveError::file("change the mode of", &path, error))
    }

    fn link(&self, target: &str, name: &str) -> Result<()> {
        let path = self.path.join(name);
        symlink(target, &path).map_err(|error| LiveError::file("link", &path, error))
    }
}

fn shift(path: &Path, base: u32) -> Result<()> {
    let failed = |error| LiveError::file("change the owner of", path, error);
    let now = fs::symlink_metadata(path).map_err(failed)?;
    if now.is_dir() {
        for entry in fs::read_dir(path).map_err(failed)? {
            shift(&entry.map_err(failed)?.path(), base)?;
        }
    }
    let (user, group) = (now.uid().checked_add(base), now.gid().checked_add(base));
    lchown(path, user, group).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn each_kind_is_made_at_once_and_has_an_init() {
        if !BUSYBOX.map(Path::new).into_iter().any(Path::exists) {
            crate::skip!("busybox-static is not installed");
        }
        let directory = tempfile::tempdir().unwrap();
        for init in [
            Init::Quick,
            Init::Controlled,
            Init::Busybox,
            Init::Deaf,
            Init::Ends,
        ] {
            let began = Instant::now();
            let rootfs = Rootfs::make_with(&directory.path().join(format!("{init:?}")), init).unwrap();
            assert!(began.elapsed() < Duration::from_secs(1));
            for name in ["sbin/init", "bin/sh", "bin/ip", "etc/passwd"] {
                assert!(rootfs.path().join(name).exists(), "{init:?} has no {name}");
            }
        }
    }

    #[test]
    fn a_linked_one_is_as_the_first_and_has_files_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let first = match Rootfs::make(&directory.path().join("first")) {
            Ok(first) => first,
            Err(missing) => crate::skip!("{missing}"),
        };
        let second = first.linked(&directory.path().join("second")).unwrap();
        fs::write(second.path().join("etc/new"), "").unwrap();
        assert!(!first.path().join("etc/new").exists());
        let inode = |rootfs: &Rootfs| fs::metadata(rootfs.path().join("bin/sh")).unwrap().ino();
        assert_eq!(inode(&first), inode(&second));
    }
}
