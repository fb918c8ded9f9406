//! What a case gets.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use virt_core::connection::ConnectionBuilder;
use virt_core::domain::{ShutdownMode, StartOptions};
use virt_core::model::DomainConfig;
use virt_core::{Capability, Connection, Domain};

use super::objects::Made;
use super::{ConsoleReader, Doing, Failure, Target, Times, Watch};

/// What a case gets: a connection of its own, names nobody else has, configurations that work at this target.
///
/// Whatever the case leaves behind on a connection it opened through this is destroyed and undefined afterwards.
#[derive(Debug)]
pub struct Env {
    target: Arc<dyn Target>,
    place: TempDir,
    connection: Connection,
    opened: Mutex<Vec<Connection>>,
    names: AtomicU32,
    made: Mutex<Made>,
}

impl Env {
    /// Opens a connection at a new place of the target.
    ///
    /// # Errors
    /// When the place cannot be made, or the connection not be opened.
    pub async fn open(target: Arc<dyn Target>) -> Result<Self, Failure> {
        let place = tempfile::Builder::new()
            .prefix("vc")
            .tempdir_in("/tmp")
            .doing("making a directory for the case")?;
        target.prepare(place.path()).await.doing("preparing the target")?;
        let uri = target.uri(place.path());
        let opened = target.builder().open(&uri).await;
        let connection = opened.doing(&format!("opening {uri}"))?;
        Ok(Self {
            target,
            place,
            opened: Mutex::new(vec![connection.clone()]),
            connection,
            names: AtomicU32::new(1),
            made: Mutex::default(),
        })
    }

    /// The case's connection.
    #[must_use]
    pub fn conn(&self) -> &Connection {
        &self.connection
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &Arc<dyn Target> {
        &self.target
    }

    /// How long things take here.
    #[must_use]
    pub fn times(&self) -> Times {
        self.target.times()
    }

    /// How long something that takes a boot is waited for.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.target
            .times()
            .boot
            .saturating_mul(4)
            .max(Duration::from_secs(5))
    }

