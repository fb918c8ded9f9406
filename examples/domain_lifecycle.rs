//! Takes a domain through its life: `domain_lifecycle [URI [NAME]]`.
//!
//! With NAME, a domain that is defined and shut off; without, one it defines for the purpose and removes afterwards.
//! A guest that does not follow a request to shut down within 30 s is destroyed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use cli::while_showing;
use virt_sdk::domain::StartOptions;
use virt_sdk::model::{ByteSize, Channel, Console, DomainConfig, DomainType, Serial};
use virt_sdk::{Connection, Domain, DomainState, ErrorKind, Result};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(domain_lifecycle).await
}

async fn domain_lifecycle(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    match arguments.next() {
        Some(name) => live(&conn.domain(name).await?).await?,
        None => {
            let domain = define(&conn).await?;
            println!("defined   {} ({})", domain.name(), domain.uuid());
            let lived = live(&domain).await;
            // Whatever happened, nothing is left behind.
            if domain.info().await?.state.is_active() {
                domain.destroy().await?;
            }
            domain.undefine().await?;
            lived?;
            println!("undefined");
        }
    }
    conn.shutdown().await?;
    Ok(())
}

async fn define(conn: &Connection) -> cli::Outcome<Domain> {
    let config = DomainConfig::builder(format!("lifecycle-{}", std::process::id()))
        .kind(DomainType::Qemu)
        .memory(ByteSize::mib(128))
        .serial(Serial::pty())
        .console(Console::pty())
        .channel(Channel::guest_agent())
        .build()?;
    Ok(conn.define_domain(&config).await?)
}

async fn live(domain: &Domain) -> Result<()> {
    domain.start_with(&StartOptions::default().paused()).await?;
    show("started", domain).await?;
    domain.resume().await?;
    show("resumed", domain).await?;
    domain.suspend().await?;
    show("suspended", domain).await?;
    domain.resume().await?;
    show("resumed", domain).await?;
    domain.reset().await?;
    show("reset", domain).await?;

    domain.shutdown().await?;
    let patient = domain.with_deadline(Duration::from_secs(30));
    match while_showing("the guest shuts down", patient.wait_for(DomainState::ShutOff)).await {
        Ok(()) => show("shut down", domain).await,
        Err(error) if error.kind() == ErrorKind::Timeout => {
            println!("the guest did not shut down within 30 s: it is destroyed");
            domain.destroy().await?;
            show("destroyed", domain).await
        }
        Err(error) => Err(error),
    }
}

async fn show(done: &str, domain: &Domain) -> Result<()> {
    let info = domain.info().await?;
    let id = info.id.map_or_else(String::new, |id| format!(", id {id}"));
    println!("{done:<9} it is {} ({}){id}", info.state, info.reason);
    Ok(())
}
