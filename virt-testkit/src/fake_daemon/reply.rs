//! What the fake does about a call.

use std::time::Duration;

/// A piece of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FakePiece {
    /// Bytes.
    Data(Vec<u8>),
    /// So many zeros that are not sent.
    Hole(u64),
    /// The empty piece that says there is no more to read.
    End,
    /// All has been written, or read.
    Finish,
    /// From the client: it gives the stream up. From the daemon: the stream failed, with code, domain and text.
    Abort(i32, i32, String),
}

/// What the fake does about a call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FakeReply {
    /// Returns this, encoded.
    Return(Vec<u8>),
    /// Answers with an error: code, domain, text.
    Error(i32, i32, String),
    /// Answers with this error, encoded.
    Refusal(Vec<u8>),
    /// Answers later; calls that come meanwhile are answered first.
    After(Duration, Box<FakeReply>),
    /// Sends events (program, number, payload), then answers.
    Events(Vec<(u32, i32, Vec<u8>)>, Box<FakeReply>),
    /// Answers, then sends events.
    Then(Box<FakeReply>, Vec<(u32, i32, Vec<u8>)>),
    /// Never answers.
    Silence,
    /// Returns this twice.
    Twice(Vec<u8>),
    /// Returns this under a serial that nothing has, and then under the right one.
    WrongSerial(Vec<u8>),
    /// Returns this as if it were of another procedure.
    WrongProcedure(Vec<u8>),
    /// Returns this, and then these pieces on the stream that begins.
    Stream(Vec<u8>, Vec<FakePiece>),
    /// Sends these bytes instead of a reply.
    Bytes(Vec<u8>),
    /// Closes the connection without a reply.
    Close,
    /// Sends half a reply, then closes the connection.
    CloseInMessage,
}

impl FakeReply {
    /// An empty result: what procedures without result return.
    #[must_use]
    pub fn done() -> Self {
        Self::Return(Vec::new())
    }

    /// An error.
    #[must_use]
    pub fn error(code: i32, domain: i32, text: &str) -> Self {
        Self::Error(code, domain, text.to_owned())
    }

    /// The same reply, later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }

    /// The same reply, after an event.
    #[must_use]
    pub fn with_event(self, program: u32, number: i32, payload: Vec<u8>) -> Self {
        Self::Events(vec![(program, number, payload)], Box::new(self))
    }
}
