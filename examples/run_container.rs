//! Runs a container from a root file system: `run_container [URI [ROOTFS [NAME [BRIDGE]]]]`.
//!
//! The URI is `lxc:///embed` unless said, ROOTFS the directory `rootfs` here. The container is defined, started, shown (state,
//! addresses, what it uses, what its console printed), asked to end, and its definition removed; ROOTFS stays as it is.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use cli::while_showing;
use tokio::io::AsyncReadExt as _;
use virt_sdk::console::ConsoleOptions;
use virt_sdk::domain::AddressSource;
use virt_sdk::model::domain::Features;
use virt_sdk::model::domain::devices::{Filesystem, FilesystemSource, FilesystemTarget, InterfaceType};
use virt_sdk::model::{ByteSize, Console, DomainConfig, DomainType, Interface};
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Domain, DomainState, ErrorKind};

/// How long the container may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    cli::run_at("lxc:///embed", run_container).await
}

async fn run_container(mut arguments: cli::Arguments) -> cli::Outcome {
    let rootfs = arguments.next().unwrap_or_else(|| "rootfs".to_owned());
    let rootfs = std::path::absolute(rootfs)?.to_string_lossy().into_owned();
    let name = arguments.next();
    let name = name.unwrap_or_else(|| format!("container-{}", std::process::id()));
    let conn = virt_sdk::connect(&arguments.uri).await?;
    let config = container(&name, &rootfs, arguments.next());
    let domain = conn.define_domain(&config).await?;
    println!("defined   {} ({})", domain.name(), domain.uuid());
    let lived = live(&domain).await;
    // Whatever happened, nothing is left behind.
    if domain.info().await?.state.is_active() {
        domain.destroy().await?;
    }
    domain.undefine().await?;
    lived?;
    println!("undefined");
    conn.shutdown().await?;
    Ok(())
}

/// A container on this root file system: 64 MiB, a console, and a network of its own with one interface where a bridge is
/// given.
fn container(name: &str, rootfs: &str, bridge: Option<String>) -> DomainConfig {
    let mut root = Filesystem::default();
    root.kind = Some("mount".to_owned());
    let mut source = FilesystemSource::default();
    source.dir = Some(rootfs.to_owned());
    root.source = Some(source);
    let mut target = FilesystemTarget::default();
    target.dir = Some("/".to_owned());
    root.target = Some(target);

    let mut config = DomainConfig::default();
    config.kind = DomainType::Lxc;
    config.name = name.to_owned();
    config.memory.get_or_insert_default().size = ByteSize::mib(64);
    let mut features = Features::default();
    features.privnet = true;
    config.features = Some(features);
    let devices = config.devices_mut();
    devices.filesystems.push(root);
    devices.consoles.push(Console::pty());
    if let Some(bridge) = bridge {
        let mut interface = Interface::default();
        interface.kind = Some(InterfaceType::Bridge);
        interface.source.get_or_insert_default().bridge = Some(bridge);
        devices.interfaces.push(interface);
    }
    config
}

async fn live(domain: &Domain) -> cli::Outcome {
    domain.start().await?;
    let info = domain.info().await?;
    let init = info.id.unwrap_or_default();
    println!(
        "started   {} (its init is process {init} of the host)",
        info.state
    );
    for interface in domain.interface_addresses(AddressSource::Agent).await? {
        let addresses = interface
            .addresses
            .iter()
            .map(|address| format!("{}/{}", address.ip, address.prefix));
        println!(
            "interface {} {}",
            interface.name,
            addresses.collect::<Vec<_>>().join(" ")
        );
    }
    let row = domain.stats(StatsGroups::all()).await?;
    if let (Some(cpu), Some(memory)) = (&row.stats.cpu, &row.stats.balloon) {
        println!(
            "uses      {:?} of CPU, {} KiB of memory",
            cpu.time,
            memory.rss.unwrap_or_default() / 1024
        );
    }
    let mut console = domain
        .console_with(&ConsoleOptions::default().scrollback(4096))
        .await?;
    let mut printed = vec![0; 4096];
    if let Ok(read) = tokio::time::timeout(Duration::from_secs(2), console.read(&mut printed)).await {
        let text = String::from_utf8_lossy(printed.get(..read?).unwrap_or_default()).into_owned();
        println!("console   {:?}", text.trim());
    }
    drop(console);

    domain.shutdown().await?;
    let patient = domain.with_deadline(PATIENCE);
    match while_showing("the container ends", patient.wait_for(DomainState::ShutOff)).await {
        Ok(()) => println!("ended     it was asked to"),
        Err(error) if error.kind() == ErrorKind::Timeout => {
            eprintln!(
                "the container did not end within {} s: it is destroyed",
                PATIENCE.as_secs()
            );
            domain.destroy().await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
