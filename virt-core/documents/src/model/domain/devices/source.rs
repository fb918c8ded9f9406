//! Where the data of a disk is.

use uuid::Uuid;

use super::address::Address;
use super::backing::BackingFormat;
use super::encryption::Encryption;
use crate::model::domain::memory::ScaledText;
use crate::model::domain::private::PrivateData;
use crate::model::domain::security::SecurityLabel;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What happens when a source is missing at start.
    pub enum StartupPolicy {
        /// The guest does not start.
        Mandatory = "mandatory",
        /// It is left out, except after a migration.
        Requisite = "requisite",
        /// It is left out.
        Optional = "optional",
    }
}

/// `<source>` of a disk. Which fields count depends on the type of the disk.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskSource {
    /// The path of a file.
    #[xml(attr)]
    pub file: Option<String>,
    /// The group of descriptors the file is opened through.
    #[xml(attr)]
    pub fdgroup: Option<String>,
    /// The path of a block device.
    #[xml(attr)]
    pub dev: Option<String>,
    /// The path of a directory.
    #[xml(attr)]
    pub dir: Option<String>,
    /// Network: `nbd`, `rbd`, `iscsi`, `gluster`, `http`, `https`, `ftp`, `ftps`, `tftp`, `ssh`, `nfs`, `vxhs`, `sheepdog`.
    #[xml(attr)]
    pub protocol: Option<String>,
    /// Network: volume, image, target or path.
    #[xml(attr)]
    pub name: Option<String>,
    /// Network: the query of a URL.
    #[xml(attr)]
    pub query: Option<String>,
    /// Network: whether TLS is used.
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// Network: the name in the certificate.
    #[xml(attr = "tlsHostname")]
    pub tls_hostname: Option<String>,
    /// Volume: the pool.
    #[xml(attr)]
    pub pool: Option<String>,
    /// Volume: the volume.
    #[xml(attr)]
    pub volume: Option<String>,
    /// Volume: how iSCSI is used, `host` or `direct`. vhost-user: `client` or `server`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// NVMe: `pci`. vhost-user: `unix`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// NVMe: whether the device is detached from the host.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// NVMe: the namespace, from 1.
    #[xml(attr)]
    pub namespace: Option<u32>,
    /// vhost-user: the socket.
    #[xml(attr)]
    pub path: Option<String>,
    /// What happens when it is missing at start.
    #[xml(attr = "startupPolicy")]
    pub startup_policy: Option<StartupPolicy>,
    /// Its number in the chain, of a running domain.
    #[xml(attr)]
    pub index: Option<u32>,
    /// Network: the servers.
    #[xml(child = "host")]
    pub hosts: Vec<SourceHost>,
    /// Network: the snapshot.
    #[xml(child)]
    pub snapshot: Option<Box<SourceSnapshot>>,
    /// Network: the configuration file of the client.
    #[xml(child)]
    pub config: Option<Box<SourceConfig>>,
    /// Network: whether certificates are checked.
    #[xml(child)]
    pub ssl: Option<Box<SourceSsl>>,
    /// HTTP: cookies.
    #[xml(child)]
    pub cookies: Option<Box<SourceCookies>>,
    /// HTTP: how much is read ahead.
    #[xml(child)]
    pub readahead: Option<Box<SourceReadAhead>>,
    /// HTTP: how long an answer may take.
    #[xml(child)]
    pub timeout: Option<Box<SourceTimeout>>,
    /// What happens when the connection breaks.
    #[xml(child)]
    pub reconnect: Option<Box<Reconnect>>,
    /// SSH: known hosts.
    #[xml(child = "knownHosts")]
    pub known_hosts: Option<Box<SourceKnownHosts>>,
    /// SSH, NFS: who we are.
    #[xml(child)]
    pub identity: Option<Box<SourceIdentity>>,
    /// NVMe: the PCI device of the host.
    #[xml(child)]
    pub address: Option<Box<Address>>,
    /// The part of the source that is used.
    #[xml(child)]
    pub slices: Option<Box<SourceSlices>>,
    /// Labels of security drivers.
    #[xml(child = "seclabel")]
    pub seclabels: Vec<SecurityLabel>,
    /// Network: who we are.
    #[xml(child)]
    pub auth: Option<Box<SourceAuth>>,
    /// How it is encrypted.
    #[xml(child)]
    pub encryption: Option<Box<Encryption>>,
    /// Persistent reservations.
    #[xml(child)]
    pub reservations: Option<Box<Reservations>>,
    /// iSCSI: our name.
    #[xml(child)]
    pub initiator: Option<Box<Initiator>>,
    /// qcow2: the file that has the data.
    #[xml(child = "dataStore")]
    pub data_store: Option<Box<DataStore>>,
    /// Status documents: the driver's own.
    #[xml(child = "privateData")]
    pub private_data: Option<Box<PrivateData>>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<host>` of a source: a server.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceHost {
    /// Its name or address.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its port.
    #[xml(attr)]
    pub port: Option<String>,
    /// `tcp`, `rdma`, `unix`.
    #[xml(attr)]
    pub transport: Option<String>,
    /// The path of its socket.
    #[xml(attr)]
    pub socket: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<snapshot>` of a source.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceSnapshot {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<config>` of a source.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceConfig {
    /// Its path.
    #[xml(attr)]
    pub file: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<auth>`: who we are to a server.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceAuth {
    /// The kind (older place).
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The user.
    #[xml(attr)]
    pub username: Option<String>,
    /// The secret.
    #[xml(child)]
    pub secret: Option<AuthSecret>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<secret>` of `<auth>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AuthSecret {
    /// `ceph`, `iscsi`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The UUID of the secret object.
    #[xml(attr)]
    pub uuid: Option<Uuid>,
    /// The usage of the secret object.
    #[xml(attr)]
    pub usage: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<reservations>`: persistent reservations.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Reservations {
    /// Whether they are used (older form).
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// Whether libvirt runs the helper.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// The helper.
    #[xml(child)]
    pub source: Option<ReservationsSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of `<reservations>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ReservationsSource {
    /// `unix`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The path of the socket.
    #[xml(attr)]
    pub path: Option<String>,
    /// `client`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What happens when the connection breaks.
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<initiator>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Initiator {
    /// The name.
    #[xml(child)]
    pub iqn: Option<InitiatorIqn>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iqn>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InitiatorIqn {
    /// The name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<slices>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceSlices {
    /// The parts; one, of type `storage`.
    #[xml(child = "slice")]
    pub slices: Vec<SourceSlice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<slice>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceSlice {
    /// `storage`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Where it begins, in bytes.
    #[xml(attr)]
    pub offset: Option<u64>,
    /// How long it is, in bytes.
    #[xml(attr)]
    pub size: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ssl>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceSsl {
    /// Whether certificates are checked.
    #[xml(attr)]
    pub verify: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cookies>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceCookies {
    /// The cookies.
    #[xml(child = "cookie")]
    pub cookies: Vec<SourceCookie>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cookie>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceCookie {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(text, secret)]
    pub value: Option<crate::model::value::SecretText>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<readahead>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceReadAhead {
    /// Bytes.
    #[xml(attr)]
    pub size: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<timeout>` of a source.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceTimeout {
    /// Seconds.
    #[xml(attr)]
    pub seconds: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<reconnect>`: what happens when a connection breaks.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Reconnect {
    /// Whether it is made again.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// Seconds between attempts.
    #[xml(attr)]
    pub timeout: Option<u32>,
    /// Seconds until waiting requests fail.
    #[xml(attr)]
    pub delay: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<knownHosts>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceKnownHosts {
    /// The path of the file.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<identity>`: who we are to an SSH or NFS server.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceIdentity {
    /// SSH: the user.
    #[xml(attr)]
    pub username: Option<String>,
    /// SSH: the path of the key.
    #[xml(attr)]
    pub keyfile: Option<String>,
    /// SSH: the socket of the agent.
    #[xml(attr)]
    pub agentsock: Option<String>,
    /// NFS: the user.
    #[xml(attr)]
    pub user: Option<String>,
    /// NFS: the group.
    #[xml(attr)]
    pub group: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<metadata_cache>`: the cache of qcow2 metadata.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MetadataCache {
    /// Its largest size, in bytes unless a unit is said.
    #[xml(child)]
    pub max_size: Option<ScaledText>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<dataStore>`: the file that has the data of a qcow2 image.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DataStore {
    /// What the source is.
    #[xml(attr = "type")]
    pub kind: Option<super::disk::DiskType>,
    /// Its format.
    #[xml(child)]
    pub format: Option<BackingFormat>,
    /// The source; none, one, never more.
    #[xml(child = "source")]
    pub source: Vec<DiskSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