    /// The case's own directory.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    /// A path in the case's own directory at which nothing is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Whether the connection says that this works.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.connection.capabilities().has(capability)
    }

    /// A name nobody else has.
    #[must_use]
    pub fn name(&self, stem: &str) -> String {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        format!("{stem}-{number}-{}", std::process::id())
    }

    /// The configuration of a small machine with a name of its own, and a uuid.
    ///
    /// # Errors
    /// When the target cannot make one.
    pub fn machine(&self, stem: &str) -> Result<DomainConfig, Failure> {
        self.with_uuid(self.target.machine(self.place(), &self.name(stem))?)
    }

    /// A small machine on images that hold snapshots, defined.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn defined_for_snapshots(&self, stem: &str) -> Result<Domain, Failure> {
        let config = self.target.for_snapshots(self.machine(stem)?)?;
        let defined = self.connection.define_domain(&config).await;
        defined.doing("defining a small machine on images that hold snapshots")
    }

    /// A disk to be attached as `target`.
    ///
    /// # Errors
    /// When the target cannot make one.
    pub fn disk(&self, target: &str) -> Result<virt_core::model::Disk, Failure> {
        self.target.disk(self.place(), target)
    }

    /// A device that can be attached to its machines.
    ///
    /// # Errors
    /// When the target cannot make one.
    pub fn device(&self) -> Result<virt_core::model::Device, Failure> {
        self.target.device(self.place())
    }

    /// A way by which guests here can be asked to shut down or reboot without an agent.
    #[must_use]
    pub fn plain_way(&self) -> ShutdownMode {
        if self.has(Capability::ShutdownAcpi) {
            ShutdownMode::Acpi
        } else if self.has(Capability::ShutdownSignal) {
            ShutdownMode::Signal
        } else {
            ShutdownMode::Auto
        }
    }

    /// The configuration of a machine whose guest boots, with a name of its own, and a uuid.
    ///
    /// # Errors
    /// When the target cannot make one.
    pub fn guest(&self, stem: &str) -> Result<DomainConfig, Failure> {
        self.with_uuid(self.target.guest(self.place(), &self.name(stem))?)
    }

    fn with_uuid(&self, mut config: DomainConfig) -> Result<DomainConfig, Failure> {
        config.uuid.get_or_insert_with(uuid::Uuid::new_v4);
        Ok(config)
    }

    /// A small machine, defined.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn defined(&self, stem: &str) -> Result<Domain, Failure> {
        let config = self.machine(stem)?;
        self.connection
            .define_domain(&config)
            .await
            .doing("defining a small machine")
    }

    /// A small machine that runs: defined, and started.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn running(&self, stem: &str) -> Result<Domain, Failure> {
        let domain = self.defined(stem).await?;
        domain.start().await.doing("starting a small machine")?;
        Ok(domain)
    }

    /// A small machine that is paused: defined, and started so.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn paused(&self, stem: &str) -> Result<Domain, Failure> {
        let domain = self.defined(stem).await?;
        domain
            .start_with(&StartOptions::default().paused())
            .await
            .doing("starting a small machine paused")?;
        Ok(domain)
    }

    /// A guest that has booted: defined, started, its agent answers. Where guests have none, it has been started.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn booted(&self, stem: &str) -> Result<Domain, Failure> {
        let config = self.guest(stem)?;
        self.boot(&config).await
    }

    /// A guest of this configuration that has booted.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn boot(&self, config: &DomainConfig) -> Result<Domain, Failure> {
        let domain = self
            .connection
            .define_domain(config)
            .await
            .doing("defining a guest")?;
        domain.start().await.doing("starting a guest")?;
        if self.target.has_agents() {
            self.agent_answers(&domain).await?;
        }
        Ok(domain)
    }

    /// Waits until the agent of a guest that boots answers.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn agent_answers(&self, domain: &Domain) -> Result<(), Failure> {
        domain
            .with_deadline(self.patience())
            .wait_for_agent()
            .await
            .doing("waiting for the agent of a guest that boots")?;
        self.soon(
            "the boot of a guest whose agent answers",
            self.target.boots(domain),
        )
        .await?
    }

    /// Has the case left out where the agent says that it lacks a command.
    ///
    /// # Errors
    /// When it does.
    pub async fn agent_has(&self, domain: &Domain, command: &str) -> Result<(), Failure> {
        // Not every way to an agent tells what it can.
        match domain.agent().info().await {
            Ok(info) if !info.commands.iter().any(|one| one == command) => {
                Err(Failure::not_here(format!("agents have no {command} here")))
            }
            _ => Ok(()),
        }
    }

    /// Has the case left out where agents need no channel of the machine's.
    ///
    /// # Errors
    /// Where it is so.
    pub fn agents_need_channels(&self) -> Result<(), Failure> {
        if self.target.agents_need_channels() {
            return Ok(());
        }
        Err(Failure::not_here("agents need no channel here"))
    }

    /// Listens to what happens to a domain from now on.
    ///
    /// # Errors
    /// When there are no events to be had.
    pub async fn watch(&self, domain: &Domain) -> Result<Watch, Failure> {
        Watch::begin(domain, self.times(), self.patience()).await
    }

    /// Opens the console of a guest that has booted and waits until it takes input.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn console(&self, domain: &Domain) -> Result<ConsoleReader, Failure> {
        let stream = domain.console().await.doing("opening the console")?;
        let mut reader = ConsoleReader::new(stream, self.patience());
        self.input_is_taken(&mut reader).await?;
        Ok(reader)
    }

    /// Waits until a console takes input.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn input_is_taken(&self, reader: &mut ConsoleReader) -> Result<(), Failure> {
        if let Some(prompt) = self.target.prompt() {
            // Whatever the boot wrote last: an empty line brings a prompt that is new.
            reader.write("\n").await?;
            reader.until(prompt).await?;
        }
        Ok(())
    }

    /// Opens another connection at the same place; cleaned up as the first one.
    ///
    /// # Errors
    /// As [`ConnectionBuilder::open`].
    pub async fn connect(
        &self,
        options: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> virt_core::Result<Connection> {
        let uri = self.target.uri(self.place());
        let connection = options(self.target.builder()).open(&uri).await?;
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection.clone());
        Ok(connection)
    }

    /// A connection that domains can move to; cleaned up as the first one.
    ///
    /// # Errors
    /// When this target has none.
    pub async fn migration_target(&self) -> Result<Connection, Failure> {
        let uri = self.target.migration_target(self.place()).await?;
        let uri = uri.ok_or_else(|| Failure::not_here("there is no second manager to move domains to"))?;
        let opened = self.target.builder().open(&uri).await;
        let connection = opened.doing(&format!("opening {uri}"))?;
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection.clone());
        Ok(connection)
    }

    /// All connections that were opened.
    pub(super) fn opened(&self) -> Vec<Connection> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what the case makes besides domains.
    pub(super) fn note(&self, note: impl FnOnce(&mut Made)) {
        note(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What the case made besides domains.
    pub(super) fn take_made(&self) -> Made {
        std::mem::take(&mut self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for something that has to happen before long.
    ///
    /// # Errors
    /// When it does not in time, naming it.
    pub async fn soon<T>(&self, what: &str, work: impl Future<Output = T>) -> Result<T, Failure> {
        let limit = self.patience();
        tokio::time::timeout(limit, work)
            .await
            .map_err(|_| Failure::new(format!("{what} took longer than {} s", limit.as_secs())))
    }
}
