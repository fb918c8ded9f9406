//! The way to the machine: whether it can be reached.

use std::future::Future;

use tokio::sync::watch;
use virt_core::{Error, Result};

use super::fault::connection_lost;
use super::shared::Verdict;

const CUT: &str = "the machine was made unreachable";

/// What calls do that begin while the machine is away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absence {
    /// They fail at once with `ConnectionLost`.
    #[default]
    Fails,
    /// They wait until the machine is back; those that were in flight fail all the same.
    Waits,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    away: Option<Absence>,
    /// How often the way was cut.
    outages: u64,
}

/// The way to the machine.
#[derive(Debug)]
pub(super) struct Way {
    state: watch::Sender<State>,
    absence: watch::Sender<Absence>,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
            absence: watch::Sender::new(Absence::Fails),
        }
    }
}

impl Way {
    /// Sets what calls do while the machine is away: from the next time on.
    pub(super) fn set_absence(&self, absence: Absence) {
        self.absence.send_replace(absence);
    }

    pub(super) fn go_away(&self) {
        let absence = *self.absence.borrow();
        self.state.send_modify(|state| {
            if state.away.is_none() {
                state.outages += 1;
            }
            state.away = Some(absence);
        });
    }

    pub(super) fn open(&self) {
        self.state.send_modify(|state| state.away = None);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.state.borrow().away.is_some()
    }

    pub(super) fn outages(&self) -> u64 {
        self.state.borrow().outages
    }

    /// Ends at the next cut; at once while the machine is away.
    pub(super) fn cut(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut state = self.state.subscribe();
        let before = state.borrow().outages;
        let is_away = state.borrow().away.is_some();
        async move {
            if !is_away && state.wait_for(|state| state.outages != before).await.is_err() {
                // The machine is gone, and so is everybody who could cut the way to it.
                std::future::pending().await
            }
        }
    }

    /// Waits until the machine can be reached, or fails, as it was told to.
    pub(super) async fn reach(&self) -> Result<()> {
        let mut state = self.state.subscribe();
        let Ok(now) = state
            .wait_for(|state| state.away != Some(Absence::Waits))
            .await
            .map(|state| *state)
        else {
            return Err(cut_error());
        };
        match now.away {
            None => Ok(()),
            Some(_) => Err(cut_error()),
        }
    }
}

/// Where the way is to be cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct CutPlan {
    /// How many operations pass before.
    pub(super) ops_left: u64,
    /// Whether the last of them loses its answer.
    pub(super) on_reply: bool,
}

impl CutPlan {
    /// Counts an operation; gives what becomes of it where it is the one.
    pub(super) fn count(&mut self) -> Option<Verdict> {
        match (self.ops_left, self.on_reply) {
            (0, _) => return Some(Verdict::Cut),
            (1, true) => return Some(Verdict::CarryOutAndCut),
            _ => self.ops_left -= 1,
        }
        None
    }
}

/// What every call answers while the machine is away, and those that were in flight when the way was cut.
pub(super) fn cut_error() -> Error {
    connection_lost(CUT)
}
