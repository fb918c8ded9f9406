//! Runs a program in a container of its own, which ends with it: `run_in_container [URI [ROOTFS [PROGRAM [ARGUMENT…]]]]`.
//!
//! The URI is `lxc:///embed` unless said, ROOTFS the directory `rootfs` here, PROGRAM `/bin/sh -c 'id; hostname; ps'`. Nothing of the
//! container is left; what the program writes into ROOTFS is. Ends as the program ended.
#![expect(clippy::print_stderr, reason = "it is a program for a terminal")]

mod cli;

use std::io::Write as _;
use std::process::ExitCode;

use cli::while_showing;
use virt_sdk::agent::ExecRequest;
use virt_sdk::domain::StartOptions;
use virt_sdk::host::ExitStatus;
use virt_sdk::model::DomainConfig;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run_at("lxc:///embed", run_in_container).await
}

async fn run_in_container(mut arguments: cli::Arguments) -> cli::Outcome {
    let rootfs = arguments.next().unwrap_or_else(|| "rootfs".to_owned());
    let rootfs = std::path::absolute(rootfs)?.to_string_lossy().into_owned();
    let mut request = match arguments.next() {
        Some(program) => ExecRequest::new(program),
        None => ExecRequest::new("/bin/sh").args(["-c", "id; hostname; ps"]),
    };
    while let Some(argument) = arguments.next() {
        request = request.arg(argument);
    }
    let conn = virt_sdk::connect(&arguments.uri).await?;
    let name = format!("run-{}", std::process::id());
    // Without a definition, and gone with this program even where that is killed.
    let mut config = DomainConfig::from_xml(
        "<domain type='lxc'><name>run</name><memory unit='MiB'>128</memory><os><type>exe</type></os>\
         <features><privnet/></features><devices><filesystem type='mount'><source dir='/'/><target dir='/'/></filesystem>\
         <console type='pty'/></devices></domain>",
    )?;
    config.name = name;
    for root in &mut config.devices_mut().filesystems {
        if let Some(source) = &mut root.source {
            source.dir = Some(rootfs.clone());
        }
    }
    let options = StartOptions::default().auto_destroy();
    let domain = while_showing("the container starts", conn.create_domain_with(&config, &options)).await?;
    let agent = domain.agent();
    let output = while_showing(format!("{} runs", request.program), agent.exec(&request)).await;
    domain.destroy().await?;
    conn.shutdown().await?;
    let output = output?;
    std::io::stdout().write_all(&output.stdout)?;
    std::io::stderr().write_all(&output.stderr)?;
    match output.status {
        ExitStatus::Code(0) => Ok(()),
        other => Err(format!("{} ended with {other}", request.program).into()),
    }
}
