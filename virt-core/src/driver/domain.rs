//! The domains of a connection.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, VcpuOptions, XmlOptions,
};
use crate::error::{Error, Result};
use crate::model::{ByteSize, DomainConfig};

/// The domains of a connection.
///
/// # Behaviour, for all methods
/// * A domain is named by its uuid; one that does not exist answers `NotFound`.
/// * An operation the domain's state does not allow answers `InvalidState`, and nothing has changed.
/// * On an error whose outcome is `NotApplied`, everything is as it was.
///
/// # Cancel safety
/// Dropping a future stops the waiting, not the work: it is carried to a consistent end by the domain's owner task.
#[async_trait]
pub trait DomainDriver: Send + Sync {
    /// The domains a filter shows, sorted by name (`virConnectListAllDomains`). Never waits for a guest.
    async fn list(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>>;

    /// The same domains, by reference alone: as cheap as the driver can make it.
    async fn references(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainRef>>;

    /// One domain (`virDomainLookupByName`, `…ByUUID`, `…ByID`).
    ///
    /// # Errors
    /// `NotFound`, naming a few that do exist.
    async fn lookup(&self, call: &CallContext, selector: &DomainSelector) -> Result<DomainRef>;

    /// What is known of a domain. Never waits for the guest.
    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<DomainInfo>;

    /// A domain's configuration (`virDomainGetXMLDesc`).
    ///
    /// # Behaviour
    /// * Live when it runs, unless the inactive one is asked for; a transient domain's inactive one is that of its start.
    /// * Without secrets unless asked for.
    async fn config(&self, call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig>;

    /// The same as text, where the driver has it as text already; `None` where it is written from
    /// [`config`](Self::config).
    ///
    /// # Behaviour
    /// * Without secrets unless asked for: those that [`DomainConfig::to_xml_without_secrets`] leaves out.
    async fn config_text(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _options: &XmlOptions,
    ) -> Result<Option<String>> {
        Ok(None)
    }

    /// Makes a definition durable (`virDomainDefineXMLFlags`).
    ///
    /// # Behaviour
    /// * A missing uuid is made up. Same name and uuid as an existing domain: its inactive configuration is replaced,
    ///   and a running transient one becomes persistent.
    /// * When it returns, the definition survives a crash.
    /// * Emits `Defined`.
    ///
    /// # Errors
    /// `AlreadyExists` for a name or uuid that belongs to another domain; `InvalidConfig` and `Unsupported` name the
    /// element.
    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef>;

    /// Starts a guest without a definition (`virDomainCreateXML`). With the uuid and name of a persistent domain that
    /// does not run, that one is started with this configuration for one run.
    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef>;

    /// Removes a definition (`virDomainUndefineFlags`). A running domain goes on as a transient one. Emits `Undefined`.
    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// Starts a domain (`virDomainCreateWithFlags`). Emits `Started`, and `Resumed` unless paused.
    ///
    /// # Errors
    /// `InvalidState` when it runs; `Failed` with what the hypervisor said when it ended at once.
    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()>;

    /// Asks the guest to shut down (`virDomainShutdownFlags`): returns once it has been asked.
    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()>;

    /// Asks the guest to reboot (`virDomainReboot`): returns once it has been asked. Emits `Rebooted` when it did.
    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()>;

    /// Resets the machine, as by its button (`virDomainReset`). Emits `Rebooted`.
    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// Ends the machine at once (`virDomainDestroyFlags`); a transient domain is gone then. Pre-empts whatever is in
    /// progress on it. Emits `Stopped(Destroyed)`.
    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()>;

    /// Stops the vCPUs (`virDomainSuspend`). Already stopped: success, nothing happens.
    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// Lets the vCPUs run again (`virDomainResume`). Already running: success, nothing happens.
    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// Gives a domain that does not run another name (`virDomainRename`). Emits `Defined(Renamed)`.
    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()>;

    /// Whether it starts by itself (`virDomainSetAutostart`). Idempotent; `InvalidState` for a transient domain.
    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()>;

    /// Changes title, description or an element of the metadata (`virDomainSetMetadata`). Emits `MetadataChanged`.
    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()>;

    /// Changes what happens on poweroff, reboot or crash (`virDomainSetLifecycleAction`).
    async fn set_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()>;

    /// Changes the memory: live through the balloon, which moves afterwards; `BalloonChanged` tells (`virDomainSetMemoryFlags`).
    ///
    /// # Errors
    /// `InvalidArgument` above the domain's maximum.
    async fn set_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()>;

    /// Changes the most memory the domain can have (`virDomainSetMemoryFlags` with `VIR_DOMAIN_MEM_MAXIMUM`). What it
    /// has is brought down to it where it is more.
    ///
    /// # Errors
    /// `InvalidArgument` for none at all; `Unsupported` for a running machine this hypervisor can't change so.
    async fn set_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let _ = (call, domain, size, scope);
        Err(Error::unsupported(
            "this driver cannot change the maximum of a domain's memory",
        ))
    }

    /// Changes how many vCPUs the domain has, or can have (`virDomainSetVcpusFlags`).
    ///
    /// # Errors
    /// `InvalidArgument` for none, and above the domain's maximum; `Unsupported` for a maximum of a running machine.
    async fn set_vcpus(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        let _ = (call, domain, count, options);
        Err(Error::unsupported(
            "this driver cannot change the number of a domain's vCPUs",
        ))
    }
}
