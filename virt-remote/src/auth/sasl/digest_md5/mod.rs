//! DIGEST-MD5 (RFC 2831): the password is not said, and what follows may be encrypted. What a libvirt daemon takes on
//! plain TCP.

mod challenge;
mod seal;
mod secret;

use super::fault::SaslFault;
use super::mechanism::{Exchange, SaslUser};
use crate::transport::Layer;
use challenge::Challenge;
use seal::Seal;
use secret::{Ingredients, SessionKey, hashed_secret, latin1};

/// The one cipher that is used: of those that a daemon may have, all are weak, and this is the one that all have.
const CIPHER: &str = "rc4";

/// A login by DIGEST-MD5.
pub(super) struct DigestMd5 {
    user: SaslUser,
    /// `libvirt/HOST`.
    uri: String,
    cnonce: String,
    /// Whether what follows has to be encrypted.
    seals: bool,
    state: State,
}

enum State {
    New,
    /// Our response was sent.
    Responded {
        /// What the daemon has to answer.
        proof: String,
        seal: Option<Seal>,
    },
    Done(Option<Seal>),
}

impl std::fmt::Debug for DigestMd5 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DigestMd5")
            .field("uri", &self.uri)
            .field("seals", &self.seals)
            .finish_non_exhaustive()
    }
}

impl DigestMd5 {
    pub(super) fn new(user: SaslUser, host: &str, cnonce: String, seals: bool) -> Self {
        Self {
            user,
            uri: format!("libvirt/{host}"),
            cnonce,
            seals,
            state: State::New,
        }
    }

    /// The realm to take: the only one, or the one that is wanted.
    fn realm(&self, challenge: &Challenge) -> Result<String, SaslFault> {
        let realms = challenge.realms.as_slice();
        match (&self.user.realm, realms) {
            (None, []) => Ok(String::new()),
            (None, [first, ..]) => Ok(first.clone()),
            (Some(wanted), []) => Ok(wanted.clone()),
            (Some(wanted), offered) if offered.contains(wanted) => Ok(wanted.clone()),
            (Some(wanted), offered) => Err(SaslFault::Unusable(format!(
                "the daemon has no realm {wanted:?} (it has {})",
                offered.join(", ")
            ))),
        }
    }

    fn qop(&self, challenge: &Challenge) -> Result<&'static str, SaslFault> {
        if !self.seals {
            return match challenge.offers("auth") {
                true => Ok("auth"),
                false => Err(SaslFault::Unsupported(
                    "the daemon wants DIGEST-MD5 to encrypt what is encrypted already".to_owned(),
                )),
            };
        }
        match challenge.offers("auth-conf") && challenge.has_cipher(CIPHER) {
            true => Ok("auth-conf"),
            false => Err(SaslFault::Unsupported(format!(
                "the daemon does not offer to encrypt what follows by {CIPHER} (it has {}; {}): take TLS or SSH",
                challenge.qops.join(", "),
                challenge.ciphers.join(", ")
            ))),
        }
    }

    fn respond(&mut self, said: &[u8]) -> Result<Vec<u8>, SaslFault> {
        let challenge = Challenge::parse(said)?;
        let (realm, qop) = (self.realm(&challenge)?, self.qop(&challenge)?);
        let user = &self.user;
        let parts = [user.name.as_str(), realm.as_str(), user.password.as_str()];
        let secret = hashed_secret(parts, challenge.utf8).ok_or_else(|| {
            SaslFault::Unusable("the daemon takes ISO 8859-1 alone in names and passwords".to_owned())
        })?;
        let key = SessionKey::new(&Ingredients {
            secret: &secret,
            nonce: &challenge.nonce,
            cnonce: &self.cnonce,
            acts_as: user.acts_as.as_deref(),
        });
        let nonces = (challenge.nonce.as_str(), self.cnonce.as_str());
        let response = key.response(nonces, qop, "AUTHENTICATE", &self.uri);
        let mut said = vec![
            ("username", quoted(&user.name)),
            ("realm", quoted(&realm)),
            ("nonce", quoted(&challenge.nonce)),
            ("cnonce", quoted(&self.cnonce)),
            ("nc", "00000001".to_owned()),
            ("qop", qop.to_owned()),
            ("digest-uri", quoted(&self.uri)),
            ("response", response),
        ];
        if challenge.utf8 {
            said.push(("charset", "utf-8".to_owned()));
        }
        if self.seals {
            said.push(("cipher", CIPHER.to_owned()));
            said.push(("maxbuf", seal::MOST.to_string()));
        }
        if let Some(name) = &user.acts_as {
            said.push(("authzid", quoted(name)));
        }
        let said: Vec<String> = said
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let said = said.join(",");
        let proof = key.response(nonces, qop, "", &self.uri);
        let seal = match self.seals {
            true => Some(Seal::new(&key, challenge.most).ok_or(SaslFault::OutOfOrder)?),
            false => None,
        };
        self.state = State::Responded { proof, seal };
        match challenge.utf8 {
            true => Ok(said.into_bytes()),
            false => latin1(&said)
                .map(|bytes| bytes.to_vec())
                .ok_or_else(|| SaslFault::Unusable("the daemon takes ISO 8859-1 alone in names".to_owned())),
        }
    }
}

