//! What libvirt's parser checks of DNS records.

use super::dns::{Dns, DnsForwarder, DnsHost, DnsService, DnsText};
use super::validate::Part;
use crate::model::problem::{each, missing, missing_attribute, wrong};
use crate::model::value::YesNo;
use crate::xml::XmlError;

impl Dns {
    pub(super) fn check(&self) -> Result<(), XmlError> {
        each("forwarder", &self.forwarders, DnsForwarder::check)?;
        each("host", &self.hosts, |host| host.check(Part::Whole))?;
        each("srv", &self.services, |service| service.check(Part::Whole))?;
        each("txt", &self.texts, |text| text.check(Part::Whole))?;
        if self.enable == Some(YesNo::No) && self.has_records() {
            let sentence = "there are records though there is no DNS server: leave them or enable='no' out";
            return Err(wrong(&self.rest, sentence).within("@enable"));
        }
        Ok(())
    }
}

impl DnsForwarder {
    fn check(&self) -> Result<(), XmlError> {
        match self.address.is_some() || self.domain.is_some() {
            true => Ok(()),
            false => Err(missing(&self.rest, "the attribute 'addr' or 'domain'")),
        }
    }
}

impl DnsHost {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        if let Some(index) = self.names.iter().position(String::is_empty) {
            let path = format!("hostname[{}]", index + 1);
            return Err(missing(&self.rest, "the name of the host").within(&path));
        }
        let (named, placed) = (!self.names.is_empty(), self.ip.is_some());
        match part {
            Part::Whole if !named => Err(missing(&self.rest, "the element <hostname>").within("hostname")),
            Part::Whole if !placed => Err(missing_attribute(&self.rest, "ip").within("@ip")),
            Part::Search if !named && !placed => {
                Err(missing(&self.rest, "the attribute 'ip' or an element <hostname>"))
            }
            _ => Ok(()),
        }
    }
}

impl DnsService {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        let rest = &self.rest;
        let text = |name: &str, value: Option<&String>, signs: &str| {
            let within = |error: XmlError| error.within(&format!("@{name}"));
            let is_sign = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
            match value {
                None if part == Part::Whole => Err(within(missing_attribute(rest, name))),
                Some(value) if !value.chars().all(is_sign) => {
                    let sentence =
                        format!("'{value}' has a character that is no letter, digit or one of {signs}");
                    Err(within(wrong(rest, sentence)))
                }
                _ => Ok(()),
            }
        };
        text("service", self.service.as_ref(), "_-+/*")?;
        text("protocol", self.protocol.as_ref(), "-+/")?;
        if self.service.as_ref().is_some_and(|service| service.len() > 512) {
            return Err(wrong(rest, "the service has more than 512 bytes").within("@service"));
        }
        if self.target.is_none() {
            let said = [
                ("port", self.port.is_some()),
                ("priority", self.priority.is_some()),
                ("weight", self.weight.is_some()),
            ];
            if let Some((name, _)) = said.iter().find(|(_, said)| *said) {
                let sentence = format!("'{name}' means nothing without 'target'");
                return Err(wrong(rest, sentence).within(&format!("@{name}")));
            }
        }
        match self.port {
            Some(0) => Err(wrong(rest, "the port is 0; it begins at 1").within("@port")),
            _ => Ok(()),
        }
    }
}

impl DnsText {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        let rest = &self.rest;
        let Some(name) = &self.name else {
            return Err(missing_attribute(rest, "name").within("@name"));
        };
        if name.contains([' ', ',']) {
            let sentence = format!("the name '{name}' has a blank or a comma");
            return Err(wrong(rest, sentence).within("@name"));
        }
        match part == Part::Whole && self.value.is_none() {
            true => Err(missing_attribute(rest, "value").within("@value")),
            false => Ok(()),
        }
    }
}
