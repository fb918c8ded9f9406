//! What a connection knows, and what a message means to it: pure, without a stream and without a clock.
//!
//! Calls that may have to wait for a guest leave one place free for those that never do ([`Priority::High`], which a
//! daemon has workers of their own for): however many guests hang, looking around goes on.
//!
//! ```text
//! call:   queued ── room in the governor ──> in flight ── reply ──> answered
//!                                                └── its caller has gone: still in flight, the reply is dropped
//! stream: (in flight) ── reply ok ──> open ── data, holes, end ──> open ── finish or abort sent ──> ending
//!                                       └───────────── error, or the word that it is over ───────────┴──> gone
//! ```
//!
//! What a stream holds may come before the reply to the call that opens it: a libvirtd sends both from threads of their
//! own.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::error::{Called, EndReason, LibvirtError, RpcError};
use super::inbox::{Inbox, StreamItem};
use super::packet::{Address, Packet};
use crate::protocol::keepalive;
use crate::protocol::net::{MessageError, MessageHeader, MessageStatus, MessageType, StreamHole};
use crate::protocol::procedure::Priority;
use crate::protocol::xdr;

/// How a daemon answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Returned(Bytes),
    Refused(Box<LibvirtError>),
}

/// What a message is to whom.
#[derive(Debug)]
pub(super) enum Received<T> {
    /// The answer to a call; the stream that it opened, where it did.
    Answered {
        token: T,
        answer: Answer,
        serial: u32,
        opened: bool,
    },
    /// Something the daemon tells on its own account.
    Event(Packet),
    /// The daemon asks whether we are here.
    Ping,
    /// It answers that it is there.
    Pong,
    /// Something came in on a stream; this is its serial, as it may have filled its inbox.
    Stream(u32),
    /// Nobody's: of a call or stream that is over, or never was.
    Stray,
}

/// A call that was sent. It stays until it is answered, whether or not anybody still waits for it.
#[derive(Debug)]
struct Flight<T> {
    address: Address,
    token: T,
    called: Called,
    inbox: Option<Arc<Inbox>>,
    priority: Priority,
    takes_fds: bool,
}

#[derive(Debug)]
struct OpenStream {
    address: Address,
    called: Called,
    inbox: Arc<Inbox>,
    /// Finish or abort has been sent: nothing more may follow.
    ending: bool,
}

/// What a call needs to be remembered by.
#[derive(Debug)]
pub(super) struct Sent<T> {
    pub(super) address: Address,
    pub(super) token: T,
    pub(super) called: Called,
    pub(super) priority: Priority,
    /// Whether its caller takes file descriptors that come back.
    pub(super) takes_fds: bool,
    /// Where a stream's content goes, for calls that open one.
    pub(super) inbox: Option<Arc<Inbox>>,
}

/// The state of a connection.
#[derive(Debug)]
pub(super) struct Machine<T> {
    limit: usize,
    last_serial: u32,
    flights: HashMap<u32, Flight<T>>,
    /// How many of them may have to wait for a guest.
    low: usize,
    /// Of how many of them the callers take file descriptors.
    take_fds: usize,
    streams: HashMap<u32, OpenStream>,
}

