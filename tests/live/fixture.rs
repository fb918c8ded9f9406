//! What every live test gets: a root directory of its own, machines, and a look at what is really there.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use virt_sdk::domain::{DomainFilter, DomainInfo, StartOptions};
use virt_sdk::model::DomainConfig;
use virt_sdk::{Connection, Domain, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::fake_host::FakeHost;
use virt_testkit::harness::{NamedTest, Verdict};
use virt_testkit::live::leftovers;
use virt_testkit::skip;

pub(crate) use crate::checks::{PATIENCE, check, entries, equal, signal, soon};
use crate::machines::Machines;

/// A live test: a name and what it does.
pub(crate) type Run =
    for<'a> fn(&'a Fixture) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// The tests of a module: `live!{ "qemu_kill"; name_of_a_function; … }`; with `needs missing`, a function that says what
/// else they need and is not here.
macro_rules! live {
    ($module:literal; $($name:ident;)+) => {
        live! { $module, needs || None; $($name;)+ }
    };
    ($module:literal, needs $missing:expr; $($name:ident;)+) => {
        pub(crate) fn tests() -> Vec<virt_testkit::harness::NamedTest> {
            vec![$($crate::fixture::test(
                concat!($module, "::", stringify!($name)),
                $missing,
                |fixture| Box::pin($name(fixture)),
            )),+]
        }
    };
}
pub(crate) use live;

/// A test that gets a fixture, and whose guests are gone afterwards.
pub(crate) fn test(name: &'static str, missing: fn() -> Option<String>, run: Run) -> NamedTest {
    NamedTest::new(name, move || async move {
        let machines = match missing() {
            None => Machines::installed().await,
            Some(missing) => Err(missing),
        };
        let machines = match machines {
            Ok(machines) => machines,
            Err(missing) if skip::nothing_may_be_missing() => {
                return Verdict::Failed(format!("something is missing here: {missing}"));
            }
            Err(missing) => return Verdict::Skipped(missing),
        };
        let fixture = match Fixture::new(machines) {
            Ok(fixture) => fixture,
            Err(failure) => return Verdict::Failed(failure.to_string()),
        };
        match run(&fixture).await {
            Ok(()) => match fixture.processes() {
                Ok(left) if left.is_empty() => Verdict::Passed,
                Ok(left) => Verdict::Failed(format!("these still run: {left:?}")),
                Err(failure) => Verdict::Failed(failure.to_string()),
            },
            Err(failure) => match failure.not_done() {
                Some(_) => Verdict::NotApplicable(failure.to_string()),
                None => Verdict::Failed(failure.to_string()),
            },
        }
    })
    .weight(2)
    .time_limit(Duration::from_secs(230))
}

/// A root directory, and machines to define in it.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) machines: Machines,
    place: TempDir,
}

impl Fixture {
    fn new(machines: Machines) -> Result<Self, Failure> {
        let place = tempfile::Builder::new()
            .prefix("vl")
            .tempdir_in("/tmp")
            .doing("making a directory for the test")?;
        Ok(Self { machines, place })
    }

    pub(crate) fn place(&self) -> &Path {
        self.place.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.place().join("root")
    }

    pub(crate) fn uri(&self) -> String {
        uri(&self.root())
    }

    pub(crate) fn machine(&self, name: &str) -> Result<DomainConfig, Failure> {
        let mut config = self.machines.machine(self.place(), name)?;
        config.uuid = Some(uuid::Uuid::new_v4());
        Ok(config)
    }

    /// Opens the root.
    pub(crate) async fn open(&self) -> virt_sdk::Result<Connection> {
        builder().open(&self.uri()).await
    }

    /// Opens the root on this machine.
    pub(crate) async fn open_on(&self, host: &FakeHost) -> virt_sdk::Result<Connection> {
        builder().host(Arc::new(host.clone())).open(&self.uri()).await
    }

    /// Opens the root as soon as whoever had it before has given it back.
    pub(crate) async fn open_soon(&self) -> Result<Connection, Failure> {
        let opening = async {
            loop {
                match self.open().await {
                    Err(error) if error.kind() == ErrorKind::Busy => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    other => return other,
                }
            }
        };
        soon("giving the root back", opening)
            .await?
            .doing("opening the root")
    }

