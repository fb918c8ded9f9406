//! SCRAM (RFC 5802, RFC 7677): the password is proved by both sides, and not said by either.
//!
//! Names and passwords are taken as they are, where the RFC wants them prepared (SASLprep): the library that libvirt's
//! daemons use compares them as they are. There is no difference for what is typed the usual way.

mod hash;
mod message;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fault::SaslFault;
use super::mechanism::{Exchange, SaslUser};
pub(crate) use hash::Hash;
use hash::SecretBytes;
use message::ServerFirst;

/// A login by SCRAM.
pub(super) struct Scram {
    hash: Hash,
    user: SaslUser,
    nonce: String,
    state: State,
}

enum State {
    New,
    /// Our first message was sent; this is what of it is signed.
    First(String),
    /// Our proof was sent; what the daemon has to sign, and by which key.
    Proved {
        key: SecretBytes,
        signed: String,
    },
    Done,
}

impl std::fmt::Debug for Scram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scram")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Scram {
    pub(super) fn new(hash: Hash, user: SaslUser, nonce: String) -> Self {
        Self {
            hash,
            user,
            nonce,
            state: State::New,
        }
    }

    /// What precedes our first message: no channel binding, and whom to act as.
    fn header(&self) -> String {
        let acts_as = self.user.acts_as.as_deref();
        let acts_as = acts_as.map_or_else(String::new, |name| format!("a={}", escaped(name)));
        format!("n,{acts_as},")
    }

    fn prove(&mut self, first: &str, said: &[u8]) -> Result<Vec<u8>, SaslFault> {
        let theirs = ServerFirst::parse(said, &self.nonce)?;
        let binding = STANDARD.encode(self.header());
        let last = format!("c={binding},r={}", theirs.nonce);
        let said = String::from_utf8_lossy(said);
        let signed = format!("{first},{said},{last}");
        let hash = self.hash;
        let salted = hash.salted(self.user.password.as_bytes(), &theirs.salt, theirs.rounds);
        let client = hash.hmac(&salted, b"Client Key");
        let signature = hash.hmac(&hash.hash(&client), signed.as_bytes());
        let proof: Vec<u8> = client
            .iter()
            .zip(signature.iter())
            .map(|(key, sign)| key ^ sign)
            .collect();
        self.state = State::Proved {
            key: hash.hmac(&salted, b"Server Key"),
            signed,
        };
        Ok(format!("{last},p={}", STANDARD.encode(proof)).into_bytes())
    }
}

impl Exchange for Scram {
    fn begin(&mut self) -> Result<Option<Vec<u8>>, SaslFault> {
        if self.user.name.contains('\0') {
            return Err(SaslFault::Unusable(
                "the user's name holds a NUL character".to_owned(),
            ));
        }
        let first = format!("n={},r={}", escaped(&self.user.name), self.nonce);
        let message = format!("{}{first}", self.header()).into_bytes();
        self.state = State::First(first);
        Ok(Some(message))
    }

    fn answer(&mut self, said: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        match std::mem::replace(&mut self.state, State::New) {
            State::First(first) => self.prove(&first, said).map(Some),
            State::Proved { key, signed } => {
                let signature = message::signature(said)?;
                if !self.hash.is_hmac(&key, signed.as_bytes(), &signature) {
                    return Err(SaslFault::Impostor);
                }
                self.state = State::Done;
                Ok(None)
            }
            State::New | State::Done => Err(SaslFault::OutOfOrder),
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

/// A name, in which `=` and `,` have a meaning.
fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scram(hash: Hash, nonce: &str) -> Scram {
        let user = SaslUser {
            name: "user".to_owned(),
            password: "pencil".to_owned().into(),
            ..SaslUser::default()
        };
        Scram::new(hash, user, nonce.to_owned())
    }

    #[test]
    fn the_rfcs_examples_are_spoken() {
        for (hash, nonce, first, proof, last) in [
            (
                Hash::Sha1,
                "fyko+d2lbbFgONRv9qkxdawL",
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            ),
            (
                Hash::Sha256,
                "rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            ),
        ] {
            let mut scram = scram(hash, nonce);
            let said = scram.begin().expect("a message").expect("a message");
            assert_eq!(said, format!("n,,n=user,r={nonce}").as_bytes());
            let said = scram.answer(first.as_bytes()).expect("a proof").expect("a proof");
            assert_eq!(String::from_utf8_lossy(&said), proof);
            assert!(!scram.is_done());
            assert_eq!(scram.answer(last.as_bytes()), Ok(None));
            assert!(scram.is_done());
            assert_eq!(scram.answer(b""), Err(SaslFault::OutOfOrder));
        }
    }

    #[test]
    fn who_does_not_know_the_password_is_found_out() {
        let mut scram = scram(Hash::Sha512, "ours");
        scram.begin().expect("a message");
        scram.answer(b"r=ours1,s=QQ==,i=4096").expect("a proof");
        assert_eq!(scram.answer(b"v=QQ=="), Err(SaslFault::Impostor));
        assert!(!scram.is_done());
    }

    #[test]
    fn names_are_escaped() {
        let mut scram = scram(Hash::Sha256, "ours");
        scram.user.name = "a=b,c".to_owned();
        scram.user.acts_as = Some("d,e".to_owned());
        let said = scram.begin().expect("a message").expect("a message");
        assert_eq!(said, b"n,a=d=2Ce,n=a=3Db=2Cc,r=ours");
    }
}
