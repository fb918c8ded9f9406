//! Starting: running or paused, with an end that is tied to the connection, told as events.

use virt_core::domain::{StartOptions, StateReason};
use virt_core::event::{DomainChange, EventFilter, ResumedReason, StartedReason};
use virt_core::{DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "starting";
    a_started_domain_runs(Machine, PersistentDomains);
    a_domain_started_paused_stands_still_until_it_is_resumed(Machine, PersistentDomains, StartPaused, Suspend);
    a_start_is_told_as_events(Machine, PersistentDomains, StartPaused, Suspend, Events);
    an_auto_destroy_domain_goes_with_the_shutdown(Machine, PersistentDomains, AutoDestroy);
    an_auto_destroy_domain_goes_when_the_connection_is_closed(Machine, PersistentDomains, AutoDestroy);
    other_domains_go_on_when_the_connection_ends(Machine, PersistentDomains, StartPaused);
    a_machine_whose_image_is_missing_does_not_start_and_the_image_is_named(Machine, PersistentDomains);
    dropping_a_handle_does_not_touch_the_domain(Machine, PersistentDomains, StartPaused);
    a_guest_boots_and_its_agent_answers(Booted, PersistentDomains, Agent);
}

async fn a_started_domain_runs(env: &Env) -> Result<(), Failure> {
    let domain = env.running("up").await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state");
    ensure_eq!(info.reason, StateReason::Booted, "why it runs");
    ensure!(info.id.is_some(), "it has no id");
    ensure!(
        !info.auto_destroy,
        "it has auto-destroy though nobody asked for it"
    );
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it is destroyed");
    ensure_eq!(info.reason, StateReason::Destroyed, "why it does not run");
    Ok(())
}

async fn a_domain_started_paused_stands_still_until_it_is_resumed(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("still").await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state");
    ensure_eq!(info.reason, StateReason::StartedPaused, "why it is paused");
    domain.resume().await.doing("resuming it")?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.state, DomainState::Running, "its state once it is resumed");
    Ok(())
}

async fn a_start_is_told_as_events(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("told").await?;
    let mut watch = env.watch(&domain).await?;
    domain.start().await.doing("starting it")?;
    ensure_eq!(
        watch.rest().await?,
        vec![
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Resumed(ResumedReason::Unpaused),
        ],
        "what was told of a start"
    );
    domain.destroy().await.doing("destroying it")?;
    watch.rest().await?;
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it paused")?;
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Started(StartedReason::Booted)],
        "what was told of a start that leaves it paused"
    );
    domain.resume().await.doing("resuming it")?;
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Resumed(ResumedReason::Unpaused)],
        "what was told when it was resumed"
    );
    Ok(())
}

async fn an_auto_destroy_domain_goes_with_the_shutdown(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tied").await?;
    let options = StartOptions::default().auto_destroy();
    domain.start_with(&options).await.doing("starting it")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure!(info.auto_destroy, "the info does not tell of auto-destroy");
    let mut events = env
        .conn()
        .events(EventFilter::domain(domain.uuid()))
        .await
        .doing("subscribing")?;
    env.conn().shutdown().await.doing("shutting down")?;
    let mut stopped = false;
    while let Some(event) = env.soon("the end of the events", events.next()).await? {
        stopped |= matches!(&event, virt_core::event::Event::Domain(event)
            if matches!(event.change, DomainChange::Stopped(_)));
    }
    ensure!(stopped, "no event told that it stopped with the connection");
    is_shut_off_after_reopening(env, &domain).await
}

async fn an_auto_destroy_domain_goes_when_the_connection_is_closed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tied").await?;
    let options = StartOptions::default().auto_destroy();
    domain.start_with(&options).await.doing("starting it")?;
    let mut events = env
        .conn()
        .events(EventFilter::domain(domain.uuid()))
        .await
        .doing("subscribing")?;
    env.conn().close();
    // The end of the events says that closing is done.
    env.soon("the end of the events", async {
        while events.next().await.is_some() {}
    })
    .await?;
    is_shut_off_after_reopening(env, &domain).await
}

