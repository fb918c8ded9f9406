//! What is computed from the password (RFC 2831, sections 2.1.2.1, 2.1.3, 2.3 and 2.4).

use md5::{Digest as _, Md5};
use zeroize::{Zeroize as _, Zeroizing};

/// A hash, gone from memory when it is dropped.
pub(super) type Hash = Zeroizing<[u8; 16]>;

/// Of what a session's secret is made.
pub(super) struct Ingredients<'a> {
    /// `user:realm:password`, in the character set of the hash.
    pub(super) secret: &'a [u8],
    pub(super) nonce: &'a str,
    pub(super) cnonce: &'a str,
    pub(super) acts_as: Option<&'a str>,
}

/// The secret of a session: `H(A1)`.
pub(super) struct SessionKey(Hash);

impl SessionKey {
    pub(super) fn new(of: &Ingredients<'_>) -> Self {
        let mut hash = Md5::new();
        hash.update(*md5(&[of.secret]));
        for part in [Some(of.nonce), Some(of.cnonce), of.acts_as]
            .into_iter()
            .flatten()
        {
            hash.update(b":");
            hash.update(part.as_bytes());
        }
        Self(finished(hash))
    }

    /// The response that proves it, ours or (without a method) the daemon's.
    pub(super) fn response(&self, challenge: (&str, &str), qop: &str, method: &str, uri: &str) -> String {
        let (nonce, cnonce) = challenge;
        let body = match qop {
            "auth" => "",
            _ => ":00000000000000000000000000000000",
        };
        let asked = hex(&md5(&[method.as_bytes(), b":", uri.as_bytes(), body.as_bytes()]));
        let key = Zeroizing::new(hex(&self.0));
        let proved = format!(":{nonce}:00000001:{cnonce}:{qop}:{asked}");
        hex(&md5(&[key.as_bytes(), proved.as_bytes()]))
    }

    /// A key that is made of it, for the purpose that the text names.
    pub(super) fn derived(&self, purpose: &str) -> Hash {
        md5(&[self.0.as_slice(), purpose.as_bytes()])
    }
}

fn md5(parts: &[&[u8]]) -> Hash {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    finished(hash)
}

fn finished(hash: Md5) -> Hash {
    let mut hash = hash.finalize();
    let kept = Zeroizing::new(hash.into());
    hash.as_mut_slice().zeroize();
    kept
}

fn hex(bytes: &[u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `user:realm:password` as it is hashed: each in ISO 8859-1 where it can be, in UTF-8 otherwise; `None` where that is
/// not known to the daemon.
pub(super) fn hashed_secret(parts: [&str; 3], utf8: bool) -> Option<Zeroizing<Vec<u8>>> {
    let mut secret = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum()));
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            secret.push(b':');
        }
        match latin1(part) {
            Some(bytes) => secret.extend_from_slice(&bytes),
            None if utf8 => secret.extend_from_slice(part.as_bytes()),
            None => return None,
        }
    }
    Some(secret)
}

/// Text in ISO 8859-1, where it can be.
pub(super) fn latin1(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.map(Zeroizing::new)
}
