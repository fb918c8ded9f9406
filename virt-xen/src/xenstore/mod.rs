//! A client of xenstored, which keeps what Xen's toolstack and the guests tell each other, as a tree of paths and values.
//!
//! * `message` — the messages, as they are sent (`xen/include/public/io/xs_wire.h`, `docs/misc/xenstore.txt`);
//! * `path` — which paths there can be;
//! * `permission` — who may read and write a node;
//! * `error` — what xenstored refuses with;
//! * `owner` — the task that alone reads and writes a connection;
//! * `connection`, `transaction`, `watch` — what is asked, changed at once, and followed.

mod connection;
mod error;
mod message;
mod owner;
mod path;
mod permission;
mod transaction;
mod watch;

pub use connection::{SOCKETS, Xenstore};
pub use error::XenstoreErrno;
pub use path::{ABSOLUTE_PATH_MAX, RELATIVE_PATH_MAX};
pub use permission::{Access, Permission};
pub use transaction::Transaction;
pub use watch::{DOMAIN_INTRODUCED, DOMAIN_RELEASED, Watch};

#[cfg(test)]
mod tests;
