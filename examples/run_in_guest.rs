//! Runs a program in a guest, through its agent: `run_in_guest [URI [NAME [PROGRAM [ARGUMENT…]]]]`.
//!
//! NAME is the first domain that runs unless said, PROGRAM `cat /etc/os-release`. Ends as the program ended.
#![expect(clippy::print_stderr, reason = "it is a program for a terminal")]

mod cli;

use std::io::Write;
use std::process::ExitCode;

use cli::while_showing;
use virt_sdk::agent::{ExecOutput, ExecRequest};
use virt_sdk::host::ExitStatus;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(run_in_guest).await
}

async fn run_in_guest(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let domain = cli::running_domain(&conn, arguments.next().filter(|name| !name.is_empty())).await?;
    while_showing(
        format!("the agent of {} comes up", domain.name()),
        domain.wait_for_agent(),
    )
    .await?;

    let mut request = match arguments.next() {
        Some(program) => ExecRequest::new(program),
        None => ExecRequest::new("cat").arg("/etc/os-release"),
    };
    while let Some(argument) = arguments.next() {
        request = request.arg(argument);
    }
    let agent = domain.agent();
    let output = while_showing(format!("{} runs", request.program), agent.exec(&request)).await?;
    show(&output)?;
    conn.shutdown().await?;
    match output.status {
        ExitStatus::Code(0) => Ok(()),
        other => Err(format!("{} ended with {other:?}", request.program).into()),
    }
}

fn show(output: &ExecOutput) -> std::io::Result<()> {
    std::io::stdout().write_all(&output.stdout)?;
    std::io::stderr().write_all(&output.stderr)?;
    if output.truncated {
        eprintln!("(the agent cut the output)");
    }
    Ok(())
}
