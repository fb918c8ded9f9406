//! What is to be thought of a key, and how that is said.

use std::path::PathBuf;

use russh::keys::PublicKey;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::certificate::CertificateProblem;
use super::key::{KnownKey, Place, fingerprint, type_name};
use super::name::HostKeyName;

/// How many of the keys written down a message lists.
const LISTED: usize = 4;

/// What the files say about a key that a machine has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is the machine's: by a line with this key, or with that of the authority that signed its certificate.
    Known(Place),
    /// Nothing is known of the machine.
    Unknown {
        /// Where a line for it would belong; `None` where no file was given.
        add_to: Option<PathBuf>,
        /// Why its certificate did not count, where it has one.
        certificate: Option<CertificateProblem>,
    },
    /// The machine has other keys, of this type or of another: OpenSSH makes no difference.
    Changed {
        /// Those, never none; keys of the same type come first.
        known: Vec<KnownKey>,
        /// Why its certificate did not count, where it has one.
        certificate: Option<CertificateProblem>,
    },
    /// It must not be taken, or the authority that signed its certificate must not be trusted.
    Revoked(Place),
}

impl Verdict {
    /// The line by which the key is known; for everything else the error, about the key `key` that `name` has shown.
    ///
    /// # Errors
    /// `AuthenticationFailed`. The message has the key's fingerprint, file and line, and the way out.
    pub fn into_result(self, name: &HostKeyName, key: &PublicKey) -> Result<Place> {
        let shown = format!("its {} key {}", type_name(key), fingerprint(key));
        let message = match self {
            Self::Known(place) => return Ok(place),
            Self::Unknown { add_to, certificate } => {
                format!(
                    "{shown} is not known{}; {}",
                    because(certificate),
                    how_to_add(name, key, add_to)
                )
            }
            Self::Changed { known, certificate } => {
                format!(
                    "{shown} is not the one written down{}: {}",
                    because(certificate),
                    how_to_replace(&known)
                )
            }
            Self::Revoked(place) => format!(
                "{shown} is revoked by {place}: somebody may be using a stolen key; give the machine a new one, or remove that line if it is wrong"
            ),
        };
        Err(Error::new(ErrorKind::AuthenticationFailed, message)
            .with_subject(Subject::Host(name.to_string())))
    }
}

fn because(certificate: Option<CertificateProblem>) -> String {
    certificate.map_or_else(String::new, |problem| {
        format!(" (and its certificate does not count: {problem})")
    })
}

fn how_to_add(name: &HostKeyName, key: &PublicKey, file: Option<PathBuf>) -> String {
    let target = file.map_or_else(
        || "a file of known keys".to_owned(),
        |file| file.display().to_string(),
    );
    let key = super::remember::key_text(key).unwrap_or_default();
    format!(
        "compare the fingerprint with what the machine itself says, and if they are the same add to {target} the line `{name} {key}`"
    )
}

fn how_to_replace(known: &[KnownKey]) -> String {
    let mut list: Vec<String> = known
        .iter()
        .take(LISTED)
        .map(|known| {
            format!(
                "{} has {} {}",
                known.place,
                type_name(&known.key),
                known.fingerprint()
            )
        })
        .collect();
    if known.len() > LISTED {
        list.push(format!("and {} more", known.len() - LISTED));
    }
    let lines = match known {
        [_] => "that line",
        _ => "those lines",
    };
    format!(
        "{}; somebody may be in between; if the machine was given a new key, remove {lines} and add the new key",
        list.join(", ")
    )
}
