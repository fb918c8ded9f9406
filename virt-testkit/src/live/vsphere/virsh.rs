//! libvirt's own driver, by virsh, as a second opinion on what the simulator has.

use super::super::error::{LiveError, Result};
use super::Simulator;
use std::fs;
use std::process::Stdio;
use tokio::process::Command;

/// Runs a command of virsh.
pub(super) async fn run(simulator: &Simulator, uri: &str, words: &[&str]) -> Result<String> {
    let login = simulator.directory().join("auth.conf");
    fs::write(&login, credentials(simulator)).map_err(|error| LiveError::file("write", &login, error))?;
    let failed = |said: String| LiveError::Program {
        program: format!("virsh -c {uri} {}", words.join(" ")),
        said,
    };
    let output = Command::new("virsh")
        .args(["-c", uri])
        .args(words)
        .env("LIBVIRT_AUTH_FILE", &login)
        .env("LC_ALL", "C")
        // Errors only: it warns of each property that it does not know.
        .env("LIBVIRT_DEBUG", "4")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(format!("{error}: `cargo xtask install libvirt` installs it")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(said.trim().replace('\n', "; ")))
}

/// The file from which libvirt takes who logs in.
fn credentials(simulator: &Simulator) -> String {
    let host = simulator.host_port().split(':').next().unwrap_or_default();
    format!(
        "[credentials-simulator]\nusername={}\npassword={}\n\n\
         [auth-esx-{host}]\ncredentials=simulator\n\n[auth-vpx-{host}]\ncredentials=simulator\n",
        simulator.user(),
        simulator.password()
    )
}
