//! How the operations on a pool are carried out.

use crate::option_steps::option_steps;

/// What is done when a pool is built (`virStoragePoolBuildFlags`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PoolBuildMode {
    /// It is made from nothing.
    #[default]
    New,
    /// It is repaired.
    Repair,
    /// It is made as large as what it stands on.
    Resize,
}

/// What becomes of what lies already where a pool is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PoolOverwrite {
    /// As the type of the pool has it: a directory is made unless there is one; nothing is formatted that is in use.
    #[default]
    Default,
    /// The build is refused when something lies there.
    Refuse,
    /// It is overwritten: what was there is lost.
    Replace,
}

/// How a pool is built (`virStoragePoolBuildFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolBuildOptions {
    /// What is done.
    pub mode: PoolBuildMode,
    /// What becomes of what lies there already; only with [`PoolBuildMode::New`].
    pub overwrite: PoolOverwrite,
}

impl PoolBuildOptions {
    /// Does this.
    #[must_use]
    pub fn mode(mut self, mode: PoolBuildMode) -> Self {
        self.mode = mode;
        self
    }

    /// Does this with what lies there already.
    #[must_use]
    pub fn overwrite(mut self, overwrite: PoolOverwrite) -> Self {
        self.overwrite = overwrite;
        self
    }
}

/// How a pool is started (`virStoragePoolCreateFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStartOptions {
    /// It is built first, and so; not when `None`.
    pub build: Option<PoolOverwrite>,
}

impl PoolStartOptions {
    /// Builds it first, doing this with what lies there already.
    #[must_use]
    pub fn build(mut self, overwrite: PoolOverwrite) -> Self {
        self.build = Some(overwrite);
        self
    }
}

/// How what a pool stands on is deleted (`virStoragePoolDeleteFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolDeleteOptions {
    /// It is overwritten with zeros before; `Unsupported` where the type of the pool can't.
    pub zeroed: bool,
}

impl PoolDeleteOptions {
    option_steps! {
        /// Overwrites it with zeros before.
        zeroed;
    }
}
