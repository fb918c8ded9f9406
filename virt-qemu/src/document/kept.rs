//! Configurations that are kept but rarely read.

use std::sync::Arc;

use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Error, ErrorKind, Result};

/// A configuration kept as its text, with what is often looked at beside it: typed, one takes a hundred kilobytes, and a
/// manager may have thousands that do not run.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    xml: Arc<str>,
    glance: Glance,
}

/// What is often looked at.
#[derive(Debug, Clone)]
pub(crate) struct Glance {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) memory: ByteSize,
    pub(crate) current_memory: ByteSize,
    pub(crate) vcpus: u32,
}

impl Glance {
    pub(crate) fn of(config: &DomainConfig) -> Self {
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
    pub(crate) fn new(config: &DomainConfig) -> Self {
        Self {
            xml: config.to_xml().into(),
            glance: Glance::of(config),
        }
    }

    pub(crate) fn glance(&self) -> &Glance {
        &self.glance
    }

    /// As text.
    pub(crate) fn xml(&self) -> &str {
        &self.xml
    }

    /// As a document.
    pub(crate) fn config(&self) -> Result<DomainConfig> {
        DomainConfig::from_xml(&self.xml).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                "a configuration that was written cannot be read",
            )
            .with_source(error)
        })
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
