//! The document as libvirt gives it back.

use super::config::DomainConfig;

impl DomainConfig {
    /// The document as libvirt gives it back.
    #[must_use]
    pub fn normalized(&self) -> Self {
        self.canonical()
    }
}
