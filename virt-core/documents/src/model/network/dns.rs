//! What the DNS server of a network knows.

use std::net::IpAddr;

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<dns>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Dns {
    /// Whether there is a server; there is unless said (libvirt 2.2).
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// Whether names without a dot are asked for outside; they are unless said.
    #[xml(attr = "forwardPlainNames")]
    pub forward_plain_names: Option<YesNo>,
    /// The servers that are asked for what is not known here.
    #[xml(child = "forwarder")]
    pub forwarders: Vec<DnsForwarder>,
    /// Texts.
    #[xml(child = "txt")]
    pub texts: Vec<DnsText>,
    /// Where services are found.
    #[xml(child = "srv")]
    pub services: Vec<DnsService>,
    /// Names of addresses.
    #[xml(child = "host")]
    pub hosts: Vec<DnsHost>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Dns {
    /// Whether the server was told anything.
    pub(super) fn has_records(&self) -> bool {
        !(self.forwarders.is_empty()
            && self.texts.is_empty()
            && self.services.is_empty()
            && self.hosts.is_empty())
    }
}

/// `<forwarder>`: a server that is asked for what is not known here.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DnsForwarder {
    /// The domain it is asked about; every one unless said (libvirt 2.2).
    #[xml(attr)]
    pub domain: Option<String>,
    /// The server; that of the host unless said (libvirt 1.1.3).
    #[xml(attr = "addr")]
    pub address: Option<IpAddr>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<txt>`: a TXT record.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "txt")]
#[non_exhaustive]
pub struct DnsText {
    /// The name, without blanks and commas.
    #[xml(attr)]
    pub name: Option<String>,
    /// The text.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DnsText {
    /// A text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            value: Some(value.into()),
            ..Self::default()
        }
    }
}

/// `<srv>`: an SRV record.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "srv")]
#[non_exhaustive]
pub struct DnsService {
    /// The service, as `ldap`.
    #[xml(attr)]
    pub service: Option<String>,
    /// The protocol, as `tcp`.
    #[xml(attr)]
    pub protocol: Option<String>,
    /// The domain; that of the network unless said.
    #[xml(attr)]
    pub domain: Option<String>,
    /// The host it is on; `.` for none.
    #[xml(attr)]
    pub target: Option<String>,
    /// The port, 1 to 65535.
    #[xml(attr)]
    pub port: Option<u16>,
    /// Lower ones are asked first.
    #[xml(attr)]
    pub priority: Option<u16>,
    /// How often it is asked among those of the same priority.
    #[xml(attr)]
    pub weight: Option<u16>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DnsService {
    /// A service by its name and protocol, such as `ldap` and `tcp`.
    pub fn new(service: impl Into<String>, protocol: impl Into<String>) -> Self {
        Self {
            service: Some(service.into()),
            protocol: Some(protocol.into()),
            ..Self::default()
        }
    }

    /// The same on a port of a host.
    #[must_use]
    pub fn on(mut self, target: impl Into<String>, port: u16) -> Self {
        self.target = Some(target.into());
        self.port = Some(port);
        self
    }
}

/// `<host>` of `<dns>`: names of an address.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "host")]
#[non_exhaustive]
pub struct DnsHost {
    /// The address.
    #[xml(attr)]
    pub ip: Option<IpAddr>,
    /// Its names.
    #[xml(leaf = "hostname")]
    pub names: Vec<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DnsHost {
    /// An address and its names.
    pub fn new(ip: impl Into<IpAddr>, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            ip: Some(ip.into()),
            names: names.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}
