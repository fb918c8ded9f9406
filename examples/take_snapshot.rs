//! Takes a snapshot of a domain and shows all of them as a tree: `take_snapshot [URI [DOMAIN [NAME]]]`; with `--revert`
//! for a further argument, the domain is taken back to it at once.
//!
//! ```text
//! cargo run --example take_snapshot -- test:///default test before-upgrade
//! cargo run --features rpc --example take_snapshot -- qemu:///system web before-upgrade
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;

use virt_sdk::model::SnapshotConfig;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(take_snapshot).await
}

async fn take_snapshot(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let name = arguments.next().unwrap_or_else(|| "test".to_owned());
    let domain = conn.domain(name).await?;
    let mut config = SnapshotConfig::builder().description("taken by an example");
    if let Some(name) = arguments.next() {
        config = config.name(name);
    }
    let snapshot = domain.create_snapshot(&config.build()?).await?;
    println!("{} of {} is taken", snapshot.name(), domain.name());
    match arguments.next().as_deref() {
        Some("--revert") => {
            snapshot.revert().await?;
            let info = domain.info().await?;
            println!("{} is back: {} ({})", domain.name(), info.state, info.reason);
        }
        Some(other) => return Err(format!("there is no {other}, only --revert").into()),
        None => {}
    }
    print!("{}", domain.snapshot_tree().await?);
    conn.shutdown().await?;
    Ok(())
}
