//! Messages of a login, one by one.

use crate::transport::length::{LENGTH, behind_length};

/// A message up to the end of its type, with the length.
const UP_TO_TYPE: usize = 20;
/// The type of a reply.
const REPLY: [u8; 4] = [0, 0, 0, 1];

/// Counts the messages of a login: behind a reply, nothing is read before something was sent.
#[derive(Default)]
pub(super) struct Gate {
    head: Vec<u8>,
    /// What is left of the message once its length is known.
    left: Option<usize>,
    shut: bool,
}

impl Gate {
    /// Something was sent: its reply may come.
    pub(super) fn open(&mut self) {
        self.shut = false;
    }

    /// How much may be read.
    pub(super) fn most(&self) -> usize {
        match self.left {
            _ if self.shut => 0,
            None => LENGTH.saturating_sub(self.head.len()),
            Some(left) => left,
        }
    }

    pub(super) fn came(&mut self, bytes: &[u8]) {
        let wanted = UP_TO_TYPE.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..wanted).unwrap_or(bytes));
        self.left = match self.left {
            Some(left) => Some(left.saturating_sub(bytes.len())),
            None => behind_length(&self.head),
        };
        if self.left == Some(0) {
            let reply = self.head.get(16..UP_TO_TYPE) == Some(REPLY.as_slice());
            // What is no message is its reader's affair, which gets no more of it.
            let broken = self.head.len() < UP_TO_TYPE;
            *self = Self {
                shut: reply || broken,
                ..Self::default()
            };
        }
    }
}
