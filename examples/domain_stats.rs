//! Shows what the running domains use, all in one call: `domain_stats [URI [ROUNDS]]`, a round a second.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use virt_sdk::model::ByteSize;
use virt_sdk::stats::{DomainStatsRow, StatsGroups};

const ROUND: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(domain_stats).await
}

async fn domain_stats(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let rounds = arguments.next_number("ROUNDS")?.unwrap_or(2).max(1);
    let mut cpu_before = HashMap::new();
    println!(
        "{:<24} {:>6} {:>10} {:>12} {:>12} {:>10} {:>10}",
        "name", "CPU %", "memory", "read", "written", "received", "sent"
    );
    for round in 1..=rounds {
        for row in conn.domain_stats(StatsGroups::all()).await? {
            show(&row, &mut cpu_before);
        }
        if round < rounds {
            tokio::time::sleep(ROUND).await;
        }
    }
    conn.shutdown().await?;
    Ok(())
}

fn show(row: &DomainStatsRow, cpu_before: &mut HashMap<uuid::Uuid, Duration>) {
    let stats = &row.stats;
    let percent = stats.cpu.as_ref().and_then(|cpu| {
        let before = cpu_before.insert(row.domain.uuid, cpu.time)?;
        Some(cpu.time.saturating_sub(before).as_secs_f64() / ROUND.as_secs_f64() * 100.0)
    });
    let percent = percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1}"));
    let memory = stats.balloon.as_ref().map_or(0, |balloon| balloon.current);
    let read: u64 = stats.block.iter().map(|disk| disk.read_bytes).sum();
    let written: u64 = stats.block.iter().map(|disk| disk.write_bytes).sum();
    let traffic = || stats.interfaces.iter().filter_map(|interface| interface.traffic);
    let received: u64 = traffic().map(|traffic| traffic.rx_bytes).sum();
    let sent: u64 = traffic().map(|traffic| traffic.tx_bytes).sum();
    println!(
        "{:<24} {percent:>6} {:>10} {read:>12} {written:>12} {received:>10} {sent:>10}",
        row.domain.name,
        ByteSize::bytes(memory).to_string(),
    );
    // One guest that does not answer costs only its own row.
    if let Some(error) = &row.error {
        println!("{:<24} incomplete: {error}", row.domain.name);
    }
}
