//! Where a server is, by which way it is reached, and how it is believed.

use std::fmt;

use super::thumbprint::Thumbprint;

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Its name or address, IPv6 without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether TLS is spoken.
    pub(crate) tls: bool,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Proxy>,
}

/// Whose certificate is taken for the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// One that an authority of this machine has signed, for the name the server is reached by.
    Authorities,
    /// The one with this thumbprint, whoever signed it.
    Thumbprint(Thumbprint),
    /// Any.
    Anybody,
}

/// Somebody between us and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) kind: ProxyKind,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyKind {
    /// HTTP's CONNECT.
    Http,
    /// SOCKS version 4: the server's address is looked up here.
    Socks4,
    /// The same with the server's name looked up there.
    Socks4a,
    /// SOCKS version 5; the name is looked up there.
    Socks5,
}

impl Endpoint {
    /// The server as HTTP's `Host:` names it.
    pub(crate) fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        let host = bracketed(&self.host);
        if self.port == default {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", bracketed(&self.host), self.port)
    }
}

/// A host as it stands before a port.
pub(super) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}
