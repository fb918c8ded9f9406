//! The root: what a backup is, element by element in libvirt's order.

use super::builder::BackupBuilder;
use super::disk::{BackupDisk, BackupDisks};
use super::private::BackupPrivateData;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Who moves the data.
    pub enum BackupMode {
        /// The hypervisor writes it to targets.
        Push = "push",
        /// A client reads it from a server of the hypervisor's; changes of the guest go to scratch images meanwhile.
        Pull = "pull",
    }

    /// How a client reaches the server of a pull backup.
    pub enum BackupTransport {
        Tcp = "tcp",
        Unix = "unix",
        /// A listening socket handed over (libvirt 10.2.0).
        Fd = "fd",
    }
}

/// `<domainbackup>`: a copy of disks while the guest runs, as `virDomainBackupBegin` takes it and
/// `virDomainBackupGetXMLDesc` gives it (libvirt 6.0.0).
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domainbackup")]
#[non_exhaustive]
pub struct BackupConfig {
    /// Who moves the data; pushed unless said.
    #[xml(attr)]
    pub mode: Option<BackupMode>,
    /// Only what changed since that checkpoint.
    #[xml(leaf)]
    pub incremental: Option<String>,
    /// Pull: where clients come to.
    #[xml(child)]
    pub server: Option<BackupServer>,
    /// What happens to each disk; all that can be written to are copied unless said.
    #[xml(child)]
    pub disks: Option<BackupDisks>,
    /// What the daemon keeps for itself.
    #[xml(child = "privateData")]
    pub private_data: Option<BackupPrivateData>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<server>`: where clients of a pull backup come to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupServer {
    /// How it is reached; TCP unless said.
    #[xml(attr)]
    pub transport: Option<BackupTransport>,
    /// Whether TLS is used (libvirt 6.6.0).
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// TCP: the name or address it listens on.
    #[xml(attr)]
    pub name: Option<String>,
    /// TCP: the port, 1 to 65535.
    #[xml(attr)]
    pub port: Option<u32>,
    /// Unix: the path of the socket, absolute.
    #[xml(attr)]
    pub socket: Option<String>,
    /// Fd: the group of descriptors with the socket.
    #[xml(attr)]
    pub fdgroup: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl BackupServer {
    /// A server on that name or address and port.
    pub fn tcp(name: impl Into<String>, port: u16) -> Self {
        Self {
            name: Some(name.into()),
            port: Some(u32::from(port)),
            ..Self::by(BackupTransport::Tcp)
        }
    }

    /// A server on that Unix socket; the path is absolute.
    pub fn unix(socket: impl Into<String>) -> Self {
        Self {
            socket: Some(socket.into()),
            ..Self::by(BackupTransport::Unix)
        }
    }

    /// A server on a listening socket handed over as that group of descriptors.
    pub fn fd(group: impl Into<String>) -> Self {
        Self {
            fdgroup: Some(group.into()),
            ..Self::by(BackupTransport::Fd)
        }
    }

    /// The same with TLS.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.tls = Some(YesNo::Yes);
        self
    }

    fn by(transport: BackupTransport) -> Self {
        Self {
            transport: Some(transport),
            ..Self::default()
        }
    }
}

impl BackupConfig {
    /// Starts a backup the hypervisor writes to targets.
    pub fn push() -> BackupBuilder {
        BackupBuilder::new(BackupMode::Push, None)
    }

    /// Starts a backup clients read from that server.
    pub fn pull(server: BackupServer) -> BackupBuilder {
        BackupBuilder::new(BackupMode::Pull, Some(server))
    }

    /// Who moves the data, as libvirt reads it.
    pub fn is_pull(&self) -> bool {
        self.mode == Some(BackupMode::Pull)
    }

    /// The rows of its disks.
    pub fn rows(&self) -> &[BackupDisk] {
        self.disks
            .as_ref()
            .map(|list| list.disks.as_slice())
            .unwrap_or_default()
    }
}
