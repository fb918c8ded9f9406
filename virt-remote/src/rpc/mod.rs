//! A client of libvirt's protocol, over any stream of bytes.
//!
//! [`RpcConnection`] is a handle to a task that owns the stream. Every procedure of
//! [`protocol`](crate::protocol) is called through [`RpcConnection::call`] with its generated types, and what is newer
//! than them through [`RpcConnection::call_raw`].
//!
//! ```text
//! RpcConnection ── Request, Piece, Control ──> owner ──┬── Machine: calls by serial, streams, what a message means
//! RpcStream    ──────────────┘                         ├── Framing, Outbox: bytes ⇄ messages
//! RpcEvents    <── broadcast ───────────────────────── └── Keepalive: whether the daemon is there
//! ```
//!
//! # What is kept apart
//! A daemon takes five calls of a client at a time and reads no more, its client's pings included; so at most four
//! are in flight here, of which one is kept for procedures that wait for no guest ([`Priority::High`]: look-ups, lists,
//! `destroy`): guests that hang keep nobody from looking around. Answers, events and pings are read whatever is being written, and pongs and calls are written
//! ahead of the content of streams.
//!
//! [`Priority::High`]: crate::protocol::procedure::Priority::High
//!
//! # Errors
//! [`RpcError`] keeps what the daemon said ([`LibvirtError`]); [`kind_of`] and `From<RpcError>` make the SDK's error
//! of it.

mod coding;
mod connection;
mod error;
mod error_kind;
mod events;
mod fds;
mod framing;
mod inbox;
mod keepalive;
mod machine;
mod options;
mod outbox;
mod owner;
mod packet;
mod request;
mod stream;
mod stream_io;
mod ticket;
mod trace;

pub use connection::RpcConnection;
pub use error::{Called, Delivery, EndReason, LibvirtError, RpcError, RpcResult};
pub use error_kind::{is_unknown_flag, kind_of};
pub use events::{RpcEvent, RpcEventItem, RpcEvents};
pub(crate) use fds::FdPipe;
pub use framing::FramingError;
pub use inbox::StreamItem;
pub use keepalive::KeepalivePolicy;
pub use options::RpcOptions;
pub use stream::RpcStream;
pub use stream_io::RpcStreamIo;
