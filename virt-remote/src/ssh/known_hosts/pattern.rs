//! The first field of a line: the names it is about, plain or hashed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// How long one pattern may be; OpenSSH matches nothing from there on.
const LONGEST: usize = 1022;

/// SHA-1's: the salt of a hashed name has the same length.
pub(super) const SALT: usize = 20;

/// What the names of a line are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// Patterns with commas between them.
    Patterns(Vec<u8>),
    /// One name, which can only be recognised.
    Hashed { salt: [u8; SALT], field: Vec<u8> },
}

impl Names {
    /// Reads the field; `None` for a hash that can't be one.
    pub(super) fn parse(field: &[u8]) -> Option<Self> {
        if !field.starts_with(b"|") {
            return Some(Self::Patterns(field.to_ascii_lowercase()));
        }
        let (salt, _) = split_once(field.strip_prefix(b"|1|")?, b'|')?;
        let salt = STANDARD.decode(salt).ok()?.try_into().ok()?;
        Some(Self::Hashed {
            salt,
            field: field.to_vec(),
        })
    }

    /// Whether the line is about `name`, which is in lower case.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Patterns(list) => list_matches(list, name.as_bytes()),
            Self::Hashed { salt, field } => hashed(name, salt).is_some_and(|hash| hash.as_bytes() == field),
        }
    }
}

/// `name` as a hashed field: `|1|SALT|HASH`.
pub(super) fn hashed(name: &str, salt: &[u8; SALT]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    mac.update(name.as_bytes());
    let hash = mac.finalize().into_bytes();
    Some(format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash)))
}

/// One pattern that matches is needed, and no negated one may match, wherever it stands.
fn list_matches(list: &[u8], name: &[u8]) -> bool {
    let mut matched = false;
    for item in list.split(|byte| *byte == b',') {
        let (negated, pattern) = match item.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, item),
        };
        if pattern.len() > LONGEST {
            return false;
        }
        if wildcard_matches(pattern, name) {
            if negated {
                return false;
            }
            matched = true;
        }
    }
    matched
}

/// Shell-like matching of the whole name: `*` is any run of bytes, `?` is one. Linear but for the runs of the last `*`.
pub(super) fn wildcard_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: it takes one byte more.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, n));
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after, taken)) = retry else {
                    return false;
                };
                p = after;
                n = taken + 1;
                retry = Some((after, n));
            }
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

pub(super) fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == at)?;
    let (before, rest) = text.split_at_checked(end)?;
    Some((before, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(field: &str, name: &str) -> bool {
        Names::parse(field.as_bytes()).is_some_and(|names| names.matches(name))
    }

    #[test]
    fn patterns_match_whole_names_and_a_negated_one_wins() {
        for (field, name, expected) in [
            ("web", "web", true),
            ("WEB.Example", "web.example", true),
            ("web", "web2", false),
            ("web,db", "db", true),
            ("*.example", "a.b.example", true),
            ("*.example", "example", false),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("*", "anything", true),
            ("**b*", "aab", true),
            ("a*b*c", "axxbyybc", true),
            ("a*b*c", "axxbyyb", false),
            ("*.example,!db.example", "db.example", false),
            ("!db.example,*.example", "db.example", false),
            ("!db.example", "web.example", false),
            ("!db.example,*.example", "web.example", true),
            ("[web]:2222", "[web]:2222", true),
            ("[web]:2222", "web", false),
            ("[*.example]:2222", "[a.example]:2222", true),
            ("web,", "web", true),
            ("", "web", false),
        ] {
            assert_eq!(matches(field, name), expected, "{field} for {name}");
        }
    }

    #[test]
    fn a_pattern_too_long_ends_the_line() {
        let long = "a".repeat(LONGEST);
        assert!(matches(&format!("{long},web"), "web"));
        assert!(!matches(&format!("{long}a,web"), "web"));
    }

    #[test]
    fn a_hashed_name_is_recognised_and_a_damaged_hash_is_none() {
        let field = hashed("web", &[7; SALT]).unwrap();
        assert!(matches(&field, "web"));
        assert!(!matches(&field, "db"));
        for damaged in ["|", "|1|", "|1|AAAA|AAAA", "|2|AAAA", "|1|!|x"] {
            assert_eq!(Names::parse(damaged.as_bytes()), None, "{damaged}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let pattern = "*a".repeat(200);
        assert!(!wildcard_matches(pattern.as_bytes(), "a".repeat(199).as_bytes()));
    }
}
