//! Domains that move to another machine.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::DomainRef;
use crate::error::Result;
use crate::migration::MigrationOptions;
use crate::model::ByteSize;

/// What the source gives for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationBegun {
    /// The domain, as the target has to know it.
    pub domain: DomainRef,
    /// Its document, secrets included.
    pub xml: String,
    /// What the source's manager tells the target's.
    pub cookie: Vec<u8>,
}

impl MigrationBegun {
    /// What was begun.
    #[must_use]
    pub fn new(domain: DomainRef, xml: String, cookie: Vec<u8>) -> Self {
        Self { domain, xml, cookie }
    }
}

/// What the target gives for the source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationPrepared {
    /// Where the hypervisor at the target listens.
    pub uri: String,
    /// What the target's manager tells the source's.
    pub cookie: Vec<u8>,
}

impl MigrationPrepared {
    /// A target that listens there.
    #[must_use]
    pub fn new(uri: String, cookie: Vec<u8>) -> Self {
        Self { uri, cookie }
    }
}

/// What became of a migration at the target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationFinished {
    /// The domain at the target; `None` when it did not come up there.
    pub domain: Option<DomainRef>,
    /// What the target's manager tells the source's.
    pub cookie: Vec<u8>,
}

impl MigrationFinished {
    /// The domain came up, or not.
    #[must_use]
    pub fn new(domain: Option<DomainRef>, cookie: Vec<u8>) -> Self {
        Self { domain, cookie }
    }
}

/// Domains that move to another machine: the five steps of a migration that the program leads (libvirt's version 3), the
/// one call by which the source's manager leads it, and what can be tuned meanwhile.
///
/// Step by step: source [`begin`](Self::begin), target [`prepare`](Self::prepare), source [`perform`](Self::perform),
/// target [`finish`](Self::finish), source [`confirm`](Self::confirm). Whoever has begun confirms, and whoever has
/// prepared finishes, in every case; that is what [`Domain::migrate_to`](crate::Domain::migrate_to) sees to.
#[async_trait]
pub trait MigrationDriver: Send + Sync {
    /// Begins at the source (`virDomainMigrateBegin3Params`): the domain is kept from changes until it is confirmed.
    ///
    /// # Errors
    /// `InvalidState` when it does not run, unless it is to go offline; `Busy` when another job works on it.
    async fn begin(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &MigrationOptions,
    ) -> Result<MigrationBegun>;

    /// Prepares the target (`virDomainMigratePrepare3Params`): it waits for the domain.
    ///
    /// # Errors
    /// `AlreadyExists` when the domain runs there.
    async fn prepare(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        options: &MigrationOptions,
    ) -> Result<MigrationPrepared>;

    /// Moves memory and state (`virDomainMigratePerform3Params`): returns when all is at the target, and what the source's
    /// manager tells the target's. The domain stands still then. Its deadline is that of the whole migration.
    ///
    /// # Errors
    /// `Cancelled` when somebody aborted it. In every case the domain is at the source.
    async fn perform(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        options: &MigrationOptions,
    ) -> Result<Vec<u8>>;

    /// Lets the domain go on at the target, or clears up there when it was `cancelled` (`virDomainMigrateFinish3Params`).
    async fn finish(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        (performed, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<MigrationFinished>;

    /// Ends the domain at the source, or lets it go on there when it was `cancelled` (`virDomainMigrateConfirm3Params`).
    async fn confirm(
        &self,
        call: &CallContext,
        domain: Uuid,
        (finished, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<()>;

    /// The whole migration, led by the source's manager, which connects to the other one by its URI
    /// (`virDomainMigrateToURI3`, peer to peer): returns when it is over.
    ///
    /// # Errors
    /// `Cancelled` when somebody aborted it; whatever either side met, with the domain at the source.
    async fn perform_to_uri(
        &self,
        call: &CallContext,
        domain: Uuid,
        uri: &str,
        options: &MigrationOptions,
    ) -> Result<()>;

    /// From now on the guest runs at the target, and what has not come yet is fetched as it asks for it
    /// (`virDomainMigrateStartPostCopy`).
    ///
    /// # Errors
    /// `InvalidState` when no migration is under way, or not one with `post_copy`.
    async fn start_post_copy(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// How long the guest may stand still at the end (`virDomainMigrateGetMaxDowntime`).
    async fn max_downtime(&self, call: &CallContext, domain: Uuid) -> Result<std::time::Duration>;

    /// Changes that, also while a migration is under way (`virDomainMigrateSetMaxDowntime`).
    async fn set_max_downtime(
        &self,
        call: &CallContext,
        domain: Uuid,
        time: std::time::Duration,
    ) -> Result<()>;

    /// How much may be moved in a second, or in the post-copy phase (`virDomainMigrateGetMaxSpeed`); zero: as much as goes.
    async fn max_speed(&self, call: &CallContext, domain: Uuid, post_copy: bool) -> Result<ByteSize>;

    /// Changes that, also while a migration is under way (`virDomainMigrateSetMaxSpeed`). Whole MiB count.
    async fn set_max_speed(
        &self,
        call: &CallContext,
        domain: Uuid,
        speed: ByteSize,
        post_copy: bool,
    ) -> Result<()>;

    /// The cache of compression (`virDomainMigrateGetCompressionCache`).
    async fn compression_cache(&self, call: &CallContext, domain: Uuid) -> Result<ByteSize>;

    /// Changes it (`virDomainMigrateSetCompressionCache`).
    async fn set_compression_cache(&self, call: &CallContext, domain: Uuid, size: ByteSize) -> Result<()>;
}
