//! A [`Host`] that counts, remembers and injects faults; what is not made to fail is done by a real one beneath.
//!
//! ```
//! use virt_core::host::Host;
//! use virt_core::{ErrorKind, Subject};
//! use virt_testkit::fake_host::{FakeHost, Fault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let host = FakeHost::local();
//! host.inject(Fault::on("write_atomic").nth(2).fail(ErrorKind::ResourceExhausted));
//! let directory = tempfile::tempdir().unwrap();
//! let path = format!("{}/state", directory.path().display());
//! host.files().write_atomic(&path, b"1", 0o600).await.unwrap();
//! let error = host.files().write_atomic(&path, b"2", 0o600).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
//! assert_eq!(error.subject(), Some(&Subject::Path(path)));
//! assert_eq!(host.batches(), 2);
//! # }
//! ```

mod batch;
mod fault;
mod files;
mod lease;
mod op;
mod processes;
mod shared;
mod sockets;
mod stream;
mod terminal;
mod way;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{
    BatchMode, ByteStream, Command, CommandOutput, Files, Host, HostFacts, HostOp, HostReply, Lease,
    LeaseRequest, LocalHost, Processes, Sockets,
};

pub use fault::Fault;
pub use op::{Fate, Op, Recorded};
use shared::Shared;
pub use way::Absence;
use way::CutPlan;

/// A machine under the control of a test. Clones are the same machine: keep one, give one away.
///
/// A batch is what would be one round trip to a machine far away: a [`Host::batch`] of any length, or one single call
/// of any facet. [`Host::facts`] is one the first time.
#[derive(Debug, Clone)]
pub struct FakeHost {
    inner: Arc<dyn Host>,
    shared: Arc<Shared>,
}

impl FakeHost {
    /// Over this machine: its files and programs are real.
    #[must_use]
    pub fn local() -> Self {
        Self::over(Arc::new(LocalHost::new()))
    }

    /// Over another machine.
    #[must_use]
    pub fn over(inner: Arc<dyn Host>) -> Self {
        Self {
            inner,
            shared: Arc::new(Shared::default()),
        }
    }

