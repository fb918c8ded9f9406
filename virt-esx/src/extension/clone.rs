//! How machines are cloned, and a clone that is being made.

use uuid::Uuid;
use virt_core::job::{Job, JobProgress};
use virt_core::model::ByteSize;
use virt_core::{Connection, Domain, Error, ErrorKind, Result};

use super::placement::Placement;
use super::template::Template;
use super::{about_domain, context, esx};
use crate::driver::{EsxDriver, Made, unseen};

/// How a machine is cloned (`CloneVM_Task`).
///
/// The default is a full copy of its present disks, beside it, with a uuid and network addresses of its own, and off.
///
/// ```
/// use virt_core::model::ByteSize;
/// use virt_esx::{CloneOptions, Placement};
///
/// let place = Placement::default().cluster("Production").datastore("ssd-2");
/// let options = CloneOptions::default().at(place).vcpus(4).memory(ByteSize::gib(8)).power_on();
/// assert!(!options.linked);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CloneOptions {
    /// Where the clone is to be; where its origin is unless said.
    pub place: Placement,
    /// Its disks hold only what becomes other than those of the snapshot that it goes on from, which they need from then
    /// on.
    pub linked: bool,
    /// The snapshot that it is taken from, by name, by the server's own name or by its path. A linked clone goes on from
    /// the current one unless said; another one from the machine as it is.
    pub snapshot: Option<String>,
    /// It is powered on as soon as it is there.
    pub power_on: bool,
    /// How many vCPUs it has, 1 at least.
    pub vcpus: Option<u32>,
    /// How much memory it has; whole 4 MiB count.
    pub memory: Option<ByteSize>,
    /// Its description.
    pub description: Option<String>,
    /// Its uuid; a new one by the server unless said.
    pub uuid: Option<Uuid>,
}

impl CloneOptions {
    /// There.
    #[must_use]
    pub fn at(mut self, place: Placement) -> Self {
        self.place = place;
        self
    }

    /// As a linked one.
    #[must_use]
    pub fn linked(mut self) -> Self {
        self.linked = true;
        self
    }

    /// From this snapshot.
    #[must_use]
    pub fn snapshot(mut self, name: impl Into<String>) -> Self {
        self.snapshot = Some(name.into());
        self
    }

    /// Powered on at once.
    #[must_use]
    pub fn power_on(mut self) -> Self {
        self.power_on = true;
        self
    }

    /// With so many vCPUs.
    #[must_use]
    pub fn vcpus(mut self, count: u32) -> Self {
        self.vcpus = Some(count);
        self
    }

    /// With so much memory.
    #[must_use]
    pub fn memory(mut self, size: ByteSize) -> Self {
        self.memory = Some(size);
        self
    }

    /// With this description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// With this uuid.
    #[must_use]
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.uuid = Some(uuid);
        self
    }
}

/// A clone that is being made. Cheap to clone; dropping the last handle detaches: it goes on.
#[derive(Debug, Clone)]
pub struct Cloning {
    job: Job,
    made: Made,
    connection: Connection,
}

impl Cloning {
    pub(crate) fn new(connection: &Connection, (job, made): (Job, Made)) -> Self {
        Self {
            job,
            made,
            connection: connection.clone(),
        }
    }

    /// It as a job, of the machine that is cloned: progress, cancelling.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// How far it is, as last heard of: `done_bytes` of `total_bytes` are per cent, as servers tell nothing else.
    #[must_use]
    pub fn progress(&self) -> JobProgress {
        self.job.progress()
    }

    /// Waits until there is progress, or the end. Cancel-safe.
    pub async fn progressed(&mut self) -> JobProgress {
        self.job.progressed().await
    }

    /// Asks for the end (`CancelTask`): returns at once, waiting tells. What has been made of the clone, the server removes.
    ///
    /// # Errors
    /// As [`Job::cancel`].
    pub fn cancel(&self) -> Result<()> {
        self.job.cancel()
    }

    /// Waits for the end, without a deadline: the new domain. Cancel-safe: the cloning goes on.
    ///
    /// # Errors
    /// `Cancelled`, or why it failed; `Unsupported` for a new template ([`Cloning::wait_for_template`]); `NotFound` with
    /// [`Outcome::Applied`](virt_core::Outcome::Applied) when it lies outside of what the connection is about.
    pub async fn wait(&self) -> Result<Domain> {
        let driver = esx(&self.connection)?;
        let machine = self.reference().await?;
        match driver.server().inventory.known(&machine) {
            Some(known) if known.is_template => {
                Err(Error::unsupported("what was made is a template: it is no domain"))
            }
            Some(_) => {
                let uuid = driver.server().inventory.uuid_of(&machine);
                self.connection
                    .domain(uuid.ok_or_else(|| unseen("the clone"))?)
                    .await
            }
            None => Err(unseen("the clone")),
        }
    }

    /// Waits for the end, without a deadline: the new template. Cancel-safe: the cloning goes on.
    ///
    /// # Errors
    /// As [`Cloning::wait`]; `Unsupported` for a new domain.
    pub async fn wait_for_template(&self) -> Result<Template> {
        let driver = esx(&self.connection)?;
        let machine = self.reference().await?;
        match driver.server().inventory.known(&machine) {
            Some(known) if known.is_template => Ok(Template::new(&self.connection, machine, &known)),
            Some(_) => Err(Error::unsupported("what was made is a domain: it is no template")),
            None => Err(unseen("the template")),
        }
    }

    async fn reference(&self) -> Result<crate::vim::ManagedObjectReference> {
        self.job.wait().await?;
        let made = self.made.get().cloned();
        made.ok_or_else(|| Error::new(ErrorKind::Internal, "a cloning that made nothing"))
    }
}

/// Clones a domain, running or not (`CloneVM_Task`): returns once begun. The name is the clone's, which a vCenter's folder
/// has once.
///
/// # Errors
/// `Unsupported` for domains of other drivers and on a host by itself, which cannot; `AlreadyExists` for a name or uuid
/// there is; `NotFound` for a place or snapshot there is not, naming a few there are; `InvalidArgument` for a name that
/// several places have; `InvalidState` for a linked clone of a machine without snapshots.
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn clone_domain(domain: &Domain, name: &str, options: &CloneOptions) -> Result<Cloning> {
    cloned(domain, "clone_domain", (name, false), options).await
}

/// Clones a domain as a template (`CloneVM_Task`): returns once begun; [`Cloning::wait_for_template`] has it.
///
/// # Errors
/// As [`clone_domain`]; `Unsupported`, too, for a resource pool, or a cluster without a host: templates are in none.
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn clone_to_template(domain: &Domain, name: &str, options: &CloneOptions) -> Result<Cloning> {
    cloned(domain, "clone_to_template", (name, true), options).await
}

async fn cloned(
    domain: &Domain,
    operation: &'static str,
    wanted: (&str, bool),
    options: &CloneOptions,
) -> Result<Cloning> {
    let about = about_domain(operation, domain.name());
    let driver: &EsxDriver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, operation);
    let begun = driver.clone_machine(&call, domain.uuid(), wanted, options).await;
    Ok(Cloning::new(domain.connection(), begun.map_err(&about)?))
}
