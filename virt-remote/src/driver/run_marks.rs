//! What is known of runs here, and not told by the daemon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// Runs with something in common: those that are to end with the connection, those that were started paused; as far as
/// this connection started them.
#[derive(Debug, Default)]
pub(super) struct RunMarks(Mutex<HashMap<Uuid, u32>>);

impl RunMarks {
    /// This run is one of them.
    pub(super) fn add(&self, domain: Uuid, run: u32) {
        self.runs().insert(domain, run);
    }

    /// Whether the run a domain is in is one; forgets it once the domain is in another, or in none.
    pub(super) fn has(&self, domain: Uuid, run: Option<u32>) -> bool {
        let mut runs = self.runs();
        match (runs.get(&domain), run) {
            (None, _) => false,
            (Some(marked), Some(run)) if *marked == run => true,
            _ => {
                runs.remove(&domain);
                false
            }
        }
    }

    /// The domain's run is none any more.
    pub(super) fn remove(&self, domain: Uuid) {
        self.runs().remove(&domain);
    }

    /// All of them, and forgets them.
    pub(super) fn take(&self) -> Vec<(Uuid, u32)> {
        self.runs().drain().collect()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<Uuid, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_run_that_was_marked_counts() {
        let (runs, domain) = (RunMarks::default(), Uuid::from_u128(1));
        runs.add(domain, 7);
        assert!(runs.has(domain, Some(7)));
        assert!(!runs.has(Uuid::from_u128(2), Some(7)));
        assert!(!runs.has(domain, Some(8)));
        assert!(!runs.has(domain, Some(7)));
        runs.add(domain, 9);
        assert_eq!(runs.take(), vec![(domain, 9)]);
        assert!(!runs.has(domain, Some(9)));
    }
}
