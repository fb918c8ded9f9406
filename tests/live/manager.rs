//! A manager to be killed: this program, started again by a test with `VIRT_TEST_MANAGER`.
//!
//! It opens the root, says `open` on its standard output, and then never rests: it defines, starts, suspends, resumes,
//! resets, redefines, destroys and undefines until it is killed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program, and its test listens"
)]

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use virt_sdk::Connection;
use virt_sdk::domain::{ConfigScope, MetadataItem, StartOptions};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::qemu::QemuBinary;

use crate::fixture::{builder, uri};
use crate::machines::Machines;

/// Its value is the root directory.
pub(crate) const ROOT_VARIABLE: &str = "VIRT_TEST_MANAGER";

/// How the manager spends its time; `rest` for one that only holds the root.
pub(crate) const MOOD_VARIABLE: &str = "VIRT_TEST_MANAGER_MOOD";

pub(crate) fn main(root: &OsStr) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(manage(Path::new(root))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn manage(root: &Path) -> Result<(), Failure> {
    let making = tokio::task::spawn_blocking(|| {
        let qemu = QemuBinary::installed().map_err(|error| error.to_string())?;
        Machines::of(qemu)
    });
    let machines = making
        .await
        .map_err(|error| Failure::new(error.to_string()))?
        .map_err(Failure::new)?;
    let conn = builder().open(&uri(root)).await.doing("opening the root")?;
    println!("open");
    std::io::stdout().flush().doing("saying so")?;
    if std::env::var_os(MOOD_VARIABLE).is_some_and(|mood| mood == "rest") {
        std::future::pending::<()>().await;
    }
    let place = root.parent().unwrap_or(root);
    loop {
        restless(&conn, &machines, place).await?;
    }
}

async fn restless(conn: &Connection, machines: &Machines, place: &Path) -> Result<(), Failure> {
    let paused = StartOptions::default().paused();
    let mut config = machines.machine(place, "restless")?;
    let domain = match conn.domain("restless").await {
        Ok(domain) => domain,
        Err(_) => conn.define_domain(&config).await.doing("defining it")?,
    };
    config.uuid = Some(domain.uuid());
    let info = domain.info().await.doing("asking for it")?;
    if info.state.is_active() {
        domain.destroy().await.doing("destroying it")?;
    }
    domain.start_with(&paused).await.doing("starting it")?;
    domain.resume().await.doing("resuming it")?;
    config.title = Some("changed".to_owned());
    conn.define_domain(&config).await.doing("defining it anew")?;
    domain.suspend().await.doing("suspending it")?;
    let title = MetadataItem::Title(Some("again".to_owned()));
    domain
        .set_metadata(&title, ConfigScope::Both)
        .await
        .doing("setting its title")?;
    domain.reset().await.doing("resetting it")?;
    domain.destroy().await.doing("destroying it")?;
    domain.undefine().await.doing("undefining it")?;
    let transient = machines.machine(place, "brief")?;
    let brief = match conn.domain("brief").await {
        Ok(brief) => brief,
        Err(_) => {
            let created = conn.create_domain_with(&transient, &paused).await;
            created.doing("creating a transient one")?
        }
    };
    brief.destroy().await.doing("destroying the transient one")
}
