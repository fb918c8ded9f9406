//! Changes of one part of a network, as `virNetworkUpdate` makes them.

use std::net::IpAddr;

use super::dhcp::{DhcpHost, DhcpRange};
use super::dns::{DnsHost, DnsService, DnsText};
use super::forward::ForwardInterface;
use super::port_group::PortGroup;
use crate::xml::XmlError;

/// What is done with the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateCommand {
    /// It takes the place of the one with the same name or address.
    Modify,
    /// The one it names is removed.
    Delete,
    /// It is put behind those that are there.
    AddLast,
    /// It is put before those that are there.
    AddFirst,
}

impl UpdateCommand {
    /// Whether something is added.
    pub(super) fn adds(self) -> bool {
        matches!(self, Self::AddLast | Self::AddFirst)
    }

    /// Puts an item into its list, or in the place of another.
    pub(super) fn put<T>(self, list: &mut Vec<T>, item: T, found: Option<usize>) {
        match (self, found) {
            (Self::AddFirst, _) => list.insert(0, item),
            (Self::AddLast, _) => list.push(item),
            (Self::Modify, Some(index)) => {
                if let Some(old) = list.get_mut(index) {
                    *old = item;
                }
            }
            (Self::Delete, Some(index)) if index < list.len() => {
                list.remove(index);
            }
            (Self::Modify | Self::Delete, _) => {}
        }
    }
}

/// Which part of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateSection {
    /// `<bridge>`.
    Bridge,
    /// `<domain>`.
    Domain,
    /// `<ip>`.
    Ip,
    /// `<host>` in `<dhcp>`.
    DhcpHost,
    /// `<range>` in `<dhcp>`.
    DhcpRange,
    /// `<forward>`.
    Forward,
    /// `<interface>` in `<forward>`.
    ForwardInterface,
    /// `<pf>` in `<forward>`.
    ForwardPf,
    /// `<portgroup>`.
    PortGroup,
    /// `<host>` in `<dns>`.
    DnsHost,
    /// `<txt>` in `<dns>`.
    DnsText,
    /// `<srv>` in `<dns>`.
    DnsService,
}

impl UpdateSection {
    /// Every section.
    pub const ALL: &'static [Self] = &[
        Self::Bridge,
        Self::Domain,
        Self::Ip,
        Self::DhcpHost,
        Self::DhcpRange,
        Self::Forward,
        Self::ForwardInterface,
        Self::ForwardPf,
        Self::PortGroup,
        Self::DnsHost,
        Self::DnsText,
        Self::DnsService,
    ];

    /// The name `virsh net-update` has for it, such as `ip-dhcp-host`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Domain => "domain",
            Self::Ip => "ip",
            Self::DhcpHost => "ip-dhcp-host",
            Self::DhcpRange => "ip-dhcp-range",
            Self::Forward => "forward",
            Self::ForwardInterface => "forward-interface",
            Self::ForwardPf => "forward-pf",
            Self::PortGroup => "portgroup",
            Self::DnsHost => "dns-host",
            Self::DnsText => "dns-txt",
            Self::DnsService => "dns-srv",
        }
    }

    /// The section of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|section| section.name() == name)
    }
}

/// The new part, or the one that names what is to be removed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum UpdateItem {
    /// An address of a certain guest.
    DhcpHost(DhcpHost),
    /// Addresses for any guest.
    DhcpRange(DhcpRange),
    /// A device of the host.
    ForwardInterface(ForwardInterface),
    /// A group of guests.
    PortGroup(Box<PortGroup>),
    /// Names of an address.
    DnsHost(DnsHost),
    /// A TXT record.
    DnsText(DnsText),
    /// An SRV record.
    DnsService(DnsService),
}

impl UpdateItem {
    /// The section it belongs to.
    pub fn section(&self) -> UpdateSection {
        match self {
            Self::DhcpHost(_) => UpdateSection::DhcpHost,
            Self::DhcpRange(_) => UpdateSection::DhcpRange,
            Self::ForwardInterface(_) => UpdateSection::ForwardInterface,
            Self::PortGroup(_) => UpdateSection::PortGroup,
            Self::DnsHost(_) => UpdateSection::DnsHost,
            Self::DnsText(_) => UpdateSection::DnsText,
            Self::DnsService(_) => UpdateSection::DnsService,
        }
    }

    /// Reads the element of a section.
    ///
    /// # Errors
    /// [`NetworkUpdateError::Unsupported`] for a section libvirt does not update;
    /// [`NetworkUpdateError::Fragment`] for a text that is not that element.
    pub fn from_xml(section: UpdateSection, xml: &str) -> Result<Self, NetworkUpdateError> {
        let item = match section {
            UpdateSection::DhcpHost => Self::DhcpHost(DhcpHost::from_xml(xml)?),
            UpdateSection::DhcpRange => Self::DhcpRange(DhcpRange::from_xml(xml)?),
            UpdateSection::ForwardInterface => Self::ForwardInterface(ForwardInterface::from_xml(xml)?),
            UpdateSection::PortGroup => Self::PortGroup(Box::new(PortGroup::from_xml(xml)?)),
            UpdateSection::DnsHost => Self::DnsHost(DnsHost::from_xml(xml)?),
            UpdateSection::DnsText => Self::DnsText(DnsText::from_xml(xml)?),
            UpdateSection::DnsService => Self::DnsService(DnsService::from_xml(xml)?),
            UpdateSection::Bridge
            | UpdateSection::Domain
            | UpdateSection::Ip
            | UpdateSection::Forward
            | UpdateSection::ForwardPf => return Err(unsupported(section)),
        };
        Ok(item)
    }

