//! The layer of DIGEST-MD5 that encrypts (RFC 2831, section 2.4), with RC4.
//!
//! It is as weak as its parts, which were given up long ago; a daemon on plain TCP takes nothing better. TLS and SSH are.

use std::fmt;
use std::io;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use rc4::{Rc4, StreamCipher as _};
use zeroize::Zeroizing;

use super::secret::{Hash, SessionKey};
use crate::transport::Layer;

/// How much of a code goes along.
const CODE: usize = 10;
/// What follows a message: the code, the kind of the message, its number.
const TRAILER: usize = CODE + 2 + 4;
/// The kind of a message: there is one.
const KIND: [u8; 2] = [0, 1];
/// How much we take at once: what is told to the daemon.
pub(super) const MOST: usize = 65_536;

const CLIENT_SEALS: &str = "Digest H(A1) to client-to-server sealing key magic constant";
const SERVER_SEALS: &str = "Digest H(A1) to server-to-client sealing key magic constant";
const CLIENT_SIGNS: &str = "Digest session key to client-to-server signing key magic constant";
const SERVER_SIGNS: &str = "Digest session key to server-to-client signing key magic constant";

/// One direction.
struct Direction {
    cipher: Rc4,
    signs: Hash,
    number: u32,
}

impl Direction {
    /// `None` can't come: a key of 16 bytes is one.
    fn new(key: &SessionKey, seals: &str, signs: &str) -> Option<Self> {
        Some(Self {
            cipher: Rc4::new_from_slice(key.derived(seals).as_slice()).ok()?,
            signs: key.derived(signs),
            number: 0,
        })
    }

    fn code(&self, message: &[u8]) -> Option<Hmac<Md5>> {
        let code = Hmac::<Md5>::new_from_slice(self.signs.as_slice()).ok()?;
        Some(code.chain_update(self.number.to_be_bytes()).chain_update(message))
    }
}

/// The layer, both ways.
pub(super) struct Seal {
    ours: Direction,
    theirs: Direction,
    most: usize,
}

impl Seal {
    /// As a client has it; `most` is what the daemon takes at once.
    pub(super) fn new(key: &SessionKey, most: usize) -> Option<Self> {
        Some(Self {
            ours: Direction::new(key, CLIENT_SEALS, CLIENT_SIGNS)?,
            theirs: Direction::new(key, SERVER_SEALS, SERVER_SIGNS)?,
            most: most.min(MOST),
        })
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

impl Layer for Seal {
    fn most_plain(&self) -> usize {
        self.most.saturating_sub(TRAILER + 4)
    }

    fn most_sealed(&self) -> usize {
        MOST + TRAILER
    }

    fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let code = self.ours.code(plain).ok_or_else(broken)?.finalize().into_bytes();
        let code = code.get(..CODE).ok_or_else(broken)?;
        let mut sealed = Zeroizing::new([plain, code].concat());
        self.ours
            .cipher
            .try_apply_keystream(&mut sealed)
            .map_err(|_| broken())?;
        let length = u32::try_from(sealed.len() + KIND.len() + 4).map_err(|_| broken())?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&sealed);
        out.extend_from_slice(&KIND);
        out.extend_from_slice(&self.ours.number.to_be_bytes());
        self.ours.number = self.ours.number.wrapping_add(1);
        Ok(())
    }

    fn open(&mut self, packet: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let split = |bytes: &'_ [u8], tail: usize| -> io::Result<(Vec<u8>, Vec<u8>)> {
            let at = bytes.len().checked_sub(tail).ok_or_else(broken)?;
            let (before, after) = bytes.split_at_checked(at).ok_or_else(broken)?;
            Ok((before.to_vec(), after.to_vec()))
        };
        let (mut sealed, tail) = split(packet, KIND.len() + 4)?;
        let expected = [KIND.as_slice(), &self.theirs.number.to_be_bytes()].concat();
        if tail != expected {
            return Err(broken());
        }
        self.theirs
            .cipher
            .try_apply_keystream(&mut sealed)
            .map_err(|_| broken())?;
        let (plain, code) = split(&sealed, CODE)?;
        let wanted = self.theirs.code(&plain).ok_or_else(broken)?;
        wanted.verify_truncated_left(&code).map_err(|_| broken())?;
        self.theirs.number = self.theirs.number.wrapping_add(1);
        out.extend_from_slice(&plain);
        Ok(())
    }
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "what came is not sealed as DIGEST-MD5 has it, or was changed on its way",
    )
}

#[cfg(test)]
mod tests {
    use super::super::secret::Ingredients;
    use super::*;
    use proptest::prelude::*;

    /// Both ends of a layer.
    fn both(most: usize) -> (Seal, Seal) {
        let key = SessionKey::new(&Ingredients {
            secret: b"fred:far:sesame",
            nonce: "n",
            cnonce: "c",
            acts_as: None,
        });
        let client = Seal::new(&key, most).expect("a layer");
        let server = Seal {
            ours: Direction::new(&key, SERVER_SEALS, SERVER_SIGNS).expect("a direction"),
            theirs: Direction::new(&key, CLIENT_SEALS, CLIENT_SIGNS).expect("a direction"),
            most,
        };
        (client, server)
    }

    /// A packet without its length.
    fn sealed(by: &mut Seal, plain: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        by.seal(plain, &mut packet).expect("sealed");
        let length = u32::from_be_bytes(packet[..4].try_into().expect("a length"));
        assert_eq!(usize::try_from(length).expect("a length"), packet.len() - 4);
        packet.split_off(4)
    }

    #[test]
    fn what_is_sealed_is_opened_in_its_order_and_not_twice() {
        let (mut client, mut server) = both(MOST);
        let (first, second) = (sealed(&mut client, b"one"), sealed(&mut client, b""));
        assert!(!first.windows(3).any(|bytes| bytes == b"one"));
        let mut out = Vec::new();
        server.open(&first, &mut out).expect("opened");
        server.open(&second, &mut out).expect("opened");
        assert_eq!(out, b"one");
        server.open(&second, &mut out).expect_err("a repetition");
        let back = sealed(&mut server, b"two");
        client.open(&back, &mut out).expect("opened");
        assert_eq!(out, b"onetwo");
    }

    proptest! {
        #[test]
        fn a_byte_that_was_changed_is_seen(plain in prop::collection::vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let (mut client, mut server) = both(MOST);
            let mut packet = sealed(&mut client, &plain);
            let at = at.index(packet.len());
            packet[at] ^= 1 << bit;
            let mut out = Vec::new();
            server.open(&packet, &mut out).expect_err("a fault");
            prop_assert!(out.is_empty());
        }

        #[test]
        fn no_bytes_panic(packet in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = both(MOST).1.open(&packet, &mut Vec::new());
        }
    }
}