    /// How many batches there were since the last [`FakeHost::forget`].
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.shared.batches()
    }

    /// How many operations that change the machine were carried out since the last [`FakeHost::forget`]: how many
    /// places there are to crash at.
    #[must_use]
    pub fn writes(&self) -> u64 {
        let carried_out = |recorded: &&Recorded| recorded.op.is_write() && recorded.fate.was_carried_out();
        let count = self.record().iter().filter(carried_out).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// All operations since the last [`FakeHost::forget`], in the order they came, with what became of them.
    #[must_use]
    pub fn record(&self) -> Vec<Recorded> {
        self.shared.record()
    }

    /// Counts from 0 again and forgets what was recorded. Faults stay.
    pub fn forget(&self) {
        self.shared.forget();
    }

    /// Adds a fault. Of several that fit an operation, the first that was added takes effect.
    pub fn inject(&self, fault: Fault) {
        self.shared.inject(fault);
    }

    /// Takes all faults away; operations that hang are carried out now.
    pub fn clear_faults(&self) {
        self.shared.clear_faults();
    }

    /// Lets so many more operations that change the machine pass, then crashes where the next would begin.
    ///
    /// A crash is the kill -9 of the manager as far as the machine can tell: nothing more is carried out, every call
    /// in flight or to come fails with `ConnectionLost`, streams are cut, leases are free. Programs that run go on, and
    /// what the system is in the middle of for another caller may still be finished. The next manager gets a
    /// [`FakeHost::reborn`].
    pub fn crash_after(&self, writes: u64) {
        self.shared.plan_crash(writes, false);
    }

    /// As [`FakeHost::crash_after`], but right after that operation (from 1): it is carried out, its answer never comes,
    /// and nothing that a stream would have carried between it and the next happens.
    pub fn crash_on_reply(&self, write: u64) {
        self.shared.plan_crash(write, true);
    }

    /// Crashes now.
    pub fn crash(&self) {
        self.shared.crash();
    }

    /// Whether it has crashed.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.shared.is_crashed()
    }

    /// The same machine, for the manager that comes after the crash: with nothing recorded, and without faults.
    #[must_use]
    pub fn reborn(&self) -> Self {
        let reborn = Self::over(Arc::clone(&self.inner));
        self.shared.hand_down(&reborn.shared);
        reborn
    }

    /// Makes the machine unreachable, as a broken line does: every stream that came from it is cut, what is in flight
    /// fails with `ConnectionLost` and outcome `Unknown`, and so does (at once, unless [`FakeHost::absence`] says
    /// otherwise) what begins before [`FakeHost::come_back`]. The machine itself and its programs go on; leases are held.
    pub fn go_away(&self) {
        self.shared.way().go_away();
    }

    /// Lets so many more operations pass, reads included, then goes away where the next would begin.
    pub fn go_away_after(&self, ops: u64) {
        self.shared.plan_cut(CutPlan {
            ops_left: ops,
            on_reply: false,
        });
    }

    /// As [`FakeHost::go_away_after`], but right after that operation (from 1): it is carried out, and its answer never
    /// comes.
    pub fn go_away_on_reply(&self, op: u64) {
        self.shared.plan_cut(CutPlan {
            ops_left: op,
            on_reply: true,
        });
    }

    /// Makes the machine reachable again; a cut that was planned and has not come is forgotten. Streams stay cut.
    pub fn come_back(&self) {
        self.shared.come_back();
    }

    /// Whether the machine is away.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.shared.way().is_cut()
    }

    /// Sets what calls do that begin while the machine is away, from the next time on.
    pub fn absence(&self, absence: Absence) {
        self.shared.way().set_absence(absence);
    }

    /// Moves the machine away: a call's answer, a batch's, and that to what is written to a stream come so much later,
    /// half of it on the way there. What is under way at the same time waits side by side. Holds for calls that begin
    /// from now on and for streams that are opened from now on.
    pub fn latency(&self, round_trip: Duration) {
        self.shared.set_latency(round_trip);
    }

    /// Takes all leases away, as a machine far away does whose heartbeats no longer come: their holders are told.
    pub fn lose_leases(&self) {
        self.shared.lose_leases();
    }

    /// Answers runs of a program (by the file name of it) instead of running it.
    pub fn answer_program<F>(&self, file_name: impl Into<String>, answer: F)
    where
        F: Fn(&Command) -> Result<CommandOutput> + Send + Sync + 'static,
    {
        self.shared.answer_program(file_name.into(), Arc::new(answer));
    }

    /// Answers reads of files for which this has a content, instead of reading them.
    pub fn answer_files<F>(&self, answer: F)
    where
        F: Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    {
        self.shared.answer_files(Arc::new(answer));
    }

    /// Gives the machine other facts than its own.
    pub fn set_facts(&self, facts: HostFacts) {
        self.shared.set_facts(Arc::new(facts));
    }
}

#[async_trait]
impl Host for FakeHost {
    fn name(&self) -> &str {
        "fake"
    }

    fn processes(&self) -> &dyn Processes {
        self
    }

    fn files(&self) -> &dyn Files {
        self
    }

    fn sockets(&self) -> &dyn Sockets {
        self
    }

    async fn facts(&self) -> Result<Arc<HostFacts>> {
        if let Some(facts) = self.shared.facts() {
            return Ok(facts);
        }
        let facts = self.shared.single(Op::Facts, self.inner.facts()).await?;
        self.shared.set_facts(Arc::clone(&facts));
        Ok(facts)
    }

    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        terminal::open(self, path).await
    }

    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
        lease::take(self, path, request).await
    }

    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
        batch::run(self, mode, ops).await
    }
}
