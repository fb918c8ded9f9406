//! Many at once: neighbours do not wait for each other, and of those who want the same, one gets it.

use futures::future::join_all;
use virt_core::domain::StartOptions;
use virt_core::{DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "concurrency";
    eight_machines_start_at_a_time(Machine, PersistentDomains, StartPaused);
    of_many_starts_of_one_domain_one_wins(Machine, PersistentDomains, StartPaused);
    a_destroy_comes_before_what_waits(Machine, PersistentDomains, StartPaused);
    many_domains_are_defined_and_undefined_at_a_time(None, PersistentDomains);
    changes_of_one_domain_at_a_time_are_all_made(None, PersistentDomains, Metadata, Autostart);
    handles_are_used_from_many_tasks(None, PersistentDomains);
}

async fn eight_machines_start_at_a_time(env: &Env) -> Result<(), Failure> {
    let mut domains = Vec::new();
    for number in 0..8 {
        domains.push(env.defined(&format!("m{number}")).await?);
    }
    let paused = StartOptions::default().paused();
    for started in join_all(domains.iter().map(|domain| domain.start_with(&paused))).await {
        started.doing("one of eight starts at a time")?;
    }
    let mut ids = Vec::new();
    for domain in &domains {
        let info = domain.info().await.doing("asking for one")?;
        ensure_eq!(info.state, DomainState::Paused, "the state of {}", domain.name());
        ids.extend(info.id);
    }
    ids.sort_unstable();
    ids.dedup();
    ensure_eq!(ids.len(), 8, "how many different ids they have");
    for destroyed in join_all(domains.iter().map(virt_core::Domain::destroy)).await {
        destroyed.doing("one of eight destroys at a time")?;
    }
    Ok(())
}

async fn of_many_starts_of_one_domain_one_wins(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("wanted").await?;
    let paused = StartOptions::default().paused();
    let starts = join_all((0..5).map(|_| domain.start_with(&paused))).await;
    let won = starts.iter().filter(|start| start.is_ok()).count();
    ensure_eq!(won, 1, "how many of five starts at a time won");
    for lost in starts.into_iter().filter(Result::is_err) {
        refused(lost, ErrorKind::InvalidState, "a start that came too late")?;
    }
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state");
    Ok(())
}

async fn a_destroy_comes_before_what_waits(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("raced").await?;
    let paused = StartOptions::default().paused();
    for _ in 0..5 {
        let (started, destroyed) = tokio::join!(domain.start_with(&paused), domain.destroy());
        let info = domain.info().await.doing("asking for it")?;
        match (started, destroyed) {
            // Destroyed once it ran, or while it was being started.
            (Ok(()) | Err(_), Ok(())) => {
                ensure_eq!(info.state, DomainState::ShutOff, "its state once it is destroyed");
            }
            (Ok(()), Err(error)) => {
                let refusal: virt_core::Result<()> = Err(error);
                refused(refusal, ErrorKind::InvalidState, "a destroy that came too early")?;
                ensure_eq!(info.state, DomainState::Paused, "its state once it is started");
                domain.destroy().await.doing("destroying it now")?;
            }
            (Err(start), Err(destroy)) => {
                return Err(Failure::new(format!(
                    "neither a start nor a destroy at the same time went well: {start}; {destroy}"
                )));
            }
        }
    }
    Ok(())
}

async fn many_domains_are_defined_and_undefined_at_a_time(env: &Env) -> Result<(), Failure> {
    let configs: Vec<_> = (0..40).map(|_| env.machine("many")).collect::<Result<_, _>>()?;
    let defined = join_all(configs.iter().map(|config| env.conn().define_domain(config))).await;
    let mut domains = Vec::new();
    for domain in defined {
        domains.push(domain.doing("one of forty definitions at a time")?);
    }
    let listed = env.conn().domains().await.doing("listing")?;
    ensure!(listed.len() >= 40, "only {} of forty are listed", listed.len());
    for undefined in join_all(domains.iter().map(virt_core::Domain::undefine)).await {
        undefined.doing("one of forty at a time undefined")?;
    }
    let listed = env.conn().domains().await.doing("listing again")?;
    let left = listed
        .iter()
        .filter(|one| domains.iter().any(|domain| domain.uuid() == one.uuid()))
        .count();
    ensure_eq!(left, 0, "how many are left");
    Ok(())
}

async fn changes_of_one_domain_at_a_time_are_all_made(env: &Env) -> Result<(), Failure> {
    use virt_core::domain::{ConfigScope, MetadataItem};
    let domain = env.defined("shared").await?;
    let set = |number: usize| {
        let item = MetadataItem::Element {
            uri: format!("https://example.com/{number}"),
            prefix: format!("n{number}"),
            xml: Some("<x/>".to_owned()),
        };
        let domain = domain.clone();
        async move { domain.set_metadata(&item, ConfigScope::Current).await }
    };
    for one in join_all((0..20).map(set)).await {
        one.doing("one of twenty changes at a time")?;
    }
    let config = domain.config().await.doing("reading it")?;
    let metadata = config.metadata.unwrap_or_default();
    ensure_eq!(
        metadata.elements().count(),
        20,
        "how many of twenty changes are there"
    );
    Ok(())
}

async fn handles_are_used_from_many_tasks(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tasks").await?;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let domain = domain.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    domain.info().await?;
                    domain.config().await?;
                }
                Ok::<(), virt_core::Error>(())
            })
        })
        .collect();
    for task in tasks {
        let ended = task.await.map_err(|ended| Failure::new(ended.to_string()))?;
        ended.doing("using a handle from one of sixteen tasks")?;
    }
    Ok(())
}
