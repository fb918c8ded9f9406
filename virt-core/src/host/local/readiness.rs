//! Waiting until a file descriptor can be read or written.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Has the runtime watch a descriptor that is ours.
#[expect(
    deprecated,
    reason = "tokio deprecates this for types whose descriptor may change while it is watched, which an OwnedFd's \
              never does; its successor is unsafe"
)]
pub(super) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, interest)
}
