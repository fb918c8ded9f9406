//! Any of libvirt's documents, told by its root element.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::backup::BackupConfig;
use super::capabilities::Capabilities;
use super::checkpoint::CheckpointConfig;
use super::cpu_data::CpuData;
use super::domain::{Cpu, DomainConfig, SysInfo};
use super::domain_capabilities::DomainCapabilities;
use super::domain_status::DomainStatus;
use super::filter::FilterConfig;
use super::filter_binding::FilterBindingConfig;
use super::host_interface::HostInterfaceConfig;
use super::migration_cookie::MigrationCookie;
use super::moment::InactiveDomain;
use super::network::NetworkConfig;
use super::network_port::NetworkPortConfig;
use super::node_device::NodeDeviceConfig;
use super::pool::{PoolConfig, PoolSources};
use super::pool_capabilities::PoolCapabilities;
use super::secret::SecretConfig;
use super::snapshot::SnapshotConfig;
use super::volume::VolumeConfig;
use crate::xml::derived::{Parsed, from_json, is_typed};
use crate::xml::{Change, Element, Found, Limits, Record, XmlError, XmlProblem, other_root};

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

            /// The document as the engine sees it, for what is done alike with all of them.
            pub fn record(&self) -> &dyn Record {
                match self { $(Self::$variant(document) => document.as_ref(),)+ }
            }

            /// The document as the engine sees it, for what is done alike with all of them.
            pub fn record_mut(&mut self) -> &mut dyn Record {
                match self { $(Self::$variant(document) => document.as_mut(),)+ }
            }

            /// What changed from this document to the other: nothing exactly when they are equal.
            pub fn diff(&self, to: &Self) -> Vec<Change> {
                match (self, to) {
                    $((Self::$variant(from), Self::$variant(to)) => from.diff(to),)+
                    _ => other_root(self.root(), to.root()),
                }
            }

            /// Checks what libvirt's parser checks, whatever the driver: the `validate` of the document; see
            /// [`model`](crate::model#what-validate-checks).
            ///
            /// # Errors
            /// The first thing that is wrong, with its element path, and line and column when it was parsed.
            pub fn validate(&self) -> Result<(), XmlError> {
                match self { $(Self::$variant(document) => document.validate(),)+ }
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

        /// The document under the name of its root element: `{"domain": {…}}`.
        impl Serialize for AnyDocument {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(1))?;
                match self { $(Self::$variant(document) => map.serialize_entry($root, document.as_ref())?,)+ }
                map.end()
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
    Backup(BackupConfig) = "domainbackup";
    /// What a host has, and which guests it can run.
    Capabilities(Capabilities) = "capabilities";
    /// A point in time of a guest's disks.
    Checkpoint(CheckpointConfig) = "domaincheckpoint";
    /// The CPU of a host or of a guest.
    Cpu(Cpu) = "cpu";
    /// What a CPU says of itself.
    CpuData(CpuData) = "cpudata";
    /// A guest.
    Domain(DomainConfig) = "domain";
    /// What guests can have.
    DomainCapabilities(DomainCapabilities) = "domainCapabilities";
    /// What a daemon keeps of a running guest.
    DomainStatus(DomainStatus) = "domstatus";
    /// Rules for the traffic of a guest.
    Filter(FilterConfig) = "filter";
    /// A filter in force on the device of a guest.
    FilterBinding(FilterBindingConfig) = "filterbinding";
    /// A network interface of the host.
    HostInterface(HostInterfaceConfig) = "interface";
    /// A guest at its next start.
    InactiveDomain(InactiveDomain) = "inactiveDomain";
    /// What two daemons tell each other during a migration.
    MigrationCookie(MigrationCookie) = "qemu-migration";
    /// A virtual network.
    Network(NetworkConfig) = "network";
    /// What connects an interface of a guest to a network.
    NetworkPort(NetworkPortConfig) = "networkport";
    /// A device of the host.
    NodeDevice(NodeDeviceConfig) = "device";
    /// A storage pool.
    Pool(PoolConfig) = "pool";
    /// Which pools there can be.
    PoolCapabilities(PoolCapabilities) = "storagepoolCapabilities";
    /// What pools can be made of.
    PoolSources(PoolSources) = "sources";
    /// A secret: what it is for, not what it is.
    Secret(SecretConfig) = "secret";
    /// The state of a guest at a moment.
    Snapshot(SnapshotConfig) = "domainsnapshot";
    /// What a machine says of itself.
    SysInfo(SysInfo) = "sysinfo";
    /// A volume of a pool.
    Volume(VolumeConfig) = "volume";
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
        Self::read(&Parsed::of(text, limits)?)
    }

    /// Reads an element of a tree.
    ///
    /// # Errors
    /// As [`from_xml`](Self::from_xml), but for what concerns the text.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        Self::read(&Parsed::of_element(element))
    }

    fn read(parsed: &Parsed<'_>) -> Result<Self, XmlError> {
        let (root, position) = parsed.root();
        let Some(mut document) = Self::empty(root) else {
            let unknown = XmlProblem::Root {
                expected: Self::ROOTS.join("> or <"),
                found: root.to_owned(),
            };
            return Err(XmlError::new(unknown).at(position));
        };
        parsed.fill(document.record_mut())?;
        Ok(document)
    }
}

impl<'de> Deserialize<'de> for AnyDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = serde_json::Map::deserialize(deserializer)?;
        let mut entries = object.into_iter();
        let only = entries.next().filter(|_| entries.next().is_none());
        let found = only.and_then(|(root, value)| Some((Self::empty(&root)?, value)));
        let Some((mut document, value)) = found else {
            let roots = Self::ROOTS.join(", ");
            return Err(D::Error::custom(format!(
                "expected an object with one key, one of: {roots}"
            )));
        };
        from_json(document.record_mut(), value).map_err(D::Error::custom)?;
        Ok(document)
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
