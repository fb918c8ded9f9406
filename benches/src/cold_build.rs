//! An application that depends on one crate of ours, built from nothing.

use crate::failure::{Outcome, failed};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The application, its dependencies fetched and nothing built.
#[derive(Debug)]
pub(crate) struct ColdBuild {
    directory: tempfile::TempDir,
}

impl ColdBuild {
    /// Writes the application: it depends on our crate of that name with these features alone.
    pub(crate) fn prepare(dependency: &str, features: &[&str], program: &str) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let place = match dependency {
            "virt-sdk" => workspace.clone(),
            other => workspace.join(other),
        };
        let manifest = format!(
            "[package]\nname = \"application\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\n{dependency} = {{ path = \"{}\", features = {features:?} }}\n",
            place.display()
        );
        fs::create_dir(directory.path().join("src"))?;
        fs::write(directory.path().join("Cargo.toml"), manifest)?;
        fs::write(directory.path().join("src/main.rs"), program)?;
        // The versions of the workspace, not the newest of the day.
        fs::copy(workspace.join("Cargo.lock"), directory.path().join("Cargo.lock"))?;
        let application = Self { directory };
        application.cargo(&["fetch", "--quiet"])?;
        Ok(application)
    }

    /// How long the build takes, in seconds: dev profile, two jobs; nothing is kept for the next build, as of a dependency
    /// that comes from a registry.
    pub(crate) fn seconds(&self) -> Outcome<f64> {
        let began = Instant::now();
        let incremental = "profile.dev.incremental=false";
        self.cargo(&["build", "--quiet", "--offline", "-j2", "--config", incremental])?;
        Ok(began.elapsed().as_secs_f64())
    }

    /// How many packages the application depends on, on this platform, in its finished form.
    pub(crate) fn packages(&self) -> Outcome<f64> {
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
        let output = self.command(&tree).output()?;
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

    fn command(&self, arguments: &[&str]) -> Command {
        let directory = self.directory.path();
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(arguments)
            .current_dir(directory)
            .env("CARGO_TARGET_DIR", directory.join("target"));
        command.stdin(Stdio::null());
        command
    }

    fn cargo(&self, arguments: &[&str]) -> Outcome {
        match self.command(arguments).status()?.success() {
            true => Ok(()),
            false => failed(format!("cargo {} failed", arguments.join(" "))),
        }
    }
}
