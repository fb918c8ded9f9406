//! One line of a file of known keys.

use russh::keys::{Algorithm, PublicKey};

use super::key::Marker;
use super::pattern::Names;

/// OpenSSH takes no RSA key that is shorter.
const SHORTEST_RSA: u32 = 1024;

/// A line that says something. Its key is read only when its names match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) marker: Marker,
    pub(super) names: Names,
    /// From the key's type on.
    rest: Vec<u8>,
}

/// Why a line is left out.
pub(super) type Unreadable = &'static str;

impl Line {
    /// Reads a line without its line break; `None` for a blank one and for a comment.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, Unreadable> {
        let line = skip_blanks(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(None);
        }
        if line.contains(&0) {
            return Err("it has a NUL byte");
        }
        let (marker, line) = marker(line)?;
        let (names, rest) = word(line);
        let names = Names::parse(names).ok_or("its hashed name is damaged")?;
        Ok(Some(Self {
            marker,
            names,
            rest: skip_blanks(rest).to_vec(),
        }))
    }

    /// Its key.
    pub(super) fn key(&self) -> Result<PublicKey, Unreadable> {
        let (kind, rest) = word(&self.rest);
        if kind.is_empty() || kind.starts_with(b"#") {
            return Err("it has no key");
        }
        let kind = str::from_utf8(kind).map_err(|_| UNKNOWN_TYPE)?;
        match Algorithm::new(kind).map_err(|_| UNKNOWN_TYPE)? {
            // The names of signatures are not names of keys.
            Algorithm::Rsa { hash: Some(_) } | Algorithm::Other(_) => return Err(UNKNOWN_TYPE),
            _ => {}
        }
        let (blob, _) = word(skip_blanks(rest));
        let blob: Vec<u8> = blob
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        let blob = str::from_utf8(&blob).map_err(|_| DAMAGED)?;
        let key = PublicKey::from_openssh(&format!("{kind} {blob}")).map_err(|_| DAMAGED)?;
        match key.key_data().rsa() {
            Some(rsa) if rsa.key_size() < SHORTEST_RSA => Err("its RSA key has less than 1024 bits"),
            _ => Ok(key),
        }
    }
}

const UNKNOWN_TYPE: Unreadable = "the type of its key is not known";
const DAMAGED: Unreadable = "its key is damaged";

/// The marker at the start of a line, and what follows.
fn marker(line: &[u8]) -> Result<(Marker, &[u8]), Unreadable> {
    if !line.starts_with(b"@") {
        return Ok((Marker::Host, line));
    }
    let (marker, rest) = word(line);
    let marker = match marker {
        b"@revoked" => Marker::Revoked,
        // OpenSSH looks for a space before it looks for a tab, so that one after a tab spoils the marker. What it does
        // not trust is not trusted here; what is revoked is revoked.
        b"@cert-authority" if !(rest.starts_with(b"\t") && rest.contains(&b' ')) => Marker::CertAuthority,
        _ => return Err("its marker is none"),
    };
    let rest = skip_blanks(rest);
    match rest.first() {
        Some(b'@') | None => Err("its marker is none"),
        Some(_) => Ok((marker, rest)),
    }
}

/// Up to the next blank, and from there on.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(is_blank).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG8NzQkSUqp61UhDhMUEsUdRkro+0TIQyjVZ+snedNk";

    fn line(text: &str) -> Line {
        Line::parse(text.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn blanks_comments_and_line_ends_are_no_matter() {
        for text in [
            format!("web {KEY}"),
            format!(" \tweb\t \t{KEY} a comment"),
            format!("web {KEY}\r"),
            format!("web {}\t\tc", KEY.replace(' ', "\t")),
        ] {
            let line = line(&text);
            assert!(line.names.matches("web"), "{text:?}");
            assert_eq!(line.marker, Marker::Host);
            assert!(line.key().is_ok(), "{text:?}");
        }
        for nothing in ["", " \t", "# web", "  # web", "\r", "#\0"] {
            assert_eq!(Line::parse(nothing.as_bytes()), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn markers_are_exact() {
        assert_eq!(line(&format!("@revoked * {KEY}")).marker, Marker::Revoked);
        assert_eq!(line(&format!("@revoked\t* {KEY}")).marker, Marker::Revoked);
        assert_eq!(
            line(&format!("@cert-authority * {KEY}")).marker,
            Marker::CertAuthority
        );
        for wrong in [
            "@",
            "@Revoked * x y",
            "@revoked",
            "@revoked @revoked * x",
            "@cert-authority\t* x y",
            "@other * x",
            "web\0 x y",
        ] {
            assert!(Line::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_read_says_why() {
        for (text, why) in [
            ("web", "it has no key"),
            ("web # ssh-ed25519", "it has no key"),
            ("web ssh-ed25519", DAMAGED),
            ("web ssh-ed25519 AAAA", DAMAGED),
            ("web ssh-ed25519 ????", DAMAGED),
            ("web ssh-new AAAA", UNKNOWN_TYPE),
            ("web rsa-sha2-256 AAAA", UNKNOWN_TYPE),
            ("web 1024 35 1234", UNKNOWN_TYPE),
        ] {
            assert_eq!(line(text).key(), Err(why), "{text}");
        }
    }
}