    /// A small machine that is defined and started paused.
    pub(crate) async fn paused(&self, conn: &Connection, name: &str) -> Result<Domain, Failure> {
        let config = self.machine(name)?;
        let domain = conn.define_domain(&config).await.doing("defining a machine")?;
        let paused = StartOptions::default().paused();
        domain
            .start_with(&paused)
            .await
            .doing("starting a machine paused")?;
        Ok(domain)
    }

    /// The numbers of the QEMUs that run in this test's directory.
    pub(crate) fn processes(&self) -> Result<BTreeSet<u32>, Failure> {
        let found = leftovers::processes_in(self.place()).doing("looking for QEMUs")?;
        let qemus = found
            .into_iter()
            .filter(|process| process.program.contains("qemu"));
        Ok(qemus.map(|process| process.pid).collect())
    }

    /// The number of the only QEMU whose arguments name this domain.
    pub(crate) fn pid_of(&self, name: &str) -> Result<u32, Failure> {
        let of_it: Vec<u32> = self
            .processes()?
            .into_iter()
            .filter(|pid| {
                let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                String::from_utf8_lossy(&line).contains(&format!("guest={name}"))
            })
            .collect();
        match of_it.as_slice() {
            [pid] => Ok(*pid),
            other => Err(Failure::new(format!("{name} has the processes {other:?}"))),
        }
    }

    /// Everything that has to be so whatever happened before: a QEMU for each domain that runs and none besides, a
    /// directory for each run and none besides, nothing half written.
    pub(crate) async fn is_consistent(&self, conn: &Connection) -> Result<(), Failure> {
        let all = infos(conn).await?;
        let active: Vec<&DomainInfo> = all.iter().filter(|info| info.state.is_active()).collect();
        let alone = async {
            loop {
                // A QEMU that was killed may take a moment to be gone.
                match self.processes() {
                    Ok(pids) if pids.len() > active.len() => {
                        tokio::time::sleep(Duration::from_millis(20)).await
                    }
                    other => return other,
                }
            }
        };
        let pids = soon("the end of QEMUs nobody knows", alone).await??;
        let names: Vec<&str> = active.iter().map(|info| info.domain.name.as_str()).collect();
        equal(
            pids.len(),
            active.len(),
            &format!("QEMUs that run, beside the domains {names:?}"),
        )?;
        for name in names {
            self.pid_of(name)?;
        }
        for directory in ["run", "runs"] {
            let entries = entries(&self.root().join(directory));
            equal(
                entries.len(),
                active.len(),
                &format!("entries of {directory} ({entries:?})"),
            )?;
        }
        let definitions = entries(&self.root().join("definitions"));
        let persistent = all.iter().filter(|info| info.persistent).count();
        equal(
            definitions.len(),
            persistent,
            &format!("definitions on disk ({definitions:?})"),
        )
    }

    /// Whatever became of the domain, it can be used: ended, started, ended, undefined.
    pub(crate) async fn is_usable(&self, domain: &Domain) -> Result<(), Failure> {
        let info = domain.info().await.doing("asking for it")?;
        if info.state.is_active() {
            domain.destroy().await.doing("destroying it")?;
        }
        if !info.persistent {
            return Ok(());
        }
        let paused = StartOptions::default().paused();
        domain.start_with(&paused).await.doing("starting it")?;
        domain.destroy().await.doing("destroying what was started")?;
        domain.undefine().await.doing("undefining it")
    }

    /// Ends everything there is.
    pub(crate) async fn remove_all(&self, conn: &Connection) -> Result<(), Failure> {
        for domain in conn.domains().await.doing("listing")? {
            let info = domain.info().await.doing("asking for one")?;
            if info.state.is_active() {
                domain.destroy().await.doing("destroying one")?;
            }
            if info.persistent {
                domain.undefine().await.doing("undefining one")?;
            }
        }
        self.is_consistent(conn).await?;
        conn.shutdown().await.doing("shutting down")
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // Whatever a test that failed left.
        for process in leftovers::processes_in(self.place()).unwrap_or_default() {
            drop(leftovers::kill(&process));
        }
    }
}

pub(crate) fn uri(root: &Path) -> String {
    format!("qemu:///embed?root={}", root.display())
}

pub(crate) fn builder() -> virt_sdk::connection::ConnectionBuilder {
    Connection::builder().backends(virt_sdk::backends())
}

pub(crate) async fn infos(conn: &Connection) -> Result<Vec<DomainInfo>, Failure> {
    let all = conn.domain_infos(&DomainFilter::all()).await;
    all.doing("listing what is there")
}
