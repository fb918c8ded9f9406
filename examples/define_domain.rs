//! Defines a domain and shows its document: `define_domain [URI [NAME [DISK]]]`.
//!
//! The definition stays (on `test:///default` it goes with the program). DISK is the path of an image on the host.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;

use virt_sdk::domain::DefineOptions;
use virt_sdk::model::{ByteSize, Channel, Console, Disk, DomainConfig, DomainType, Interface, Serial};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(define_domain).await
}

async fn define_domain(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let name = arguments.next().unwrap_or_else(|| "example".to_owned());
    let mut builder = DomainConfig::builder(name)
        // What runs everywhere; DomainType::Kvm is the fast one.
        .kind(DomainType::Qemu)
        .title("Made by an example")
        .memory(ByteSize::mib(256))
        .vcpus(1)
        .interface(Interface::user())
        .serial(Serial::pty())
        .console(Console::pty())
        .channel(Channel::guest_agent());
    if let Some(disk) = arguments.next() {
        builder = builder.disk(Disk::file(disk));
    }
    let options = DefineOptions::default().refuse_existing();
    let domain = conn.define_domain_with(&builder.build()?, &options).await?;

    println!("{} is defined, uuid {}:\n", domain.name(), domain.uuid());
    println!("{}", domain.xml().await?);
    conn.shutdown().await?;
    Ok(())
}