impl<T> Machine<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            last_serial: 0,
            flights: HashMap::new(),
            low: 0,
            take_fds: 0,
            streams: HashMap::new(),
        }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Whether one more call of this priority may be sent.
    pub(super) fn has_room(&self, priority: Priority) -> bool {
        let has_place = self.flights.len() < self.limit;
        match priority {
            Priority::High => has_place,
            Priority::Low => has_place && self.low < (self.limit - 1).max(1),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Whether a call is in flight whose caller takes file descriptors.
    pub(super) fn takes_fds(&self) -> bool {
        self.take_fds > 0
    }

    /// Remembers a call; gives the header it is sent with.
    pub(super) fn send(&mut self, call: Sent<T>) -> MessageHeader {
        let serial = self.free_serial();
        let header = call.address.header(MessageType::CALL, serial, MessageStatus::OK);
        let flight = Flight {
            address: call.address,
            token: call.token,
            called: call.called,
            inbox: call.inbox,
            priority: call.priority,
            takes_fds: call.takes_fds,
        };
        self.low += usize::from(call.priority == Priority::Low);
        self.take_fds += usize::from(call.takes_fds);
        self.flights.insert(serial, flight);
        header
    }

    /// A serial that nothing has: they wrap around after four billion calls, and a stream may live that long.
    fn free_serial(&mut self) -> u32 {
        loop {
            self.last_serial = self.last_serial.wrapping_add(1);
            let serial = self.last_serial;
            // Events have 0.
            if serial != 0 && !self.flights.contains_key(&serial) && !self.streams.contains_key(&serial) {
                return serial;
            }
        }
    }

    /// The header of a piece of a stream; `None` where the stream is over or ending.
    pub(super) fn stream_header(
        &mut self,
        serial: u32,
        type_: MessageType,
        status: MessageStatus,
    ) -> Option<MessageHeader> {
        let stream = self.streams.get_mut(&serial).filter(|stream| !stream.ending)?;
        stream.ending = status != MessageStatus::CONTINUE;
        Some(stream.address.header(type_, serial, status))
    }

    /// Where a stream's content goes, and what opened it; `None` where nothing more is kept of it.
    pub(super) fn stream(&self, serial: u32) -> Option<(&Arc<Inbox>, &Called)> {
        let stream = self.streams.get(&serial).filter(|stream| !stream.ending)?;
        Some((&stream.inbox, &stream.called))
    }

    /// Takes a message in.
    pub(super) fn receive(&mut self, packet: Packet) -> Result<Received<T>, EndReason> {
        let header = &packet.header;
        if header.prog == keepalive::PROGRAM.number {
            return Ok(match header.proc {
                number if number == keepalive::Ping::INFO.number => Received::Ping,
                number if number == keepalive::Pong::INFO.number => Received::Pong,
                _ => Received::Stray,
            });
        }
        match header.type_ {
            MessageType::REPLY | MessageType::REPLY_WITH_FDS => self.reply(packet),
            MessageType::MESSAGE => Ok(Received::Event(packet)),
            MessageType::STREAM | MessageType::STREAM_HOLE => self.piece(&packet),
            other => Err(malformed(format!("a message of type {other:?}"))),
        }
    }

    fn reply(&mut self, packet: Packet) -> Result<Received<T>, EndReason> {
        let header = packet.header;
        let Some(flight) = self.flights.remove(&header.serial) else {
            return Ok(Received::Stray);
        };
        self.low -= usize::from(flight.priority == Priority::Low);
        self.take_fds -= usize::from(flight.takes_fds);
        // A daemon that lacks a program answers with the number that was asked for.
        if !flight.address.is_of(&header) {
            let of = flight.called.name;
            return Err(malformed(format!("the reply to {of} is of another procedure")));
        }
        let answer = match header.status {
            MessageStatus::OK => Answer::Returned(packet.payload),
            MessageStatus::ERROR => Answer::Refused(Box::new(error_of(&packet.payload)?)),
            other => return Err(malformed(format!("a reply of status {other:?}"))),
        };
        let mut opened = false;
        let inbox = flight.inbox.filter(|inbox| !inbox.is_over());
        if let (Some(inbox), Answer::Returned(_)) = (inbox, &answer) {
            opened = true;
            let stream = OpenStream {
                address: flight.address,
                called: flight.called,
                inbox,
                ending: false,
            };
            self.streams.insert(header.serial, stream);
        }
        Ok(Received::Answered {
            token: flight.token,
            answer,
            serial: header.serial,
            opened,
        })
    }

    fn piece(&mut self, packet: &Packet) -> Result<Received<T>, EndReason> {
        let header = &packet.header;
        let serial = header.serial;
        let (inbox, called, wanted) = match (self.streams.get(&serial), self.flights.get(&serial)) {
            // What comes after an abort was on its way before it.
            (Some(stream), _) => (Arc::clone(&stream.inbox), &stream.called, !stream.ending),
            (None, Some(flight)) => match &flight.inbox {
                Some(inbox) if inbox.is_flooded() => {
                    return Err(malformed(
                        "more than 64 MiB of a stream before its call was answered".into(),
                    ));
                }
                Some(inbox) => (Arc::clone(inbox), &flight.called, true),
                None => return Ok(Received::Stray),
            },
            (None, None) => return Ok(Received::Stray),
        };
        match header.status {
            MessageStatus::CONTINUE if header.type_ == MessageType::STREAM_HOLE => {
                let hole: StreamHole = xdr::from_bytes(&packet.payload)
                    .map_err(|error| malformed(format!("a hole in a stream: {error}")))?;
                let length = u64::try_from(hole.length)
                    .map_err(|_| malformed(format!("a hole of {} bytes in a stream", hole.length)))?;
                if wanted {
                    inbox.push(StreamItem::Hole(length));
                }
            }
            MessageStatus::CONTINUE if packet.payload.is_empty() => inbox.end(),
            MessageStatus::CONTINUE => {
                if wanted {
                    inbox.push(StreamItem::Data(packet.payload.clone()));
                }
            }
            MessageStatus::OK => {
                inbox.over(Ok(()));
                self.streams.remove(&serial);
            }
            MessageStatus::ERROR => {
                let error = Box::new(error_of(&packet.payload)?);
                let procedure = called.clone();
                inbox.over(Err(RpcError::Libvirt { procedure, error }));
                self.streams.remove(&serial);
            }
            other => return Err(malformed(format!("a piece of a stream of status {other:?}"))),
        }
        Ok(Received::Stream(serial))
    }

    /// The connection has ended: whatever is under way is given back, and every stream is told.
    pub(super) fn end(&mut self, lost: impl Fn(Called) -> RpcError) -> Vec<T> {
        for stream in std::mem::take(&mut self.streams).into_values() {
            stream.inbox.over(Err(lost(stream.called)));
        }
        let flights = std::mem::take(&mut self.flights);
        (self.low, self.take_fds) = (0, 0);
        flights.into_values().map(|flight| flight.token).collect()
    }
}

fn error_of(payload: &[u8]) -> Result<LibvirtError, EndReason> {
    let error: MessageError =
        xdr::from_bytes(payload).map_err(|error| malformed(format!("an error: {error}")))?;
    Ok(error.into())
}

fn malformed(what: String) -> EndReason {
    EndReason::Malformed(what.into())
}

#[cfg(test)]
mod tests;
