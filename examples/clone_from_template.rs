//! Makes a virtual machine from a template of a vCenter, and starts it, with its progress:
//! `clone_from_template URI [TEMPLATE NAME [CLUSTER]]`; without a template, those there are.
//!
//! The password is asked for. Interrupted (Ctrl-C), the cloning is cancelled, and nothing of it is left.
//!
//! ```text
//! cargo run --features esx --example clone_from_template -- vpx://user@vcenter/datacenter
//! cargo run --features esx --example clone_from_template -- vpx://user@vcenter/datacenter golden web-7
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use virt_sdk::Connection;
use virt_sdk::esx::{CloneOptions, Cloning, Placement, template, templates};
use virt_sdk::job::JobState;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run_at("vpx://localhost/", clone_from_template).await
}

async fn clone_from_template(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let made = match (arguments.next(), arguments.next()) {
        (None, _) => list(&conn),
        (Some(_), None) => Err("say how the new domain is to be called: URI TEMPLATE NAME".into()),
        (Some(origin), Some(name)) => deploy(&conn, &origin, &name, arguments.next()).await,
    };
    conn.shutdown().await?;
    made
}

fn list(conn: &Connection) -> cli::Outcome {
    for known in templates(conn)? {
        println!(
            "{:<24} {:>3} vCPUs {:>10}  {}",
            known.name(),
            known.vcpus(),
            known.memory().to_string(),
            known.description()
        );
    }
    Ok(())
}

async fn deploy(conn: &Connection, origin: &str, name: &str, cluster: Option<String>) -> cli::Outcome {
    let mut options = CloneOptions::default().power_on();
    if let Some(cluster) = cluster {
        options = options.at(Placement::default().cluster(cluster));
    }
    let cloning = template(conn, origin)?.deploy(name, &options).await?;
    tokio::select! {
        () = show(cloning.clone()) => {}
        _ = tokio::signal::ctrl_c() => cloning.cancel()?,
    }
    let domain = cloning.wait().await?;
    let info = domain.info().await?;
    println!(
        "{} is made from {origin}: {}, {}",
        info.domain, info.state, info.max_memory
    );
    Ok(())
}

async fn show(mut cloning: Cloning) {
    let bar = ProgressBar::new(100).with_message("cloning");
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} % {elapsed}") {
        bar.set_style(style);
    }
    loop {
        let progress = cloning.progressed().await;
        bar.set_position(progress.done_bytes);
        if progress.state != JobState::Running {
            break;
        }
    }
    bar.finish_and_clear();
}
