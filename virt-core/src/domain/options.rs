//! How the operations on a domain are carried out.

use crate::option_steps::option_steps;

/// What `define` does when a domain of that name or uuid exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ExistingPolicy {
    /// A domain of the same name **and** uuid gets the new definition; anything else in common is refused.
    #[default]
    Replace,
    /// It is refused.
    Refuse,
}

/// How a domain is defined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefineOptions {
    /// What happens when it exists already.
    pub existing: ExistingPolicy,
}

impl DefineOptions {
    /// Refuses a domain that exists already.
    #[must_use]
    pub fn refuse_existing(mut self) -> Self {
        self.existing = ExistingPolicy::Refuse;
        self
    }
}

/// How a domain is started (`virDomainCreateFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartOptions {
    /// Its vCPUs stay stopped until it is resumed.
    pub paused: bool,
    /// It is destroyed when the connection is closed or dropped; after a crash of the manager, at the next open.
    pub auto_destroy: bool,
    /// Its managed save is discarded: it starts from its beginning (`VIR_DOMAIN_START_FORCE_BOOT`).
    pub force_boot: bool,
}

impl StartOptions {
    option_steps! {
        /// Leaves the vCPUs stopped.
        paused;

        /// Ties its life to the connection's.
        auto_destroy;

        /// Discards its managed save.
        force_boot;
    }
}

/// By which way a guest is asked to shut down or to reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ShutdownMode {
    /// Through the agent where it is connected, else by ACPI; a container by its init's control pipe where it has one, else
    /// by a signal.
    #[default]
    Auto,
    /// By the ACPI power button (shutdown only).
    Acpi,
    /// Through the guest agent.
    Agent,
    /// Through the agent; by ACPI when that fails or has shown no effect after 10 s.
    AgentThenAcpi,
    /// A container: by a signal to its init (`VIR_DOMAIN_SHUTDOWN_SIGNAL`).
    Signal,
    /// A container: by a request on its init's control pipe, `/run/initctl` (`VIR_DOMAIN_SHUTDOWN_INITCTL`).
    InitControl,
}

/// How a guest is asked to shut down (`virDomainShutdownFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownOptions {
    /// By which way.
    pub mode: ShutdownMode,
}

impl ShutdownOptions {
    /// By this way.
    #[must_use]
    pub fn mode(mut self, mode: ShutdownMode) -> Self {
        self.mode = mode;
        self
    }
}

/// How a guest is asked to reboot (`virDomainReboot`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebootOptions {
    /// By which way. By ACPI means: the power button, and a start from the beginning instead of an end.
    pub mode: ShutdownMode,
}

impl RebootOptions {
    /// By this way.
    #[must_use]
    pub fn mode(mut self, mode: ShutdownMode) -> Self {
        self.mode = mode;
        self
    }
}

/// How a domain is destroyed (`virDomainDestroyFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DestroyOptions {
    /// The hypervisor is asked to end in good order, its caches flushed, and is never killed: `Timeout` when it does
    /// not end before the deadline (`VIR_DOMAIN_DESTROY_GRACEFUL`).
    pub graceful: bool,
}

impl DestroyOptions {
    option_steps! {
        /// Never kills.
        graceful;
    }
}

/// Which XML of a domain is given (`virDomainGetXMLDesc`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlOptions {
    /// The configuration of the next start instead of the present run's.
    pub inactive: bool,
    /// With secrets: passwords that are left out otherwise. Refused on a read-only connection.
    pub secure: bool,
}

impl XmlOptions {
    option_steps! {
        /// The configuration of the next start.
        inactive;

        /// With secrets.
        secure;
    }
}

/// What may happen to a domain from within (`virDomainLifecycle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// The guest powers off: `<on_poweroff>`.
    Poweroff,
    /// The guest reboots: `<on_reboot>`.
    Reboot,
    /// The guest crashes: `<on_crash>`.
    Crash,
}

/// What is done then (`virDomainLifecycleAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LifecycleAction {
    /// The domain ends.
    Destroy,
    /// It starts from the beginning.
    Restart,
    /// It starts from the beginning, under another name where the driver can (`rename-restart`).
    RestartRename,
    /// It is kept as it is, to be looked at.
    Preserve,
    /// A core dump is written, then it ends (crash only).
    CoredumpDestroy,
    /// A core dump is written, then it starts from the beginning (crash only).
    CoredumpRestart,
}

/// A piece of what users write about a domain (`virDomainSetMetadata`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataItem {
    /// The title: one line.
    Title(Option<String>),
    /// The description.
    Description(Option<String>),
    /// An element of `<metadata>`, by the namespace of its root.
    Element {
        /// The namespace's URI: the key.
        uri: String,
        /// The prefix it is written with.
        prefix: String,
        /// The element's XML; `None` removes it.
        xml: Option<String>,
    },
}

/// The format of a core dump (`virDomainCoreDumpFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CoreDumpFormat {
    /// ELF, as `crash` and `gdb` read it.
    #[default]
    Elf,
    /// kdump, compressed by zlib.
    KdumpZlib,
    /// kdump, compressed by lzo.
    KdumpLzo,
    /// kdump, compressed by snappy.
    KdumpSnappy,
}

/// How a core dump is made (`virDomainCoreDumpWithFormat`): always of the memory only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreDumpOptions {
    /// Its format.
    pub format: CoreDumpFormat,
}

impl CoreDumpOptions {
    /// In this format.
    #[must_use]
    pub fn format(mut self, format: CoreDumpFormat) -> Self {
        self.format = format;
        self
    }
}
