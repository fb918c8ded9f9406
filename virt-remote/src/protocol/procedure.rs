//! What is known of a procedure.

use std::fmt;

use super::any::{AnyMessage, Codec};
use super::xdr::{Xdr, XdrError};

/// A program of the protocol: a set of procedures with a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Program {
    /// What it is called: `remote`, `qemu`, …
    pub name: &'static str,
    /// Its number on the wire.
    pub number: u32,
    /// The version of it that is spoken here.
    pub version: u32,
}

impl Program {
    pub(crate) const fn new(name: &'static str, number: u32, version: u32) -> Self {
        Self {
            name,
            number,
            version,
        }
    }
}

/// Who sends a message of a procedure, and whether it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProcedureKind {
    /// The client calls, the daemon replies.
    Call,
    /// The daemon sends it on its own account.
    Event,
    /// Either side sends it; there is no reply of the protocol's own (keepalive).
    Message,
}

/// What a daemon's workers may carry it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// The priority workers too: it never waits for a guest.
    High,
    /// Ordinary workers only: all of them may be held up by guests that do not answer.
    Low,
}

/// Which way a procedure's stream goes, as the protocol declares it.
///
/// Consoles and channels are declared as read streams, and take data both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamDirection {
    /// From the daemon to the client.
    Read,
    /// From the client to the daemon.
    Write,
}

/// What is known of a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProcedureInfo {
    /// The program it belongs to.
    pub program: Program,
    /// Its number within the program.
    pub number: i32,
    /// The protocol's own name: `REMOTE_PROC_DOMAIN_GET_INFO`.
    pub name: &'static str,
    /// Who sends it.
    pub kind: ProcedureKind,
    /// What workers may carry it out.
    pub priority: Priority,
    /// The stream that begins with its reply.
    pub stream: Option<StreamDirection>,
    /// Whether that stream can have holes, when a flag among the arguments asks for it.
    pub sparse: bool,
    /// Whether the client sends file descriptors along.
    pub sends_fds: bool,
    /// Whether the daemon returns file descriptors.
    pub returns_fds: bool,
    /// Whether it changes nothing, as far as libvirt's access control says so: all it asks for is the right to look.
    pub reads_only: bool,
    /// Whether its arguments are, or may hold, something secret: they are kept out of traces.
    pub hides_args: bool,
    /// Whether its result is, or may hold, something secret.
    pub hides_ret: bool,
    codec: Codec,
}

impl ProcedureInfo {
    pub(crate) const fn new(program: Program, number: i32, name: &'static str, kind: ProcedureKind) -> Self {
        Self {
            program,
            number,
            name,
            kind,
            priority: Priority::Low,
            stream: None,
            sparse: false,
            sends_fds: false,
            returns_fds: false,
            reads_only: false,
            hides_args: false,
            hides_ret: false,
            codec: Codec::of::<(), ()>(),
        }
    }

    /// What its messages are.
    pub(crate) const fn of<A, R>(mut self) -> Self
    where
        A: Xdr + fmt::Debug + Send + 'static,
        R: Xdr + fmt::Debug + Send + 'static,
    {
        self.codec = Codec::of::<A, R>();
        self
    }

    pub(crate) const fn high(mut self) -> Self {
        self.priority = Priority::High;
        self
    }

    pub(crate) const fn read_stream(mut self) -> Self {
        self.stream = Some(StreamDirection::Read);
        self
    }

    pub(crate) const fn write_stream(mut self) -> Self {
        self.stream = Some(StreamDirection::Write);
        self
    }

    pub(crate) const fn sparse(mut self) -> Self {
        self.sparse = true;
        self
    }

    pub(crate) const fn sends_fds(mut self) -> Self {
        self.sends_fds = true;
        self
    }

    pub(crate) const fn returns_fds(mut self) -> Self {
        self.returns_fds = true;
        self
    }

    pub(crate) const fn reads_only(mut self) -> Self {
        self.reads_only = true;
        self
    }

    pub(crate) const fn hides_args(mut self) -> Self {
        self.hides_args = true;
        self
    }

    pub(crate) const fn hides_ret(mut self) -> Self {
        self.hides_ret = true;
        self
    }

    /// What these bytes say as its arguments, or as the event it is.
    ///
    /// # Errors
    /// [`XdrError`] where they are none.
    pub fn decode_args(&self, bytes: &[u8]) -> Result<AnyMessage, XdrError> {
        (self.codec.args)(bytes)
    }

