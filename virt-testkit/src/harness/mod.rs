//! A test runner for named asynchronous tests, with the command line and the output of Rust's own.
//!
//! For test targets with `harness = false` whose tests are data: the conformance suite, run once per target. It
//! understands what `cargo test` and nextest say (`--list`, `--exact`, `--skip`, `--ignored`, `--test-threads`), runs as
//! many tests at a time as their weights allow, and prints each with its time.

mod arguments;
mod run;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use arguments::Arguments;
pub(crate) use run::panic_text;
pub use run::{Report, TestReport, main, run};

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It passed.
    Passed,
    /// It failed, and why: a sentence.
    Failed(String),
    /// Something that it needs is missing here; counted and loud, see [`skip`](mod@crate::skip).
    Skipped(String),
    /// It is not about this target, and why: the target says that it cannot do what the test is about.
    NotApplicable(String),
}

type Running = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// A test by name.
pub struct NamedTest {
    name: String,
    weight: u32,
    time_limit: Duration,
    run: Box<dyn FnOnce() -> Running + Send>,
}

impl NamedTest {
    /// A test that takes one place and at most a minute.
    pub fn new<F>(name: impl Into<String>, run: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Verdict> + Send + 'static,
    {
        Self {
            name: name.into(),
            weight: 1,
            time_limit: Duration::from_secs(60),
            run: Box::new(move || Box::pin(run())),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, taking so many places of those that may be taken at a time.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// The same, failing when it takes longer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }
}

impl fmt::Debug for NamedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedTest")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
