//! What is followed: nodes that change, domains that come and go.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::connection::Link;
use super::message::{MessageKind, words};
use super::owner::Request;

/// Fires when a domain was introduced to xenstored, which is when it was built (`@introduceDomain`).
pub const DOMAIN_INTRODUCED: &str = "@introduceDomain";
/// Fires when a domain has ended, is ending, or has gone (`@releaseDomain`): which one is not said.
pub const DOMAIN_RELEASED: &str = "@releaseDomain";

/// How many changed paths are kept apart for who does not read them.
const MOST: usize = 4096;

/// A path that is followed (`XS_WATCH`). It is followed no more when this is dropped.
///
/// Nothing is lost for who reads slowly: a path that has changed several times is told once, and where more have changed than
/// can be kept apart, the followed path itself is told, which means that anything below may have changed.
#[derive(Debug)]
pub struct Watch {
    pub(super) link: Link,
    pub(super) path: String,
    pub(super) token: String,
    pub(super) changes: Arc<Changes>,
}

impl Watch {
    /// The paths that have changed since it was asked last, sorted; waits for the first. The first answer comes at once, and
    /// has the followed path, whether there is such a node or not. `None` once the connection has ended: what changed since is
    /// not known, and whoever follows on another connection looks at everything once.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<BTreeSet<String>> {
        loop {
            let told = self.changes.told.notified();
            {
                let mut state = self.changes.state();
                if !state.paths.is_empty() {
                    return Some(std::mem::take(&mut state.paths));
                }
                if state.is_over {
                    return None;
                }
            }
            told.await;
        }
    }

    /// The path that is followed.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.link.shared.watches().remove(&self.token);
        self.link.send_unheard(Request {
            kind: MessageKind::Unwatch,
            transaction: 0,
            payload: words([self.path.as_str(), self.token.as_str()]),
            answer: None,
        });
    }
}

/// What has changed and was not read yet.
#[derive(Debug)]
pub(super) struct Changes {
    /// What is told when too much has changed.
    all: String,
    state: Mutex<State>,
    told: Notify,
}

#[derive(Debug, Default)]
struct State {
    paths: BTreeSet<String>,
    is_over: bool,
}

impl Changes {
    pub(super) fn new(all: &str) -> Self {
        Self {
            all: all.to_owned(),
            state: Mutex::default(),
            told: Notify::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, path: &str) {
        let mut state = self.state();
        if state.paths.len() >= MOST && !state.paths.contains(path) {
            state.paths.clear();
            state.paths.insert(self.all.clone());
        } else {
            state.paths.insert(path.to_owned());
        }
        drop(state);
        self.told.notify_one();
    }

    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.told.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_can_be_kept_apart_is_told_as_all() {
        let changes = Changes::new("/local");
        for number in 0..MOST {
            changes.add(&format!("/local/{number}"));
        }
        changes.add("/local/7");
        assert_eq!(changes.state().paths.len(), MOST);
        changes.add("/local/more");
        assert_eq!(changes.state().paths, BTreeSet::from(["/local".to_owned()]));
    }
}
