//! pyvmomi, VMware's own binding for Python: a client that owes nothing to ours.

use super::super::cache::directory_built_once;
use super::super::error::{LiveError, Result};
use super::Simulator;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

const VERSION: &str = "9.1.1.0";

/// What each script begins with: `service`, logged in; `content`; `machine(NAME)`; and `done(TASK)`, which waits.
const HEAD: &str = r#"
import ssl, sys, time
from pyVim.connect import SmartConnect, Disconnect
from pyVmomi import vim, vmodl
host, port, user, password = sys.argv[1:5]
arguments = sys.argv[5:]
service = SmartConnect(host=host, port=int(port), user=user, pwd=password, sslContext=ssl._create_unverified_context())
content = service.RetrieveContent()
def machine(name):
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    return next(each for each in view.view if each.name == name)
def done(task):
    while task.info.state not in ("success", "error"):
        time.sleep(0.01)
    if task.info.state == "error":
        raise task.info.error
    return task.info.result
"#;

/// A Python that has pyvmomi.
#[derive(Debug, Clone)]
pub struct Pyvmomi {
    python: PathBuf,
}

impl Pyvmomi {
    /// It, from the cache or installed there first, from the Python package index.
    ///
    /// # Errors
    /// [`LiveError`] when there is no Python with `venv`, or the package cannot be had.
    ///
    /// # Cancel safety
    /// Safe: what is being installed is installed to the end.
    pub async fn obtain() -> std::result::Result<Self, LiveError> {
        match tokio::task::spawn_blocking(install).await {
            Ok(python) => Ok(Self { python: python? }),
            Err(error) => Err(LiveError::Unexpected(format!(
                "pyvmomi is not installed: {error}"
            ))),
        }
    }

    /// Runs a script with these arguments, logged in to a simulator: what it printed.
    ///
    /// # Errors
    /// [`LiveError`] with what it said, where it fails.
    pub async fn run(
        &self,
        simulator: &Simulator,
        script: &str,
        arguments: &[&str],
    ) -> std::result::Result<String, LiveError> {
        let (host, port) = simulator.host_port().rsplit_once(':').unwrap_or_default();
        let output = Command::new(&self.python)
            .args(["-c", &format!("{HEAD}\n{script}")])
            .args([host, port, simulator.user(), simulator.password()])
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| LiveError::file("run", &self.python, error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(said("pyvmomi", &output.stderr))
    }
}

fn install() -> Result<PathBuf> {
    let directory = directory_built_once(&format!("pyvmomi-{VERSION}"), |work| {
        // A virtual environment knows its own path, and this one gets another: it is for its pip alone.
        finished("python3", &["-m", "venv", &at(work, "python")])?;
        let (package, target) = (format!("pyvmomi=={VERSION}"), at(work, "packages"));
        let quietly = ["-m", "pip", "install", "--quiet", "--target", &target, &package];
        finished(&at(work, "python/bin/python"), &quietly)?;
        let made = work.join("python");
        std::fs::remove_dir_all(&made).map_err(|error| LiveError::file("remove", &made, error))
    })?;
    let launcher = directory.join("python-with-pyvmomi");
    if !launcher.exists() {
        write_launcher(&launcher, &at(&directory, "packages"))?;
    }
    Ok(launcher)
}

fn write_launcher(launcher: &Path, packages: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = |error| LiveError::file("write", launcher, error);
    let text = format!("#!/bin/sh\nPYTHONPATH='{packages}' exec python3 \"$@\"\n");
    let beside = launcher.with_extension(std::process::id().to_string());
    std::fs::write(&beside, text).map_err(failed)?;
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    std::fs::rename(&beside, launcher).map_err(failed)
}

fn at(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}

fn finished(program: &str, arguments: &[&str]) -> Result<()> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| LiveError::file("run", Path::new(program), error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(said(program, &output.stderr))
}

fn said(program: &str, text: &[u8]) -> LiveError {
    let text = String::from_utf8_lossy(text);
    LiveError::Program {
        program: program.to_owned(),
        said: text.lines().last().unwrap_or("it failed").to_owned(),
    }
}
