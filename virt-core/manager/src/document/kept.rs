//! Configurations that are kept but rarely read.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Error, ErrorKind, Result};

/// A configuration kept as its text, with what is often looked at beside it: typed, one takes a hundred kilobytes, and a
/// manager may have thousands that do not run.
#[derive(Debug, Clone)]
pub struct Kept {
    xml: Arc<str>,
    glance: Glance,
}

/// What is often looked at of a domain's configuration.
#[derive(Debug, Clone)]
pub struct Glance {
    /// Its name.
    pub name: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// The most memory it can have.
    pub memory: ByteSize,
    /// The memory it has after its start.
    pub current_memory: ByteSize,
    /// The vCPUs it has after its start.
    pub vcpus: u32,
}

impl Glance {
    /// That of a configuration.
    pub fn of(config: &DomainConfig) -> Self {
        Self {
            name: config.name.clone(),
            title: config.title.clone(),
            memory: super::memory(config),
            current_memory: super::current_memory(config),
            vcpus: super::vcpus(config),
        }
    }
}

impl Kept {
    /// Keeps a configuration.
    pub fn new(config: &DomainConfig) -> Self {
        Self {
            xml: config.to_xml().into(),
            glance: Glance::of(config),
        }
    }

    /// What is often looked at, without reading the text.
    pub fn glance(&self) -> &Glance {
        &self.glance
    }

    /// As text.
    pub fn xml(&self) -> &str {
        &self.xml
    }

    /// As a document.
    ///
    /// # Errors
    /// `Internal` when the text cannot be read again.
    pub fn config(&self) -> Result<DomainConfig> {
        DomainConfig::from_xml(&self.xml).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                "a configuration that was written cannot be read",
            )
            .with_source(error)
        })
    }
}

/// The configuration of a run, however a driver keeps it: typed where it is read often, else as text.
pub trait LiveConfig: Debug + Clone + Send + Sync + 'static {
    /// What is often looked at.
    fn glance(&self) -> Cow<'_, Glance>;

    /// As a document.
    ///
    /// # Errors
    /// As [`Kept::config`].
    fn config(&self) -> Result<DomainConfig>;
}

impl LiveConfig for Kept {
    fn glance(&self) -> Cow<'_, Glance> {
        Cow::Borrowed(&self.glance)
    }

    fn config(&self) -> Result<DomainConfig> {
        self.config()
    }
}

impl LiveConfig for Arc<DomainConfig> {
    fn glance(&self) -> Cow<'_, Glance> {
        Cow::Owned(Glance::of(self))
    }

    fn config(&self) -> Result<DomainConfig> {
        Ok(DomainConfig::clone(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_given() {
        let config = DomainConfig::builder("web")
            .memory(ByteSize::mib(64))
            .vcpus(2)
            .title("t")
            .build()
            .unwrap();
        let kept = Kept::new(&config);
        assert_eq!(kept.config().unwrap(), config);
        let glance = kept.glance();
        assert_eq!(
            (glance.memory, glance.vcpus, glance.title.as_deref()),
            (ByteSize::mib(64), 2, Some("t"))
        );
    }
}