async fn is_shut_off_after_reopening(env: &Env, domain: &virt_core::Domain) -> Result<(), Failure> {
    if !env.target().keeps_state() {
        return Ok(());
    }
    let opening = async {
        loop {
            match env.connect(|builder| builder).await {
                Err(error) if error.kind() == ErrorKind::Busy => tokio::time::sleep(env.times().quiet).await,
                other => return other,
            }
        }
    };
    let again = env
        .soon("giving the place back", opening)
        .await?
        .doing("opening again")?;
    let found = again.domain(domain.uuid()).await.doing("looking it up")?;
    let info = found.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        DomainState::ShutOff,
        "its state after the connection ended"
    );
    Ok(())
}

async fn other_domains_go_on_when_the_connection_ends(env: &Env) -> Result<(), Failure> {
    if !env.target().keeps_state() {
        return Err(Failure::not_here("every connection is a world of its own"));
    }
    let domain = env.paused("stays").await?;
    let running = env.running("runs").await?;
    let id = domain.id().await.doing("asking for the id")?;
    env.conn().shutdown().await.doing("shutting down")?;
    let again = env.connect(|builder| builder).await.doing("opening again")?;
    for (domain, state) in [(&domain, DomainState::Paused), (&running, DomainState::Running)] {
        let found = again.domain(domain.uuid()).await.doing("looking it up")?;
        let info = found.info().await.doing("asking for it")?;
        ensure_eq!(
            info.state,
            state,
            "the state of {} after opening again",
            domain.name()
        );
    }
    let found = again.domain(domain.uuid()).await.doing("looking it up")?;
    ensure_eq!(
        found.id().await.doing("asking for the id")?,
        id,
        "its id after opening again"
    );
    found.resume().await.doing("resuming it after opening again")?;
    found.destroy().await.doing("destroying it after opening again")
}

async fn a_machine_whose_image_is_missing_does_not_start_and_the_image_is_named(
    env: &Env,
) -> Result<(), Failure> {
    if !env.target().needs_images() {
        return Err(Failure::not_here("machines have no images here"));
    }
    let mut config = env.machine("imageless")?;
    let missing = env.path("no-such-image.qcow2").to_string_lossy().into_owned();
    config
        .devices_mut()
        .disks
        .push(virt_core::model::Disk::file(missing.as_str()).target("vdz"));
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let error = match domain.start().await {
        Ok(()) => return Err(Failure::new("a machine without its image was started")),
        Err(error) => error,
    };
    ensure!(
        matches!(error.kind(), ErrorKind::Failed | ErrorKind::NotFound),
        "the kind is {:?}: {error}",
        error.kind()
    );
    let whole = Failure::from(error).to_string();
    ensure!(
        whole.contains("no-such-image.qcow2"),
        "the image is not named: {whole}"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        DomainState::ShutOff,
        "its state after the failed start"
    );
    ensure_eq!(info.id, None, "its id after the failed start");
    refused(
        domain.destroy().await,
        ErrorKind::InvalidState,
        "destroying it after the failed start",
    )?;
    std::fs::write(&missing, vec![0_u8; 1 << 16]).doing("making the image")?;
    let mut config = domain.config().await.doing("reading it")?;
    for disk in &mut config.devices_mut().disks {
        if disk
            .target
            .as_ref()
            .is_some_and(|target| target.dev.as_deref() == Some("vdz"))
        {
            *disk = disk
                .clone()
                .format(virt_core::model::domain::devices::ImageFormat::Raw);
        }
    }
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining the image as raw")?;
    domain.start().await.doing("starting it once its image is there")
}

async fn dropping_a_handle_does_not_touch_the_domain(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("dropped").await?;
    let uuid = domain.uuid();
    drop(domain);
    let found = env.conn().domain(uuid).await.doing("looking it up again")?;
    let info = found.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        DomainState::Paused,
        "its state after its handle was dropped"
    );
    Ok(())
}

async fn a_guest_boots_and_its_agent_answers(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("boots").await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state");
    ensure_eq!(info.agent_connected, Some(true), "whether its agent is connected");
    domain.destroy().await.doing("destroying it")
}
