//! Names of elements and attributes.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

/// The name of an element or attribute: its prefix as written, its local part, and the URI its prefix stands for.
///
/// Two names are equal when local part and URI are; the prefix is only a spelling. A name whose prefix is
/// declared nowhere has no URI and keeps its prefix, which then counts.
#[derive(Clone)]
pub struct Name {
    full: SmolStr,
    colon: Option<u8>,
    namespace: Option<Arc<str>>,
}

/// What the prefix `xml` stands for, declared or not.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

impl Name {
    /// A name in no namespace; one with the prefix `xml` is in that of XML itself.
    pub fn local_only(name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let is_of_xml = name.starts_with("xml:");
        Self::qualified(name, is_of_xml.then(|| Arc::from(XML)))
    }

    /// A name with `prefix`, in the namespace `uri`. An empty prefix means the default namespace.
    pub fn namespaced(prefix: &str, local: &str, uri: &str) -> Self {
        let full = if prefix.is_empty() {
            local.to_owned()
        } else {
            format!("{prefix}:{local}")
        };
        Self::qualified(&full, Some(uri).filter(|uri| !uri.is_empty()).map(Arc::from))
    }

    /// A name as written, with the URI it was resolved to.
    pub(super) fn qualified(full: &str, namespace: Option<Arc<str>>) -> Self {
        let colon = full.find(':').and_then(|at| u8::try_from(at).ok());
        Self {
            full: SmolStr::new(full),
            colon,
            namespace,
        }
    }

    /// The name as written: `prefix:local` or `local`.
    pub fn as_written(&self) -> &str {
        &self.full
    }

    /// The prefix as written.
    pub fn prefix(&self) -> Option<&str> {
        self.colon.and_then(|at| self.full.get(..usize::from(at)))
    }

    /// The part after the prefix.
    pub fn local(&self) -> &str {
        self.colon
            .and_then(|at| self.full.get(usize::from(at) + 1..))
            .unwrap_or(&self.full)
    }

    /// The namespace URI.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub(super) fn shared_namespace(&self) -> Option<Arc<str>> {
        self.namespace.clone()
    }

    /// Whether this is `local` in the namespace `uri` (`None`: in no namespace and without a prefix).
    pub fn is(&self, local: &str, uri: Option<&str>) -> bool {
        match uri {
            None => self.namespace.is_none() && self.full == local,
            Some(uri) => self.namespace.as_deref() == Some(uri) && self.local() == local,
        }
    }

    /// Whether this attribute declares a namespace (`xmlns` or `xmlns:…`).
    pub fn declares_namespace(&self) -> bool {
        self.full == "xmlns" || self.full.starts_with("xmlns:")
    }
}

/// The prefix an attribute of that name declares; empty for the default namespace.
pub(super) fn declared_prefix(name: &str) -> Option<&str> {
    match name {
        "xmlns" => Some(""),
        _ => name.strip_prefix("xmlns:"),
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.namespace == other.namespace
            && if self.namespace.is_some() {
                self.local() == other.local()
            } else {
                self.full == other.full
            }
    }
}

impl Eq for Name {}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::local_only(name)
    }
}
