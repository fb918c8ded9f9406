//! Shows what a libvirt daemon has: `connect_remote [URI]`, for example `qemu:///system`, `qemu+ssh://root@host/system` or
//! `qemu+tls://host/system`.
//!
//! `docs/libvirt-daemons.md` has the ways to a daemon and what is needed for each. User and password are taken from
//! libvirt's `auth.conf`; what is missing there is asked for here.
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
    cli::run(connect_remote).await
}

async fn connect_remote(arguments: cli::Arguments) -> cli::Outcome {
    let builder = Connection::builder()
        .backends(virt_sdk::backends())
        .read_only()
        .credentials(cli::ask);
    let opening = builder.open(&arguments.uri);
    let conn = cli::while_showing(format!("connecting to {}", arguments.uri), opening).await?;
    let node = conn.node_info().await?;
    println!("{} is a machine called {}", conn.uri(), node.hostname);
    for info in conn.domain_infos(&DomainFilter::all()).await? {
        println!("{:<24} {}", info.domain.name, info.state);
    }
    conn.shutdown().await?;
    Ok(())
}
