//! Debian 12's own QEMU 7.2, unpacked beside the installed one: QEMU finds its modules and firmware relative to
//! its binary, so a second tree in the cache works as it is.

use super::apt::Package;
use crate::failure::{Doing as _, Failure, Outcome};
use crate::say;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PACKAGES: [&str; 3] = ["qemu-system-x86", "qemu-system-common", "qemu-system-data"];

/// Whether this machine has it or its release brings it; only Debian 12 does.
pub(crate) fn has_qemu_7_2() -> bool {
    let release = || fs::read_to_string("/etc/os-release").unwrap_or_default();
    works() || release().contains("VERSION_CODENAME=bookworm")
}

/// Where it is unpacked.
pub(super) fn directory() -> PathBuf {
    virt_testkit::live::cache_directory().join("qemu-7.2")
}

/// Its `qemu-system-x86_64`.
pub(super) fn binary() -> Outcome<PathBuf> {
    let binary = path_of_binary();
    match works() {
        true => Ok(binary),
        false => Err(
            Failure::new(format!("{} does not run", binary.display())).advise(format!(
                "remove {} and run the same command again",
                directory().display()
            )),
        ),
    }
}

/// Whether it is there and runs.
pub(super) fn works() -> bool {
    Command::new(path_of_binary())
        .args(["-machine", "help"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

/// The shared libraries and firmware it needs, as packages of the release.
pub(super) fn libraries() -> Vec<Package> {
    [
        "ipxe-qemu",
        "libaio1",
        "libbpf1",
        "libcapstone4",
        "libfdt1",
        "libfuse3-3",
        "libgnutls30",
        "libibverbs1",
        "libjpeg62-turbo",
        "libnuma1",
        "libpixman-1-0",
        "libpmem1",
        "libpng16-16",
        "librdmacm1",
        "libsasl2-2",
        "libseccomp2",
        "libslirp0",
        "liburing2",
        "libvdeplug2",
        "seabios",
    ]
    .into_iter()
    .map(Package::plain)
    .collect()
}

/// Downloads and unpacks it; whole or not at all.
pub(super) fn unpack() -> Outcome {
    let target = directory();
    let parent = target.parent().map(Path::to_path_buf).unwrap_or_default();
    fs::create_dir_all(&parent).doing(|| format!("create {}", parent.display()))?;
    let work = parent.join(format!("qemu-7.2.{}", std::process::id()));
    let result = unpack_into(&work).and_then(|()| {
        // What is there and does not run (or is half of it) makes way.
        if target.exists() {
            fs::remove_dir_all(&target).doing(|| format!("remove {}", target.display()))?;
        }
        fs::rename(&work, &target).doing(|| format!("move QEMU 7.2 to {}", target.display()))
    });
    if work.exists() {
        drop(fs::remove_dir_all(&work));
    }
    result
}

fn unpack_into(work: &Path) -> Outcome {
    say::line("Unpacking QEMU 7.2 into the cache");
    fs::create_dir_all(work).doing(|| format!("create {}", work.display()))?;
    let mut download = Command::new("apt-get");
    download
        .args(["-q", "download"])
        .args(PACKAGES.map(|name| format!("{name}=1:7.2*")))
        .current_dir(work);
    run(&mut download)?;
    for entry in fs::read_dir(work).doing(|| format!("read {}", work.display()))? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg").arg("-x").arg(&package).arg(work))?;
            fs::remove_file(&package)?;
        }
    }
    for shared in ["usr/share/seabios", "usr/lib/ipxe"] {
        symlink(Path::new("/").join(shared), work.join(shared)).doing(|| format!("link {shared}"))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Outcome {
    let output = command
        .stdin(Stdio::null())
        .output()
        .doing(|| format!("run {command:?}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "{command:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .last()
                .unwrap_or_default()
        ))
        .advise("check the network and this machine's apt sources (Debian 12 has QEMU 7.2), then try again")),
    }
}

fn path_of_binary() -> PathBuf {
    directory().join("usr/bin/qemu-system-x86_64")
}
