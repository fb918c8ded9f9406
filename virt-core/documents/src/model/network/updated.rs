//! How a network is changed in one part.

use super::config::NetworkConfig;
use super::dhcp::{DhcpHost, DhcpRange};
use super::dns::{DnsHost, DnsService, DnsText};
use super::forward::{Forward, ForwardInterface};
use super::ip::NetworkIp;
use super::port_group::PortGroup;
use super::update::{NetworkUpdate, NetworkUpdateError, UpdateCommand, UpdateItem, UpdateSection};
use super::validate::Part;
use crate::model::problem::missing_attribute;

impl NetworkConfig {
    /// The network with one part changed, as `virNetworkUpdate` changes it; nothing else is checked or changed.
    ///
    /// # Errors
    /// [`NetworkUpdateError`]: the part is not complete or not there, there is one like it, or sections of its kind
    /// are not changed this way.
    pub fn updated(&self, update: &NetworkUpdate) -> Result<Self, NetworkUpdateError> {
        let section = update.item.section();
        let adds_only = matches!(
            section,
            UpdateSection::DhcpRange | UpdateSection::ForwardInterface
        );
        if update.command == UpdateCommand::Modify && adds_only {
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
            let missing = missing_attribute(&interface.rest, "dev");
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
        let deletes = command == UpdateCommand::Delete;
        let part = if deletes { Part::Search } else { Part::Whole };
        host.check(part).map_err(|error| error.within("/host"))?;
        // Several addresses may have the same name, so that it names an entry for removal only.
        let matches = |known: &DnsHost| {
            let named = deletes && known.names.iter().any(|name| host.names.contains(name));
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

    /// Changes port, priority and weight of the record that the rest says, or adds or removes it.
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
        let mut new = service.clone();
        if command == UpdateCommand::Modify
            && let Some(known) = found.and_then(|index| services.get(index))
        {
            new = known.clone();
            new.port = service.port.or(known.port);
            new.priority = service.priority.or(known.priority);
            new.weight = service.weight.or(known.weight);
        }
        command.put(&mut self.dns.get_or_insert_default().services, new, found);
        Ok(())
    }

    fn update_text(&mut self, command: UpdateCommand, text: &DnsText) -> Result<(), NetworkUpdateError> {
        let part = match command {
            UpdateCommand::Delete => Part::Search,
            _ => Part::Whole,
        };
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
