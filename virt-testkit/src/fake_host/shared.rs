//! What all clones of a fake machine share: counts, record, faults, the crash, the way to it.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use virt_core::host::{Command, CommandOutput, HostFacts};
use virt_core::{Error, ErrorKind, Result};

use super::fault::{Effect, connection_lost, error_of};
use super::lease::Held;
use super::way::{CutPlan, Way, cut_error};
use super::{Fate, Fault, Op, Recorded};

/// A file's content by its path, where a test has one for it.
pub(super) type FileAnswer = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;
pub(super) type Answer = Arc<dyn Fn(&Command) -> Result<CommandOutput> + Send + Sync>;

const CRASHED: &str = "the manager of this machine was made to crash";
const ANSWER_LOST: &str = "the answer was made to be lost";

pub(super) struct Shared {
    state: Mutex<State>,
    crashed: watch::Sender<bool>,
    way: Way,
    /// Counts how often faults were cleared: those who hang wait for it.
    cleared: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    batches: u64,
    record: Vec<Recorded>,
    faults: Vec<Fault>,
    crash: Option<CrashPlan>,
    cut: Option<CutPlan>,
    latency: Duration,
    leases: Vec<Weak<Held>>,
    programs: HashMap<String, Answer>,
    files: Vec<FileAnswer>,
    facts: Option<Arc<HostFacts>>,
}

#[derive(Clone, Copy)]
struct CrashPlan {
    writes_left: u64,
    on_reply: bool,
}

