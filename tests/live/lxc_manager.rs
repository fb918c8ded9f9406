//! A manager of containers to be killed: this program, started again by a test with `VIRT_TEST_LXC_MANAGER`.
//!
//! It opens the directory of containers, says `open` on its standard output, and then does what its mood is.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program, and its test listens"
)]

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use virt_sdk::Connection;
use virt_sdk::domain::{ConfigScope, MetadataItem, StartOptions};
use virt_testkit::conformance::{Doing as _, Failure};

use crate::checks::soon;
use crate::containers::{Containers, builder, document, uri};

/// Its value is the directory of containers. Their root file system is `manager.root` beside it, their names end with
/// what [`SUFFIX_VARIABLE`] says.
pub(crate) const ROOT_VARIABLE: &str = "VIRT_TEST_LXC_MANAGER";
pub(crate) const SUFFIX_VARIABLE: &str = "VIRT_TEST_LXC_MANAGER_SUFFIX";
pub(crate) const MOOD_VARIABLE: &str = "VIRT_TEST_LXC_MANAGER_MOOD";

/// The containers it makes.
pub(crate) const NAMES: [&str; 4] = ["steady", "tied", "passing", "restless"];

/// How the manager spends its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It only holds the directory.
    Rest,
    /// It runs one container that stays, one tied to it, one that is transient, and rests.
    Settle,
    /// It never rests: one is defined, started, frozen, redefined, ended, undefined, again and again.
    Hurry,
}

impl Mood {
    fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Settle => "settle",
            Self::Hurry => "hurry",
        }
    }
}

/// Starts a manager in a process of its own, and waits until it has opened the directory, and settled if it is to.
pub(crate) async fn manager(containers: &Containers, mood: Mood) -> Result<Child, Failure> {
    let program = std::env::current_exe().doing("finding this program")?;
    let suffix = containers.name("");
    let mut child = Command::new(program)
        .env(ROOT_VARIABLE, containers.root())
        .env(SUFFIX_VARIABLE, suffix)
        .env(MOOD_VARIABLE, mood.word())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing("starting a manager")?;
    let stdout = child.stdout.take();
    let stdout = stdout.ok_or_else(|| Failure::new("it has no output"))?;
    let mut lines = BufReader::new(stdout).lines();
    let said = soon("opening a directory in another process", lines.next_line()).await?;
    if said.doing("reading what it says")?.as_deref() == Some("open") {
        return Ok(child);
    }
    let output = child.wait_with_output().await.doing("waiting for its end")?;
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::new(format!(
        "a manager could not open the directory: {why}"
    )))
}

/// Kills it; it must not have ended by itself.
pub(crate) async fn killed(mut child: Child) -> Result<(), Failure> {
    if let Some(ended) = child.try_wait().doing("looking at a manager")? {
        let output = child.wait_with_output().await.doing("reading its last words")?;
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!(
            "a manager ended by itself ({ended}): {why}"
        )));
    }
    child.kill().await.doing("killing a manager")
}

pub(crate) fn main(root: &OsStr) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(manage(Path::new(root))),
        Err(error) => Err(Failure::new(error.to_string())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn manage(root: &Path) -> Result<(), Failure> {
    let mood = std::env::var(MOOD_VARIABLE).unwrap_or_default();
    let suffix = std::env::var(SUFFIX_VARIABLE).unwrap_or_default();
    let rootfs = root.parent().unwrap_or(root).join("manager.root");
    if mood == crate::lxc_user::MOOD {
        return crate::lxc_user::manage(root, &rootfs, &suffix).await;
    }
    let conn = builder().open(&uri(root)).await.doing("opening the directory")?;
    if mood == Mood::Settle.word() {
        settle(&conn, &rootfs, &suffix).await?;
    }
    println!("open");
    std::io::stdout().flush().doing("saying so")?;
    if mood != Mood::Hurry.word() {
        std::future::pending::<()>().await;
    }
    loop {
        hurry(&conn, &rootfs, &suffix).await?;
    }
}

async fn settle(conn: &Connection, rootfs: &Path, suffix: &str) -> Result<(), Failure> {
    let [steady, tied, passing] = ["steady", "tied", "passing"].map(|name| format!("{name}{suffix}"));
    let steady = document(&steady, rootfs, "")?;
    let steady = conn.define_domain(&steady).await.doing("defining one")?;
    steady.start().await.doing("starting it")?;
    let tied = document(&tied, rootfs, "")?;
    let tied = conn.define_domain(&tied).await.doing("defining one")?;
    let options = StartOptions::default().auto_destroy();
    tied.start_with(&options).await.doing("starting it")?;
    let passing = document(&passing, rootfs, "")?;
    conn.create_domain(&passing).await.doing("creating one")?;
    Ok(())
}

async fn hurry(conn: &Connection, rootfs: &Path, suffix: &str) -> Result<(), Failure> {
    let name = format!("restless{suffix}");
    let mut config = document(&name, rootfs, "")?;
    let domain = match conn.domain(name.as_str()).await {
        Ok(domain) => domain,
        Err(_) => conn.define_domain(&config).await.doing("defining it")?,
    };
    config.uuid = Some(domain.uuid());
    let info = domain.info().await.doing("asking for it")?;
    if info.state.is_active() {
        domain.destroy().await.doing("destroying it")?;
    }
    domain.start().await.doing("starting it")?;
    config.title = Some("changed".to_owned());
    conn.define_domain(&config).await.doing("defining it anew")?;
    domain.suspend().await.doing("suspending it")?;
    let title = MetadataItem::Title(Some("again".to_owned()));
    domain
        .set_metadata(&title, ConfigScope::Both)
        .await
        .doing("setting its title")?;
    domain.resume().await.doing("resuming it")?;
    domain.destroy().await.doing("destroying it")?;
    domain.undefine().await.doing("undefining it")?;
    let name = format!("passing{suffix}");
    let config = document(&name, rootfs, "")?;
    let brief = match conn.domain(name.as_str()).await {
        Ok(brief) => brief,
        Err(_) => conn
            .create_domain(&config)
            .await
            .doing("creating a transient one")?,
    };
    brief.destroy().await.doing("destroying the transient one")
}
