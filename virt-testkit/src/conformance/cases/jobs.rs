//! Jobs: begun, watched, waited for, cancelled; their result is kept.

use virt_core::domain::{CoreDumpOptions, StateReason};
use virt_core::job::{Job, JobKind, JobState};
use virt_core::{Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "jobs";
    a_core_dump_is_written_and_its_result_is_kept(Machine, PersistentDomains, CoreDump);
    a_paused_machine_stays_paused_after_its_dump(Machine, PersistentDomains, CoreDump, StartPaused);
    a_file_that_is_there_is_not_overwritten(Machine, PersistentDomains, CoreDump, StartPaused);
    a_place_that_cannot_be_written_is_named(Machine, PersistentDomains, CoreDump, StartPaused);
    a_domain_has_one_job_at_a_time(Machine, PersistentDomains, CoreDump);
    a_dropped_job_goes_on(Machine, PersistentDomains, CoreDump, StartPaused);
    a_job_is_cancelled_or_says_that_it_cannot_be(Machine, PersistentDomains, CoreDump);
    a_job_ends_when_its_domain_is_destroyed(Machine, PersistentDomains, CoreDump);
}

async fn dump(env: &Env, domain: &Domain, name: &str) -> virt_core::Result<Job> {
    let path = env.path(name).to_string_lossy().into_owned();
    domain.core_dump(&path, &CoreDumpOptions::default()).await
}

async fn ended(env: &Env, job: &Job) -> Result<virt_core::Result<()>, Failure> {
    env.soon("a core dump", job.wait()).await
}

fn is_elf(env: &Env, name: &str) -> Result<(), Failure> {
    let content = std::fs::read(env.path(name)).doing("reading the dump")?;
    ensure!(content.starts_with(b"\x7fELF"), "the dump is no ELF file");
    Ok(())
}

async fn a_core_dump_is_written_and_its_result_is_kept(env: &Env) -> Result<(), Failure> {
    let domain = env.running("dumped").await?;
    let job = dump(env, &domain, "core").await.doing("beginning a core dump")?;
    ensure_eq!(job.kind(), JobKind::CoreDump, "what the job does");
    ensure_eq!(job.domain().uuid, domain.uuid(), "whose job it is");
    ended(env, &job).await?.doing("the core dump")?;
    let progress = job.progress();
    ensure_eq!(progress.state, JobState::Completed, "where the job is");
    if let Some(total) = progress.total_bytes {
        ensure_eq!(progress.done_bytes, total, "how much of it is done");
    }
    ended(env, &job.clone())
        .await?
        .doing("asking for its result once more")?;
    is_elf(env, "core")?;
    let current = domain.job().await.doing("asking for the job of the domain")?;
    ensure!(current.is_none(), "the domain still has the job {current:?}");
    domain
        .with_deadline(env.patience())
        .wait_for(DomainState::Running)
        .await
        .doing("waiting until the machine goes on after its dump")
}

async fn a_paused_machine_stays_paused_after_its_dump(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("still").await?;
    let job = dump(env, &domain, "core").await.doing("beginning a core dump")?;
    ended(env, &job).await?.doing("the core dump")?;
    tokio::time::sleep(env.times().quiet).await;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state after the dump");
    ensure!(info.reason != StateReason::Dumping, "it is still being dumped");
    Ok(())
}

async fn a_file_that_is_there_is_not_overwritten(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("kept").await?;
    std::fs::write(env.path("core"), b"precious").doing("writing a file")?;
    let begun = dump(env, &domain, "core").await;
    let error = refused(
        begun,
        ErrorKind::AlreadyExists,
        "a core dump to a file that is there",
    )?;
    ensure!(
        error.to_string().contains("core"),
        "the file is not named: {error}"
    );
    let content = std::fs::read(env.path("core")).doing("reading the file")?;
    ensure!(content == b"precious", "the file was overwritten");
    Ok(())
}

async fn a_place_that_cannot_be_written_is_named(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("nowhere").await?;
    let error = match dump(env, &domain, "no-such-directory/core").await {
        Err(error) => error,
        Ok(job) => match ended(env, &job).await? {
            Err(error) => error,
            Ok(()) => return Err(Failure::new("a core dump into a missing directory went well")),
        },
    };
    ensure!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Failed),
        "the error is {:?}: {error}",
        error.kind()
    );
    let whole = Failure::from(error).to_string();
    ensure!(
        whole.contains("no-such-directory"),
        "the place is not named: {whole}"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state after the failed dump");
    let current = domain.job().await.doing("asking for the job of the domain")?;
    ensure!(current.is_none(), "the domain still has a job");
    Ok(())
}

async fn a_domain_has_one_job_at_a_time(env: &Env) -> Result<(), Failure> {
    let domain = env.running("busy").await?;
    let (one, two) = tokio::join!(dump(env, &domain, "one"), dump(env, &domain, "two"));
    match (one, two) {
        (Ok(job), Err(error)) | (Err(error), Ok(job)) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(refusal, ErrorKind::Busy, "a second job at the same time")?;
            ended(env, &job).await?.doing("the first job")
        }
        // The first was over before the second began.
        (Ok(one), Ok(two)) => {
            ended(env, &one).await?.doing("the first job")?;
            ended(env, &two).await?.doing("the second job")
        }
        (Err(one), Err(two)) => Err(Failure::new(format!("neither of two jobs began: {one}; {two}"))),
    }
}

async fn a_dropped_job_goes_on(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("detached").await?;
    drop(dump(env, &domain, "core").await.doing("beginning a core dump")?);
    let over = async {
        loop {
            match domain.job().await {
                Ok(Some(_)) => tokio::time::sleep(env.times().quiet / 10).await,
                other => return other,
            }
        }
    };
    env.soon("a core dump nobody waits for", over)
        .await?
        .doing("asking for the job of the domain")?;
    is_elf(env, "core")
}

async fn a_job_is_cancelled_or_says_that_it_cannot_be(env: &Env) -> Result<(), Failure> {
    let domain = env.running("cancelled").await?;
    let job = dump(env, &domain, "core").await.doing("beginning a core dump")?;
    let cancelled = job.cancel();
    let result = ended(env, &job).await?;
    match (cancelled, result) {
        (Ok(()), Err(error)) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(refusal, ErrorKind::Cancelled, "a cancelled job")?;
            ensure_eq!(job.progress().state, JobState::Cancelled, "where the job is");
            ensure!(!env.path("core").exists(), "a cancelled dump left its file");
        }
        // It was done before it could be cancelled.
        (Ok(()), Ok(())) => ensure_eq!(job.progress().state, JobState::Completed, "where the job is"),
        (Err(error), result) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(refusal, ErrorKind::Unsupported, "cancelling a job that cannot be")?;
            result.doing("a job that cannot be cancelled")?;
        }
    }
    domain
        .with_deadline(env.patience())
        .wait_for(DomainState::Running)
        .await
        .doing("waiting until the machine goes on")
}

async fn a_job_ends_when_its_domain_is_destroyed(env: &Env) -> Result<(), Failure> {
    let domain = env.running("destroyed").await?;
    let job = dump(env, &domain, "core").await.doing("beginning a core dump")?;
    domain.destroy().await.doing("destroying it while it is dumped")?;
    // Done just before, or ended by the end of the domain: in no case it waits for ever.
    let _result = ended(env, &job).await?;
    ensure!(
        job.progress().state != JobState::Running,
        "the job of a destroyed domain still runs"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    Ok(())
}
