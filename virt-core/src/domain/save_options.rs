//! How domains are saved and restored.

use crate::model::DomainConfig;
use crate::option_steps::option_steps;

/// What a guest does that comes from a saved state or a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResumeState {
    /// It runs.
    Running,
    /// It is paused.
    Paused,
}

/// How a domain is saved (`virDomainSaveFlags`, `virDomainSaveRestoreFlags`).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SaveOptions {
    /// The document that is saved with it instead of its own: what the guest sees has to be the same. Not for managed
    /// saves.
    pub config: Option<Box<DomainConfig>>,
    /// What the guest does once restored; as it does now unless said.
    pub state: Option<ResumeState>,
    /// The file goes past the host's cache (`VIR_DOMAIN_SAVE_BYPASS_CACHE`).
    pub bypass_cache: bool,
    /// The format of the file: `raw`, `gzip`, `zstd` …, as the manager has it unless said. Not for managed saves.
    pub image_format: Option<String>,
    /// So many channels write at a time, where the format can (`sparse`). Not for managed saves.
    pub parallel_channels: Option<u32>,
}

impl SaveOptions {
    /// With this document.
    #[must_use]
    pub fn config(mut self, config: DomainConfig) -> Self {
        self.config = Some(Box::new(config));
        self
    }

    /// The guest does this once restored.
    #[must_use]
    pub fn state(mut self, state: ResumeState) -> Self {
        self.state = Some(state);
        self
    }

    option_steps! {
        /// Past the host's cache.
        bypass_cache;
    }

    /// In this format.
    #[must_use]
    pub fn image_format(mut self, format: impl Into<String>) -> Self {
        self.image_format = Some(format.into());
        self
    }
}

/// How a domain is restored (`virDomainRestoreFlags`).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RestoreOptions {
    /// The document it is restored with instead of the saved one: what the guest sees has to be the same.
    pub config: Option<Box<DomainConfig>>,
    /// What the guest does then; as the file says unless said.
    pub state: Option<ResumeState>,
    /// The file goes past the host's cache.
    pub bypass_cache: bool,
    /// The firmware's variables are those of its template.
    pub reset_nvram: bool,
}

impl RestoreOptions {
    /// With this document.
    #[must_use]
    pub fn config(mut self, config: DomainConfig) -> Self {
        self.config = Some(Box::new(config));
        self
    }

    /// The guest does this then.
    #[must_use]
    pub fn state(mut self, state: ResumeState) -> Self {
        self.state = Some(state);
        self
    }

    option_steps! {
        /// Past the host's cache.
        bypass_cache;

        /// Forgets the firmware's variables.
        reset_nvram;
    }
}
