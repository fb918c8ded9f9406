//! Why a unix socket of the far machine can't be connected to.
//!
//! sshd answers a request for a socket that is not there, one that nobody listens on and one that it forbids with the
//! same words. The far machine's shell tells them apart.

use virt_core::{Error, ErrorKind};

/// Reads the socket's path, and answers with one word. It has no part that is not fixed: nothing to quote.
pub(super) const PROBE: &str = concat!(
    "exec sh -c 'IFS= read -r p; ",
    "[ -e \"$p\" ] || { echo absent; exit; }; ",
    "[ -S \"$p\" ] || { echo other; exit; }; ",
    "[ -w \"$p\" ] || { echo denied; exit; }; ",
    "[ -r /proc/net/unix ] || { echo unknown; exit; }; ",
    "while read -r a b c flags e f g name; do ",
    "[ \"$name\" = \"$p\" ] && [ \"$flags\" = 00010000 ] && { echo listening; exit; }; ",
    "done < /proc/net/unix; echo deaf'",
);

/// What is known of a far socket that was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SocketState {
    /// Nothing is there.
    Absent,
    /// It is no socket.
    Other,
    /// Its mode keeps us out.
    Denied,
    /// Nobody listens.
    Deaf,
    /// Somebody listens: so it is sshd that does not want it.
    Listening,
    /// It could not be looked at.
    Unknown,
}

impl SocketState {
    /// The probe's answer.
    pub(super) fn parse(answer: &[u8]) -> Self {
        match answer.trim_ascii() {
            b"absent" => Self::Absent,
            b"other" => Self::Other,
            b"denied" => Self::Denied,
            b"deaf" => Self::Deaf,
            b"listening" => Self::Listening,
            _ => Self::Unknown,
        }
    }

    /// The error of connecting to it; `reason` is what sshd said.
    pub(super) fn error(self, path: &str, reason: &str) -> Error {
        match self {
            Self::Absent => Error::new(ErrorKind::NotFound, "no such socket"),
            Self::Other => Error::new(ErrorKind::InvalidArgument, "it is no socket"),
            Self::Denied => Error::new(ErrorKind::Denied, "its mode does not let us connect to it"),
            Self::Deaf => Error::new(ErrorKind::ConnectionLost, "nobody listens on this socket"),
            Self::Listening => Error::new(
                ErrorKind::Denied,
                "sshd forbids connections to unix sockets (AllowStreamLocalForwarding or DisableForwarding in its sshd_config, or a restriction of the key)",
            ),
            Self::Unknown => Error::new(
                ErrorKind::ConnectionLost,
                format!(
                    "cannot connect to {path:?}: {reason} (nobody listens there, or AllowStreamLocalForwarding in sshd_config forbids it)"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_an_error_of_its_kind() {
        for (answer, kind) in [
            ("absent\n", ErrorKind::NotFound),
            ("other\n", ErrorKind::InvalidArgument),
            ("denied\n", ErrorKind::Denied),
            ("deaf\n", ErrorKind::ConnectionLost),
            ("listening\n", ErrorKind::Denied),
            ("csh: what?\n", ErrorKind::ConnectionLost),
        ] {
            let error = SocketState::parse(answer.as_bytes()).error("/s", "no");
            assert_eq!(error.kind(), kind, "{answer}");
        }
        let forbidden = SocketState::Listening.error("/s", "no");
        assert!(
            forbidden.to_string().contains("AllowStreamLocalForwarding"),
            "{forbidden}"
        );
    }
}
