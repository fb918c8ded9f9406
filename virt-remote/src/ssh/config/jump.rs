//! The machines to go through: `user@host:port`, `ssh://user@host:port`, and lists of them.

use std::fmt;
use std::str::FromStr;

use virt_core::{Error, ErrorKind, Result};

use super::host_config::JumpHost;
use super::value;

impl JumpHost {
    /// Reads a chain of machines, nearest first, as `ProxyJump` has it: `user@gate:2222,ssh://inner`. `none` is the
    /// empty chain.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], naming the part that is wrong.
    pub fn parse_chain(text: &str) -> Result<Vec<Self>> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Vec::new());
        }
        text.split(',').map(str::parse).collect()
    }

    fn from_uri(text: &str) -> Option<Self> {
        let (user, machine) = match text.split_once('@') {
            None => (None, text),
            Some((info, machine)) => {
                let user = info.split(';').next().unwrap_or_default();
                (
                    Some(percent_decoded(user).filter(|user| !user.is_empty())?),
                    machine,
                )
            }
        };
        let machine = machine.strip_suffix('/').unwrap_or(machine);
        let (host, port) = host_and_port(machine)?;
        value::is_domain(&host).then_some(Self { host, user, port })
    }

    fn from_words(text: &str) -> Option<Self> {
        let (user, machine) = match text.rsplit_once('@') {
            None => (None, text),
            Some(("", _)) => return None,
            Some((user, machine)) => (Some(user.to_owned()), machine),
        };
        let (host, port) = host_and_port(machine)?;
        Some(Self { host, user, port })
    }
}

impl FromStr for JumpHost {
    type Err = Error;

    /// Reads one machine: `[user@]host[:port]` or `ssh://[user@]host[:port]`.
    fn from_str(text: &str) -> Result<Self> {
        let read = match text.strip_prefix("ssh://") {
            Some(rest) => Self::from_uri(rest),
            None => Self::from_words(text),
        };
        read.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{text:?} is no machine to go through (they look like [user@]host[:port])"),
            )
        })
    }
}

impl fmt::Display for JumpHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Parts a host, in brackets where it has colons, from its port.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            match rest.strip_prefix(':') {
                None if rest.is_empty() => (host, ""),
                None => return None,
                Some(port) => (host, port),
            }
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    if host.is_empty() || host.contains('/') {
        return None;
    }
    let port = match port {
        "" => None,
        port => Some(value::port(port)?),
    };
    Some((host.to_owned(), port))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok().filter(|byte| *byte != 0)?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_read_and_written() {
        let chain = JumpHost::parse_chain("u@v@gate:2222,ssh://ops%40corp@inner/,[::1]:22").unwrap();
        let texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["u@v@gate:2222", "ops@corp@inner", "[::1]:22"]);
        assert_eq!(chain[0].user.as_deref(), Some("u@v"));
        assert!(JumpHost::parse_chain("None").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_machine_is_refused() {
        for wrong in [
            "",
            ",a",
            "a,,b",
            "@a",
            "a:0",
            "a:x y",
            "a/22",
            "[::1",
            "[a]b",
            "ssh://",
            "ssh://[::1]",
            "ssh://h/path",
        ] {
            let error = JumpHost::parse_chain(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong}");
        }
    }
}
