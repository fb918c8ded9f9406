//! Saved states: in files of the host, and kept by the manager.

use virt_core::domain::{RestoreOptions, ResumeState, SaveOptions, StartOptions, StateReason};
use virt_core::event::{DomainChange, StartedReason, StoppedReason};
use virt_core::job::{Job, JobKind};
use virt_core::{Capability, Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "saving";
    a_machine_is_saved_to_a_file_and_comes_back(Machine, PersistentDomains, SaveImages, Events);
    a_paused_machine_comes_back_paused_unless_said_otherwise(Machine, PersistentDomains, SaveImages, StartPaused);
    a_transient_domain_comes_back(Machine, TransientDomains, SaveImages);
    the_document_in_a_file_is_read_and_changed(Machine, PersistentDomains, SaveImages);
    a_file_that_is_no_saved_state_is_refused(None, SaveImages);
    a_machine_that_does_not_run_is_not_saved(None, PersistentDomains, SaveImages);
    a_save_is_cancelled_or_done(Machine, PersistentDomains, SaveImages);
    the_next_start_goes_on_from_a_managed_save(Machine, PersistentDomains, ManagedSave, Events);
    a_managed_save_is_removed_and_discarded(Machine, PersistentDomains, ManagedSave);
    the_document_in_a_managed_save_is_read_and_changed(Machine, PersistentDomains, ManagedSave);
    a_transient_domain_has_no_managed_save(Machine, TransientDomains, ManagedSave);
    a_guest_goes_on_where_it_was(Booted, PersistentDomains, ManagedSave, Agent);
}

fn path(env: &Env) -> String {
    env.path("saved").to_string_lossy().into_owned()
}

async fn done(env: &Env, job: &Job) -> Result<(), Failure> {
    ensure_eq!(job.kind(), JobKind::Save, "what the job does");
    env.soon("saving a domain", job.wait())
        .await?
        .doing("saving a domain")
}

async fn save(env: &Env, domain: &Domain) -> Result<(), Failure> {
    let job = domain.save(&path(env), &SaveOptions::default()).await;
    done(env, &job.doing("beginning to save it")?).await
}

async fn keep(env: &Env, domain: &Domain) -> Result<(), Failure> {
    let job = domain.managed_save(&SaveOptions::default()).await;
    done(env, &job.doing("beginning to save it")?).await
}

async fn state(domain: &Domain) -> Result<(DomainState, StateReason), Failure> {
    let info = domain.info().await.doing("asking for it")?;
    Ok((info.state, info.reason))
}

async fn a_machine_is_saved_to_a_file_and_comes_back(env: &Env) -> Result<(), Failure> {
    let domain = env.running("saved").await?;
    let mut watch = env.watch(&domain).await?;
    save(env, &domain).await?;
    let saved = |change: &DomainChange| *change == DomainChange::Stopped(StoppedReason::Saved);
    watch.until("that it was saved", saved).await?;
    ensure_eq!(
        state(&domain).await?,
        (DomainState::ShutOff, StateReason::Saved),
        "its state"
    );
    ensure!(env.path("saved").exists(), "there is no file");
    let restored = env
        .conn()
        .restore_domain(&path(env), &RestoreOptions::default())
        .await
        .doing("restoring it")?;
    ensure_eq!(restored.uuid(), domain.uuid(), "who was restored");
    let started = |change: &DomainChange| *change == DomainChange::Started(StartedReason::Restored);
    watch.until("that it was restored", started).await?;
    let (now, reason) = state(&domain).await?;
    ensure_eq!(now, DomainState::Running, "its state");
    ensure!(
        matches!(reason, StateReason::Restored | StateReason::Unpaused),
        "it runs because of {reason}"
    );
    let again = env
        .conn()
        .restore_domain(&path(env), &RestoreOptions::default())
        .await;
    refused(again, ErrorKind::InvalidState, "restoring a machine that runs")?;
    Ok(())
}

async fn a_paused_machine_comes_back_paused_unless_said_otherwise(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("paused").await?;
    save(env, &domain).await?;
    let restore = async |options: RestoreOptions| {
        let restored = env.conn().restore_domain(&path(env), &options).await;
        restored.doing("restoring it").map(drop)
    };
    restore(RestoreOptions::default()).await?;
    ensure_eq!(state(&domain).await?.0, DomainState::Paused, "its state");
    domain.destroy().await.doing("destroying it")?;
    restore(RestoreOptions::default().state(ResumeState::Running)).await?;
    ensure_eq!(
        state(&domain).await?.0,
        DomainState::Running,
        "its state, when it was to run"
    );
    Ok(())
}

