//! What the owner task sends.

use tokio::time::Instant;

use super::{Ending, Intake, Owner};
use crate::protocol::net::{MessageHeader, MessageStatus, MessageType, StreamHole};
use crate::protocol::procedure::Priority;
use crate::protocol::xdr;
use crate::rpc::error::EndReason;
use crate::rpc::machine::Sent;
use crate::rpc::packet;
use crate::rpc::request::{Content, Control, Piece, Request};
use crate::rpc::trace;

impl Owner {
    pub(super) fn obey(&mut self, control: Control) -> Result<(), EndReason> {
        match control {
            Control::Limit(limit) => self.machine.set_limit(limit),
            Control::Keepalive(policy) => self.keepalive.start(policy, Instant::now()),
            Control::Abort(serial) => {
                self.abort(serial);
                return self.look_at_reader();
            }
            Control::Shutdown => self.begin_ending(Ending::WhenAnswered),
            Control::Close => return Err(EndReason::Closed),
        }
        Ok(())
    }

    /// Sends a call, and with it whatever else is there and has room.
    pub(super) fn send_calls(&mut self, call: Request, intake: &mut Intake) {
        self.send_call(call);
        for priority in [Priority::High, Priority::Low] {
            let queue = match priority {
                Priority::High => &mut intake.high,
                Priority::Low => &mut intake.low,
            };
            while self.machine.has_room(priority)
                && let Ok(call) = queue.try_recv()
            {
                self.send_call(call);
            }
        }
    }

    /// Sends a call, unless its caller has given up.
    fn send_call(&mut self, call: Request) {
        if !call.ticket.take() {
            return;
        }
        let mut header = self.machine.send(Sent {
            address: call.address,
            token: call.reply,
            called: call.called,
            priority: call.priority,
            takes_fds: call.takes_fds,
            inbox: call.inbox,
        });
        self.await_fds();
        if call.fds.is_empty() {
            return self.send(&header, &call.payload);
        }
        header.type_ = MessageType::CALL_WITH_FDS;
        let count = u32::try_from(call.fds.len()).unwrap_or(u32::MAX);
        self.send(&header, &[&count.to_be_bytes(), call.payload.as_slice()].concat());
        for fd in call.fds {
            self.outbox.push_fd(fd);
        }
    }

    /// Sends a piece of a stream; what comes too late is dropped.
    pub(super) fn send_piece(&mut self, piece: Piece) {
        let (type_, status) = match piece.content {
            Content::Data(_) => (MessageType::STREAM, MessageStatus::CONTINUE),
            Content::Hole(_) => (MessageType::STREAM_HOLE, MessageStatus::CONTINUE),
            Content::Finish => (MessageType::STREAM, MessageStatus::OK),
            Content::Abort => (MessageType::STREAM, MessageStatus::ERROR),
        };
        let Some(header) = self.machine.stream_header(piece.serial, type_, status) else {
            return;
        };
        let payload = match piece.content {
            Content::Data(data) => data,
            Content::Hole(length) => hole(length).into(),
            Content::Finish | Content::Abort => bytes::Bytes::new(),
        };
        trace::message(&self.label, "sent", &header, &payload);
        // Pieces are cut to the protocol's size before they come here.
        let mut start = Vec::new();
        if packet::append_header(&mut start, &header, payload.len()).is_ok() {
            self.outbox.push(start, payload);
        }
    }

    /// Gives a stream up. What was to be written on it still goes ahead: the daemon has the last word.
    pub(super) fn abort(&mut self, serial: u32) {
        self.send_piece(Piece {
            serial,
            content: Content::Abort,
        });
    }

    pub(super) fn send_keepalive(&mut self, number: i32) {
        self.send(&packet::keepalive(number), &[]);
    }

    fn send(&mut self, header: &MessageHeader, payload: &[u8]) {
        trace::message(&self.label, "sent", header, payload);
        // Callers have seen to the size already.
        if let Err(error) = packet::append(self.outbox.urgent(), header, payload) {
            tracing::error!(daemon = %self.label, %error, ?header, "a message that cannot be sent");
        }
    }
}

fn hole(length: u64) -> Vec<u8> {
    let hole = StreamHole {
        length: i64::try_from(length).unwrap_or(i64::MAX),
        flags: 0,
    };
    // Two numbers are within every limit.
    xdr::to_bytes(&hole).unwrap_or_default()
}
