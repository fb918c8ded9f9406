//! Lists all domains, running or not: `list_domains [URI]`, for example `esx://root@host/`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;

use virt_sdk::domain::DomainFilter;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(list_domains).await
}

async fn list_domains(arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    println!(
        "{:>4}  {:<24} {:<14} {:>6} {:>10}  uuid",
        "id", "name", "state", "vCPUs", "memory"
    );
    // One call for all of them, and no guest is waited for.
    for info in conn.domain_infos(&DomainFilter::all()).await? {
        println!(
            "{:>4}  {:<24} {:<14} {:>6} {:>10}  {}",
            info.id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
            info.domain.name,
            info.state.to_string(),
            info.vcpus,
            info.memory.to_string(),
            info.domain.uuid,
        );
    }
    conn.shutdown().await?;
    Ok(())
}
