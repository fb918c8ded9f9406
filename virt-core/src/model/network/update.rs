//! Changes of one part of a network, as `virNetworkUpdate` makes them.

use std::net::IpAddr;

use super::config::NetworkConfig;
use super::dhcp::{DhcpHost, DhcpRange};
use super::dns::{DnsHost, DnsService, DnsText};
use super::forward::{Forward, ForwardInterface};
use super::ip::NetworkIp;
use super::port_group::PortGroup;
use super::validate::Part;
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
    fn adds(self) -> bool {
        matches!(self, Self::AddLast | Self::AddFirst)
    }

    /// Puts an item into its list, or in the place of another.
    fn put<T>(self, list: &mut Vec<T>, item: T, found: Option<usize>) {
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
    PortGroup(PortGroup),
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
            UpdateSection::PortGroup => Self::PortGroup(PortGroup::from_xml(xml)?),
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
    pub fn new(command: UpdateCommand, item: UpdateItem) -> Self {
        Self {
            command,
            item,
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
    #[error("the {0}")]
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

impl NetworkConfig {
    /// The network with one part changed, as `virNetworkUpdate` changes it; nothing else is checked or changed.
    ///
    /// # Errors
    /// [`NetworkUpdateError`]: the part is not complete or not there, there is one like it, or sections of its kind
    /// are not changed this way.
    pub fn updated(&self, update: &NetworkUpdate) -> Result<Self, NetworkUpdateError> {
        let section = update.item.section();
        let modifies = matches!(section, UpdateSection::DhcpHost | UpdateSection::PortGroup);
        if update.command == UpdateCommand::Modify && !modifies {
            return Err(NetworkUpdateError::Unsupported {
                section: section.name(),
                command: Some(update.command),
            });
        }
        let mut changed = self.clone();
        changed.apply(update)?;
        Ok(changed)
    }

    fn apply(&mut self, update: &NetworkUpdate) -> Result<(), NetworkUpdateError> {
        let command = update.command;
        match &update.item {
            UpdateItem::DhcpHost(host) => self.update_host(command, update.parent, host),
            UpdateItem::DhcpRange(range) => self.update_range(command, update.parent, range),
            UpdateItem::ForwardInterface(interface) => self.update_interface(command, interface),
            UpdateItem::PortGroup(group) => self.update_port_group(command, group),
            UpdateItem::DnsHost(host) => self.update_dns_host(command, host),
            UpdateItem::DnsText(text) => self.update_text(command, text),
            UpdateItem::DnsService(service) => self.update_service(command, service),
        }
    }

    fn exists<T>(&self, existing: impl Into<String>) -> Result<T, NetworkUpdateError> {
        Err(NetworkUpdateError::Exists {
            network: self.name.clone(),
            existing: existing.into(),
        })
    }

    fn not_found<T>(&self, wanted: String) -> Result<T, NetworkUpdateError> {
        Err(NetworkUpdateError::NotFound {
            network: self.name.clone(),
            wanted,
        })
    }

    /// The number of the `<ip>` a DHCP entry is about.
    fn ip_number(&self, parent: Option<usize>) -> Result<usize, NetworkUpdateError> {
        let none = || NetworkUpdateError::NoIp {
            network: self.name.clone(),
            number: parent,
        };
        if let Some(number) = parent {
            return self.ips.get(number).map(|_| number).ok_or_else(none);
        }
        let first = |fits: fn(&NetworkIp) -> bool| self.ips.iter().position(fits);
        first(NetworkIp::has_dhcp)
            .or_else(|| first(|ip| !ip.is_ipv6()))
            .or_else(|| first(NetworkIp::is_ipv6))
            .ok_or_else(none)
    }

    /// One address of each family may have DHCP.
    fn check_single_dhcp(&self, number: usize) -> Result<(), NetworkUpdateError> {
        let ipv6 = self.ips.get(number).is_some_and(NetworkIp::is_ipv6);
        let mut others = self.ips.iter().enumerate().filter(|(other, _)| *other != number);
        match others.any(|(_, ip)| ip.is_ipv6() == ipv6 && ip.has_dhcp()) {
            true => Err(NetworkUpdateError::SecondDhcp {
                network: self.name.clone(),
            }),
            false => Ok(()),
        }
    }

    fn update_host(
        &mut self,
        command: UpdateCommand,
        parent: Option<usize>,
        host: &DhcpHost,
    ) -> Result<(), NetworkUpdateError> {
        let number = self.ip_number(parent)?;
        let Some(ip) = self.ips.get(number) else {
            return Ok(());
        };
        let part = match command {
            UpdateCommand::Delete => Part::Search,
            _ => Part::Whole,
        };
        host.check(ip, part).map_err(|error| error.within("/host"))?;
        match host.ip {
            Some(address) if part == Part::Whole && address.is_ipv6() != ip.is_ipv6() => {
                return Err(NetworkUpdateError::Family { address });
            }
            _ => {}
        }
        let hosts = ip
            .dhcp
            .as_ref()
            .map(|dhcp| dhcp.hosts.as_slice())
            .unwrap_or_default();
        let found = match command {
            UpdateCommand::Delete => hosts.iter().position(|known| is_named_by(host, known)),
            _ => hosts.iter().position(|known| is_same(host, known)),
        };
        match (command, found) {
            (UpdateCommand::AddFirst | UpdateCommand::AddLast, _) => {
                self.check_single_dhcp(number)?;
                if found.is_some() {
                    return self.exists("a host with this address or name");
                }
            }
            (_, None) => return self.not_found(host.to_xml()),
            (_, Some(_)) => {}
        }
        if let Some(ip) = self.ips.get_mut(number) {
            let hosts = &mut ip.dhcp.get_or_insert_default().hosts;
            command.put(hosts, host.clone(), found);
        }
        Ok(())
    }

    fn update_range(
        &mut self,
        command: UpdateCommand,
        parent: Option<usize>,
        range: &DhcpRange,
    ) -> Result<(), NetworkUpdateError> {
        let number = self.ip_number(parent)?;
        let Some(ip) = self.ips.get(number) else {
            return Ok(());
        };
        range.check(ip).map_err(|error| error.within("/range"))?;
        let ranges = ip
            .dhcp
            .as_ref()
            .map(|dhcp| dhcp.ranges.as_slice())
            .unwrap_or_default();
        let same = |known: &DhcpRange| known.start == range.start && known.end == range.end;
        let found = ranges.iter().position(same);
        if command.adds() {
            self.check_single_dhcp(number)?;
            if found.is_some() {
                return self.exists("this range");
            }
        } else if found.is_none() {
            return self.not_found(range.to_xml());
        }
        if let Some(ip) = self.ips.get_mut(number) {
            let ranges = &mut ip.dhcp.get_or_insert_default().ranges;
            command.put(ranges, range.clone(), found);
        }
        Ok(())
    }

    fn update_interface(
        &mut self,
        command: UpdateCommand,
        interface: &ForwardInterface,
    ) -> Result<(), NetworkUpdateError> {
        let Some(dev) = interface.dev.clone() else {
            let missing = crate::model::problem::missing_attribute(&interface.rest, "dev");
            return Err(missing.within("/interface/@dev").into());
        };
        let mut forward = self.forward.clone().unwrap_or_default();
        // The device may be said by the attribute only.
        if forward.interfaces.is_empty() {
            forward.interfaces = forward
                .dev
                .take()
                .map(ForwardInterface::new)
                .into_iter()
                .collect();
        }
        let found = forward
            .interfaces
            .iter()
            .position(|known| known.dev.as_ref() == Some(&dev));
        match found.and_then(|index| forward.interfaces.get(index)) {
            Some(_) if command.adds() => return self.exists(format!("the device '{dev}'")),
            None if !command.adds() => return self.not_found(interface.to_xml()),
            Some(known) if known.connections.unwrap_or_default() > 0 => {
                return Err(NetworkUpdateError::InUse {
                    network: self.name.clone(),
                    dev,
                    connections: known.connections.unwrap_or_default(),
                });
            }
            _ => {}
        }
        command.put(&mut forward.interfaces, interface.clone(), found);
        forward.dev = forward.interfaces.first().and_then(|first| first.dev.clone());
        self.set_forward(forward);
        Ok(())
    }

    /// An isolated network has devices in vain, so it gets none.
    fn set_forward(&mut self, forward: Forward) {
        if let Some(known) = &mut self.forward {
            *known = forward;
        }
    }

    fn update_port_group(
        &mut self,
        command: UpdateCommand,
        group: &PortGroup,
    ) -> Result<(), NetworkUpdateError> {
        group.check().map_err(|error| error.within("/portgroup"))?;
        let found = self.portgroups.iter().position(|known| known.name == group.name);
        match found {
            None if !command.adds() => return self.not_found(group.to_xml()),
            Some(_) if command.adds() => {
                let name = group.name.as_deref().unwrap_or_default();
                return self.exists(format!("the port group '{name}'"));
            }
            _ => {}
        }
        let default = self.portgroups.iter().rposition(PortGroup::is_default);
        if command != UpdateCommand::Delete && group.is_default() && default.is_some() && default != found {
            return self.exists("another default port group");
        }
        command.put(&mut self.portgroups, group.clone(), found);
        Ok(())
    }

    fn update_dns_host(&mut self, command: UpdateCommand, host: &DnsHost) -> Result<(), NetworkUpdateError> {
        let adds = command.adds();
        let part = if adds { Part::Whole } else { Part::Search };
        host.check(part).map_err(|error| error.within("/host"))?;
        let matches = |known: &DnsHost| {
            let named = !adds && known.names.iter().any(|name| host.names.contains(name));
            named || (host.ip.is_some() && host.ip == known.ip)
        };
        let hosts = self
            .dns
            .as_ref()
            .map(|dns| dns.hosts.as_slice())
            .unwrap_or_default();
        let found = self.single(command, hosts, matches, || host.to_xml())?;
        command.put(&mut self.dns.get_or_insert_default().hosts, host.clone(), found);
        Ok(())
    }

    fn update_service(
        &mut self,
        command: UpdateCommand,
        service: &DnsService,
    ) -> Result<(), NetworkUpdateError> {
        let part = if command.adds() { Part::Whole } else { Part::Search };
        service.check(part).map_err(|error| error.within("/srv"))?;
        let fits = |wanted: &Option<String>, known: &Option<String>| wanted.is_none() || wanted == known;
        let matches = |known: &DnsService| {
            fits(&service.domain, &known.domain)
                && fits(&service.service, &known.service)
                && fits(&service.protocol, &known.protocol)
                && fits(&service.target, &known.target)
        };
        let services = self
            .dns
            .as_ref()
            .map(|dns| dns.services.as_slice())
            .unwrap_or_default();
        let found = self.single(command, services, matches, || service.to_xml())?;
        command.put(
            &mut self.dns.get_or_insert_default().services,
            service.clone(),
            found,
        );
        Ok(())
    }

    fn update_text(&mut self, command: UpdateCommand, text: &DnsText) -> Result<(), NetworkUpdateError> {
        let part = if command.adds() { Part::Whole } else { Part::Search };
        text.check(part).map_err(|error| error.within("/txt"))?;
        let texts = self
            .dns
            .as_ref()
            .map(|dns| dns.texts.as_slice())
            .unwrap_or_default();
        let found = texts.iter().position(|known| known.name == text.name);
        match found {
            None if !command.adds() => return self.not_found(text.to_xml()),
            Some(_) if command.adds() => {
                let name = text.name.as_deref().unwrap_or_default();
                return self.exists(format!("a text with the name '{name}'"));
            }
            _ => {}
        }
        command.put(&mut self.dns.get_or_insert_default().texts, text.clone(), found);
        Ok(())
    }

    /// The one entry that matches: none when adding, one when removing.
    fn single<T>(
        &self,
        command: UpdateCommand,
        entries: &[T],
        matches: impl Fn(&T) -> bool,
        wanted: impl Fn() -> String,
    ) -> Result<Option<usize>, NetworkUpdateError> {
        let found: Vec<usize> = (0_usize..)
            .zip(entries)
            .filter(|(_, entry)| matches(entry))
            .map(|(index, _)| index)
            .collect();
        match (command.adds(), found.as_slice()) {
            (true, []) => Ok(None),
            (true, _) => self.exists(format!("a record that matches {}", wanted())),
            (false, []) => self.not_found(wanted()),
            (false, [only]) => Ok(Some(*only)),
            (false, several) => Err(NetworkUpdateError::Ambiguous {
                network: self.name.clone(),
                wanted: wanted(),
                count: several.len(),
            }),
        }
    }
}

/// Whether both are the same guest, or get the same address.
fn is_same(one: &DhcpHost, other: &DhcpHost) -> bool {
    (one.mac.is_some() && one.mac == other.mac)
        || (one.ip.is_some() && one.ip == other.ip)
        || (one.name.is_some() && one.name == other.name)
}

/// Whether all that `wanted` says is true of `known`.
fn is_named_by(wanted: &DhcpHost, known: &DhcpHost) -> bool {
    (wanted.mac.is_none() || known.mac.is_none() || wanted.mac == known.mac)
        && (wanted.name.is_none() || wanted.name == known.name)
        && (wanted.ip.is_none() || wanted.ip == known.ip)
}
