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

use std::process::ExitCode;

use virt_sdk::Connection;
use virt_sdk::domain::DomainFilter;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(connect_over_ssh).await
}

async fn connect_over_ssh(arguments: cli::Arguments) -> cli::Outcome {
    let conn = Connection::builder()
        .backends(virt_sdk::backends())
        .credentials(cli::ask)
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