    /// What these bytes say as its result; an event has none, which takes no bytes.
    ///
    /// # Errors
    /// [`XdrError`] where they are none.
    pub fn decode_ret(&self, bytes: &[u8]) -> Result<AnyMessage, XdrError> {
        (self.codec.ret)(bytes)
    }
}

/// A procedure a client calls.
pub trait Procedure: Send + Sync + 'static {
    /// What is sent.
    type Args: Xdr + Send + Sync;
    /// What comes back.
    type Ret: Xdr + Send;
    /// What else is known of it.
    const INFO: &'static ProcedureInfo;
}

/// A procedure whose reply begins a stream.
pub trait StreamProcedure: Procedure {}

/// A message that a daemon sends on its own account.
pub trait Event: Send + Sync + 'static {
    /// What it says.
    type Message: Xdr + Send;
    /// What else is known of it.
    const INFO: &'static ProcedureInfo;
}

/// A procedure of one of the programs known here, by its numbers.
#[must_use]
pub fn find(program: u32, number: i32) -> Option<&'static ProcedureInfo> {
    let (_, tables) = super::generated::PROGRAMS
        .iter()
        .find(|(known, _)| known.number == program)?;
    tables.iter().find_map(|table| {
        let at = table.binary_search_by_key(&number, |info| info.number).ok()?;
        table.get(at).copied()
    })
}

/// Every procedure known here, program by program and subsystem by subsystem.
pub fn all() -> impl Iterator<Item = &'static ProcedureInfo> {
    super::generated::PROGRAMS
        .iter()
        .flat_map(|(_, tables)| tables.iter().flat_map(|table| table.iter().copied()))
}

/// The procedures of a program or subsystem, each table sorted by number.
pub(crate) type Tables = &'static [&'static [&'static ProcedureInfo]];

/// Declares procedures: `Name = number "THE_PROTOCOL'S_NAME" (Args) -> Ret [properties];`, and the table of them.
macro_rules! calls {
    ($program:path; $($(#[$meta:meta])* $name:ident = $number:literal $own:literal
        ($args:ty) -> $ret:ty [$($property:ident),*] $(: $stream:ident)?;)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $name {
                /// What is known of it.
                pub const INFO: &'static $crate::protocol::ProcedureInfo =
                    &$crate::protocol::ProcedureInfo::new($program, $number, $own,
                        $crate::protocol::procedure::ProcedureKind::Call).of::<$args, $ret>()$(.$property())*;
            }

            impl $crate::protocol::Procedure for $name {
                type Args = $args;
                type Ret = $ret;
                const INFO: &'static $crate::protocol::ProcedureInfo = Self::INFO;
            }

            $(impl $crate::protocol::$stream for $name {})?
        )*

        pub(in crate::protocol::generated) const CALLS: &[&$crate::protocol::ProcedureInfo] = &[$($name::INFO),*];
    };
}

/// Declares events: `Name = number "THE_PROTOCOL'S_NAME" (Message) [properties];`, and the table of them.
macro_rules! events {
    ($program:path; $($(#[$meta:meta])* $name:ident = $number:literal $own:literal
        ($message:ty) [$($property:ident),*];)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $name {
                /// What is known of it.
                pub const INFO: &'static $crate::protocol::ProcedureInfo =
                    &$crate::protocol::ProcedureInfo::new($program, $number, $own,
                        $crate::protocol::procedure::ProcedureKind::Event).of::<$message, ()>()$(.$property())*;
            }

            impl $crate::protocol::Event for $name {
                type Message = $message;
                const INFO: &'static $crate::protocol::ProcedureInfo = Self::INFO;
            }
        )*

        pub(in crate::protocol::generated) const EVENTS: &[&$crate::protocol::ProcedureInfo] = &[$($name::INFO),*];
    };
}

/// Declares messages either side sends, without content, and the table of them.
macro_rules! messages {
    ($program:path; $($(#[$meta:meta])* $name:ident = $number:literal $own:literal;)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $name {
                /// What is known of it.
                pub const INFO: &'static $crate::protocol::ProcedureInfo =
                    &$crate::protocol::ProcedureInfo::new($program, $number, $own,
                        $crate::protocol::procedure::ProcedureKind::Message);
            }
        )*

        pub(in crate::protocol::generated) const MESSAGES: &[&$crate::protocol::ProcedureInfo] = &[$($name::INFO),*];
    };
}

pub(in crate::protocol) use {calls, events, messages};
