//! `cargo xtask quickstart`: from nothing to a guest that was booted, talked to and shut down through the SDK.

use crate::failure::{Failure, Outcome, told};
use crate::install::{self, Need};
use crate::{guest, say};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use virt_sdk::model::DomainConfig;
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, DomainState};
use virt_testkit::live::guest::{GuestImage, PROMPT};
use virt_testkit::live::kvm::Accelerator;

/// How long the guest may take to its prompt; under TCG on a busy machine a minute has been seen.
const BOOT: Duration = Duration::from_secs(180);

/// Runs it.
pub(crate) fn run() -> Outcome {
    say::line(
        "This boots a small guest through the SDK, shows its console, talks to its agent and shuts it down.",
    );
    install::ensure(&[Need::AnyQemu, Need::GuestTools])?;
    let (image, accelerator) = guest::prepare()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(show(&image, &accelerator))
}

async fn show(image: &GuestImage, accelerator: &Accelerator) -> Outcome {
    let root = tempfile::tempdir()?;
    let uri = format!("qemu:///embed?root={}", root.path().display());
    say::heading("Connect");
    say::line(&format!("virt_sdk::connect(\"{uri}\")"));
    let connection = virt_sdk::connect(&uri).await.map_err(|error| told(&error))?;
    let outcome = with_guest(&connection, image, accelerator).await;
    connection.shutdown().await.map_err(|error| told(&error))?;
    outcome?;
    say::heading("Done");
    say::line("Next: the programs in examples/, each one job, each runnable against any URI;");
    say::line("      `cargo xtask test` runs everything.");
    Ok(())
}

async fn with_guest(connection: &Connection, image: &GuestImage, accelerator: &Accelerator) -> Outcome {
    say::heading("Define and start a domain");
    let config = DomainConfig::from_xml(&document(image, accelerator)).map_err(|error| told(&error))?;
    let domain = connection
        .define_domain(&config)
        .await
        .map_err(|error| told(&error))?;
    domain.start().await.map_err(|error| told(&error))?;
    let outcome = tour(&domain, accelerator).await;
    if outcome.is_err() {
        // It may have ended by itself; nothing of this command may stay behind.
        drop(domain.destroy().await);
    }
    outcome?;
    domain.undefine().await.map_err(|error| told(&error))
}

async fn tour(domain: &Domain, accelerator: &Accelerator) -> Outcome {
    let (name, uuid) = (domain.name(), domain.uuid());
    say::line(&format!(
        "\"{name}\" ({uuid}) runs with {}",
        accelerator.name().to_uppercase()
    ));
    say::heading("Its console, live");
    console(domain).await?;
    say::heading("Its agent");
    agent(domain).await?;
    say::heading("Its statistics");
    statistics(domain).await?;
    say::heading("Shut down");
    domain.shutdown().await.map_err(|error| told(&error))?;
    domain
        .wait_for(DomainState::ShutOff)
        .await
        .map_err(|error| told(&error))?;
    let info = domain.info().await.map_err(|error| told(&error))?;
    say::line(&format!("state {:?}, reason {:?}", info.state, info.reason));
    Ok(())
}

/// Shows what the guest prints until its shell waits for input.
async fn console(domain: &Domain) -> Outcome {
    let mut console = domain.console().await.map_err(|error| told(&error))?;
    let mut seen = Vec::new();
    let mut buffer = [0_u8; 4096];
    let shown = timeout(BOOT, async {
        loop {
            let count = console.read(&mut buffer).await?;
            let bytes = buffer.get(..count).unwrap_or_default();
            // The guest's shell asks the terminal where its cursor is; the answer would be nobody's.
            say::raw(String::from_utf8_lossy(bytes).replace("\x1b[6n", "").as_bytes());
            seen.extend_from_slice(bytes);
            if seen
                .windows(PROMPT.len())
                .any(|window| window == PROMPT.as_bytes())
            {
                say::line("");
                return Ok(());
            }
            if count == 0 {
                return Err(Failure::new("the guest ended before its shell was there"));
            }
        }
    });
    shown.await.unwrap_or_else(|_| {
        Err(
            Failure::new(format!("no prompt on the console within {} s", BOOT.as_secs()))
                .advise("try again when the machine is less busy"),
        )
    })
}

async fn agent(domain: &Domain) -> Outcome {
    domain.wait_for_agent().await.map_err(|error| told(&error))?;
    let agent = domain.agent();
    let info = agent.info().await.map_err(|error| told(&error))?;
    say::line(&format!(
        "agent     version {}, {} commands",
        info.version,
        info.commands.len()
    ));
    let os = agent.os().await.map_err(|error| told(&error))?;
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    say::line(&format!(
        "system    {}, kernel {}",
        or_unknown(os.pretty_name),
        or_unknown(os.kernel_release)
    ));
    say::line(&format!(
        "host name {}",
        agent.host_name().await.map_err(|error| told(&error))?
    ));
    let address = domain.wait_for_address().await.map_err(|error| told(&error))?;
    say::line(&format!("address   {}/{}", address.ip, address.prefix));
    Ok(())
}

async fn statistics(domain: &Domain) -> Outcome {
    let row = domain
        .stats(StatsGroups::all())
        .await
        .map_err(|error| told(&error))?;
    if let Some(cpu) = &row.stats.cpu {
        say::line(&format!("CPU       {:.2} s", cpu.time.as_secs_f64()));
    }
    if let Some(balloon) = &row.stats.balloon {
        say::line(&format!(
            "memory    {} MiB of {} MiB",
            balloon.current >> 20,
            balloon.maximum >> 20
        ));
    }
    for interface in &row.stats.interfaces {
        let traffic = interface.traffic.as_ref().map_or_else(
            || "its traffic is not counted (user networking)".to_owned(),
            |traffic| format!("{} bytes in, {} out", traffic.rx_bytes, traffic.tx_bytes),
        );
        say::line(&format!("network   {}: {traffic}", interface.name));
    }
    for disk in &row.stats.block {
        say::line(&format!(
            "disk      {}: {} bytes read, {} written",
            disk.target, disk.read_bytes, disk.write_bytes
        ));
    }
    match row.error {
        Some(error) => Err(told(&error)),
        None => Ok(()),
    }
}

fn document(image: &GuestImage, accelerator: &Accelerator) -> String {
    format!(
        "<domain type='{kind}'>
  <name>quickstart</name>
  <memory unit='MiB'>256</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{command_line}</cmdline>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <devices>
    <interface type='user'>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <console type='pty'/>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
    <memballoon model='virtio'/>
  </devices>
</domain>
",
        kind = accelerator.domain_type(),
        kernel = image.kernel.display(),
        initrd = image.initrd.display(),
        // Without `quiet`: there is something to see while it boots.
        command_line = "console=ttyS0",
    )
}
