//! The thumbprint of a certificate: its hash, as VMware's tools show it.

use std::fmt;
use std::str::FromStr;

use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

/// The SHA-1 or SHA-256 of a certificate.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Thumbprint {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl Thumbprint {
    /// Whether it is that of this certificate (in DER).
    pub(crate) fn is_of(&self, certificate: &[u8]) -> bool {
        match self {
            Self::Sha1(wanted) => hash(&SHA1_FOR_LEGACY_USE_ONLY, certificate) == *wanted,
            Self::Sha256(wanted) => hash(&SHA256, certificate) == *wanted,
        }
    }

    /// The SHA-256 of a certificate (in DER), as it may stand in a URI.
    pub(crate) fn sha256_of(certificate: &[u8]) -> Self {
        Self::Sha256(hash(&SHA256, certificate))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }
}

/// A hash, which has as many bytes as are asked for.
fn hash<const BYTES: usize>(algorithm: &'static Algorithm, certificate: &[u8]) -> [u8; BYTES] {
    let hash = digest(algorithm, certificate);
    std::array::from_fn(|index| hash.as_ref().get(index).copied().unwrap_or_default())
}

impl FromStr for Thumbprint {
    type Err = String;

    /// Hexadecimal, with or without colons.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no thumbprint: 20 (SHA-1) or 32 (SHA-256) hexadecimal bytes, with colons or without"
            )
        };
        let digits: Vec<u8> = text
            .chars()
            .filter(|letter| *letter != ':')
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        if let Ok(bytes) = <[u8; 20]>::try_from(bytes.as_slice()) {
            return Ok(Self::Sha1(bytes));
        }
        <[u8; 32]>::try_from(bytes.as_slice())
            .map(Self::Sha256)
            .map_err(|_| wrong())
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.bytes().iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_read_as_tools_print_them() {
        let certificate = b"a certificate";
        let sha256 = Thumbprint::sha256_of(certificate);
        let again: Thumbprint = sha256.to_string().parse().unwrap();
        assert_eq!(again, sha256);
        assert!(again.is_of(certificate) && !again.is_of(b"another"));
        let sha1 = Thumbprint::Sha1(hash(&SHA1_FOR_LEGACY_USE_ONLY, certificate));
        let plain = sha1.to_string().replace(':', "").to_lowercase();
        assert!(plain.parse::<Thumbprint>().unwrap().is_of(certificate));
        for wrong in [
            "",
            "AA:BB",
            "AA:B",
            "zz",
            "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:D",
        ] {
            assert!(wrong.parse::<Thumbprint>().is_err(), "{wrong}");
        }
    }
}
