//! Transient domains: started without a definition, gone when they end.

use virt_core::domain::{StartOptions, XmlOptions};
use virt_core::event::{DomainChange, EventFilter, StartedReason, StoppedReason};
use virt_core::{Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, Watch, refused};

cases! { "transient";
    a_transient_domain_is_gone_when_it_is_destroyed(Machine, TransientDomains, StartPaused);
    a_transient_domain_runs_unless_it_is_started_paused(Machine, TransientDomains);
    a_transient_domain_becomes_persistent_when_it_is_defined(Machine, TransientDomains, PersistentDomains, StartPaused);
    what_needs_a_definition_is_refused(Machine, TransientDomains, StartPaused);
    a_defined_domain_can_be_run_once_with_another_configuration(Machine, TransientDomains, PersistentDomains, StartPaused);
    a_running_domain_cannot_be_created_once_more(Machine, TransientDomains, StartPaused);
    its_life_is_told_as_events(Machine, TransientDomains, StartPaused, Events);
}

async fn created(env: &Env, stem: &str) -> Result<Domain, Failure> {
    let config = env.machine(stem)?;
    let paused = StartOptions::default().paused();
    let created = env.conn().create_domain_with(&config, &paused).await;
    created.doing("creating a transient domain, paused")
}

async fn a_transient_domain_is_gone_when_it_is_destroyed(env: &Env) -> Result<(), Failure> {
    let domain = created(env, "brief").await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state");
    ensure!(!info.persistent, "it is persistent");
    ensure!(info.id.is_some(), "it has no id");
    domain.destroy().await.doing("destroying it")?;
    refused(
        domain.info().await,
        ErrorKind::NotFound,
        "asking for it once it ended",
    )?;
    refused(
        env.conn().domain(domain.name()).await,
        ErrorKind::NotFound,
        "looking it up once it ended",
    )?;
    Ok(())
}

async fn a_transient_domain_runs_unless_it_is_started_paused(env: &Env) -> Result<(), Failure> {
    let config = env.machine("runs")?;
    let domain = env.conn().create_domain(&config).await.doing("creating it")?;
    ensure_eq!(Some(domain.uuid()), config.uuid, "its uuid");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state");
    domain.destroy().await.doing("destroying it")
}

async fn a_transient_domain_becomes_persistent_when_it_is_defined(env: &Env) -> Result<(), Failure> {
    let domain = created(env, "stays").await?;
    let config = domain.config().await.doing("reading its configuration")?;
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it while it runs")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure!(info.persistent, "it is not persistent");
    ensure_eq!(info.state, DomainState::Paused, "its state after it was defined");
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it once it ended")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it ended");
    Ok(())
}

async fn what_needs_a_definition_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = created(env, "bare").await?;
    let invalid = ErrorKind::InvalidState;
    refused(domain.undefine().await, invalid, "undefining a transient domain")?;
    if env.has(virt_core::Capability::Autostart) {
        refused(
            domain.set_autostart(true).await,
            invalid,
            "setting autostart of a transient domain",
        )?;
    }
    let config = domain
        .config_with(&XmlOptions::default().inactive())
        .await
        .doing("reading the configuration it was started with")?;
    ensure_eq!(
        config.name.as_str(),
        domain.name(),
        "the name it was started with"
    );
    Ok(())
}

async fn a_defined_domain_can_be_run_once_with_another_configuration(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("once")?;
    config.title = Some("defined".to_owned());
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    config.title = Some("once".to_owned());
    let paused = StartOptions::default().paused();
    env.conn()
        .create_domain_with(&config, &paused)
        .await
        .doing("running it once with another configuration")?;
    let live = domain.config().await.doing("reading the live configuration")?;
    ensure_eq!(live.title.as_deref(), Some("once"), "the live title");
    let info = domain.info().await.doing("asking for it")?;
    ensure!(info.persistent, "it is not persistent any more");
    domain.destroy().await.doing("destroying it")?;
    let config = domain.config().await.doing("reading its definition")?;
    ensure_eq!(
        config.title.as_deref(),
        Some("defined"),
        "the title once it ended"
    );
    Ok(())
}

async fn a_running_domain_cannot_be_created_once_more(env: &Env) -> Result<(), Failure> {
    let domain = created(env, "twice").await?;
    let config = domain.config().await.doing("reading its configuration")?;
    let again = env.conn().create_domain(&config).await;
    refused(again, ErrorKind::InvalidState, "creating a domain that runs")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state after the refusal");
    Ok(())
}

async fn its_life_is_told_as_events(env: &Env) -> Result<(), Failure> {
    let config = env.machine("told")?;
    let filter = EventFilter::domain(config.uuid.unwrap_or_default());
    let events = env.conn().events(filter).await.doing("subscribing")?;
    let mut watch = Watch::of(events, env.times(), env.patience());
    let paused = StartOptions::default().paused();
    let domain = env
        .conn()
        .create_domain_with(&config, &paused)
        .await
        .doing("creating it")?;
    domain.destroy().await.doing("destroying it")?;
    ensure_eq!(
        watch.rest().await?,
        vec![
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Stopped(StoppedReason::Destroyed),
        ],
        "what was told"
    );
    Ok(())
}
