//! The examples on real QEMUs: each does its job on the same root, one program after the other.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use virt_testkit::conformance::{Doing as _, Failure};
#[cfg(feature = "ssh")]
use virt_testkit::live::far::FarMachine;

use crate::fixture::{Fixture, check, live};

live! { "qemu_examples";
    every_example_does_its_job_on_qemu;
    a_far_machine_is_shown;
}

/// Runs an example with this on its standard input; it has to succeed and to print these.
async fn prints(example: &str, arguments: &[&str], typed: &str, wanted: &[&str]) -> Result<(), Failure> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = virt_testkit::examples::example(workspace, example)?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing("starting an example")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(typed.as_bytes()).await.doing("typing")?;
    }
    let output = child.wait_with_output().await.doing("waiting for an example")?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    check(output.status.success(), format!("{example} failed: {stderr}"))?;
    for wanted in wanted {
        check(
            stdout.contains(wanted),
            format!("{example}: no {wanted:?} in {stdout}\n{stderr}"),
        )?;
    }
    Ok(())
}

/// A guest that runs, though nobody manages it.
async fn guest(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let config = fixture.machines.guest(fixture.place(), "guest")?;
    let domain = conn.define_domain(&config).await.doing("defining a guest")?;
    domain.start().await.doing("starting it")?;
    let patient = domain.with_deadline(std::time::Duration::from_secs(90));
    patient.wait_for_agent().await.doing("waiting for its agent")?;
    conn.shutdown().await.doing("shutting down")
}

async fn every_example_does_its_job_on_qemu(fixture: &Fixture) -> Result<(), Failure> {
    guest(fixture).await?;
    let uri = fixture.uri();
    let uri = uri.as_str();
    prints("list_domains", &[uri], "", &["guest", "running", "256 MiB"]).await?;
    prints("run_in_guest", &[uri, "guest", "echo", "a b"], "", &["a b\n"]).await?;
    prints("attach_console", &[uri, "guest"], "echo hel''lo\r", &["hello"]).await?;
    prints("domain_stats", &[uri, "1"], "", &["CPU %", "guest"]).await?;
    prints("watch_events", &[uri, "1"], "", &["watching"]).await?;
    let named = "<name>web</name>";
    prints("define_domain", &[uri, "web"], "", &["web is defined", named]).await?;
    // Its own machine has nothing that boots, and nothing that shuts down.
    let lived = ["started", "reset", "destroyed", "undefined"];
    prints("domain_lifecycle", &[uri], "", &lived).await?;
    let conn = fixture.open().await.doing("opening the root")?;
    fixture.remove_all(&conn).await
}

#[cfg(feature = "ssh")]
async fn a_far_machine_is_shown(fixture: &Fixture) -> Result<(), Failure> {
    let far = FarMachine::start(|sshd| sshd).await;
    let far = far.map_err(|missing| Failure::not_here(missing.to_string()))?;
    let conn = fixture.open().await.doing("opening the root")?;
    fixture.paused(&conn, "steady").await?;
    conn.shutdown().await.doing("shutting down")?;
    let uri = far.uri(&fixture.root());
    prints(
        "connect_over_ssh",
        &[&uri],
        "",
        &["processors", "steady", "paused"],
    )
    .await?;
    let conn = fixture.open_soon().await?;
    fixture.remove_all(&conn).await
}

#[cfg(not(feature = "ssh"))]
async fn a_far_machine_is_shown(_fixture: &Fixture) -> Result<(), Failure> {
    Err(Failure::not_here(
        "this program was built without the feature ssh",
    ))
}
