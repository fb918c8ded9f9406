//! What a state does not allow is refused, and nothing changes.

use std::future::Future;
use std::pin::Pin;

use virt_core::domain::{
    ConfigScope, CoreDumpOptions, DomainName, LifecycleAction, LifecycleEvent, MetadataItem,
};
use virt_core::model::ByteSize;
use virt_core::{Capability, Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "states";
    what_needs_a_running_domain_is_refused_when_it_is_shut_off(None, PersistentDomains);
    what_needs_a_domain_that_is_shut_off_is_refused_when_it_runs(Machine, PersistentDomains, StartPaused);
    a_refusal_names_the_domain_and_the_way_out(None, PersistentDomains);
    a_destroyed_domain_can_be_started_again(Machine, PersistentDomains, StartPaused);
    the_configuration_of_a_run_that_is_not_there_cannot_be_changed(None, PersistentDomains, Metadata);
}

type Attempt<'a> = Pin<Box<dyn Future<Output = virt_core::Result<()>> + Send + 'a>>;

/// What needs a machine in memory: a name, what the connection has to be able to do, and the call.
fn attempts<'a>(domain: &'a Domain, dump: &'a str) -> Vec<(&'static str, Option<Capability>, Attempt<'a>)> {
    let live = ConfigScope::Live;
    let event = LifecycleEvent::Reboot;
    let memory = ByteSize::mib(32);
    vec![
        ("suspend", Some(Capability::Suspend), Box::pin(domain.suspend())),
        ("resume", Some(Capability::Suspend), Box::pin(domain.resume())),
        ("shutdown", None, Box::pin(domain.shutdown())),
        ("reboot", Some(Capability::Reboot), Box::pin(domain.reboot())),
        ("reset", Some(Capability::Reset), Box::pin(domain.reset())),
        ("destroy", None, Box::pin(domain.destroy())),
        (
            "console",
            Some(Capability::Console),
            Box::pin(async { domain.console().await.map(drop) }),
        ),
        (
            "agent ping",
            Some(Capability::Agent),
            Box::pin(async { domain.agent().ping().await }),
        ),
        (
            "core dump",
            Some(Capability::CoreDump),
            Box::pin(async {
                domain
                    .core_dump(dump, &CoreDumpOptions::default())
                    .await
                    .map(drop)
            }),
        ),
        (
            "set live memory",
            Some(Capability::SetMemory),
            Box::pin(domain.set_memory(memory, live)),
        ),
        (
            "set live lifecycle action",
            Some(Capability::LifecycleActions),
            Box::pin(domain.set_lifecycle_action(event, LifecycleAction::Destroy, live)),
        ),
    ]
}

async fn what_needs_a_running_domain_is_refused_when_it_is_shut_off(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let before = domain.info().await.doing("asking for it")?;
    let dump = env.path("dump").to_string_lossy().into_owned();
    for (what, needs, attempt) in attempts(&domain, &dump) {
        if needs.is_some_and(|capability| !env.has(capability)) {
            continue;
        }
        let what = format!("{what} of a domain that is shut off");
        refused(attempt.await, ErrorKind::InvalidState, &what)?;
    }
    let after = domain.info().await.doing("asking for it again")?;
    ensure_eq!(after, before, "what is known of it after the refusals");
    ensure!(!env.path("dump").exists(), "a refused core dump left a file");
    Ok(())
}

async fn what_needs_a_domain_that_is_shut_off_is_refused_when_it_runs(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("on").await?;
    let id = domain.id().await.doing("asking for the id")?;
    refused(
        domain.start().await,
        ErrorKind::InvalidState,
        "starting a domain that runs",
    )?;
    if env.has(Capability::Rename) {
        let name = DomainName::new(env.name("renamed")).doing("making a name")?;
        let renamed = domain.rename(&name).await;
        refused(renamed, ErrorKind::InvalidState, "renaming a domain that runs")?;
    }
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.state, DomainState::Paused, "its state after the refusals");
    ensure_eq!(info.id, id, "its id after the refusals");
    ensure_eq!(
        info.domain.name.as_str(),
        domain.name(),
        "its name after the refusals"
    );
    Ok(())
}

async fn a_refusal_names_the_domain_and_the_way_out(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let error = refused(
        domain.destroy().await,
        ErrorKind::InvalidState,
        "destroying a domain that is shut off",
    )?;
    let said = error.to_string();
    ensure!(
        said.contains(domain.name()),
        "the error does not name the domain: {said}"
    );
    ensure!(
        said.contains("start"),
        "the error does not say what to do: {said}"
    );
    ensure_eq!(
        error.retry(),
        virt_core::Retry::Never,
        "whether the error advises to retry"
    );
    ensure_eq!(
        error.outcome(),
        virt_core::Outcome::NotApplied,
        "the error's outcome"
    );
    Ok(())
}

async fn a_destroyed_domain_can_be_started_again(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("again").await?;
    let paused = virt_core::domain::StartOptions::default().paused();
    for _ in 0..3 {
        domain.destroy().await.doing("destroying it")?;
        refused(
            domain.destroy().await,
            ErrorKind::InvalidState,
            "destroying it once more",
        )?;
        domain.start_with(&paused).await.doing("starting it again")?;
        let info = domain.info().await.doing("asking for it")?;
        ensure_eq!(
            info.state,
            DomainState::Paused,
            "its state after it was started again"
        );
    }
    Ok(())
}

async fn the_configuration_of_a_run_that_is_not_there_cannot_be_changed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let title = MetadataItem::Title(Some("new".to_owned()));
    for scope in [ConfigScope::Live, ConfigScope::Both] {
        let set = domain.set_metadata(&title, scope).await;
        let what = format!("setting the title ({scope:?}) of a domain that is shut off");
        refused(set, ErrorKind::InvalidState, &what)?;
    }
    let config = domain.config().await.doing("reading it")?;
    ensure_eq!(config.title, None, "the title after the refusals");
    Ok(())
}
