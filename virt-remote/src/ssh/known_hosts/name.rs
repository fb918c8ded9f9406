//! The name a machine's key is looked up by.

use std::fmt;

/// The name a machine's key is looked up by: what the user calls the machine, and the port.
///
/// Names are compared in lower case. An address is a name like any other, an IPv6 one without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostKeyName {
    host: String,
    port: u16,
}

impl HostKeyName {
    /// The key of the machine `host` on `port`.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_ascii_lowercase(),
            port,
        }
    }

    /// The key by an alias (`HostKeyAlias`), which stands for name and port.
    #[must_use]
    pub fn alias(alias: &str) -> Self {
        Self::new(alias, DEFAULT_PORT)
    }

    /// The name without the port, in lower case: what a certificate has to be made out for.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 22 for an alias.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether lines under the plain name count too, when there are none under this one.
    pub(super) fn without_port(&self) -> Option<Self> {
        (self.port != DEFAULT_PORT && self.port != 0).then(|| Self::alias(&self.host))
    }
}

const DEFAULT_PORT: u16 = 22;

/// As it stands in a file: `host`, or `[host]:port` where the port is not 22.
impl fmt::Display for HostKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            0 | DEFAULT_PORT => f.write_str(&self.host),
            port => write!(f, "[{}]:{port}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_is_not_written() {
        assert_eq!(HostKeyName::new("Web.Example", 22).to_string(), "web.example");
        assert_eq!(HostKeyName::new("web", 2222).to_string(), "[web]:2222");
        assert_eq!(HostKeyName::new("::1", 2222).to_string(), "[::1]:2222");
        assert_eq!(HostKeyName::alias("Web").to_string(), "web");
    }

    #[test]
    fn only_another_port_falls_back_to_the_plain_name() {
        assert_eq!(
            HostKeyName::new("web", 2222).without_port(),
            Some(HostKeyName::new("web", 22))
        );
        assert_eq!(HostKeyName::new("web", 22).without_port(), None);
    }
}
