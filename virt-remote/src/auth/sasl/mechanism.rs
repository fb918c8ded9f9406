//! What a SASL mechanism does, and which one is used.

use std::fmt;

use virt_core::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

use super::digest_md5::DigestMd5;
use super::external::External;
use super::fault::SaslFault;
use super::plain::Plain;
use super::scram::{Hash, Scram};
use crate::transport::{Layer, Protection};

/// Who logs in, and by what secret.
#[derive(Clone, Default)]
pub(crate) struct SaslUser {
    /// The user whose secret it is.
    pub(crate) name: String,
    /// Whom to act as, where that is somebody else.
    pub(crate) acts_as: Option<String>,
    /// The realm, for a daemon that has several.
    pub(crate) realm: Option<String>,
    /// The secret.
    pub(crate) password: Zeroizing<String>,
}

impl fmt::Debug for SaslUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaslUser")
            .field("name", &self.name)
            .field("acts_as", &self.acts_as)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// One login by one mechanism. Pure: what comes goes in, what is to go comes out.
pub(crate) trait Exchange: Send + fmt::Debug {
    /// What goes along with the mechanism's name, where it speaks first.
    ///
    /// # Errors
    /// A [`SaslFault`] where there is something that can't be sent.
    fn begin(&mut self) -> std::result::Result<Option<Vec<u8>>, SaslFault>;

    /// The answer to what the daemon said.
    ///
    /// # Errors
    /// A [`SaslFault`]: the login is over.
    fn answer(&mut self, said: &[u8]) -> std::result::Result<Option<Vec<u8>>, SaslFault>;

    /// Whether all was said that has to be before the daemon may be believed that we are in.
    fn is_done(&self) -> bool;

    /// What everything goes through from then on.
    fn layer(&mut self) -> Option<Box<dyn Layer>> {
        None
    }
}

/// A mechanism. The strongest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Who we are is known from elsewhere (RFC 4422, appendix A).
    External,
    /// RFC 5802.
    Scram(Hash),
    /// RFC 2831.
    DigestMd5,
    /// RFC 4616.
    Plain,
}

impl Mechanism {
    const STRONGEST_FIRST: [Self; 6] = [
        Self::External,
        Self::Scram(Hash::Sha512),
        Self::Scram(Hash::Sha256),
        Self::Scram(Hash::Sha1),
        Self::DigestMd5,
        Self::Plain,
    ];

    /// Its registered name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::External => "EXTERNAL",
            Self::Scram(hash) => hash.mechanism(),
            Self::DigestMd5 => "DIGEST-MD5",
            Self::Plain => "PLAIN",
        }
    }

    /// Whether it needs a user and a password.
    pub(crate) const fn needs_password(self) -> bool {
        !matches!(self, Self::External)
    }

    /// Why it is not used on such a way, if it is not.
    fn unfit(self, protection: Protection) -> Option<&'static str> {
        match (self, protection) {
            (Self::Plain, Protection::Unverified) => {
                Some("it would give the password to a machine nobody checked")
            }
            // Everything after the login would be open to all: what encrypts it is DIGEST-MD5's own layer.
            (Self::Plain | Self::Scram(_) | Self::External, Protection::None) => {
                Some("it does not encrypt, and the way there does not either")
            }
            _ => None,
        }
    }

    /// Chooses one of those that a daemon offers.
    ///
    /// # Errors
    /// `Unsupported` where there is none, or the one that is wanted is none of them, or not known here; with all names.
    pub(crate) fn choose(offered: &[&str], wanted: Option<&str>, protection: Protection) -> Result<Self> {
        let same = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        let offers = |mechanism: Self| offered.iter().any(|name| same(name, mechanism.name()));
        let fits = |mechanism: Self| mechanism.unfit(protection).is_none();
        let listed = offered.join(", ");
        if let Some(wanted) = wanted {
            let known = Self::STRONGEST_FIRST
                .into_iter()
                .find(|mechanism| same(mechanism.name(), wanted));
            let why_not = match known {
                None => "it is not known here".to_owned(),
                Some(mechanism) if !offers(mechanism) => format!("the daemon offers {listed}"),
                Some(mechanism) => match mechanism.unfit(protection) {
                    None => return Ok(mechanism),
                    Some(reason) => format!("{reason}: take TLS or SSH"),
                },
            };
            let message =
                format!("the SASL mechanism {wanted:?} that the URI asks for is not used: {why_not}");
            return Err(Error::unsupported(message));
        }
        let mut open = Self::STRONGEST_FIRST
            .into_iter()
            .filter(|mechanism| offers(*mechanism));
        if let Some(mechanism) = open.clone().find(|mechanism| fits(*mechanism)) {
            return Ok(mechanism);
        }
        let reason = match open.find_map(|mechanism| mechanism.unfit(protection).map(|why| (mechanism, why)))
        {
            Some((mechanism, reason)) => format!("{}: {reason}; take TLS or SSH", mechanism.name()),
            None => {
                let known = Self::STRONGEST_FIRST.map(Self::name).join(", ");
                format!("known here are {known}")
            }
        };
        Err(Error::unsupported(format!(
            "none of the daemon's SASL mechanisms can be used ({listed}): {reason}"
        )))
    }

    /// Begins a login; `host` is the machine's name, as users know it.
    ///
    /// # Errors
    /// `Internal` where there is no randomness.
    pub(crate) fn exchange(
        self,
        user: SaslUser,
        host: &str,
        protection: Protection,
    ) -> Result<Box<dyn Exchange>> {
        Ok(match self {
            Self::External => Box::new(External::new(user.acts_as)),
            Self::Scram(hash) => Box::new(Scram::new(hash, user, nonce()?)),
            Self::DigestMd5 => Box::new(DigestMd5::new(
                user,
                host,
                nonce()?,
                protection == Protection::None,
            )),
            Self::Plain => Box::new(Plain::new(user)),
        })
    }
}

