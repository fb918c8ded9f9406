//! What an application pays that takes the feature `qemu` alone: packages and a first build.

use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const PROGRAM: &str = "fn main() {\n    drop(virt_sdk::connect(\"test:///default\"));\n}\n";

/// Makes such an application and measures both.
pub(super) fn measure() -> Outcome {
    let directory = tempfile::tempdir()?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    write_application(directory.path(), &workspace)?;
    cargo(directory.path(), &["fetch", "--quiet"])?;
    let packages = packages(directory.path())?;
    figure::remark("building an application with feature qemu, dev profile, 2 jobs, nothing built before");
    let began = Instant::now();
    cargo(directory.path(), &["build", "--quiet", "--offline", "-j2"])?;
    let seconds = began.elapsed().as_secs_f64();
    figure::print(
        "qemu.cold_build_s",
        "s",
        Bar::AtMost(60.0),
        &[seconds].into_iter().collect(),
    );
    figure::print(
        "qemu.crates",
        "packages",
        Bar::AtMost(100.0),
        &[packages].into_iter().collect(),
    );
    Ok(())
}

fn write_application(directory: &Path, workspace: &Path) -> Outcome {
    let manifest = format!(
        "[package]\nname = \"application\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nvirt-sdk = {{ path = \"{}\", features = [\"qemu\"] }}\n",
        workspace.display()
    );
    fs::create_dir(directory.join("src"))?;
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::write(directory.join("src/main.rs"), PROGRAM)?;
    // The versions of the workspace, not the newest of the day.
    fs::copy(workspace.join("Cargo.lock"), directory.join("Cargo.lock"))?;
    Ok(())
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", directory.join("target"));
    command.stdin(Stdio::null());
    command
}

fn cargo(directory: &Path, arguments: &[&str]) -> Outcome {
    match command(directory, arguments).status()?.success() {
        true => Ok(()),
        false => failed(format!("cargo {} failed", arguments.join(" "))),
    }
}

/// How many packages the application depends on, on this platform, in its finished form.
fn packages(directory: &Path) -> Outcome<f64> {
    let tree = [
        "tree",
        "--offline",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let output = command(directory, &tree).output()?;
    if !output.status.success() {
        return failed(format!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let unique: std::collections::BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    let others = unique
        .iter()
        .filter(|line| !line.starts_with("application "))
        .count();
    Ok(f64::from(u32::try_from(others)?))
}
