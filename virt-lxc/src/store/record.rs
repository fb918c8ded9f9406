//! Records: what liblxc's configuration has no place for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result};

/// The form of these records.
pub(crate) const FORMAT: u32 = 1;

/// A container's definition, beside its configuration.
///
/// It is written before the configuration. Where that is still the one before, or not there, the change was cut off in
/// the middle and is finished; where it is another, somebody else has changed it since, and it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DefinitionRecord {
    pub(crate) format: u32,
    pub(crate) uuid: Uuid,
    /// The document, as XML.
    pub(crate) document: String,
    /// The configuration that was made of it.
    pub(crate) native: String,
    /// The configuration before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<String>,
    /// Whether it goes with its run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) transient: bool,
    /// Whether it is being removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) removed: bool,
}

impl DefinitionRecord {
    /// The document of the definition.
    pub(super) fn config(&self) -> Result<DomainConfig> {
        DomainConfig::from_xml(&self.document).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the document of a container cannot be read").with_source(error)
        })
    }
}

/// What is to be known of a run that the definition does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) format: u32,
    /// The boot of the machine in which it was begun.
    pub(crate) boot_id: String,
    /// The document of this run, as XML, where it is not the definition's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<String>,
    /// The document it began with, as XML, where that is not `live`: what it has again after a reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) begun: Option<String>,
    /// Whether it is destroyed with the connection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) auto_destroy: bool,
}

/// What the manager of a directory has to remember.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagerRecord {
    pub(crate) format: u32,
    /// The boot in which containers were last started by themselves.
    #[serde(default)]
    pub(crate) autostarted_boot: Option<String>,
}
