//! Debian packages as a source of files: downloaded and unpacked, never installed.

use super::error::{LiveError, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program to its end and returns what it wrote to standard output.
pub(super) fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let program = words_of(command);
    let failed = |said: String| LiveError::Program {
        program: program.clone(),
        said,
    };
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    Err(failed(last.into_iter().rev().collect::<Vec<_>>().join("; ")))
}

/// Downloads `packages` with apt and unpacks them, all into one tree at `root`.
pub(super) fn unpack(packages: &[String], root: &Path) -> Result<()> {
    let downloads = root.join("downloads");
    fs::create_dir_all(&downloads).map_err(|error| LiveError::file("create", &downloads, error))?;
    let mut download = Command::new("apt-get");
    download
        .args(["-q", "download"])
        .args(packages)
        .current_dir(&downloads);
    output_of(&mut download)?;
    for entry in fs::read_dir(&downloads).map_err(|error| LiveError::file("read", &downloads, error))? {
        let package = entry
            .map_err(|error| LiveError::file("read", &downloads, error))?
            .path();
        output_of(Command::new("dpkg").arg("-x").arg(&package).arg(root))?;
    }
    fs::remove_dir_all(&downloads).map_err(|error| LiveError::file("remove", &downloads, error))
}

/// The package with the kernel image that the meta package `linux-image-amd64` stands for.
pub(super) fn kernel_package() -> Result<String> {
    let shown =
        output_of(Command::new("apt-cache").args(["show", "--no-all-versions", "linux-image-amd64"]))?;
    kernel_dependency(&String::from_utf8_lossy(&shown)).ok_or_else(|| {
        LiveError::Unexpected(
            "apt knows no linux-image-amd64: run `apt-get update` on a Debian machine and try again"
                .to_owned(),
        )
    })
}

fn kernel_dependency(shown: &str) -> Option<String> {
    let depends = shown.lines().find_map(|line| line.strip_prefix("Depends: "))?;
    let words = depends.split([',', '|', ' ']);
    words
        .map(str::trim)
        .find(|word| word.starts_with("linux-image-"))
        .map(str::to_owned)
}

fn words_of(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .take(3)
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_package_is_read_from_the_meta_package() {
        let shown = "Package: linux-image-amd64\nDepends: linux-image-6.1.0-40-amd64 (= 6.1.153-1)\n";
        assert_eq!(
            kernel_dependency(shown).as_deref(),
            Some("linux-image-6.1.0-40-amd64")
        );
        assert_eq!(kernel_dependency("Package: x\n"), None);
    }
}
