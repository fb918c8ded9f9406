//! Long work: core dumps.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{CoreDumpFormat, CoreDumpOptions};
use virt_core::driver::JobDriver;
use virt_core::job::{Job, JobKind, JobState, JobWorker};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};
use virt_manager::lock;

use super::EmbedDriver;
use crate::qmp::QmpConnection;
use crate::qmp::commands::dump::{DumpGuestMemory, QueryDump, QueryDumpGuestMemoryCapability};

/// How often QEMU is asked how far a dump is: it tells only of the end.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// How long one such question may take: a dump keeps QEMU's monitor busy at times.
const ANSWER: Duration = Duration::from_secs(60);

#[async_trait]
impl JobDriver for EmbedDriver {
    async fn current(&self, _call: &CallContext, domain: Uuid) -> Result<Option<Job>> {
        let entry = self.manager.root.existing(domain)?;
        let run = entry.view().run.clone();
        let job = run.and_then(|run| lock(&run.job).clone());
        Ok(job.filter(|job| job.progress().state == JobState::Running))
    }

    async fn core_dump(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        options: &CoreDumpOptions,
    ) -> Result<Job> {
        let entry = self.manager.root.existing(domain)?;
        let run = entry.run()?;
        let qmp = run.qmp()?;
        check_path(path)?;
        let format = format_name(options.format)?;
        let known = qmp
            .execute(&QueryDumpGuestMemoryCapability, call.deadline)
            .await?;
        if !known.formats.iter().any(|known| known == format) {
            let message = format!(
                "this QEMU cannot write core dumps in format {format} ({})",
                known.formats.join(", ")
            );
            return Err(Error::unsupported(message));
        }
        if self.manager.host.files().stat(path).await?.is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, "there is a file already")
                .with_subject(Subject::Path(path.to_owned())));
        }
        let worker = {
            let mut slot = lock(&run.job);
            if slot
                .as_ref()
                .is_some_and(|job| job.progress().state == JobState::Running)
            {
                return Err(Error::new(ErrorKind::Busy, "another job of the domain runs"));
            }
            let (worker, job) = JobWorker::begin(JobKind::CoreDump, entry.reference(), false);
            *slot = Some(job);
            worker
        };
        let dump = DumpGuestMemory {
            paging: false,
            protocol: format!("file:{path}"),
            detach: Some(true),
            format: Some(format.to_owned()),
        };
        // On a task of its own: a caller who goes away leaves a dump that is followed to its end.
        let deadline = call.deadline;
        let begun = self.manager.root.life.runtime().spawn(async move {
            if let Err(error) = qmp.execute(&dump, deadline).await {
                worker.finish(Err(Error::new(ErrorKind::Cancelled, "it was not begun")));
                return Err(Error::from(error));
            }
            drop(tokio::spawn(follow(qmp, worker)));
            Ok(())
        });
        begun.await.map_err(|error| {
            Error::new(ErrorKind::ConnectionLost, "the runtime ended").with_source(error)
        })??;
        let job = lock(&run.job).clone();
        job.ok_or_else(|| Error::new(ErrorKind::Internal, "a job that was begun is gone"))
    }
}

/// Reports how far a dump is until it is over.
async fn follow(qmp: QmpConnection, worker: JobWorker) {
    let result = loop {
        match qmp
            .execute(&QueryDump, tokio::time::Instant::now() + ANSWER)
            .await
        {
            Ok(status) => {
                worker.report(status.completed, Some(status.total).filter(|total| *total > 0));
                match status.status.as_str() {
                    "completed" => break Ok(()),
                    "failed" => {
                        break Err(Error::new(
                            ErrorKind::Failed,
                            "QEMU could not write the core dump",
                        ));
                    }
                    _ => {}
                }
            }
            Err(error) => break Err(Error::from(error).with_outcome(Outcome::Unknown)),
        }
        tokio::time::sleep(ASK_AGAIN).await;
    };
    worker.finish(result);
}

fn format_name(format: CoreDumpFormat) -> Result<&'static str> {
    match format {
        CoreDumpFormat::Elf => Ok("elf"),
        CoreDumpFormat::KdumpZlib => Ok("kdump-zlib"),
        CoreDumpFormat::KdumpLzo => Ok("kdump-lzo"),
        CoreDumpFormat::KdumpSnappy => Ok("kdump-snappy"),
        _ => Err(Error::unsupported("this format of core dumps")),
    }
}

fn check_path(path: &str) -> Result<()> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::InvalidArgument, "the path of a core dump is absolute")
            .with_subject(Subject::Path(path.to_owned())),
    )
}