/// Something that nobody has said before: 144 bits, in printable characters.
fn nonce() -> Result<String> {
    use base64::Engine as _;
    let mut bytes = [0; 18];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Internal, "the system gives no random numbers").with_source(error)
    })?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBVIRTS: &[&str] = &["PLAIN", "SCRAM-SHA-1", "GSSAPI", "DIGEST-MD5", "SCRAM-SHA-256"];

    #[test]
    fn the_strongest_that_fits_the_way_is_taken() {
        for (offered, protection, taken) in [
            (LIBVIRTS, Protection::Encrypted, "SCRAM-SHA-256"),
            (LIBVIRTS, Protection::None, "DIGEST-MD5"),
            (&["plain"], Protection::Local, "PLAIN"),
            (&["PLAIN", "EXTERNAL"], Protection::Encrypted, "EXTERNAL"),
            (
                &["SCRAM-SHA-512", "SCRAM-SHA-256"],
                Protection::Unverified,
                "SCRAM-SHA-512",
            ),
        ] {
            let chosen = Mechanism::choose(offered, None, protection).expect("a mechanism");
            assert_eq!(chosen.name(), taken, "{offered:?} {protection:?}");
        }
        let chosen = Mechanism::choose(LIBVIRTS, Some("plain"), Protection::Encrypted).expect("a mechanism");
        assert_eq!(chosen, Mechanism::Plain);
    }

    #[test]
    fn a_password_is_not_given_away_and_refusals_name_what_there_is() {
        for (offered, wanted, protection, part) in [
            (
                &["PLAIN", "SCRAM-SHA-256"][..],
                None,
                Protection::None,
                "take TLS or SSH",
            ),
            (&["PLAIN"], None, Protection::Unverified, "nobody checked"),
            (LIBVIRTS, Some("PLAIN"), Protection::None, "does not encrypt"),
            (LIBVIRTS, Some("GSSAPI"), Protection::Encrypted, "not known here"),
            (
                LIBVIRTS,
                Some("SCRAM-SHA-512"),
                Protection::Encrypted,
                "offers PLAIN, SCRAM",
            ),
            (
                &["GSSAPI", "ANONYMOUS"],
                None,
                Protection::Encrypted,
                "DIGEST-MD5",
            ),
            (&[], None, Protection::Encrypted, "none of the daemon's"),
        ] {
            let error = Mechanism::choose(offered, wanted, protection).expect_err("a refusal");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let user = SaslUser {
            name: "fred".to_owned(),
            password: "hunter2".to_owned().into(),
            ..SaslUser::default()
        };
        for mechanism in Mechanism::STRONGEST_FIRST {
            let exchange = mechanism
                .exchange(user.clone(), "far", Protection::Encrypted)
                .expect("one");
            assert!(
                !format!("{exchange:?} {user:?}").contains("hunter2"),
                "{mechanism:?}"
            );
        }
    }
}
