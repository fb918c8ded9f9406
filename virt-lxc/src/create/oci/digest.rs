//! Digests: what a blob is called, and what is checked of it.

use std::fmt;

use virt_core::{Error, ErrorKind, Result};

/// A digest of an algorithm that can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) algorithm: Algorithm,
    hex: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    pub(super) const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    /// The program that computes it.
    pub(super) fn program(self) -> String {
        format!("{}sum", self.name())
    }
}

impl Digest {
    /// A digest as a descriptor says it. It becomes part of a path: nothing but letters and digits passes.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(ErrorKind::Corrupt, format!("{text:?} is no digest of a blob"));
        let (name, hex) = text.split_once(':').ok_or_else(wrong)?;
        let algorithm = Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name);
        let algorithm = algorithm.ok_or_else(|| {
            Error::unsupported(format!(
                "digests of kind {name:?} are not known (sha256 and sha512 are)"
            ))
        })?;
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if hex.len() != algorithm.length() || !is_hex {
            return Err(wrong());
        }
        Ok(Self {
            algorithm,
            hex: hex.to_owned(),
        })
    }

    /// Where the blob is in a layout.
    pub(super) fn path(&self, layout: &str) -> String {
        format!("{layout}/blobs/{}/{}", self.algorithm.name(), self.hex)
    }

    /// Whether this is it, as a program has printed it.
    pub(super) fn is(&self, printed: &str) -> bool {
        self.hex == printed
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_digest_becomes_no_path() {
        let hex = "a".repeat(64);
        let digest = Digest::parse(&format!("sha256:{hex}")).unwrap();
        assert_eq!(digest.path("/l"), format!("/l/blobs/sha256/{hex}"));
        for text in [
            "",
            "sha256",
            "sha256:",
            "sha256:../../x",
            &format!("sha256:{}", "A".repeat(64)),
            &format!("sha512:{hex}"),
        ] {
            assert_eq!(
                Digest::parse(text).unwrap_err().kind(),
                ErrorKind::Corrupt,
                "{text}"
            );
        }
        let error = Digest::parse(&format!("md5:{hex}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
