//! Faults to inject: which operations they befall, and what they do.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use virt_core::{Error, ErrorKind, Outcome, Subject};

use super::Op;

type Predicate = Arc<dyn Fn(&Op) -> bool + Send + Sync>;

/// A fault: which operations it befalls, and what it does to them. Without an effect it does nothing.
#[derive(Clone)]
pub struct Fault {
    predicate: Predicate,
    skip: u64,
    times: u64,
    effect: Effect,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    None,
    Fail(ErrorKind),
    LoseAnswer,
    Delay(Duration),
    Hang,
    BreakBatch,
}

impl Fault {
    /// Befalls every operation.
    #[must_use]
    pub fn any() -> Self {
        Self::matching(|_| true)
    }

    /// Befalls operations of this [name](Op::name): `write_atomic`, `run`.
    #[must_use]
    pub fn on(name: &'static str) -> Self {
        Self::matching(move |op| op.name() == name)
    }

    /// Befalls operations for which this is true.
    #[must_use]
    pub fn matching(predicate: impl Fn(&Op) -> bool + Send + Sync + 'static) -> Self {
        Self {
            predicate: Arc::new(predicate),
            skip: 0,
            times: u64::MAX,
            effect: Effect::None,
        }
    }

    /// Of those, befalls only operations on paths that contain this.
    #[must_use]
    pub fn path_containing(self, part: impl Into<String>) -> Self {
        let part = part.into();
        let before = Arc::clone(&self.predicate);
        Self {
            predicate: Arc::new(move |op| before(op) && op.path().is_some_and(|path| path.contains(&part))),
            ..self
        }
    }

    /// Befalls the n-th of them only, from 1, counted since the fault was injected.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        Self {
            skip: n.saturating_sub(1),
            times: 1,
            ..self
        }
    }

    /// Befalls the n-th of them, from 1, and all after it.
    #[must_use]
    pub fn from_nth(self, n: u64) -> Self {
        Self {
            skip: n.saturating_sub(1),
            times: u64::MAX,
            ..self
        }
    }

    /// Befalls so many of them, then no more.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// They are not carried out and fail with this kind, as the operating system would fail them: `ResourceExhausted`
    /// is a full disk, `Denied` a lack of rights.
    #[must_use]
    pub fn fail(self, kind: ErrorKind) -> Self {
        self.with(Effect::Fail(kind))
    }

    /// They are carried out, but fail with `ConnectionLost` and outcome `Unknown`.
    #[must_use]
    pub fn lose_answer(self) -> Self {
        self.with(Effect::LoseAnswer)
    }

    /// They are carried out after this time.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.with(Effect::Delay(time))
    }

    /// They hang, until [`FakeHost::clear_faults`](super::FakeHost::clear_faults) has them carried out.
    #[must_use]
    pub fn hang(self) -> Self {
        self.with(Effect::Hang)
    }

    /// The batch breaks there: what came before in it was carried out, this and what follows is not, and for all of it
    /// the answer is `ConnectionLost` with outcome `Unknown`.
    #[must_use]
    pub fn break_batch(self) -> Self {
        self.with(Effect::BreakBatch)
    }

    fn with(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// What it does to this operation; counts it.
    pub(super) fn befall(&mut self, op: &Op) -> Option<Effect> {
        if self.times == 0 || !(self.predicate)(op) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.effect)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("skip", &self.skip)
            .field("times", &self.times)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}

/// The error of a kind, as a real host would give it for this operation.
pub(super) fn error_of(kind: ErrorKind, op: &Op) -> Error {
    let error = Error::new(kind, format!("an injected fault failed {}", op.name()));
    let error = match (op.path(), op.command()) {
        (Some(path), _) => error.with_subject(Subject::Path(path.to_owned())),
        (None, Some(command)) => error.with_subject(Subject::Other(format!("program {:?}", command.program))),
        (None, None) => error,
    };
    let error = match kind {
        ErrorKind::ConnectionLost => error.with_outcome(Outcome::Unknown),
        _ => error,
    };
    match io_kind(kind) {
        Some(io_kind) => error.with_source(io::Error::from(io_kind)),
        None => error,
    }
}

/// The error of everything after a crash, and of answers that were lost.
pub(super) fn connection_lost(why: &'static str) -> Error {
    Error::new(ErrorKind::ConnectionLost, why)
        .with_outcome(Outcome::Unknown)
        .with_source(io::Error::from(io::ErrorKind::ConnectionReset))
}

fn io_kind(kind: ErrorKind) -> Option<io::ErrorKind> {
    match kind {
        ErrorKind::NotFound => Some(io::ErrorKind::NotFound),
        ErrorKind::AlreadyExists => Some(io::ErrorKind::AlreadyExists),
        ErrorKind::Denied => Some(io::ErrorKind::PermissionDenied),
        ErrorKind::ResourceExhausted => Some(io::ErrorKind::StorageFull),
        ErrorKind::ConnectionLost => Some(io::ErrorKind::ConnectionReset),
        ErrorKind::Timeout => Some(io::ErrorKind::TimedOut),
        ErrorKind::Busy => Some(io::ErrorKind::ResourceBusy),
        _ => None,
    }
}