async fn a_transient_domain_comes_back(env: &Env) -> Result<(), Failure> {
    let config = env.machine("transient")?;
    let domain = env.conn().create_domain(&config).await.doing("creating it")?;
    save(env, &domain).await?;
    let gone = domain.info().await;
    refused(
        gone,
        ErrorKind::NotFound,
        "asking for a transient domain that was saved",
    )?;
    let restored = env
        .conn()
        .restore_domain(&path(env), &RestoreOptions::default())
        .await
        .doing("restoring it")?;
    let info = restored.info().await.doing("asking for it")?;
    ensure!(!info.persistent && info.state.is_active(), "it is {info:?}");
    ensure_eq!(info.domain.uuid, domain.uuid(), "its uuid");
    Ok(())
}

async fn the_document_in_a_file_is_read_and_changed(env: &Env) -> Result<(), Failure> {
    let domain = env.running("document").await?;
    save(env, &domain).await?;
    let mut config = env
        .conn()
        .saved_image_config(&path(env))
        .await
        .doing("reading the document")?;
    ensure_eq!(config.uuid, Some(domain.uuid()), "the uuid in the document");
    config.title = Some("changed".to_owned());
    env.conn()
        .define_saved_image(&path(env), &config, Some(ResumeState::Paused))
        .await
        .doing("changing the document")?;
    let read = env
        .conn()
        .saved_image_config(&path(env))
        .await
        .doing("reading the document again")?;
    ensure_eq!(read.title.as_deref(), Some("changed"), "its title");
    env.conn()
        .restore_domain(&path(env), &RestoreOptions::default())
        .await
        .doing("restoring it")?;
    ensure_eq!(state(&domain).await?.0, DomainState::Paused, "its state");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(
        info.title.as_deref(),
        Some("changed"),
        "the title of the running machine"
    );
    Ok(())
}

async fn a_file_that_is_no_saved_state_is_refused(env: &Env) -> Result<(), Failure> {
    let options = RestoreOptions::default();
    let missing = env.conn().restore_domain(&path(env), &options).await;
    let error = match missing {
        Err(error) => error,
        Ok(_) => return Err(Failure::new("a file that is not there was restored")),
    };
    ensure!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Failed),
        "the error is {:?}: {error}",
        error.kind()
    );
    let whole = Failure::from(error).to_string();
    ensure!(whole.contains("saved"), "the file is not named: {whole}");
    std::fs::write(
        env.path("saved"),
        b"nothing of the kind, but more than a header's length of it".repeat(99),
    )
    .doing("writing a file")?;
    let bad = env.conn().restore_domain(&path(env), &options).await;
    let error = match bad {
        Err(error) => error,
        Ok(_) => return Err(Failure::new("a file that is no saved state was restored")),
    };
    ensure!(
        matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Failed),
        "the error is {:?}: {error}",
        error.kind()
    );
    Ok(())
}

async fn a_machine_that_does_not_run_is_not_saved(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let options = SaveOptions::default();
    let saved = match domain.save(&path(env), &options).await {
        Ok(job) => env.soon("saving a domain", job.wait()).await?,
        Err(error) => Err(error),
    };
    refused(
        saved,
        ErrorKind::InvalidState,
        "saving a machine that does not run",
    )?;
    ensure!(!env.path("saved").exists(), "there is a file");
    Ok(())
}

async fn a_save_is_cancelled_or_done(env: &Env) -> Result<(), Failure> {
    let domain = env.running("cancelled").await?;
    let job = domain.save(&path(env), &SaveOptions::default()).await;
    let job = job.doing("beginning to save it")?;
    let cancelled = job.cancel();
    let result = env.soon("the end of a cancelled save", job.wait()).await?;
    match (cancelled, result) {
        (Ok(()), Err(error)) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(refusal, ErrorKind::Cancelled, "a cancelled save")?;
            domain
                .with_deadline(env.patience())
                .wait_for(DomainState::Running)
                .await
                .doing("waiting until the machine goes on")?;
            ensure!(!env.path("saved").exists(), "a cancelled save left its file");
        }
        (Ok(()), Ok(())) => ensure_eq!(state(&domain).await?.0, DomainState::ShutOff, "its state"),
        (Err(error), result) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(
                refusal,
                ErrorKind::Unsupported,
                "cancelling a save that cannot be",
            )?;
            result.doing("a save that cannot be cancelled")?;
        }
    }
    Ok(())
}

