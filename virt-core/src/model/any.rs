//! Any of libvirt's documents, told by its root element.

use std::fmt;
use std::str::FromStr;

use super::backup::Backup;
use super::checkpoint::Checkpoint;
use super::domain::DomainConfig;
use super::domain_status::DomainStatus;
use super::migration_cookie::MigrationCookie;
use super::moment::InactiveDomain;
use super::snapshot::Snapshot;
use crate::xml::derived::{is_typed, read_document};
use crate::xml::{Document, Element, Found, Limits, XmlError, XmlProblem};

/// Declares the documents by their root elements.
macro_rules! documents {
    ($($(#[$meta:meta])* $variant:ident($document:ty) = $root:literal;)+) => {
        /// Any of libvirt's documents: for programs that get one and can't know which.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyDocument {
            $($(#[$meta])* #[doc = concat!("`<", $root, ">`")] $variant(Box<$document>),)+
        }

        impl AnyDocument {
            /// The root elements there are types for.
            pub const ROOTS: &'static [&'static str] = &[$($root),+];

            /// An empty document with that root element, if there is a type for it.
            pub fn empty(root: &str) -> Option<Self> {
                match root {
                    $($root => Some(Self::$variant(Box::default())),)+
                    _ => None,
                }
            }

            /// The name of the root element.
            pub fn root(&self) -> &'static str {
                match self { $(Self::$variant(_) => $root,)+ }
            }

            /// Reads a tree as what its root element says.
            ///
            /// # Errors
            /// As [`from_xml`](Self::from_xml), but for what concerns the text.
            pub fn from_tree(tree: Document) -> Result<Self, XmlError> {
                match tree.root.name.as_written() {
                    $($root => {
                        let mut document = Box::<$document>::default();
                        read_document(document.as_mut(), tree)?;
                        Ok(Self::$variant(document))
                    })+
                    _ => Err(unknown_root(&tree.root)),
                }
            }

            /// The whole document in libvirt's style, secrets included.
            pub fn to_xml(&self) -> String {
                match self { $(Self::$variant(document) => document.to_xml(),)+ }
            }

            /// The document as libvirt shows it when nobody asked for secrets.
            pub fn to_xml_without_secrets(&self) -> String {
                match self { $(Self::$variant(document) => document.to_xml_without_secrets(),)+ }
            }

            /// The same in libvirt's order and spelling throughout.
            #[must_use]
            pub fn canonical(&self) -> Self {
                match self { $(Self::$variant(document) => Self::$variant(Box::new(document.canonical())),)+ }
            }

            /// Every element and attribute there is, with its path.
            pub fn present(&self) -> Vec<Found> {
                match self { $(Self::$variant(document) => document.present(),)+ }
            }

            /// Every element and attribute there is no typed field for, with its path.
            pub fn unknown(&self) -> Vec<Found> {
                match self { $(Self::$variant(document) => document.unknown(),)+ }
            }

            /// Whether documents with this root have a typed field for the element at the path
            /// (`/domain/devices/disk`, as libvirt's schemas have it), or for its attribute.
            pub fn has_type_for(path: &str, attribute: Option<&str>) -> bool {
                let mut steps = path.trim_matches('/').split('/');
                let root = steps.next().unwrap_or_default();
                let steps: Vec<&str> = steps.collect();
                match root {
                    $($root => is_typed(&mut <$document>::default(), &steps, attribute),)+
                    _ => false,
                }
            }
        }

        $(impl From<$document> for AnyDocument {
            fn from(document: $document) -> Self {
                Self::$variant(Box::new(document))
            }
        })+
    };
}

documents! {
    /// A copy of a guest's disks.
    Backup(Backup) = "domainbackup";
    /// A point in time of a guest's disks.
    Checkpoint(Checkpoint) = "domaincheckpoint";
    /// A guest.
    Domain(DomainConfig) = "domain";
    /// What a daemon keeps of a running guest.
    DomainStatus(DomainStatus) = "domstatus";
    /// A guest at its next start.
    InactiveDomain(InactiveDomain) = "inactiveDomain";
    /// What two daemons tell each other during a migration.
    MigrationCookie(MigrationCookie) = "qemu-migration";
    /// The state of a guest at a moment.
    Snapshot(Snapshot) = "domainsnapshot";
}

impl AnyDocument {
    /// Parses the text within the default limits, as what its root element says.
    ///
    /// # Errors
    /// [`XmlProblem::Root`] for a root element there is no type for; else those of the document it is.
    pub fn from_xml(text: &str) -> Result<Self, XmlError> {
        Self::from_xml_with(text, Limits::default())
    }

    /// Parses the text within `limits`.
    ///
    /// # Errors
    /// As [`from_xml`](Self::from_xml).
    pub fn from_xml_with(text: &str, limits: Limits) -> Result<Self, XmlError> {
        Self::from_tree(Document::parse_with(text, limits)?)
    }
}

fn unknown_root(element: &Element) -> XmlError {
    let error = XmlError::new(XmlProblem::Root {
        expected: AnyDocument::ROOTS.join("> or <"),
        found: element.name.as_written().to_owned(),
    });
    match element.position() {
        Some(position) => error.at(position),
        None => error,
    }
}

impl FromStr for AnyDocument {
    type Err = XmlError;

    fn from_str(text: &str) -> Result<Self, XmlError> {
        Self::from_xml(text)
    }
}

/// The document without secrets.
impl fmt::Display for AnyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml_without_secrets())
    }
}