impl Exchange for DigestMd5 {
    fn begin(&mut self) -> Result<Option<Vec<u8>>, SaslFault> {
        let user = &self.user;
        for name in [Some(&user.name), user.acts_as.as_ref()].into_iter().flatten() {
            if name.contains('\0') {
                return Err(SaslFault::Unusable(
                    "a user's name holds a NUL character".to_owned(),
                ));
            }
        }
        Ok(None)
    }

    fn answer(&mut self, said: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        match std::mem::replace(&mut self.state, State::New) {
            State::New => self.respond(said).map(Some),
            State::Responded { proof, seal } => {
                // A hash, which says nothing to who can time this.
                if challenge::proof(said)? != proof {
                    return Err(SaslFault::Impostor);
                }
                self.state = State::Done(seal);
                Ok(None)
            }
            State::Done(_) => Err(SaslFault::OutOfOrder),
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    fn layer(&mut self) -> Option<Box<dyn Layer>> {
        match &mut self.state {
            State::Done(seal) => seal.take().map(|seal| -> Box<dyn Layer> { Box::new(seal) }),
            _ => None,
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, password: &str) -> SaslUser {
        SaslUser {
            name: name.to_owned(),
            password: password.to_owned().into(),
            ..SaslUser::default()
        }
    }

    #[test]
    fn the_rfcs_example_is_spoken() {
        let mut digest = DigestMd5::new(user("chris", "secret"), "x", "OA6MHXh6VqTrRk".to_owned(), false);
        digest.uri = "imap/elwood.innosoft.com".to_owned();
        assert_eq!(digest.begin(), Ok(None));
        let challenge = b"realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8";
        let said = digest.answer(challenge).expect("a response").expect("a response");
        let said = String::from_utf8(said).expect("text");
        assert!(
            said.contains("response=d388dad90d4bbd760a152321f2143af7"),
            "{said}"
        );
        assert!(said.contains("digest-uri=\"imap/elwood.innosoft.com\""), "{said}");
        assert!(!said.contains("secret"));
        let mut other = DigestMd5::new(user("chris", "secret"), "x", "c".to_owned(), false);
        other.answer(challenge).expect("a response");
        assert_eq!(
            other.answer(b"rspauth=ea40f60335c427b5527b84dbabcdfffd"),
            Err(SaslFault::Impostor)
        );
        assert_eq!(
            digest.answer(b"rspauth=ea40f60335c427b5527b84dbabcdfffd"),
            Ok(None)
        );
        assert!(digest.is_done() && digest.layer().is_none());
    }

    #[test]
    fn plain_tcp_is_not_left_open() {
        let mut digest = DigestMd5::new(user("a", "b"), "x", "c".to_owned(), true);
        let fault = digest
            .answer(b"nonce=n,qop=\"auth,auth-int\",algorithm=md5-sess")
            .expect_err("a refusal");
        assert!(fault.to_string().contains("take TLS or SSH"), "{fault}");
        let mut digest = DigestMd5::new(user("a", "b"), "x", "c".to_owned(), true);
        let said = digest
            .answer(b"nonce=n,qop=\"auth-conf\",cipher=\"3des,rc4\",algorithm=md5-sess")
            .expect("a response")
            .expect("a response");
        let said = String::from_utf8(said).expect("text");
        assert!(
            said.contains("qop=auth-conf") && said.contains("cipher=rc4"),
            "{said}"
        );
    }

    #[test]
    fn realms_and_character_sets_are_the_daemons() {
        let challenge = b"nonce=n,realm=\"a\",realm=\"b\",algorithm=md5-sess";
        let in_realm = |realm: &str| {
            let user = SaslUser {
                realm: Some(realm.to_owned()),
                ..user("fréd", "b")
            };
            DigestMd5::new(user, "x", "c".to_owned(), false).answer(challenge)
        };
        let said = in_realm("b").expect("a response").expect("a response");
        assert!(
            said.windows(13).any(|bytes| bytes == b"\"fr\xe9d\",realm="),
            "{said:?}"
        );
        assert!(
            in_realm("c")
                .expect_err("a refusal")
                .to_string()
                .contains("it has a, b")
        );
        let mut digest = DigestMd5::new(user("Ωmega", "b"), "x", "c".to_owned(), false);
        let fault = digest.answer(challenge).expect_err("a refusal");
        assert!(fault.to_string().contains("8859-1"), "{fault}");
    }
}
