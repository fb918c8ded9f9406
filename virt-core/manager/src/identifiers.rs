//! Numbers of runs, never used twice by one root.

use std::sync::Mutex;

use crate::lock;

/// How many numbers are reserved on disk at a time: a crash skips at most so many.
const BLOCK: u32 = 256;

/// Gives numbers of runs. Their upper end is on disk before one of them is used.
#[derive(Debug)]
pub struct Identifiers {
    state: Mutex<Range>,
}

#[derive(Debug)]
struct Range {
    next: u32,
    reserved: u32,
}

/// What taking a number needs.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// This number may be used.
    Id(u32),
    /// This upper end has to be on disk first; then [`Identifiers::extend`], and take again.
    Reserve(u32),
}

impl Identifiers {
    /// Starts at the upper end that was found on disk.
    pub fn starting_at(next: u32) -> Self {
        let next = next.max(1);
        Self {
            state: Mutex::new(Range { next, reserved: next }),
        }
    }

    /// The next number, or what has to be done first.
    pub fn take(&self) -> Taken {
        let mut range = lock(&self.state);
        if range.next < range.reserved {
            let id = range.next;
            range.next += 1;
            return Taken::Id(id);
        }
        Taken::Reserve(range.reserved.saturating_add(BLOCK))
    }

    /// This upper end is on disk now.
    pub fn extend(&self, reserved: u32) {
        let mut range = lock(&self.state);
        range.reserved = range.reserved.max(reserved);
    }

    /// The upper end that is on disk.
    pub fn reserved(&self) -> u32 {
        lock(&self.state).reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_given_only_after_its_upper_end_is_on_disk() {
        let ids = Identifiers::starting_at(0);
        assert_eq!(ids.take(), Taken::Reserve(1 + BLOCK));
        ids.extend(1 + BLOCK);
        assert_eq!((ids.take(), ids.take()), (Taken::Id(1), Taken::Id(2)));
        let after_a_crash = Identifiers::starting_at(ids.reserved());
        assert_eq!(after_a_crash.take(), Taken::Reserve(1 + 2 * BLOCK));
    }
}
