//! What the query of a URI says of the way to a daemon.
//!
//! Every parameter of libvirt's has its meaning with the transports that know it, and is refused by name with the
//! others: none is silently without effect. What is no such parameter is the daemon's, and goes there with the URI.
//!
//! | parameter | with | meaning |
//! | --- | --- | --- |
//! | `name` | all | the URI that the daemon opens, instead of this one without its way |
//! | `auth` | all | how to log in: `none`, `polkit`, `sasl`, or `sasl.MECHANISM` |
//! | `authfile` | all | the file of credentials, instead of those at the usual places |
//! | `mode` | unix, ssh | which daemon: `auto`, `legacy` (libvirtd), `direct` (the driver's own) |
//! | `socket` | unix, ssh | the daemon's socket |
//! | `pkipath` | tls | the directory of `cacert.pem`, `cacrl.pem`, `clientcert.pem` and `clientkey.pem` |
//! | `no_verify` | tls, ssh | `1`: the daemon's certificate is not checked; over SSH as `known_hosts_verify=ignore` |
//! | `no_sanity` | tls | `1`: our own certificate is not looked at before it is used |
//! | `tls_priority` | tls | `NORMAL` alone: ciphers are not chosen here |
//! | `proxy` | ssh | how the socket is reached from the far sshd: `auto`, `native`, `netcat` |
//! | `netcat` | ssh | the far machine's netcat; it implies `proxy=netcat` |
//! | `keyfile` | ssh | a private key to try first |
//! | `known_hosts` | ssh | the file of known keys |
//! | `known_hosts_verify` | ssh | `normal`; `auto` and `ignore`: the key of a new machine is taken and kept, as OpenSSH does by `accept-new` and `no`; one that has changed is refused |
//! | `sshauth` | ssh | the ways to log in, in order: `agent`, `privkey`, `password`, `keyboard-interactive` |
//! | `no_tty` | ssh | `1`: nobody is asked for anything to log in by SSH |
//! | `command` | ssh | the `ssh` program to use; not with `libssh` and `libssh2` |
//! | `jump`, `sshconfig`, `transport` | ssh | this SDK's own, as for any machine over SSH |

use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use super::way::Way;

/// A parameter, and the transports that know it.
struct Known(&'static str, &'static [Way]);

const ALL: &[Way] = &[Way::Unix, Way::Tcp, Way::Tls, Way::Ssh, Way::Libssh, Way::Libssh2];
const SSH: &[Way] = &[Way::Ssh, Way::Libssh, Way::Libssh2];
const SOCKET: &[Way] = &[Way::Unix, Way::Ssh, Way::Libssh, Way::Libssh2];

const KNOWN: &[Known] = &[
    Known("name", ALL),
    Known("auth", ALL),
    Known("authfile", ALL),
    Known("mode", SOCKET),
    Known("socket", SOCKET),
    Known("pkipath", &[Way::Tls]),
    Known("no_verify", &[Way::Tls, Way::Ssh, Way::Libssh, Way::Libssh2]),
    Known("no_sanity", &[Way::Tls]),
    Known("tls_priority", &[Way::Tls]),
    Known("proxy", SSH),
    Known("netcat", SSH),
    Known("keyfile", SSH),
    Known("known_hosts", SSH),
    Known("known_hosts_verify", SSH),
    Known("sshauth", SSH),
    Known("no_tty", SSH),
    Known("command", &[Way::Ssh]),
    Known("jump", SSH),
    Known("sshconfig", SSH),
    Known("transport", &[Way::Ssh]),
    // Of machines over SSH; there is no work to do as somebody else here.
    Known("become", &[]),
];

/// The names of all of them: what the daemon does not get to see.
pub(crate) fn names() -> Vec<&'static str> {
    KNOWN.iter().map(|known| known.0).collect()
}

/// Refuses what a URI says of its way that has no meaning there, and switches that are neither on nor off.
///
/// # Errors
/// `InvalidArgument`, naming the parameter, and the transports that know it.
pub(crate) fn check(uri: &ConnectUri, way: Way) -> Result<()> {
    for Known(name, ways) in KNOWN {
        let given = uri.parameters().iter().filter(|(given, _)| given == name).count();
        if given > 1 {
            let message = format!("the parameter {name:?} is given {given} times");
            return Err(refusal(uri, message));
        }
        if given == 1 && !ways.contains(&way) {
            let known: Vec<_> = ways.iter().map(|way| way.name()).collect();
            let known = match known.as_slice() {
                [] => "no way to a daemon has it".to_owned(),
                known => format!("it belongs to {}", known.join(", ")),
            };
            let message = format!(
                "the parameter {name:?} has no meaning with the transport {}: {known}",
                way.name()
            );
            return Err(refusal(uri, message));
        }
    }
    for name in ["no_verify", "no_sanity", "no_tty"] {
        switch(uri, name)?;
    }
    Ok(())
}

/// A parameter that is a switch: `1` or `0`, as libvirt has them.
///
/// # Errors
/// `InvalidArgument` for anything else.
pub(crate) fn switch(uri: &ConnectUri, name: &str) -> Result<bool> {
    match uri.parameter(name) {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(other) => Err(refusal(uri, format!("{name} is {other:?}: it may be 0 or 1"))),
    }
}

/// A parameter that is one of a few words.
///
/// # Errors
/// `InvalidArgument` for another one.
pub(crate) fn choice<T: Copy>(uri: &ConnectUri, name: &str, words: &[(&str, T)]) -> Result<Option<T>> {
    let Some(given) = uri.parameter(name) else {
        return Ok(None);
    };
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, meaning)) => Ok(Some(*meaning)),
        None => {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let words = words.join(", ");
            Err(refusal(
                uri,
                format!("{name}={given} in the URI is none of {words}"),
            ))
        }
    }
}

/// `InvalidArgument` about a URI.
pub(crate) fn refusal(uri: &ConnectUri, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Connection(uri.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(uri: &str) -> Result<()> {
        let uri: ConnectUri = uri.parse().expect("a URI");
        check(&uri, Way::of(&uri).expect("a way"))
    }

    #[test]
    fn what_a_transport_knows_is_taken_and_what_is_no_parameter_of_the_way_too() {
        for uri in [
            "qemu:///system?mode=direct&auth=polkit",
            "qemu://far/system?pkipath=/k&no_verify=1",
            "qemu+ssh://far/system?proxy=netcat&netcat=/bin/nc&no_tty=1&jump=gate",
            "vpx+tcp://far/x?no_such=1",
        ] {
            checked(uri).expect("taken");
        }
    }

    #[test]
    fn what_would_be_without_effect_is_refused_with_the_transports_that_know_it() {
        for (uri, part) in [
            ("qemu:///system?pkipath=/k", "it belongs to tls"),
            ("qemu+tls://far/system?socket=/x", "unix, ssh"),
            ("qemu+libssh://far/system?command=ssh", "it belongs to ssh"),
            ("qemu+ssh://far/system?become=sudo", "no way"),
            ("qemu+ssh://far/system?netcat=a&netcat=b", "2 times"),
        ] {
            let error = checked(uri).expect_err("a refusal");
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{uri}");
            assert!(error.message().contains(part), "{uri}: {error}");
        }
    }

    #[test]
    fn switches_are_0_or_1() {
        let uri = "qemu+tls://far/system?no_verify=1&no_sanity=yes"
            .parse()
            .expect("a URI");
        assert!(switch(&uri, "no_verify").expect("a switch"));
        assert!(!switch(&uri, "no_tty").expect("a switch"));
        switch(&uri, "no_sanity").expect_err("a refusal");
    }
}