async fn the_next_start_goes_on_from_a_managed_save(env: &Env) -> Result<(), Failure> {
    let domain = env.running("managed").await?;
    let there = async || domain.has_managed_save().await.doing("asking for a managed save");
    ensure!(!there().await?, "there is a managed save already");
    keep(env, &domain).await?;
    ensure_eq!(
        state(&domain).await?,
        (DomainState::ShutOff, StateReason::Saved),
        "its state"
    );
    ensure!(there().await?, "there is no managed save");
    let mut watch = env.watch(&domain).await?;
    domain.start().await.doing("starting it")?;
    let started = |change: &DomainChange| *change == DomainChange::Started(StartedReason::Restored);
    watch.until("that it was restored", started).await?;
    ensure_eq!(state(&domain).await?.0, DomainState::Running, "its state");
    ensure!(!there().await?, "the managed save is there after the start");
    Ok(())
}

async fn a_managed_save_is_removed_and_discarded(env: &Env) -> Result<(), Failure> {
    let domain = env.running("removed").await?;
    keep(env, &domain).await?;
    for _ in 0..2 {
        domain.remove_managed_save().await.doing("removing it")?;
        let there = domain.has_managed_save().await.doing("asking for it")?;
        ensure!(!there, "it is still there");
    }
    domain.start().await.doing("starting it")?;
    ensure_eq!(state(&domain).await?.1, StateReason::Booted, "why it runs");
    keep(env, &domain).await?;
    domain
        .start_with(&StartOptions::default().force_boot())
        .await
        .doing("starting it from its beginning")?;
    ensure_eq!(state(&domain).await?.1, StateReason::Booted, "why it runs");
    let there = domain.has_managed_save().await.doing("asking for it")?;
    ensure!(!there, "a discarded managed save is still there");
    Ok(())
}

async fn the_document_in_a_managed_save_is_read_and_changed(env: &Env) -> Result<(), Failure> {
    let domain = env.running("document").await?;
    let none = domain.managed_save_config().await;
    refused(
        none,
        ErrorKind::NotFound,
        "the document of a managed save there is not",
    )?;
    keep(env, &domain).await?;
    let mut config = domain.managed_save_config().await.doing("reading the document")?;
    config.title = Some("changed".to_owned());
    domain
        .define_managed_save(&config, Some(ResumeState::Paused))
        .await
        .doing("changing the document")?;
    domain.start().await.doing("starting it")?;
    ensure_eq!(state(&domain).await?.0, DomainState::Paused, "its state");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(
        info.title.as_deref(),
        Some("changed"),
        "the title of the running machine"
    );
    Ok(())
}

async fn a_transient_domain_has_no_managed_save(env: &Env) -> Result<(), Failure> {
    let config = env.machine("transient")?;
    let domain = env.conn().create_domain(&config).await.doing("creating it")?;
    let saved = match domain.managed_save(&SaveOptions::default()).await {
        Ok(job) => env.soon("saving a domain", job.wait()).await?,
        Err(error) => Err(error),
    };
    refused(
        saved,
        ErrorKind::InvalidState,
        "a managed save of a transient domain",
    )?;
    let info = domain.info().await.doing("asking for it")?;
    ensure!(info.state.is_active(), "it does not run any more");
    Ok(())
}

async fn a_guest_goes_on_where_it_was(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("memory").await?;
    domain
        .agent()
        .write_file("/tmp-note", b"in memory")
        .await
        .doing("writing a file of the guest")?;
    keep(env, &domain).await?;
    domain.start().await.doing("starting it")?;
    env.agent_answers(&domain).await?;
    let read = domain.agent().read_file("/tmp-note").await;
    let read = read.doing("reading the file of the guest")?;
    ensure_eq!(
        String::from_utf8_lossy(&read),
        "in memory",
        "what is in the guest's file"
    );
    if env.has(Capability::JobStatistics) {
        let none = domain.job_statistics().await.doing("asking for its job")?;
        ensure!(none.is_none(), "it has a job: {none:?}");
    }
    Ok(())
}
