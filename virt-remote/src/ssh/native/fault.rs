//! What ends a connection, and what our callers are told of it.

use std::fmt;

use russh::{Disconnect, Error as Russh};
use virt_core::{Error, ErrorKind, Retry, Subject, kind_of_io};

/// Why a connection could not be made, or ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// We refused: the host's key.
    Ours(Error),
    /// The protocol, or what carries it.
    Protocol(Russh),
}

impl From<Russh> for Fault {
    fn from(error: Russh) -> Self {
        Self::Protocol(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl Fault {
    /// The error of making a connection to `name`.
    pub(super) fn of_connecting(self, name: &str) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Protocol(error) => handshake(error),
        }
        .with_subject(Subject::Host(name.to_owned()))
    }
}

fn handshake(error: Russh) -> Error {
    match error {
        Russh::IO(io) => {
            Error::new(kind_of_io(&io), "the connection broke while it was being set up").with_source(io)
        }
        Russh::NoCommonAlgo { kind, ours, theirs } => Error::unsupported(format!(
            "no common algorithm ({kind:?}): the server has {}; we have {}",
            theirs.join(", "),
            ours.join(", ")
        )),
        Russh::Version => Error::new(
            ErrorKind::ConnectionLost,
            "what answers there is no SSH server (version 2)",
        )
        .with_retry(Retry::Never),
        Russh::WrongServerSig | Russh::UnknownKey => Error::new(
            ErrorKind::AuthenticationFailed,
            "the server could not prove that the host key is its own",
        )
        .with_source(error),
        Russh::Disconnect | Russh::HUP => Error::new(
            ErrorKind::ConnectionLost,
            "the server closed the connection while it was being set up (sshd does so when it has too many, see MaxStartups)",
        ),
        other => Error::new(
            ErrorKind::ConnectionLost,
            "the SSH connection could not be set up",
        )
        .with_source(other),
    }
}

/// Whether a server's last words say that it takes no more attempts to log in.
pub(super) fn turns_away(reason: &Disconnect, words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    matches!(reason, Disconnect::NoMoreAuthMethodsAvailable)
        || (words.contains("too many") && words.contains("authentication"))
}

/// The error of a connection that is gone, with the server's last words where it had any.
pub(super) fn gone(name: &str, farewell: Option<String>) -> Error {
    let message = match farewell {
        Some(words) if !words.is_empty() => format!("the SSH connection is gone: {words}"),
        _ => "the SSH connection is gone".to_owned(),
    };
    Error::new(ErrorKind::ConnectionLost, message).with_subject(Subject::Host(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_word_on_logins_turns_away() {
        for (reason, words, turned_away) in [
            (
                Disconnect::ProtocolError,
                "Too many authentication failures",
                true,
            ),
            (Disconnect::NoMoreAuthMethodsAvailable, "", true),
            (Disconnect::TooManyConnections, "too many connections", false),
            (Disconnect::ByApplication, "Timeout before authentication", false),
        ] {
            assert_eq!(turns_away(&reason, words), turned_away, "{words}");
        }
    }

    #[test]
    fn failures_have_kinds_and_name_the_host() {
        let io = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for (fault, kind) in [
            (Russh::IO(io), ErrorKind::ConnectionLost),
            (Russh::Version, ErrorKind::ConnectionLost),
            (Russh::WrongServerSig, ErrorKind::AuthenticationFailed),
            (Russh::Disconnect, ErrorKind::ConnectionLost),
            (Russh::Kex, ErrorKind::ConnectionLost),
        ] {
            let error = Fault::from(fault).of_connecting("far");
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().starts_with("host far: "), "{error}");
        }
        let ours = Error::new(ErrorKind::AuthenticationFailed, "unknown key");
        assert!(
            Fault::Ours(ours)
                .of_connecting("far")
                .to_string()
                .contains("unknown key")
        );
    }
}