    /// The element.
    pub fn to_xml(&self) -> String {
        match self {
            Self::DhcpHost(item) => item.to_xml(),
            Self::DhcpRange(item) => item.to_xml(),
            Self::ForwardInterface(item) => item.to_xml(),
            Self::PortGroup(item) => item.to_xml(),
            Self::DnsHost(item) => item.to_xml(),
            Self::DnsText(item) => item.to_xml(),
            Self::DnsService(item) => item.to_xml(),
        }
    }
}

impl From<DhcpHost> for UpdateItem {
    fn from(item: DhcpHost) -> Self {
        Self::DhcpHost(item)
    }
}

impl From<DhcpRange> for UpdateItem {
    fn from(item: DhcpRange) -> Self {
        Self::DhcpRange(item)
    }
}

impl From<ForwardInterface> for UpdateItem {
    fn from(item: ForwardInterface) -> Self {
        Self::ForwardInterface(item)
    }
}

impl From<PortGroup> for UpdateItem {
    fn from(item: PortGroup) -> Self {
        Self::PortGroup(Box::new(item))
    }
}

impl From<DnsHost> for UpdateItem {
    fn from(item: DnsHost) -> Self {
        Self::DnsHost(item)
    }
}

impl From<DnsText> for UpdateItem {
    fn from(item: DnsText) -> Self {
        Self::DnsText(item)
    }
}

impl From<DnsService> for UpdateItem {
    fn from(item: DnsService) -> Self {
        Self::DnsService(item)
    }
}

/// A change of one part of a network.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NetworkUpdate {
    /// What is done.
    pub command: UpdateCommand,
    /// With what.
    pub item: UpdateItem,
    /// DHCP: the number of the `<ip>` it is about, counted from 0; the one with DHCP, else the first, unless said.
    pub parent: Option<usize>,
}

impl NetworkUpdate {
    /// A change.
    pub fn new(command: UpdateCommand, item: impl Into<UpdateItem>) -> Self {
        Self {
            command,
            item: item.into(),
            parent: None,
        }
    }

    /// The same for the `<ip>` of that number, counted from 0.
    #[must_use]
    pub fn of_ip(mut self, number: usize) -> Self {
        self.parent = Some(number);
        self
    }
}

/// Why a network was not changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkUpdateError {
    /// The section is not changed this way; the network has to be defined anew.
    #[error("the section {section} of a network cannot be updated{}", .command.map(|_| " by 'modify': delete and add").unwrap_or_default())]
    Unsupported {
        /// The section.
        section: &'static str,
        /// The command, when others would do.
        command: Option<UpdateCommand>,
    },
    /// The part itself is not accepted.
    #[error("the part is not accepted")]
    Fragment(#[from] XmlError),
    /// The network has no such `<ip>`.
    #[error("the network '{network}' has no <ip>{}", .number.map(|number| format!(" with number {number}")).unwrap_or_default())]
    NoIp {
        /// The network.
        network: String,
        /// The number that was asked for, counted from 0.
        number: Option<usize>,
    },
    /// The address belongs to the other family.
    #[error("{address} is not of the family of the <ip> it is for")]
    Family {
        /// The address.
        address: IpAddr,
    },
    /// Another address of the family has DHCP already.
    #[error("another <ip> of the network '{network}' has DHCP, which one of each family can have")]
    SecondDhcp {
        /// The network.
        network: String,
    },
    /// There is one like it already.
    #[error("the network '{network}' has {existing} already")]
    Exists {
        /// The network.
        network: String,
        /// What is there.
        existing: String,
    },
    /// There is none like it.
    #[error("the network '{network}' has nothing that matches {wanted}")]
    NotFound {
        /// The network.
        network: String,
        /// What was looked for.
        wanted: String,
    },
    /// There are several like it.
    #[error("the network '{network}' has {count} entries that match {wanted}: say more of it")]
    Ambiguous {
        /// The network.
        network: String,
        /// What was looked for.
        wanted: String,
        /// How many there are.
        count: usize,
    },
    /// Guests use the device.
    #[error("{connections} guests use the device '{dev}' of the network '{network}'")]
    InUse {
        /// The network.
        network: String,
        /// The device.
        dev: String,
        /// How many.
        connections: u32,
    },
}

fn unsupported(section: UpdateSection) -> NetworkUpdateError {
    NetworkUpdateError::Unsupported {
        section: section.name(),
        command: None,
    }
}
