//! Where a URL that a server tells leads to.

use super::endpoint::Endpoint;

/// A target, and where it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) endpoint: Endpoint,
    /// Path and query: they may be the permission to go there.
    pub(crate) target: String,
    /// Whether it is the server itself.
    pub(crate) is_ours: bool,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("endpoint", &self.endpoint)
            .field("is_ours", &self.is_ours)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Reads a URL. A star for its host is the server itself, by the way that we have reached it. Another host is reached by
    /// the same proxy and believed as the server is; `None` for what is no URL of HTTP, and for one that would have us go to it
    /// without TLS where the server is spoken to with it.
    pub(crate) fn of(url: &str, ours: &Endpoint) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let cut = rest.find(['/', '?'])?;
        let (authority, target) = rest.split_at_checked(cut)?;
        let target = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/{target}")
        };
        let (host, port) = host_and_port(authority, if tls { 443 } else { 80 })?;
        let is_ours = host == "*" || (host.eq_ignore_ascii_case(&ours.host) && port == ours.port);
        let endpoint = if is_ours {
            ours.clone()
        } else if ours.tls && !tls {
            return None;
        } else {
            Endpoint {
                host: host.to_owned(),
                port,
                tls,
                ..ours.clone()
            }
        };
        Some(Self {
            endpoint,
            target,
            is_ours,
        })
    }
}

fn host_and_port(authority: &str, default: u16) -> Option<(&str, u16)> {
    // Nobody is named in it: no user, no password.
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            match after {
                "" => (host, None),
                after => (host, Some(after.strip_prefix(':')?)),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => default,
    };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Trust;
    use super::*;

    fn ours() -> Endpoint {
        Endpoint {
            host: "vc.example".to_owned(),
            port: 8443,
            tls: true,
            trust: Trust::Authorities,
            proxy: None,
        }
    }

    #[test]
    fn a_star_is_the_server_by_the_way_that_we_know() {
        let place = Place::of("https://*:443/guestFile?id=1&token=t", &ours()).unwrap();
        assert!(place.is_ours);
        assert_eq!(place.endpoint, ours());
        assert_eq!(place.target, "/guestFile?id=1&token=t");
        assert!(!format!("{place:?}").contains("token"));
    }

    #[test]
    fn another_host_is_another_place() {
        for (url, host, port, tls) in [
            ("https://esx.example/guestFile?token=t", "esx.example", 443, true),
            ("https://10.0.0.1:8080/f", "10.0.0.1", 8080, true),
            ("https://[fe80::1]:9443/f", "fe80::1", 9443, true),
            ("https://vc.example/f", "vc.example", 443, true),
        ] {
            let place = Place::of(url, &ours()).unwrap();
            assert!(!place.is_ours, "{url}");
            let endpoint = &place.endpoint;
            assert_eq!(
                (endpoint.host.as_str(), endpoint.port, endpoint.tls),
                (host, port, tls)
            );
        }
        assert!(Place::of("https://VC.example:8443/f", &ours()).unwrap().is_ours);
        for wrong in [
            "",
            "ftp://a/b",
            "https://",
            "https:///x",
            "https://a:b/c",
            "https://u@a/c",
            "https://[::1]x/c",
            "http://a/c",
            "a/b",
        ] {
            assert_eq!(Place::of(wrong, &ours()), None, "{wrong}");
        }
        let plain = Endpoint { tls: false, ..ours() };
        assert!(!Place::of("http://a/c", &plain).unwrap().endpoint.tls);
    }
}
