//! Jobs: the memory of a guest is read bit by bit, and something is made of it at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use super::world::{Shared, World};
use crate::domain::machine::{Admission, Happening, Request};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::event::{ResumedReason, SuspendedReason};
use crate::job::{Job, JobKind, JobStatistics, JobWorker, Transfer};

/// The job of a domain.
#[derive(Debug)]
pub(super) struct GuestJob {
    pub(super) job: Job,
    abandoned: Arc<Notify>,
    /// How fast its memory is read, in bytes per second.
    pub(super) rate: Arc<AtomicU64>,
    /// Whoever waits for the end of the copying hears that it need not be waited for.
    pub(super) post_copy: Option<Arc<Notify>>,
}

impl GuestJob {
    /// The domain has ended: there is nothing left to work on.
    pub(super) fn abandon(&self) {
        self.abandoned.notify_one();
    }
}

/// The memory of a guest that is being read.
#[derive(Debug)]
pub(super) struct Copying {
    pub(super) domain: Uuid,
    kind: JobKind,
    memory: u64,
    rate: Arc<AtomicU64>,
    worker: JobWorker,
    abandoned: Arc<Notify>,
    post_copy: Arc<Notify>,
    pub(super) job: Job,
}

/// Between two reports of progress.
const TICK: Duration = Duration::from_millis(10);

impl World {
    /// Begins to read the memory of a guest.
    pub(super) fn begin_copying(&mut self, domain: Uuid, kind: JobKind, request: Request) -> Result<Copying> {
        let record = self.record_mut(domain)?;
        let Admission::Proceed = record.admit(request)? else {
            return Err(Error::new(ErrorKind::Internal, "a job is never done already"));
        };
        let (worker, job) = JobWorker::begin(kind, record.reference(), true);
        let abandoned = Arc::new(Notify::new());
        let post_copy = Arc::new(Notify::new());
        let rate = Arc::new(AtomicU64::new(record.guest.behaviour.dump_rate));
        record.job = Some(GuestJob {
            job: job.clone(),
            abandoned: Arc::clone(&abandoned),
            rate: Arc::clone(&rate),
            post_copy: None,
        });
        Ok(Copying {
            domain,
            kind,
            memory: record.run.as_ref().map_or(0, |run| run.memory.as_bytes()),
            rate,
            worker,
            abandoned,
            post_copy,
            job,
        })
    }

    /// A guest that runs stands still until its job is over.
    pub(super) fn hold_for_job(&mut self, domain: Uuid) {
        self.happen(domain, Happening::VcpusStopped(SuspendedReason::Job));
    }

    /// A job is over; a guest that stood still for it goes on, if it is to.
    pub(super) fn end_job(&mut self, domain: Uuid, goes_on: bool) {
        let Ok(record) = self.record_mut(domain) else {
            return;
        };
        if let Some(job) = record.job.take() {
            record.last_job = job.job.progress().statistics.map(|last| (*last).clone());
        }
        if goes_on && record.is_held() {
            self.happen(domain, Happening::VcpusRun(ResumedReason::JobOver));
        }
    }
}

impl Copying {
    /// The guest may go on elsewhere before all is read.
    pub(super) fn allow_post_copy(&self, record: &mut super::record::Record) {
        if let Some(job) = &mut record.job {
            job.post_copy = Some(Arc::clone(&self.post_copy));
        }
    }

    /// At most so fast, in bytes per second.
    pub(super) fn limit(&self, rate: u64) {
        self.rate.fetch_min(rate, Ordering::Relaxed);
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// `Cancelled` when somebody asks for that, or the domain ends.
    pub(super) async fn all(&self) -> Result<()> {
        tokio::select! {
            biased;
            () = self.abandoned.notified() => {
                Err(Error::new(ErrorKind::Cancelled, "the domain ended while its memory was read"))
            }
            () = self.worker.cancelled() => Err(Error::new(ErrorKind::Cancelled, "the job was cancelled")),
            () = self.post_copy.notified() => Ok(()),
            () = self.read() => Ok(()),
        }
    }

    async fn read(&self) {
        let mut done = 0_u64;
        self.report(0);
        while done < self.memory {
            tokio::time::sleep(TICK).await;
            let per_second = u128::from(self.rate.load(Ordering::Relaxed));
            let per_tick = u64::try_from(per_second * TICK.as_millis() / 1000).unwrap_or(u64::MAX);
            done = done.saturating_add(per_tick.max(1)).min(self.memory);
            self.report(done);
        }
    }

    fn report(&self, done: u64) {
        let mut memory = Transfer::new(self.memory, done, self.memory.saturating_sub(done));
        memory.rate = Some(self.rate.load(Ordering::Relaxed));
        self.worker.report_statistics(JobStatistics {
            kind: Some(self.kind),
            memory: Some(memory),
            data: Some(memory),
            ..JobStatistics::default()
        });
    }

    /// The job has this end.
    pub(super) fn finish(self, result: Result<()>) {
        self.worker.finish(result);
    }
}

/// Reads the memory of a guest that stands still and writes a small file at the end: a core dump.
pub(super) async fn dump(copying: Copying, path: String, shared: Arc<Shared>) {
    let result = match copying.all().await {
        Ok(()) => write(&shared, &path, &elf_core_header()).await,
        cancelled => cancelled,
    };
    shared.with(|world| world.end_job(copying.domain, true));
    copying.finish(result);
}

/// Writes a file of the host.
pub(super) async fn write(shared: &Shared, path: &str, content: &[u8]) -> Result<()> {
    let files = shared.host.files();
    let written = files.write_atomic(path, content, 0o600).await;
    written.map_err(|error| error.with_subject(Subject::Path(path.to_owned())))
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
