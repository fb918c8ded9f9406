//! Our side: a program that connects, lists all machines with what is known of them, and says what that took.

use crate::failure::{Outcome, failed};
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use virt_sdk::Connection;
use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_sdk::domain::DomainFilter;
use virt_testkit::live::vsphere::Simulator;

/// What this program is told to be that one: `esx-list URI`.
pub(crate) const COMMAND: &str = "esx-list";
const USER: &str = "VIRT_BENCH_USER";
const PASSWORD: &str = "VIRT_BENCH_PASSWORD";

/// Connects with what the simulator takes.
pub(super) async fn connect(simulator: &Simulator) -> Outcome<Connection> {
    let pin = simulator.certificate().sha256_thumbprint();
    let uri = format!("esx://{}/?thumbprint={pin}", simulator.host_port());
    open(&uri, simulator.user(), simulator.password()).await
}

async fn open(uri: &str, user: &str, password: &str) -> Outcome<Connection> {
    let (user, password) = (user.to_owned(), password.to_owned());
    let answer = move |request: CredentialRequest| {
        let answer = match request.kind {
            CredentialKind::UserName => user.clone(),
            _ => password.clone(),
        };
        async move { Some(Secret::new(answer)) }
    };
    let builder = Connection::builder().backends(virt_sdk::backends());
    Ok(builder.credentials(answer).open(uri).await?)
}

/// The program: prints a line a machine, and at the end by how many KiB it has grown from before it connected: what it
/// holds, with what the allocator keeps of what is done with, and without the pages of its code.
pub(crate) fn run(uri: &str) -> Outcome {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let before = resident()?;
        let conn = open(uri, &variable(USER), &variable(PASSWORD)).await?;
        let infos = conn.domain_infos(&DomainFilter::all()).await?;
        let grown = resident()?.saturating_sub(before);
        let mut out = std::io::stdout().lock();
        for info in &infos {
            let domain = &info.domain;
            writeln!(
                out,
                "{} {} {} {} {}",
                domain.name, domain.uuid, info.state, info.vcpus, info.max_memory
            )?;
        }
        writeln!(out, "grown {grown}")?;
        conn.shutdown().await?;
        Ok(())
    })
}

/// KiB that this program holds in memory.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    match number.and_then(|number| number.parse().ok()) {
        Some(kib) => Ok(kib),
        None => failed("this machine does not say what is in memory"),
    }
}

/// Runs the program: how many machines it listed, and by how many KiB it has grown.
pub(super) async fn list(simulator: &Simulator) -> Outcome<(usize, u64)> {
    let pin = simulator.certificate().sha256_thumbprint();
    let output = tokio::process::Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .arg(format!("esx://{}/?thumbprint={pin}", simulator.host_port()))
        .env(USER, simulator.user())
        .env(PASSWORD, simulator.password())
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return failed(format!("our own list failed: {}", why.trim()));
    }
    let grown = said.lines().last().and_then(|line| line.strip_prefix("grown "));
    let grown = grown.and_then(|kib| kib.parse().ok()).unwrap_or_default();
    Ok((said.lines().count().saturating_sub(1), grown))
}
