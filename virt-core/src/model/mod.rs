//! libvirt's documents as typed, lossless Rust.

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(u64);

/// The configuration of a domain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DomainConfig {
    /// Its name.
    pub name: String,
}

impl DomainConfig {
    /// As XML.
    #[must_use]
    pub fn to_xml(&self) -> String {
        String::new()
    }
}
