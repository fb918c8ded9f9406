//! File descriptors that travel with messages.
//!
//! libvirt sends the message first, and after it a byte of nothing for each descriptor, which that comes with. So where
//! a descriptor belongs is a place in the stream of bytes: whoever reads and writes those must see to it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many descriptors may have come that no message has claimed yet.
const UNCLAIMED: usize = 128;

/// What the owner task and the stream under it have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct FdPipe(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    came: VecDeque<OwnedFd>,
    /// What is to go along with the byte at this place of the stream.
    going: VecDeque<(u64, OwnedFd)>,
    /// Whether those that come are looked for.
    looked_for: bool,
}

impl FdPipe {
    /// Sets whether descriptors that come are looked for. Those that come at other times are closed by the system.
    pub(crate) fn look_for(&self, wanted: bool) {
        self.lock().looked_for = wanted;
    }

    pub(crate) fn looks_for_fds(&self) -> bool {
        self.lock().looked_for
    }

    /// A descriptor has come. More than anybody claims are closed.
    pub(crate) fn came(&self, fd: OwnedFd) {
        let mut state = self.lock();
        if state.came.len() < UNCLAIMED {
            state.came.push_back(fd);
        }
    }

    /// Takes so many of those that have come, or as many as there are.
    pub(crate) fn claim(&self, count: usize) -> Vec<OwnedFd> {
        let mut state = self.lock();
        let count = count.min(state.came.len());
        state.came.drain(..count).collect()
    }

    /// Sends a descriptor along with the byte at this place; places come in order.
    pub(crate) fn send_at(&self, place: u64, fd: OwnedFd) {
        self.lock().going.push_back((place, fd));
    }

    /// The place of the next byte that has a descriptor to go along.
    pub(crate) fn next_place(&self) -> Option<u64> {
        self.lock().going.front().map(|(place, _)| *place)
    }

    /// Uses the next descriptor to go, and forgets it where that worked.
    pub(crate) fn send_next<T>(
        &self,
        send: impl FnOnce(&OwnedFd) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let mut state = self.lock();
        let Some((_, fd)) = state.going.front() else {
            return Err(std::io::ErrorKind::NotFound.into());
        };
        let sent = send(fd)?;
        state.going.pop_front();
        Ok(sent)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
