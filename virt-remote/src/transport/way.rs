//! Which transport a URI names.

use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

/// A transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// A unix socket of this machine: what a URI without a host means.
    Unix,
    /// TCP, unencrypted.
    Tcp,
    /// TLS: what a URI with a host and no transport means.
    Tls,
    /// A login by SSH.
    Ssh,
    /// The same, by libvirt's name for its client that uses libssh.
    Libssh,
    /// The same, by libvirt's name for its client that uses libssh2.
    Libssh2,
}

impl Way {
    const ALL: [Self; 6] = [
        Self::Unix,
        Self::Tcp,
        Self::Tls,
        Self::Ssh,
        Self::Libssh,
        Self::Libssh2,
    ];

    /// What stands in a URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ssh => "ssh",
            Self::Libssh => "libssh",
            Self::Libssh2 => "libssh2",
        }
    }

    /// The transport of a URI.
    ///
    /// # Errors
    /// `Unsupported` for one that is not known here; `InvalidArgument` for a host it can't have, and for none where it
    /// needs one.
    pub fn of(uri: &ConnectUri) -> Result<Self> {
        let about = |error: Error| error.with_subject(Subject::Connection(uri.to_string()));
        let refuse = |message: String| about(Error::new(ErrorKind::InvalidArgument, message));
        let way = match uri.transport() {
            None if uri.host().is_some() => Self::Tls,
            None => Self::Unix,
            Some("ext") => {
                return Err(about(Error::unsupported(
                    "the transport ext, a program of the user's own, is not offered here: \
                     an ssh of one's own is named by +ssh and command=",
                )));
            }
            Some(name) => Self::ALL
                .into_iter()
                .find(|way| way.name() == name)
                .ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|way| way.name()).collect();
                    let known = known.join(", ");
                    about(Error::unsupported(format!(
                        "no transport {name:?} to a libvirt daemon (there are {known})"
                    )))
                })?,
        };
        match (way, uri.host()) {
            (Self::Unix, Some(host)) => Err(refuse(format!(
                "a unix socket is on this machine: {host:?} is reached by +ssh or +tls"
            ))),
            (Self::Unix, None) | (_, Some(_)) => Ok(way),
            (_, None) => Err(refuse(format!(
                "the URI has no host to connect to by {}",
                way.name()
            ))),
        }
    }

    /// Whether it logs in to a machine by SSH.
    #[must_use]
    pub const fn is_ssh(self) -> bool {
        matches!(self, Self::Ssh | Self::Libssh | Self::Libssh2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Result<Way> {
        Way::of(&uri.parse().expect("a URI"))
    }

    #[test]
    fn a_uri_without_a_transport_means_what_it_means_to_libvirt() {
        for (uri, way) in [
            ("qemu:///system", Way::Unix),
            ("qemu://far/system", Way::Tls),
            ("qemu+unix:///system", Way::Unix),
            ("xen+tcp://far/", Way::Tcp),
            ("qemu+SSH://far/system", Way::Ssh),
            ("qemu+libssh2://far/system", Way::Libssh2),
        ] {
            assert_eq!(of(uri).expect("a way"), way, "{uri}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_named() {
        for (uri, kind, part) in [
            ("qemu+unix://far/system", ErrorKind::InvalidArgument, "\"far\""),
            ("qemu+tls:///system", ErrorKind::InvalidArgument, "no host"),
            ("qemu+ext:///system", ErrorKind::Unsupported, "command="),
            ("qemu+quic://far/system", ErrorKind::Unsupported, "libssh2"),
        ] {
            let error = of(uri).expect_err("an error");
            assert_eq!(error.kind(), kind, "{uri}");
            assert!(error.message().contains(part), "{uri}: {error}");
        }
    }
}
