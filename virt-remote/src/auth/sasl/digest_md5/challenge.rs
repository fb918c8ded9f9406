//! What a daemon says in a login by DIGEST-MD5 (RFC 2831, sections 2.1.1 and 7.1).

use crate::auth::sasl::fault::SaslFault;

/// How much a side takes at once where it does not say.
const USUAL_BUFFER: usize = 65_536;
/// The most that may be said.
const LARGEST_BUFFER: usize = 16_777_215;
/// The fewest that a sealed message of any use takes.
const SMALLEST_BUFFER: usize = 64;
/// How long a challenge may be (section 2.1.1).
const LONGEST: usize = 2048;

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) realms: Vec<String>,
    pub(super) nonce: String,
    /// `auth`, `auth-int`, `auth-conf`.
    pub(super) qops: Vec<String>,
    pub(super) ciphers: Vec<String>,
    /// How much the daemon takes at once.
    pub(super) most: usize,
    /// Whether names and the password are in UTF-8; in ISO 8859-1 otherwise.
    pub(super) utf8: bool,
}

impl Challenge {
    pub(super) fn parse(said: &[u8]) -> Result<Self, SaslFault> {
        if said.len() > LONGEST {
            return Err(SaslFault::malformed("the challenge is longer than 2,048 bytes"));
        }
        let directives = directives(said)?;
        let all = |name: &str| -> Vec<&str> {
            let named = directives.iter().filter(|(given, _)| given == name);
            named.map(|(_, value)| value.as_str()).collect()
        };
        let one = |name: &str| match all(name).as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(*value)),
            _ => Err(SaslFault::malformed(format!("{name} is there more than once"))),
        };
        let words = |value: Option<&str>| -> Vec<String> {
            let value = value.unwrap_or_default();
            let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        let nonce = one("nonce")?.filter(|nonce| !nonce.is_empty());
        let nonce = nonce.ok_or_else(|| SaslFault::malformed("there is no nonce"))?;
        match one("algorithm")? {
            Some("md5-sess") => {}
            Some(other) => {
                return Err(SaslFault::Unsupported(format!(
                    "the daemon wants the algorithm {other:?}"
                )));
            }
            None => return Err(SaslFault::malformed("there is no algorithm")),
        }
        let mut qops = words(one("qop")?);
        if qops.is_empty() {
            qops.push("auth".to_owned());
        }
        Ok(Self {
            realms: all("realm").into_iter().map(str::to_owned).collect(),
            nonce: nonce.to_owned(),
            qops,
            ciphers: words(one("cipher")?),
            most: buffer(one("maxbuf")?)?,
            utf8: match one("charset")? {
                None => false,
                Some(name) if name.eq_ignore_ascii_case("utf-8") => true,
                Some(_) => return Err(SaslFault::malformed("the charset is not utf-8")),
            },
        })
    }

    pub(super) fn offers(&self, qop: &str) -> bool {
        self.qops.iter().any(|offered| offered.eq_ignore_ascii_case(qop))
    }

    pub(super) fn has_cipher(&self, cipher: &str) -> bool {
        self.ciphers
            .iter()
            .any(|offered| offered.eq_ignore_ascii_case(cipher))
    }
}

/// The proof that the daemon knows the password: `rspauth=…`.
pub(super) fn proof(said: &[u8]) -> Result<String, SaslFault> {
    let found = directives(said)?.into_iter().find(|(name, _)| name == "rspauth");
    found
        .map(|(_, value)| value)
        .ok_or_else(|| SaslFault::malformed("there is no rspauth"))
}

fn buffer(said: Option<&str>) -> Result<usize, SaslFault> {
    let Some(said) = said else {
        return Ok(USUAL_BUFFER);
    };
    match said.parse() {
        Ok(most) if (SMALLEST_BUFFER..=LARGEST_BUFFER).contains(&most) => Ok(most),
        _ => Err(SaslFault::malformed(format!("{said:?} is no size of a buffer"))),
    }
}

