//! What an owner is asked to do.

use virt_core::domain::{
    ConfigScope, DomainName, ExistingPolicy, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions,
    ShutdownOptions, StartOptions,
};
use virt_core::model::{ByteSize, DomainConfig};

/// What an owner is asked to do, as the core's handles have it. `W` is what a driver's owners can do beyond that.
#[derive(Debug)]
pub enum Operation<W> {
    /// The definition is this one from now on.
    Define(Box<DomainConfig>, ExistingPolicy),
    /// The definition goes.
    Undefine,
    /// It is started: with this configuration for one run, or with that of its definition.
    Start {
        /// How.
        options: StartOptions,
        /// The configuration for this run.
        config: Option<Box<DomainConfig>>,
    },
    /// The guest is asked to end.
    Shutdown(ShutdownOptions),
    /// The guest is asked to reboot.
    Reboot(RebootOptions),
    /// The machine is reset, as by its button.
    Reset,
    /// The guest stands still.
    Suspend,
    /// It goes on.
    Resume,
    /// It gets another name.
    Rename(DomainName),
    /// Whether it starts by itself.
    SetAutostart(bool),
    /// Its title, description or metadata change.
    SetMetadata(MetadataItem, ConfigScope),
    /// What follows from an end of the guest changes.
    SetLifecycleAction((LifecycleEvent, LifecycleAction), ConfigScope),
    /// Its memory changes.
    SetMemory(ByteSize, ConfigScope),
    /// The most memory it can have changes.
    SetMaxMemory(ByteSize, ConfigScope),
    /// What only this driver's owners can do.
    Own(W),
}

impl<W> From<W> for Operation<W> {
    fn from(work: W) -> Self {
        Self::Own(work)
    }
}

impl<W> Operation<W> {
    /// Whether the domain is to run then.
    pub fn starts(&self) -> bool {
        matches!(self, Self::Start { .. })
    }

    /// The start of a domain by its definition, with nothing special about it.
    pub fn plain_start() -> Self {
        Self::Start {
            options: StartOptions::default(),
            config: None,
        }
    }
}
