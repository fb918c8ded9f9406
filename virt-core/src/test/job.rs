//! Core dumps as jobs: the guest stands still, its memory is read bit by bit, and a small file is written at the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use super::world::Shared;
use crate::domain::machine::{Admission, Happening, Request};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::event::{ResumedReason, SuspendedReason};
use crate::job::{Job, JobKind, JobWorker};

/// The core dump of a domain that is being written.
#[derive(Debug)]
pub(super) struct DumpJob {
    pub(super) job: Job,
    abandoned: Arc<Notify>,
}

impl DumpJob {
    /// The domain has ended: there is nothing left to dump.
    pub(super) fn abandon(&self) {
        self.abandoned.notify_one();
    }
}

/// A dump to be made.
pub(super) struct Dump {
    domain: Uuid,
    path: String,
    memory: u64,
    rate: u64,
    worker: JobWorker,
    abandoned: Arc<Notify>,
    pub(super) job: Job,
}

impl super::world::World {
    /// Begins a dump: a guest that runs stands still until it is over.
    pub(super) fn begin_dump(&mut self, domain: Uuid, path: String) -> Result<Dump> {
        let record = self.record_mut(domain)?;
        let Admission::Proceed = record.admit(Request::CoreDump)? else {
            return Err(Error::new(ErrorKind::Internal, "a dump is never there already"));
        };
        let (worker, job) = JobWorker::begin(JobKind::CoreDump, record.reference(), true);
        let abandoned = Arc::new(Notify::new());
        record.job = Some(DumpJob {
            job: job.clone(),
            abandoned: Arc::clone(&abandoned),
        });
        let dump = Dump {
            domain,
            path,
            memory: record.run.as_ref().map_or(0, |run| run.memory.as_bytes()),
            rate: record.guest.behaviour.dump_rate.max(1),
            worker,
            abandoned,
            job,
        };
        self.happen(domain, Happening::VcpusStopped(SuspendedReason::Job));
        Ok(dump)
    }

    /// A dump is over: a guest that stood still for it goes on.
    fn end_dump(&mut self, domain: Uuid) {
        let Ok(record) = self.record_mut(domain) else {
            return;
        };
        record.job = None;
        if record.is_dumping() {
            self.happen(domain, Happening::VcpusRun(ResumedReason::JobOver));
        }
    }
}

/// Between two reports of progress.
const TICK: Duration = Duration::from_millis(10);

impl Dump {
    /// Carries the dump to its end.
    pub(super) async fn carry_out(self, shared: Arc<Shared>) {
        let result = tokio::select! {
            biased;
            () = self.abandoned.notified() => {
                Err(Error::new(ErrorKind::Cancelled, "the domain ended while its memory was dumped"))
            }
            () = self.worker.cancelled() => Err(Error::new(ErrorKind::Cancelled, "the dump was cancelled")),
            result = self.write(&shared) => result,
        };
        shared.with(|world| world.end_dump(self.domain));
        self.worker.finish(result);
    }

    async fn write(&self, shared: &Shared) -> Result<()> {
        let per_tick = u64::try_from(u128::from(self.rate) * TICK.as_millis() / 1000).unwrap_or(u64::MAX);
        let mut done = 0_u64;
        self.worker.report(0, Some(self.memory));
        while done < self.memory {
            tokio::time::sleep(TICK).await;
            done = done.saturating_add(per_tick.max(1)).min(self.memory);
            self.worker.report(done, Some(self.memory));
        }
        let files = shared.host.files();
        files
            .write_atomic(&self.path, &elf_core_header(), 0o600)
            .await
            .map_err(|error| error.with_subject(Subject::Path(self.path.clone())))
    }
}

/// The header of an ELF core file for x86-64 without segments: a simulated guest has no memory to show.
fn elf_core_header() -> Vec<u8> {
    const ET_CORE: u16 = 4;
    const EM_X86_64: u16 = 62;
    const HEADER: u16 = 64;
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    header.extend(ET_CORE.to_le_bytes());
    header.extend(EM_X86_64.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    // Entry point, program headers and section headers: none; flags: none.
    header.resize(header.len() + 3 * 8 + 4, 0);
    header.extend(HEADER.to_le_bytes());
    header.resize(usize::from(HEADER), 0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_an_elf_core_of_its_full_size() {
        let header = elf_core_header();
        assert_eq!(
            (header.len(), &header[..4], header[16], header[52]),
            (64, &b"\x7fELF"[..], 4, 64)
        );
    }
}
