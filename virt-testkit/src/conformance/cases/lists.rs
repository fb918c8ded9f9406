//! Lists and look-ups.

use virt_core::domain::{DomainFilter, StartOptions};
use virt_core::{Connection, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "lists";
    a_list_is_sorted_by_name(None, PersistentDomains);
    filters_narrow_a_list(Machine, PersistentDomains, TransientDomains, StartPaused);
    a_domain_is_found_by_name_uuid_and_id(Machine, PersistentDomains, StartPaused);
    an_id_is_not_used_twice(Machine, PersistentDomains, StartPaused);
    what_is_not_there_is_not_found_and_others_are_named(None, PersistentDomains);
    an_info_tells_memory_and_processors(None, PersistentDomains);
    a_handle_says_not_found_once_its_domain_is_gone(None, PersistentDomains);
}

async fn names(conn: &Connection, filter: &DomainFilter) -> Result<Vec<String>, Failure> {
    let infos = conn.domain_infos(filter).await.doing("listing domains")?;
    Ok(infos.into_iter().map(|info| info.domain.name).collect())
}

async fn a_list_is_sorted_by_name(env: &Env) -> Result<(), Failure> {
    for stem in ["m", "a", "z", "B", "10", "9"] {
        env.defined(stem).await?;
    }
    let listed = names(env.conn(), &DomainFilter::all()).await?;
    let mut sorted = listed.clone();
    sorted.sort();
    ensure_eq!(listed, sorted, "the list");
    ensure!(listed.len() >= 6, "only {} of 6 domains are listed", listed.len());
    let handles = env.conn().domains().await.doing("listing handles")?;
    let of_handles: Vec<String> = handles.iter().map(|domain| domain.name().to_owned()).collect();
    ensure_eq!(of_handles, sorted, "the list of handles");
    Ok(())
}

async fn filters_narrow_a_list(env: &Env) -> Result<(), Failure> {
    let off = env.defined("off").await?.name().to_owned();
    let on = env.paused("on").await?.name().to_owned();
    let config = env.machine("transient")?;
    let transient = env
        .conn()
        .create_domain_with(&config, &StartOptions::default().paused())
        .await
        .doing("creating a transient domain")?;
    let transient = transient.name().to_owned();
    let all = DomainFilter::all;
    for (what, filter, inside, outside) in [
        ("active", all().active(), vec![&on, &transient], vec![&off]),
        ("inactive", all().inactive(), vec![&off], vec![&on, &transient]),
        (
            "persistent",
            all().persistent(),
            vec![&on, &off],
            vec![&transient],
        ),
        ("transient", all().transient(), vec![&transient], vec![&on, &off]),
        (
            "active and persistent",
            all().active().persistent(),
            vec![&on],
            vec![&off, &transient],
        ),
        (
            "paused",
            all().state(DomainState::Paused),
            vec![&on, &transient],
            vec![&off],
        ),
        (
            "paused or shut off",
            all().state(DomainState::Paused).state(DomainState::ShutOff),
            vec![&on, &off, &transient],
            vec![],
        ),
    ] {
        let listed = names(env.conn(), &filter).await?;
        for name in inside {
            ensure!(
                listed.contains(name),
                "{name} is not among the {what}: {listed:?}"
            );
        }
        for name in outside {
            ensure!(!listed.contains(name), "{name} is among the {what}: {listed:?}");
        }
    }
    Ok(())
}

async fn a_domain_is_found_by_name_uuid_and_id(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("found").await?;
    let conn = env.conn();
    let id = domain.id().await.doing("asking for the id")?;
    let id = id.ok_or_else(|| Failure::new("a running domain has no id"))?;
    for (what, found) in [
        ("name", conn.domain(domain.name()).await),
        ("uuid", conn.domain(domain.uuid()).await),
        ("id", conn.domain(id).await),
    ] {
        let found = found.doing(&format!("looking a domain up by its {what}"))?;
        ensure_eq!(found.uuid(), domain.uuid(), "the uuid of what its {what} finds");
        ensure_eq!(found.name(), domain.name(), "the name of what its {what} finds");
    }
    domain.destroy().await.doing("destroying it")?;
    ensure_eq!(
        domain.id().await.doing("asking for the id")?,
        None,
        "the id of a domain that does not run"
    );
    refused(
        conn.domain(id).await,
        ErrorKind::NotFound,
        "looking up the id of a run that is over",
    )?;
    Ok(())
}

