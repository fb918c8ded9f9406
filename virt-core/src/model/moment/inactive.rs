//! `<inactiveDomain>`: the configuration a running domain starts from next time.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::model::domain::DomainConfig;
use crate::xml::derived::{
    canonicalize, check_values, diff, equal, format_debug, from_json, read_element, read_root, to_json, walk,
    write_root,
};
use crate::xml::{Change, Element, Found, Limits, Record, Rest, Rows, Slot, SlotMut, Spec, XmlError};

/// `<inactiveDomain>`: a domain's configuration for its next start, as it stands beside the `<domain>` of a snapshot
/// (libvirt 7.1.0). The content is that of a [`DomainConfig`].
#[derive(Clone, Default)]
pub struct InactiveDomain(pub DomainConfig);

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec {
    type_name: "InactiveDomain",
    element: "inactiveDomain",
    ..*DomainConfig::default().spec()
});

impl Record for InactiveDomain {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn filled(&self) -> Rows {
        self.0.filled()
    }

    fn slot(&self, index: usize) -> Slot<'_> {
        self.0.slot(index)
    }

    fn slot_mut(&mut self, index: usize) -> SlotMut<'_> {
        self.0.slot_mut(index)
    }

    fn rest(&self) -> &Rest {
        &self.0.rest
    }

    fn rest_mut(&mut self) -> &mut Rest {
        &mut self.0.rest
    }
}

impl InactiveDomain {
    /// Parses the text within the default limits.
    ///
    /// # Errors
    /// As [`DomainConfig::from_xml`].
    pub fn from_xml(text: &str) -> Result<Self, XmlError> {
        Self::from_xml_with(text, Limits::default())
    }

    /// Parses the text within `limits`.
    ///
    /// # Errors
    /// As [`DomainConfig::from_xml`].
    pub fn from_xml_with(text: &str, limits: Limits) -> Result<Self, XmlError> {
        let mut found = Self::default();
        read_root(&mut found, text, limits)?;
        Ok(found)
    }

    /// Reads an element of a tree.
    ///
    /// # Errors
    /// As [`DomainConfig::from_xml`], but for what concerns the text.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        let mut found = Self::default();
        read_element(&mut found, element)?;
        Ok(found)
    }

    /// The whole document in libvirt's style, secrets included.
    pub fn to_xml(&self) -> String {
        write_root(self, true)
    }

    /// The document as libvirt shows it when nobody asked for secrets: without them.
    pub fn to_xml_without_secrets(&self) -> String {
        write_root(self, false)
    }

    /// The same in libvirt's order and spelling throughout.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut copy = self.clone();
        canonicalize(&mut copy);
        copy
    }

    /// Checks what [`DomainConfig::validate`] checks.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.0.validate().map_err(|error| error.with_root(SPEC.element))
    }

    /// What changed from this document to the other: nothing exactly when they are equal.
    pub fn diff(&self, to: &Self) -> Vec<Change> {
        diff(self, to)
    }

    /// Every element and attribute there is, with its path.
    pub fn present(&self) -> Vec<Found> {
        walk(self)
    }

    /// Every element and attribute this version has no typed field for, with its path.
    pub fn unknown(&self) -> Vec<Found> {
        let mut found = walk(self);
        found.retain(|found| !found.known);
        found
    }
}

impl PartialEq for InactiveDomain {
    fn eq(&self, other: &Self) -> bool {
        equal(self, other)
    }
}

impl fmt::Debug for InactiveDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_debug(self, f)
    }
}

/// The document without secrets.
impl fmt::Display for InactiveDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml_without_secrets())
    }
}

impl FromStr for InactiveDomain {
    type Err = XmlError;

    fn from_str(text: &str) -> Result<Self, XmlError> {
        Self::from_xml(text)
    }
}

impl From<DomainConfig> for InactiveDomain {
    fn from(config: DomainConfig) -> Self {
        Self(config)
    }
}

impl serde::Serialize for InactiveDomain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        to_json(self, serializer)
    }
}

impl<'de> serde::Deserialize<'de> for InactiveDomain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Self::default();
        from_json(&mut found, deserializer)?;
        Ok(found)
    }
}
