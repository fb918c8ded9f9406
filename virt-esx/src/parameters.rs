//! What a URI says: where the server is, by which way, and how it is believed.

use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use crate::soap::{Endpoint, Proxy, ProxyKind, Trust};

/// The parameters that `esx://` and `vpx://` know; all but the last are libvirt's.
const KNOWN: &[&str] = &[
    "transport",
    "no_verify",
    "auto_answer",
    "proxy",
    "vcenter",
    "thumbprint",
];

/// Where a proxy listens unless said.
const PROXY_PORT: u16 = 1080;

/// What a URI says of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) endpoint: Endpoint,
    /// The user to log in as; asked for where none is named.
    pub(crate) user: Option<String>,
    /// Whether questions of virtual machines are answered by their defaults.
    pub(crate) auto_answer: bool,
    /// The vCenter that manages a host: needed to migrate away from it.
    pub(crate) vcenter: Option<VCenter>,
    /// `datacenter/…/host` of a vCenter's URI: what of the inventory the connection is about. Empty for all of it.
    pub(crate) path: Vec<String>,
}

/// `vcenter=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VCenter {
    /// Whichever the host says it is managed by.
    Managing,
    /// This one.
    Named(String),
}

impl Parameters {
    pub(crate) fn of(uri: &ConnectUri) -> Result<Self> {
        uri.only_parameters(KNOWN)?;
        if let Some(transport) = uri.transport() {
            let message = format!(
                "{}+{transport}:// is no way to a vSphere server: say {}://HOST/",
                uri.driver(),
                uri.driver()
            );
            return Err(wrong(uri, message));
        }
        let host = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| wrong(uri, "the URI names no host".to_owned()))?;
        let tls = match uri.parameter("transport") {
            None | Some("https") => true,
            Some("http") => false,
            Some(other) => {
                let message = format!("transport={other:?} is none: say http or https");
                return Err(wrong(uri, message));
            }
        };
        let path: Vec<String> = uri
            .path()
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        if uri.driver() == "esx" && !path.is_empty() {
            let message = format!(
                "a host of its own has no path, and this one is {:?}: for a vCenter say vpx://",
                uri.path()
            );
            return Err(wrong(uri, message));
        }
        let port = uri.port().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self {
            endpoint: Endpoint {
                host: host.to_owned(),
                port,
                tls,
                trust: trust(uri)?,
                proxy: uri
                    .parameter("proxy")
                    .map(|proxy| read_proxy(uri, proxy))
                    .transpose()?,
            },
            user: uri.user().map(str::to_owned),
            auto_answer: switch(uri, "auto_answer")?,
            vcenter: match uri.parameter("vcenter") {
                None => None,
                Some("") => return Err(wrong(uri, "vcenter= names none: say a host, or *".to_owned())),
                Some("*") => Some(VCenter::Managing),
                Some(name) => Some(VCenter::Named(name.to_owned())),
            },
            path,
        })
    }
}

fn trust(uri: &ConnectUri) -> Result<Trust> {
    let anybody = switch(uri, "no_verify")?;
    match uri.parameter("thumbprint") {
        Some(_) if anybody => Err(wrong(
            uri,
            "thumbprint= says which certificate is right, and no_verify=1 that any is: say one of them"
                .to_owned(),
        )),
        Some(text) => text
            .parse()
            .map(Trust::Thumbprint)
            .map_err(|message| wrong(uri, message)),
        None if anybody => Ok(Trust::Anybody),
        None => Ok(Trust::Authorities),
    }
}

/// `0` and `1`, as libvirt has its switches.
fn switch(uri: &ConnectUri, name: &str) -> Result<bool> {
    match uri.parameter(name) {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(other) => Err(wrong(uri, format!("{name}={other:?} is neither 0 nor 1"))),
    }
}

/// `[http|socks|socks4|socks4a|socks5://]host[:port]`.
fn read_proxy(uri: &ConnectUri, text: &str) -> Result<Proxy> {
    let (kind, rest) = match text.split_once("://") {
        None => (ProxyKind::Http, text),
        Some(("http", rest)) => (ProxyKind::Http, rest),
        Some(("socks" | "socks5", rest)) => (ProxyKind::Socks5, rest),
        Some(("socks4", rest)) => (ProxyKind::Socks4, rest),
        Some(("socks4a", rest)) => (ProxyKind::Socks4a, rest),
        Some((other, _)) => {
            let message = format!("proxy={other}:// is none: say http, socks, socks4, socks4a or socks5");
            return Err(wrong(uri, message));
        }
    };
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let port = match port {
        None => PROXY_PORT,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or_else(|| wrong(uri, format!("the port of proxy={text:?} is none")))?,
    };
    if host.is_empty() {
        return Err(wrong(uri, format!("proxy={text:?} names no host")));
    }
    Ok(Proxy {
        kind,
        host: host.to_owned(),
        port,
    })
}

fn wrong(uri: &ConnectUri, message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Connection(uri.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Result<Parameters> {
        Parameters::of(&uri.parse().unwrap())
    }

    #[test]
    fn a_host_is_reached_by_tls_and_has_to_show_who_it_is() {
        let parameters = of("esx://root@far.example/").unwrap();
        assert_eq!(parameters.endpoint.port, 443);
        assert!(parameters.endpoint.tls);
        assert_eq!(parameters.endpoint.trust, Trust::Authorities);
        assert_eq!(parameters.user.as_deref(), Some("root"));
        assert!(!parameters.auto_answer);
    }

    #[test]
    fn all_of_libvirts_parameters_are_read() {
        let text = "vpx://far.example:8443/dc/folder/cluster/host?transport=http&no_verify=1&auto_answer=1&vcenter=*&\
                    proxy=socks5://[::1]:1081";
        let parameters = of(text).unwrap();
        let endpoint = parameters.endpoint;
        assert_eq!((endpoint.port, endpoint.tls), (8443, false));
        assert_eq!(endpoint.trust, Trust::Anybody);
        assert!(parameters.auto_answer);
        assert_eq!(parameters.vcenter, Some(VCenter::Managing));
        assert_eq!(parameters.path, ["dc", "folder", "cluster", "host"]);
        let proxy = endpoint.proxy.unwrap();
        assert_eq!(
            (proxy.kind, proxy.host.as_str(), proxy.port),
            (ProxyKind::Socks5, "::1", 1081)
        );
        let proxy = of("esx://h/?proxy=squid").unwrap().endpoint.proxy.unwrap();
        assert_eq!((proxy.kind, proxy.port), (ProxyKind::Http, 1080));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (uri, word) in [
            ("esx:///", "no host"),
            ("esx+ssh://h/", "esx+ssh"),
            ("esx://h/dc", "vpx://"),
            ("esx://h/?transport=ftp", "ftp"),
            ("esx://h/?no_verify=yes", "no_verify"),
            ("esx://h/?no_verfy=1", "no_verfy"),
            ("esx://h/?proxy=ftp://p", "ftp"),
            ("esx://h/?proxy=http://p:0", "port"),
            ("esx://h/?proxy=socks5://:1", "no host"),
            ("esx://h/?vcenter=", "vcenter"),
            ("esx://h/?thumbprint=xyz", "xyz"),
            (
                "esx://h/?no_verify=1&thumbprint=00112233445566778899aabbccddeeff00112233",
                "one of them",
            ),
        ] {
            let error = of(uri).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{uri}");
            assert!(error.to_string().contains(word), "{uri}: {error}");
        }
    }
}