async fn an_id_is_not_used_twice(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("again").await?;
    let first = domain.id().await.doing("asking for the id")?;
    domain.destroy().await.doing("destroying it")?;
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it again")?;
    let second = domain.id().await.doing("asking for the id again")?;
    ensure!(
        second > first,
        "the id of the next run, {second:?}, is not above {first:?}"
    );
    Ok(())
}

async fn what_is_not_there_is_not_found_and_others_are_named(env: &Env) -> Result<(), Failure> {
    let there = env.defined("there").await?;
    let by_name = env.conn().domain("not-there").await;
    let error = refused(
        by_name,
        ErrorKind::NotFound,
        "looking up a name that is not there",
    )?;
    let said = error.to_string();
    ensure!(said.contains("not-there"), "the error does not name it: {said}");
    // A few are named; with one domain of ours and at most those a target begins with, ours may not be among them.
    let listed = names(env.conn(), &DomainFilter::all()).await?;
    ensure!(
        listed.iter().any(|name| said.contains(name.as_str())),
        "the error names none of those that are there ({}): {said}",
        there.name()
    );
    let by_uuid = env.conn().domain(uuid::Uuid::new_v4()).await;
    refused(
        by_uuid,
        ErrorKind::NotFound,
        "looking up a uuid that is not there",
    )?;
    let by_id = env.conn().domain(u32::MAX).await;
    refused(by_id, ErrorKind::NotFound, "looking up an id that is not there")?;
    Ok(())
}

async fn an_info_tells_memory_and_processors(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("sized").await?;
    let info = domain.info().await.doing("asking for the info")?;
    ensure_eq!(info.domain.uuid, domain.uuid(), "the uuid in the info");
    ensure_eq!(info.domain.name.as_str(), domain.name(), "the name in the info");
    ensure_eq!(
        info.state,
        DomainState::ShutOff,
        "the state of a domain just defined"
    );
    ensure_eq!(info.id, None, "the id of a domain just defined");
    ensure_eq!(
        info.running_for,
        None,
        "how long a domain just defined has been running"
    );
    ensure!(info.persistent, "a defined domain is not persistent");
    ensure!(!info.autostart, "a domain just defined has autostart");
    ensure!(!info.auto_destroy, "a domain just defined has auto-destroy");
    ensure!(info.vcpus >= 1, "a domain has no processors");
    ensure!(!info.max_memory.is_zero(), "a domain has no memory");
    ensure!(
        info.memory <= info.max_memory,
        "a domain has more memory ({:?}) than its maximum ({:?})",
        info.memory,
        info.max_memory
    );
    Ok(())
}

async fn a_handle_says_not_found_once_its_domain_is_gone(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("gone").await?;
    domain.undefine().await.doing("undefining it")?;
    let gone = ErrorKind::NotFound;
    refused(domain.info().await, gone, "asking a domain that is gone")?;
    refused(
        domain.config().await,
        gone,
        "reading the configuration of a domain that is gone",
    )?;
    let error = refused(domain.start().await, gone, "starting a domain that is gone")?;
    ensure!(
        error.to_string().contains(domain.name()),
        "the error does not name the domain: {error}"
    );
    refused(domain.destroy().await, gone, "destroying a domain that is gone")?;
    refused(domain.undefine().await, gone, "undefining a domain that is gone")?;
    refused(
        domain.set_autostart(true).await,
        gone,
        "setting autostart of a domain that is gone",
    )?;
    Ok(())
}
