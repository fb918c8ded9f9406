//! What a daemon says in a login by SCRAM (RFC 5802, section 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::auth::sasl::fault::SaslFault;

/// The fewest rounds that are taken (RFC 7677): fewer make the password easy to guess for who listens.
pub(super) const FEWEST_ROUNDS: u32 = 4096;
/// The most: they are work for us.
pub(super) const MOST_ROUNDS: u32 = 1_000_000;

/// The first thing the daemon says: `r=NONCE,s=SALT,i=ROUNDS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerFirst {
    pub(super) nonce: String,
    pub(super) salt: Vec<u8>,
    pub(super) rounds: u32,
}

impl ServerFirst {
    /// Reads it; `ours` is the nonce that the daemon's has to begin with.
    pub(super) fn parse(said: &[u8], ours: &str) -> Result<Self, SaslFault> {
        let text = text(said)?;
        let mut parts = text.split(',');
        let nonce = attribute(parts.next(), 'r')?;
        let salt = attribute(parts.next(), 's')?;
        let rounds = attribute(parts.next(), 'i')?;
        // What else there is may be passed over: what may not is called `m` and comes first.
        if nonce.len() <= ours.len() || !nonce.starts_with(ours) {
            return Err(SaslFault::malformed("its nonce does not go on from ours"));
        }
        let salt = STANDARD
            .decode(salt)
            .map_err(|_| SaslFault::malformed("the salt is not in base 64"))?;
        if salt.is_empty() {
            return Err(SaslFault::malformed("the salt is empty"));
        }
        let number = rounds.bytes().all(|digit| digit.is_ascii_digit());
        let rounds: u32 = match rounds.parse() {
            Ok(rounds) if number => rounds,
            _ => return Err(SaslFault::malformed(format!("{rounds:?} is no number of rounds"))),
        };
        if !(FEWEST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return Err(SaslFault::Unsupported(format!(
                "the daemon wants {rounds} rounds of hashing: {FEWEST_ROUNDS} to {MOST_ROUNDS} are done"
            )));
        }
        Ok(Self {
            nonce: nonce.to_owned(),
            salt,
            rounds,
        })
    }
}

/// The last thing it says: `v=SIGNATURE`, or `e=REASON`.
pub(super) fn signature(said: &[u8]) -> Result<Vec<u8>, SaslFault> {
    let text = text(said)?;
    let first = text.split(',').next();
    if let Ok(reason) = attribute(first, 'e') {
        return Err(SaslFault::Refused(reason.chars().take(80).collect()));
    }
    STANDARD
        .decode(attribute(first, 'v')?)
        .map_err(|_| SaslFault::malformed("the signature is not in base 64"))
}

fn text(said: &[u8]) -> Result<&str, SaslFault> {
    match std::str::from_utf8(said) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(SaslFault::malformed("it is not text")),
    }
}

fn attribute(part: Option<&str>, name: char) -> Result<&str, SaslFault> {
    let part = part.unwrap_or_default();
    if part.starts_with("m=") {
        return Err(SaslFault::Unsupported(
            "the daemon wants an extension of SCRAM that is not known here".to_owned(),
        ));
    }
    part.strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='))
        .ok_or_else(|| SaslFault::malformed(format!("{name}= is not where it belongs")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_daemon_may_not_say_is_told_apart() {
        for (said, part) in [
            ("", "r="),
            ("r=ours", "s="),
            ("r=theirs1,s=QQ==,i=4096", "nonce"),
            ("r=ours,s=QQ==,i=4096", "nonce"),
            ("r=ours1,s=?,i=4096", "base 64"),
            ("r=ours1,s=,i=4096", "empty"),
            ("r=ours1,s=QQ==,i=+4096", "rounds"),
            ("r=ours1,s=QQ==,i=99999999999", "rounds"),
            ("r=ours1,s=QQ==,i=4095", "4096 to"),
            ("r=ours1,s=QQ==,i=1000001", "4096 to"),
            ("m=x,r=ours1,s=QQ==,i=4096", "extension"),
            ("s=QQ==,r=ours1,i=4096", "r="),
        ] {
            let fault = ServerFirst::parse(said.as_bytes(), "ours").expect_err("a fault");
            assert!(fault.to_string().contains(part), "{said}: {fault}");
        }
        let more = ServerFirst::parse(b"r=ours1,s=QQ==,i=4096,x=y", "ours").expect("read");
        assert_eq!(
            (more.nonce.as_str(), more.salt.as_slice(), more.rounds),
            ("ours1", &b"A"[..], 4096)
        );
    }

    #[test]
    fn a_refusal_is_the_daemons_word() {
        assert_eq!(
            signature(b"e=unknown-user"),
            Err(SaslFault::Refused("unknown-user".to_owned()))
        );
        assert_eq!(signature(b"v=QQ=="), Ok(b"A".to_vec()));
        signature(b"v=?").expect_err("a fault");
        signature(b"\xff").expect_err("a fault");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(said in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = ServerFirst::parse(&said, "ours");
            let _ = signature(&said);
        }

        #[test]
        fn nothing_that_is_almost_right_panics(said in "(m=|r=ours|s=|i=)?[A-Za-z0-9=,]{0,12}(,[rsiv]=[A-Za-z0-9=/]{0,12}){0,3}") {
            if let Ok(first) = ServerFirst::parse(said.as_bytes(), "ours") {
                prop_assert!(first.nonce.starts_with("ours") && first.rounds >= FEWEST_ROUNDS);
            }
        }
    }
}
