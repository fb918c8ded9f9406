//! Shows a far machine and its guests: `connect_over_ssh [URI]`, for example `qemu+ssh://root@host/embed`.
//!
//! The machine needs sshd and QEMU, nothing of ours. What is in `~/.ssh/config` about it counts, its key has to be known,
//! and what has to be typed (a password, a passphrase) is asked for here.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use virt_sdk::Connection;
use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_sdk::domain::DomainFilter;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(connect_over_ssh).await
}

async fn connect_over_ssh(arguments: cli::Arguments) -> cli::Outcome {
    let conn = Connection::builder()
        .backends(virt_sdk::backends())
        .credentials(ask)
        .open(&arguments.uri)
        .await?;
    let node = conn.node_info().await?;
    println!(
        "{}: {}, {} processors, {} MiB",
        node.hostname,
        node.cpu_model,
        node.cpus,
        node.memory_kib / 1024
    );
    for info in conn.domain_infos(&DomainFilter::all()).await? {
        println!(
            "{:<24} {:<14} {}",
            info.domain.name,
            info.state.to_string(),
            info.memory
        );
    }
    conn.shutdown().await?;
    Ok(())
}

/// Asks at the terminal; where there is none, there is no answer and the next way to log in is tried.
async fn ask(request: CredentialRequest) -> Option<Secret> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let question = match &request.kind {
        CredentialKind::UserName => format!("user on {}: ", request.host),
        CredentialKind::Passphrase(file) => format!("passphrase of {file} (shown as you type): "),
        CredentialKind::Answer { prompt, .. } => prompt.clone(),
        _ => format!("password for {} (shown as you type): ", request.host),
    };
    let typed = tokio::task::spawn_blocking(move || {
        eprint!("{question}");
        std::io::stderr().flush().ok()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).ok()?;
        Some(Secret::new(line.trim_end_matches('\n')))
    });
    typed.await.ok().flatten()
}
