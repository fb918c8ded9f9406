//! Temporary files of writes that are under way.
//!
//! A far shell that is ended in the midst of a write, by what frees a lease or by the login that comes after, leaves its
//! temporary file. Nobody else knows the name: whoever asked for the write remembers it until it is answered, and has the
//! next login remove what is left.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The temporary files of writes that were not answered, over all logins of a host.
#[derive(Debug, Default)]
pub(super) struct Unfinished(Mutex<BTreeSet<String>>);

impl Unfinished {
    /// These may be there from now on.
    pub(super) fn begin(&self, files: &[String]) {
        self.files().extend(files.iter().cloned());
    }

    /// These are not there any more.
    pub(super) fn done(&self, files: &[String]) {
        self.files().retain(|file| !files.contains(file));
    }

    /// Those that may be there.
    pub(super) fn all(&self) -> Vec<String> {
        self.files().iter().cloned().collect()
    }

    fn files(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
