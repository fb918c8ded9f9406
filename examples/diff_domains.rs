//! Shows what differs between two domains: `diff_domains [URI [ONE [OTHER]]]`.
//!
//! ONE and OTHER are names of domains, or files with a domain's XML. Without OTHER, ONE as it runs is compared with what
//! its next start uses; without ONE too, the first domain that runs.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::path::Path;
use std::process::ExitCode;

use virt_sdk::Connection;
use virt_sdk::domain::XmlOptions;
use virt_sdk::model::DomainConfig;
use virt_sdk::model::domain::ConfigChange;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(diff_domains).await
}

async fn diff_domains(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = virt_sdk::connect(&arguments.uri).await?;
    let (one, other) = match (arguments.next(), arguments.next()) {
        (Some(one), Some(other)) => (read(&conn, &one).await?, read(&conn, &other).await?),
        (one, _) => {
            let domain = cli::running_domain(&conn, one).await?;
            println!("{}: as it runs, and as it starts next", domain.name());
            let next = XmlOptions::default().inactive();
            (domain.config().await?, domain.config_with(&next).await?)
        }
    };
    let changes = one.changes(&other);
    if changes.is_empty() {
        println!("no difference");
    }
    for change in changes {
        match change {
            ConfigChange::DeviceAdded(device) => println!("+ {}\n{}", device.title(), indented(&device)),
            ConfigChange::DeviceRemoved(device) => println!("- {}\n{}", device.title(), indented(&device)),
            ConfigChange::DeviceChanged { from, changes, .. } => {
                println!("~ {}", from.title());
                changes.iter().for_each(|change| println!("    {change}"));
            }
            setting => println!("~ {setting}"),
        }
    }
    conn.shutdown().await?;
    Ok(())
}

/// The domain in a file, or the one with that name.
async fn read(conn: &Connection, what: &str) -> cli::Outcome<DomainConfig> {
    if Path::new(what).is_file() {
        let text = std::fs::read_to_string(what)?;
        return DomainConfig::from_xml(&text).map_err(|error| format!("{what}: {error}").into());
    }
    Ok(conn.domain(what).await?.config().await?)
}

fn indented(device: &impl ToString) -> String {
    let text = device.to_string();
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
