//! What this driver's domains are made of.

use std::sync::Arc;

use virt_core::domain::{
    ConfigScope, DomainName, ExistingPolicy, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions,
    ShutdownOptions, StartOptions,
};
use virt_core::model::{ByteSize, DomainConfig};
use virt_manager::Embedded;

use super::Manager;
use crate::owner::Run;

/// A domain as everybody sees it, and the way to its owner.
pub(crate) type Entry = virt_manager::Entry<Manager>;

/// What is known of a domain without asking anybody.
pub(crate) type View = virt_manager::View<Manager>;

impl Embedded for Manager {
    type Operation = Operation;
    type Run = Run;
    /// Typed: it is read with every event.
    type Live = Arc<DomainConfig>;
}

/// What an owner is asked to do.
#[derive(Debug)]
pub(crate) enum Operation {
    Define(Box<DomainConfig>, ExistingPolicy),
    Undefine,
    Start {
        options: StartOptions,
        config: Option<Box<DomainConfig>>,
    },
    Shutdown(ShutdownOptions),
    Reboot(RebootOptions),
    Reset,
    Suspend,
    Resume,
    Rename(DomainName),
    SetAutostart(bool),
    SetMetadata(MetadataItem, ConfigScope),
    SetLifecycleAction((LifecycleEvent, LifecycleAction), ConfigScope),
    SetMemory(ByteSize, ConfigScope),
}
