//! What a URI says of the way over SSH.

use virt_core::{ConnectUri, Error, Result, Subject};

use crate::ssh::config::HostKeyChecking;
use crate::ssh::{LoginWays, Overrides};
use crate::transport::Way;
use crate::transport::parameters::{choice, refusal, switch};

/// How the daemon's socket is reached from the far sshd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// By libvirt's own program there, which finds the socket, and starts a session's daemon.
    Helper,
    /// By sshd itself.
    Socket,
    /// By netcat.
    Netcat,
}

/// What a URI says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SshWay {
    /// What is tried, in this order.
    pub(super) steps: Vec<Step>,
    /// The far machine's netcat.
    pub(super) netcat: String,
    /// Nobody is asked for anything to log in.
    pub(super) asks_nobody: bool,
    /// What of the configuration of ssh is overridden.
    pub(super) overrides: Overrides,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proxy {
    Auto,
    Native,
    Netcat,
}

impl SshWay {
    /// Reads a URI.
    ///
    /// # Errors
    /// `InvalidArgument`, or `Unsupported` for what libvirt has and we have not, naming it.
    pub(super) fn of(uri: &ConnectUri, way: Way) -> Result<Self> {
        let words = [
            ("auto", Proxy::Auto),
            ("native", Proxy::Native),
            ("netcat", Proxy::Netcat),
        ];
        let proxy = choice(uri, "proxy", &words)?;
        let (netcat, socket) = (uri.parameter("netcat"), uri.parameter("socket"));
        let steps = match (proxy, netcat, socket) {
            (Some(Proxy::Native), Some(_), _) => {
                return Err(refusal(uri, "netcat= and proxy=native say two different things"));
            }
            (Some(Proxy::Native), _, Some(_)) => {
                return Err(refusal(
                    uri,
                    "proxy=native is virt-ssh-helper, which finds the socket by itself: socket= goes with proxy=netcat",
                ));
            }
            (Some(Proxy::Native), None, None) => vec![Step::Helper],
            (Some(Proxy::Netcat), ..) | (None, Some(_), _) => vec![Step::Netcat],
            (_, _, Some(_)) => vec![Step::Socket, Step::Netcat],
            (_, _, None) => vec![Step::Helper, Step::Socket, Step::Netcat],
        };
        let netcat = netcat.unwrap_or("nc");
        for (name, value) in [("netcat", netcat), ("socket", socket.unwrap_or("/"))] {
            if value.is_empty() || value.starts_with('-') {
                return Err(refusal(uri, format!("{name} is {value:?}, which is no path")));
            }
        }
        Ok(Self {
            steps,
            netcat: netcat.to_owned(),
            asks_nobody: switch(uri, "no_tty")?,
            overrides: overrides(uri, way)?,
        })
    }
}

fn overrides(uri: &ConnectUri, way: Way) -> Result<Overrides> {
    let words = [
        ("normal", HostKeyChecking::Strict),
        ("auto", HostKeyChecking::AcceptNew),
        ("ignore", HostKeyChecking::Off),
    ];
    let mut host_key_checking = choice(uri, "known_hosts_verify", &words)?;
    if switch(uri, "no_verify")? {
        if host_key_checking.is_some_and(|checking| checking != HostKeyChecking::Off) {
            return Err(refusal(
                uri,
                "no_verify=1 and known_hosts_verify= say two different things",
            ));
        }
        host_key_checking = Some(HostKeyChecking::Off);
    }
    Ok(Overrides {
        host_key_checking,
        login: uri.parameter("sshauth").map(|list| ways(uri, list)).transpose()?,
        own_client: way != Way::Ssh,
    })
}

fn ways(uri: &ConnectUri, list: &str) -> Result<LoginWays> {
    let mut ways = LoginWays::default();
    for name in list.split(',') {
        let method = match name {
            "agent" => {
                ways.agent = true;
                "publickey"
            }
            "privkey" => {
                ways.key_files = true;
                "publickey"
            }
            "password" | "keyboard-interactive" => name,
            "gssapi" | "gssapi-with-mic" => {
                let message = "sshauth=gssapi (Kerberos) is not known here";
                return Err(Error::unsupported(message).with_subject(Subject::Connection(uri.to_string())));
            }
            other => {
                return Err(refusal(
                    uri,
                    format!(
                        "sshauth has {other:?}: it may have agent, privkey, password, keyboard-interactive"
                    ),
                ));
            }
        };
        if !ways.methods.iter().any(|known| known == method) {
            ways.methods.push(method.to_owned());
        }
    }
    Ok(ways)
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::ErrorKind;

    fn read(query: &str) -> Result<SshWay> {
        let uri = format!("qemu+ssh://far/system?{query}").parse().expect("a URI");
        SshWay::of(&uri, Way::Ssh)
    }

    #[test]
    fn what_is_tried_is_what_libvirt_would_or_more() {
        use Step::{Helper, Netcat, Socket};
        for (query, steps) in [
            ("", &[Helper, Socket, Netcat][..]),
            ("proxy=auto", &[Helper, Socket, Netcat]),
            ("proxy=native", &[Helper]),
            ("proxy=netcat", &[Netcat]),
            ("netcat=/opt/nc", &[Netcat]),
            ("socket=/s", &[Socket, Netcat]),
            ("proxy=netcat&socket=/s", &[Netcat]),
        ] {
            assert_eq!(read(query).expect("a way").steps, steps, "{query}");
        }
        assert_eq!(read("netcat=ncat").expect("a way").netcat, "ncat");
    }

    #[test]
    fn the_far_key_and_the_ways_to_log_in_are_the_uris() {
        let way = read("no_verify=1&no_tty=1&sshauth=privkey,agent,password").expect("a way");
        assert_eq!(way.overrides.host_key_checking, Some(HostKeyChecking::Off));
        assert!(way.asks_nobody);
        let login = way.overrides.login.expect("ways");
        assert_eq!(login.methods, ["publickey", "password"]);
        assert!(login.agent && login.key_files);
        let way = read("known_hosts_verify=auto").expect("a way");
        assert_eq!(way.overrides.host_key_checking, Some(HostKeyChecking::AcceptNew));
    }

    #[test]
    fn what_means_nothing_is_refused_and_named() {
        for (query, kind, part) in [
            ("proxy=socat", ErrorKind::InvalidArgument, "auto, native, netcat"),
            ("proxy=native&netcat=nc", ErrorKind::InvalidArgument, "netcat="),
            ("proxy=native&socket=/s", ErrorKind::InvalidArgument, "socket="),
            ("netcat=-e", ErrorKind::InvalidArgument, "netcat is"),
            (
                "known_hosts_verify=never",
                ErrorKind::InvalidArgument,
                "known_hosts_verify",
            ),
            (
                "known_hosts_verify=auto&no_verify=1",
                ErrorKind::InvalidArgument,
                "two different",
            ),
            ("sshauth=password,gssapi", ErrorKind::Unsupported, "gssapi"),
            (
                "sshauth=retina",
                ErrorKind::InvalidArgument,
                "keyboard-interactive",
            ),
        ] {
            let error = read(query).expect_err("a refusal");
            assert_eq!(error.kind(), kind, "{query}");
            assert!(error.message().contains(part), "{query}: {error}");
        }
    }
}