/// `name=value` and `name="value"`, with commas between them; names in lower case.
fn directives(said: &[u8]) -> Result<Vec<(String, String)>, SaslFault> {
    let text = match std::str::from_utf8(said) {
        Ok(text) => text.to_owned(),
        // ISO 8859-1, whose characters have the numbers of Unicode's.
        Err(_) => said.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut rest = text.as_str();
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if rest.is_empty() {
            return Ok(found);
        }
        let (name, after) = rest
            .split_once('=')
            .ok_or_else(|| SaslFault::malformed("a name without a value"))?;
        let name = name.trim_end();
        let (value, after) = value(after.trim_start())?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(SaslFault::malformed("a value without a name"));
        }
        found.push((name.to_ascii_lowercase(), value));
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err(SaslFault::malformed("no comma after a value"));
        }
    }
}

/// A value, and what follows it.
fn value(text: &str) -> Result<(String, &str), SaslFault> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return Ok((value.to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            Some('"') => return Ok((value, chars.as_str())),
            Some('\\') => value.extend(chars.next()),
            Some(other) => value.push(other),
            None => return Err(SaslFault::malformed("a quotation mark is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIBVIRTS: &str = "nonce=\"q+x=\",realm=\"far\",qop=\"auth-conf\",cipher=\"rc4-56,rc4,3des\",maxbuf=65536,charset=utf-8,algorithm=md5-sess";

    #[test]
    fn a_daemons_challenge_is_read() {
        let challenge = Challenge::parse(LIBVIRTS.as_bytes()).expect("a challenge");
        assert_eq!(
            (challenge.nonce.as_str(), challenge.most, challenge.utf8),
            ("q+x=", 65_536, true)
        );
        assert_eq!(challenge.realms, ["far"]);
        assert!(challenge.offers("auth-conf") && !challenge.offers("auth"));
        assert!(challenge.has_cipher("RC4") && !challenge.has_cipher("des"));
    }

    #[test]
    fn what_is_not_said_has_its_usual_value() {
        let challenge = Challenge::parse(
            b" realm = \"a \\\"b\\\", c\" ,, nonce=x , realm=\"\xe9\",algorithm=md5-sess,new=1",
        )
        .expect("one");
        assert_eq!(challenge.realms, ["a \"b\", c", "é"]);
        assert!(challenge.offers("auth") && !challenge.utf8 && challenge.ciphers.is_empty());
        assert_eq!(challenge.most, 65_536);
    }

    #[test]
    fn what_a_daemon_may_not_say_is_named() {
        for (said, part) in [
            ("", "nonce"),
            ("nonce=\"\",algorithm=md5-sess", "nonce"),
            ("nonce=a,nonce=b,algorithm=md5-sess", "more than once"),
            ("nonce=a", "algorithm"),
            ("nonce=a,algorithm=md5", "md5"),
            ("nonce=a,algorithm=md5-sess,charset=latin1", "charset"),
            ("nonce=a,algorithm=md5-sess,maxbuf=3", "buffer"),
            ("nonce=a,algorithm=md5-sess,maxbuf=99999999", "buffer"),
            ("nonce=\"a", "quotation"),
            ("nonce=\"a\"b=c", "comma"),
            ("nonce", "without a value"),
            ("=a", "without a name"),
        ] {
            let fault = Challenge::parse(said.as_bytes()).expect_err("a fault");
            assert!(fault.to_string().contains(part), "{said}: {fault}");
        }
        Challenge::parse(&[b' '; 3000]).expect_err("a fault");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(said in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = Challenge::parse(&said);
            let _ = proof(&said);
        }

        #[test]
        fn nothing_that_is_almost_right_panics(said in "([a-z]{0,6}[= ,]{0,2}\"?[ -~é]{0,6}[\\\\]?\"?,?){0,8}") {
            let _ = Challenge::parse(said.as_bytes());
        }

        #[test]
        fn what_is_quoted_comes_out_as_it_went_in(realm in "[ -~é]{0,20}") {
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            let said = format!("nonce=x,realm=\"{quoted}\",algorithm=md5-sess");
            prop_assert_eq!(Challenge::parse(said.as_bytes()).expect("a challenge").realms, vec![realm]);
        }
    }
}