/// What is to be done with an operation.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    CarryOut,
    CarryOutAndCrash,
    CarryOutAndLose,
    CarryOutAndCut,
    Later(Effect),
    Refuse(ErrorKind),
    BreakBatch,
    Crash,
    Cut,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            crashed: watch::Sender::new(false),
            way: Way::default(),
            cleared: watch::Sender::new(0),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("batches", &self.batches())
            .field("crashed", &self.is_crashed())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn batches(&self) -> u64 {
        self.state().batches
    }

    pub(super) fn record(&self) -> Vec<Recorded> {
        self.state().record.clone()
    }

    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.batches = 0;
        state.record.clear();
    }

    pub(super) fn inject(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    pub(super) fn clear_faults(&self) {
        self.state().faults.clear();
        self.cleared.send_modify(|times| *times += 1);
    }

    pub(super) fn plan_crash(&self, writes_left: u64, on_reply: bool) {
        self.state().crash = Some(CrashPlan {
            writes_left,
            on_reply,
        });
    }

    pub(super) fn crash(&self) {
        let leases = std::mem::take(&mut self.state().leases);
        self.crashed.send_replace(true);
        leases
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|held| held.free());
    }

    pub(super) fn is_crashed(&self) -> bool {
        *self.crashed.borrow()
    }

    /// Waits for the crash, or for the next time the way to the machine is cut. Whoever calls this while it is cut
    /// already need not wait.
    pub(super) fn broken(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut crashed = self.crashed.subscribe();
        let cut = self.way.cut();
        async move {
            let crash = async {
                if crashed.wait_for(|crashed| *crashed).await.is_err() {
                    // The machine is gone, and so is everybody who could make it crash.
                    std::future::pending().await
                }
            };
            tokio::select! {
                () = crash => {}
                () = cut => {}
            }
        }
    }

    /// What whoever was interrupted is told.
    pub(super) fn broken_error(&self) -> Error {
        if self.is_crashed() {
            connection_lost(CRASHED)
        } else {
            cut_error()
        }
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    pub(super) fn plan_cut(&self, plan: CutPlan) {
        self.state().cut = Some(plan);
    }

    pub(super) fn come_back(&self) {
        self.state().cut = None;
        self.way.open();
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// How long something is under way in one direction.
    pub(super) fn one_way(&self) -> Duration {
        self.state().latency / 2
    }

    /// Lets the time pass that something is under way in one direction.
    pub(super) async fn travel(&self) -> Result<()> {
        let time = self.one_way();
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            biased;
            () = self.broken() => Err(self.broken_error()),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    /// Waits until the machine can be reached, or fails, as it was told to.
    pub(super) async fn reach(&self) -> Result<()> {
        if self.is_crashed() {
            return Err(connection_lost(CRASHED));
        }
        let mut crashed = self.crashed.subscribe();
        tokio::select! {
            biased;
            reached = self.way.reach() => reached,
            _ = crashed.wait_for(|crashed| *crashed) => Err(connection_lost(CRASHED)),
        }
    }

    pub(super) fn hand_down(&self, heir: &Self) {
        let state = self.state();
        let mut new = heir.state();
        new.programs = state.programs.clone();
        new.files = state.files.clone();
        new.facts = state.facts.clone();
        new.latency = state.latency;
    }

    pub(super) fn note_lease(&self, held: &Arc<Held>) {
        self.state().leases.push(Arc::downgrade(held));
    }

    pub(super) fn lose_leases(&self) {
        let leases = std::mem::take(&mut self.state().leases);
        leases
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|held| held.lose());
    }

    pub(super) fn answer_program(&self, file_name: String, answer: Answer) {
        self.state().programs.insert(file_name, answer);
    }

    pub(super) fn answer_files(&self, answer: FileAnswer) {
        self.state().files.push(answer);
    }

    /// What a test has for a file that is read.
    pub(super) fn file_of(&self, path: &str) -> Option<Vec<u8>> {
        let answers = self.state().files.clone();
        answers.iter().find_map(|answer| answer(path))
    }

    pub(super) fn answer_of(&self, command: &Command) -> Option<Answer> {
        let file_name = command.program.rsplit('/').next()?;
        self.state().programs.get(file_name).cloned()
    }

    pub(super) fn facts(&self) -> Option<Arc<HostFacts>> {
        self.state().facts.clone()
    }

    pub(super) fn set_facts(&self, facts: Arc<HostFacts>) {
        self.state().facts = Some(facts);
    }

    /// Counts a batch, and gives its number.
    pub(super) fn begin_batch(&self) -> Result<u64> {
        if self.is_crashed() {
            return Err(connection_lost(CRASHED));
        }
        let mut state = self.state();
        state.batches += 1;
        Ok(state.batches)
    }

    /// A call that is a batch of its own.
    pub(super) async fn single<T>(&self, op: Op, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.reach().await?;
        let batch = self.begin_batch()?;
        self.travel().await?;
        let verdict = self.judge(batch, &op).await?;
        let result = self.carry_out(verdict, &op, work).await;
        self.travel().await?;
        result
    }

    /// Decides what becomes of an operation, and records that; waits where it is to be late.
    pub(super) async fn judge(&self, batch: u64, op: &Op) -> Result<Verdict> {
        if self.is_crashed() || self.way.is_cut() {
            return Err(self.broken_error());
        }
        // From before the decision: faults may be cleared right after it.
        let cleared = self.cleared.subscribe();
        match self.decide(batch, op) {
            Verdict::Later(effect) => {
                tokio::select! {
                    () = wait_out(effect, cleared) => {}
                    () = self.broken() => return Err(self.broken_error()),
                }
                Ok(self.decide_crash(batch, op))
            }
            verdict => Ok(verdict),
        }
    }

    /// Does what was decided.
    pub(super) async fn carry_out<T>(
        &self,
        verdict: Verdict,
        op: &Op,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match verdict {
            Verdict::Refuse(kind) => return Err(error_of(kind, op)),
            Verdict::BreakBatch => return Err(connection_lost(ANSWER_LOST)),
            Verdict::Crash => {
                self.crash();
                return Err(connection_lost(CRASHED));
            }
            Verdict::Cut => {
                self.way.go_away();
                return Err(cut_error());
            }
            Verdict::CarryOut
            | Verdict::CarryOutAndCrash
            | Verdict::CarryOutAndLose
            | Verdict::CarryOutAndCut
            | Verdict::Later(_) => {}
        }
        if self.is_crashed() || self.way.is_cut() {
            return Err(self.broken_error());
        }
        // What was begun sees the break first, so that a program can be left to itself.
        let result = tokio::select! {
            biased;
            result = work => result,
            () = self.broken() => return Err(self.broken_error()),
        };
        match verdict {
            Verdict::CarryOutAndCrash => {
                self.crash();
                Err(connection_lost(CRASHED))
            }
            Verdict::CarryOutAndLose => Err(connection_lost(ANSWER_LOST)),
            Verdict::CarryOutAndCut => {
                self.way.go_away();
                Err(cut_error())
            }
            _ => result,
        }
    }

    fn decide(&self, batch: u64, op: &Op) -> Verdict {
        let effect = self.state().faults.iter_mut().find_map(|fault| fault.befall(op));
        let verdict = match effect {
            None | Some(Effect::None) => return self.decide_crash(batch, op),
            Some(Effect::Fail(kind)) => Verdict::Refuse(kind),
            Some(Effect::BreakBatch) => Verdict::BreakBatch,
            Some(Effect::LoseAnswer) => match self.decide_crash_alone(op) {
                Verdict::CarryOut => Verdict::CarryOutAndLose,
                crash => crash,
            },
            // Recorded when it is carried out.
            Some(effect @ (Effect::Delay(_) | Effect::Hang)) => return Verdict::Later(effect),
        };
        self.note(batch, op, verdict);
        verdict
    }

    fn decide_crash(&self, batch: u64, op: &Op) -> Verdict {
        let verdict = self.decide_crash_alone(op);
        self.note(batch, op, verdict);
        verdict
    }

    fn decide_crash_alone(&self, op: &Op) -> Verdict {
        let mut state = self.state();
        if let Some(verdict) = state.cut.as_mut().and_then(CutPlan::count) {
            state.cut = None;
            return verdict;
        }
        let Some(plan) = state.crash.as_mut().filter(|_| op.is_write()) else {
            return Verdict::CarryOut;
        };
        match (plan.writes_left, plan.on_reply) {
            (0, _) => return Verdict::Crash,
            (1, true) => return Verdict::CarryOutAndCrash,
            _ => plan.writes_left -= 1,
        }
        Verdict::CarryOut
    }

    fn note(&self, batch: u64, op: &Op, verdict: Verdict) {
        let fate = match verdict {
            Verdict::CarryOut | Verdict::Later(_) => Fate::CarriedOut,
            Verdict::CarryOutAndCrash | Verdict::CarryOutAndLose | Verdict::CarryOutAndCut => {
                Fate::AnswerLost
            }
            Verdict::Refuse(kind) => Fate::Refused(kind),
            Verdict::BreakBatch | Verdict::Crash | Verdict::Cut => Fate::Refused(ErrorKind::ConnectionLost),
        };
        let op = op.clone();
        self.state().record.push(Recorded { batch, op, fate });
    }
}

async fn wait_out(effect: Effect, mut cleared: watch::Receiver<u64>) {
    match effect {
        Effect::Delay(time) => tokio::time::sleep(time).await,
        // Where the sender is gone, so is everybody who could clear the fault.
        _ => drop(cleared.changed().await),
    }
}

/// What every call answers after the crash.
pub(super) fn crashed_error() -> Error {
    connection_lost(CRASHED)
}

/// What every operation of a broken batch answers.
pub(super) fn answer_lost() -> Error {
    connection_lost(ANSWER_LOST)
}
