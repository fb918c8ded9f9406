//! What can be added to machines while they run.

use virt_core::{CallClass, Domain, Error, Result, Subject};

use super::{call_of, esx};

/// What can be added to a machine while it runs, and taken from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HotAdd {
    /// vCPUs can be added (`cpuHotAddEnabled`).
    pub vcpus: bool,
    /// vCPUs can be taken away (`cpuHotRemoveEnabled`).
    pub vcpus_away: bool,
    /// Memory can be added (`memoryHotAddEnabled`).
    pub memory: bool,
    /// The most memory that it can have in this run, in MiB; not told of one that does not run (`hotPlugMemoryLimit`).
    pub most_memory_mib: Option<u64>,
    /// What memory is added in steps of, in MiB; not told of one that does not run (`hotPlugMemoryIncrementSize`).
    pub memory_step_mib: Option<u64>,
}

/// Which of it is to be so: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HotAddChange {
    /// Whether vCPUs can be added.
    pub vcpus: Option<bool>,
    /// Whether vCPUs can be taken away.
    pub vcpus_away: Option<bool>,
    /// Whether memory can be added.
    pub memory: Option<bool>,
}

impl HotAddChange {
    /// Whether vCPUs can be added.
    #[must_use]
    pub fn with_vcpus(mut self, can: bool) -> Self {
        self.vcpus = Some(can);
        self
    }

    /// Whether vCPUs can be taken away.
    #[must_use]
    pub fn with_vcpus_away(mut self, can: bool) -> Self {
        self.vcpus_away = Some(can);
        self
    }

    /// Whether memory can be added.
    #[must_use]
    pub fn with_memory(mut self, can: bool) -> Self {
        self.memory = Some(can);
        self
    }
}

/// What can be added to a machine while it runs: [`Domain::set_vcpus`] and [`Domain::set_max_memory`] do it
/// (`RetrievePropertiesEx`).
///
/// # Errors
/// `Unsupported` for domains of other drivers; `NotFound` when it is gone.
///
/// # Cancel safety
/// Yes.
pub async fn hot_add(domain: &Domain) -> Result<HotAdd> {
    let about = about("hot_add", domain);
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = call_of(driver, "hot_add", CallClass::Query);
    driver.hot_add(&call, domain.uuid()).await.map_err(about)
}

/// Changes what can be added to a machine while it runs, from its next start on (`ReconfigVM_Task`).
///
/// # Errors
/// `Unsupported` for domains of other drivers; `InvalidState` while it runs, or is suspended to disk; `Denied` on a
/// connection that only reads; `NotFound` when it is gone.
///
/// # Cancel safety
/// When dropped, the server may carry it out.
pub async fn set_hot_add(domain: &Domain, change: &HotAddChange) -> Result<()> {
    let about = about("set_hot_add", domain);
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = call_of(driver, "set_hot_add", CallClass::Change);
    driver
        .set_hot_add(&call, domain.uuid(), change)
        .await
        .map_err(about)
}

fn about(operation: &'static str, domain: &Domain) -> impl Fn(Error) -> Error {
    let subject = Subject::Domain(domain.name().to_owned());
    move |error: Error| error.with_operation(operation).with_subject(subject.clone())
}
