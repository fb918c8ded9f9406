//! A recorded daemon: what a real libvirt daemon answered is written down, message by message, and answered again where
//! there is none.
//!
//! A recording is text, a line a message: `event PROGRAM NUMBER HEX`, and for a call and its reply
//! `call PROGRAM NUMBER STATUS ARGUMENTS REPLY`, both in hex, `-` for nothing. Events stand after the reply that they came
//! after. Keepalive is not recorded.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::fake_daemon::{FakeDaemon, FakeHeader, FakeReply, KEEPALIVE, message};

/// An event: program, number, payload.
type Event = (u32, i32, Vec<u8>);

/// A call, and what came for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exchange {
    program: u32,
    number: i32,
    args: Vec<u8>,
    /// The reply's status: 0, or 1 for an error.
    status: i32,
    reply: Vec<u8>,
    /// What came after the reply, and before the next one.
    events: Vec<Event>,
}

/// What a daemon answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording(Vec<Exchange>);

impl Recording {
    /// Carries everything between a client and a real daemon until either goes away, and writes it down.
    pub async fn make<C, D>(client: C, daemon: D) -> Self
    where
        C: AsyncRead + AsyncWrite + Send + Unpin,
        D: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_daemon, mut to_daemon) = tokio::io::split(daemon);
        let asked = Mutex::new(HashMap::new());
        let asking = async {
            while let Some((header, payload)) = message::read(&mut from_client).await {
                let bytes = message::encode(&header, &payload);
                let call = header.kind == message::CALL && header.program != KEEPALIVE;
                if call {
                    asked
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(header.serial, payload);
                }
                if to_daemon.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        };
        let mut made = Self::default();
        let answering = async {
            while let Some((header, payload)) = message::read(&mut from_daemon).await {
                let bytes = message::encode(&header, &payload);
                match header {
                    FakeHeader {
                        program: KEEPALIVE, ..
                    } => {}
                    FakeHeader {
                        kind: message::MESSAGE,
                        ..
                    } => {
                        // Before the first reply nobody has asked for any.
                        if let Some(last) = made.0.last_mut() {
                            last.events.push((header.program, header.number, payload));
                        }
                    }
                    FakeHeader {
                        kind: message::REPLY, ..
                    } => {
                        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                        made.0.extend(asked.remove(&header.serial).map(|args| Exchange {
                            program: header.program,
                            number: header.number,
                            args,
                            status: header.status,
                            reply: payload,
                            events: Vec::new(),
                        }));
                    }
                    _ => {}
                }
                if to_client.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            () = asking => {}
            () = answering => {}
        }
        made
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The line that is none, by its number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut recording = Self::default();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split(' ').collect();
            let wrong = || format!("line {} is no message", index + 1);
            let number = |word: &str| word.parse().map_err(|_| wrong());
            match words.as_slice() {
                ["event", program, procedure, payload] => {
                    let event = (
                        program.parse().map_err(|_| wrong())?,
                        number(procedure)?,
                        bytes(payload).ok_or_else(wrong)?,
                    );
                    recording.0.last_mut().ok_or_else(wrong)?.events.push(event);
                }
                ["call", program, procedure, status, args, reply] => recording.0.push(Exchange {
                    program: program.parse().map_err(|_| wrong())?,
                    number: number(procedure)?,
                    args: bytes(args).ok_or_else(wrong)?,
                    status: number(status)?,
                    reply: bytes(reply).ok_or_else(wrong)?,
                    events: Vec::new(),
                }),
                _ => return Err(wrong()),
            }
        }
        Ok(recording)
    }

    /// The recording as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for exchange in &self.0 {
            // Writing to a string does not fail.
            let _written = writeln!(
                text,
                "call {} {} {} {} {}",
                exchange.program,
                exchange.number,
                exchange.status,
                hex(&exchange.args),
                hex(&exchange.reply)
            );
            for (program, number, payload) in &exchange.events {
                let _written = writeln!(text, "event {program} {number} {}", hex(payload));
            }
        }
        text
    }

    /// A daemon that answers the same calls by the same replies, in their order where a call comes more than once; the
    /// last one again when it comes more often than it was recorded. Every other call is refused.
    #[must_use]
    pub fn daemon(&self) -> FakeDaemon {
        let daemon = FakeDaemon::new();
        let mut calls: HashMap<(u32, i32), HashMap<Vec<u8>, VecDeque<FakeReply>>> = HashMap::new();
        for exchange in &self.0 {
            let answer = match exchange.status {
                message::OK => FakeReply::Return(exchange.reply.clone()),
                _ => FakeReply::Refusal(exchange.reply.clone()),
            };
            let reply = match exchange.events.is_empty() {
                true => answer,
                false => FakeReply::Then(Box::new(answer), exchange.events.clone()),
            };
            let of_procedure = calls.entry((exchange.program, exchange.number)).or_default();
            of_procedure
                .entry(exchange.args.clone())
                .or_default()
                .push_back(reply);
        }
        for ((program, number), replies) in calls {
            let replies = Arc::new(Mutex::new(replies));
            daemon.on(program, number, move |args| {
                let mut replies = replies.lock().unwrap_or_else(PoisonError::into_inner);
                let left = replies.get_mut(args);
                let next = left.and_then(|left| match left.len() {
                    1 => left.front().cloned(),
                    _ => left.pop_front(),
                });
                next.unwrap_or_else(|| FakeReply::error(1, 7, "the recording has no such call"))
            });
        }
        daemon
    }

    /// How many calls there are.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.len()
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex == "-" {
        return Some(Vec::new());
    }
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_as_it_was_written() {
        let text = "call 1 59 0 - 00000004686f7374\nevent 1 2 ff00\ncall 1 16 1 0a -\n";
        let recording = Recording::parse(text).unwrap();
        assert_eq!((recording.calls(), recording.to_text().as_str()), (2, text));
        for wrong in ["call 1", "event 1 2 ff", "call 1 x 0 - -", "call 1 59 0 zz -"] {
            assert_eq!(
                Recording::parse(wrong),
                Err("line 1 is no message".to_owned()),
                "{wrong}"
            );
        }
    }
}
