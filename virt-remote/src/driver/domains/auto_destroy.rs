//! Which runs end with the connection: the daemon does not tell.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// The runs that were started to end with the connection, as far as this connection started them.
#[derive(Debug, Default)]
pub(in crate::driver) struct AutoDestroyed(Mutex<HashMap<Uuid, u32>>);

impl AutoDestroyed {
    /// This run was started so.
    pub(super) fn add(&self, domain: Uuid, run: u32) {
        self.runs().insert(domain, run);
    }

    /// Whether the run a domain is in was started so; forgets it once the domain is in another, or in none.
    pub(super) fn has(&self, domain: Uuid, run: Option<u32>) -> bool {
        let mut runs = self.runs();
        match (runs.get(&domain), run) {
            (None, _) => false,
            (Some(started), Some(run)) if *started == run => true,
            _ => {
                runs.remove(&domain);
                false
            }
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<Uuid, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_run_that_was_started_so_counts() {
        let (runs, domain) = (AutoDestroyed::default(), Uuid::from_u128(1));
        runs.add(domain, 7);
        assert!(runs.has(domain, Some(7)));
        assert!(!runs.has(Uuid::from_u128(2), Some(7)));
        assert!(!runs.has(domain, Some(8)));
        assert!(!runs.has(domain, Some(7)));
    }
}
