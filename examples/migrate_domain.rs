//! Moves a running domain to another machine, with its progress: `migrate_domain [URI [DOMAIN [TARGET_URI]]]`.
//!
//! ```text
//! cargo run --example migrate_domain -- test:///default test test:///empty
//! cargo run --features rpc --example migrate_domain -- qemu+tcp://a/system web qemu+tcp://b/system
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;

use virt_sdk::job::JobState;
use virt_sdk::migration::{Migration, MigrationOptions};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(migrate_domain).await
}

async fn migrate_domain(mut arguments: cli::Arguments) -> cli::Outcome {
    let source = virt_sdk::connect(&arguments.uri).await?;
    let name = arguments.next().unwrap_or_else(|| "test".to_owned());
    let target = arguments.next().unwrap_or_else(|| "test:///empty".to_owned());
    let target = virt_sdk::connect(&target).await?;
    let domain = source.domain(name).await?;
    let options = MigrationOptions::default()
        .persist_destination()
        .undefine_source();
    let migration = domain.migrate_to(&target, &options).await?;
    tokio::select! {
        () = show(migration.clone()) => {}
        // The domain stays where it is.
        _ = tokio::signal::ctrl_c() => migration.cancel()?,
    }
    let moved = migration.wait().await?;
    let info = moved.info().await?;
    println!(
        "{} is at {}: {} ({})",
        info.domain,
        target.uri(),
        info.state,
        info.reason
    );
    source.shutdown().await?;
    target.shutdown().await?;
    Ok(())
}

async fn show(mut migration: Migration) {
    loop {
        let progress = migration.progressed().await;
        if progress.state != JobState::Running {
            return;
        }
        let total = progress.total_bytes.unwrap_or_default();
        let percent = (progress.done_bytes * 100).checked_div(total).unwrap_or_default();
        let left = progress
            .statistics
            .as_ref()
            .and_then(|statistics| statistics.remaining);
        println!(
            "{percent:>3} % after {:.1} s, {left:?} left",
            progress.elapsed.as_secs_f64()
        );
    }
}
