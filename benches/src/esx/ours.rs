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

/// By how much a program has grown, in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grown {
    /// What it holds, with what the allocator keeps of what is done with.
    pub(super) held: u64,
    /// With the pages of its code, which are read as they are used for the first time.
    pub(super) resident: u64,
}

/// The program: prints a line a machine, and at the end by how many KiB it has grown from before it connected.
pub(crate) fn run(uri: &str) -> Outcome {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let before = now()?;
        let conn = open(uri, &variable(USER), &variable(PASSWORD)).await?;
        let infos = conn.domain_infos(&DomainFilter::all()).await?;
        let after = now()?;
        let mut out = std::io::stdout().lock();
        for info in &infos {
            let domain = &info.domain;
            writeln!(
                out,
                "{} {} {} {} {}",
                domain.name, domain.uuid, info.state, info.vcpus, info.max_memory
            )?;
        }
        let held = after.held.saturating_sub(before.held);
        let resident = after.resident.saturating_sub(before.resident);
        writeln!(out, "grown {held} {resident}")?;
        conn.shutdown().await?;
        Ok(())
    })
}

/// What this program has in memory.
fn now() -> Outcome<Grown> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    match (kib("RssAnon:"), kib("VmRSS:")) {
        (Some(held), Some(resident)) => Ok(Grown { held, resident }),
        _ => failed("this machine does not say what is in memory"),
    }
}

/// Runs the program: how many machines it listed, and by how much it has grown.
pub(super) async fn list(simulator: &Simulator) -> Outcome<(usize, Grown)> {
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
    let mut numbers = grown.unwrap_or_default().split_whitespace();
    let mut next = || {
        numbers
            .next()
            .and_then(|kib| kib.parse().ok())
            .unwrap_or_default()
    };
    let grown = Grown {
        held: next(),
        resident: next(),
    };
    Ok((said.lines().count().saturating_sub(1), grown))
}
