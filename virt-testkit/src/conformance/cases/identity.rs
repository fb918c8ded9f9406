//! Names and uuids belong to one domain each.

use futures::future::join;
use virt_core::domain::StartOptions;
use virt_core::{DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "identity";
    a_name_belongs_to_one_domain(None, PersistentDomains);
    a_uuid_belongs_to_one_domain(None, PersistentDomains);
    a_definition_without_uuid_does_not_take_a_name(None, PersistentDomains);
    a_transient_domain_does_not_take_a_name_or_a_uuid(Machine, PersistentDomains, TransientDomains, StartPaused);
    a_name_is_free_again_once_its_domain_is_gone(None, PersistentDomains);
    of_two_definitions_of_one_name_at_the_same_time_one_wins(None, PersistentDomains);
    of_two_definitions_of_one_uuid_at_the_same_time_one_wins(None, PersistentDomains);
}

async fn a_name_belongs_to_one_domain(env: &Env) -> Result<(), Failure> {
    let config = env.machine("name")?;
    let domain = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining the first")?;
    let mut other = env.machine("other")?;
    other.name.clone_from(&config.name);
    other.title = Some("other".to_owned());
    let second = env.conn().define_domain(&other).await;
    let error = refused(
        second,
        ErrorKind::AlreadyExists,
        "defining another of the same name",
    )?;
    ensure!(
        error.to_string().contains(&config.name),
        "the error does not name the name: {error}"
    );
    let read = domain.config().await.doing("reading the first")?;
    ensure_eq!(read.title, None, "the title of the first after the refusal");
    let by_uuid = env.conn().domain(other.uuid.unwrap_or_default()).await;
    refused(by_uuid, ErrorKind::NotFound, "looking up the refused one")?;
    Ok(())
}

async fn a_uuid_belongs_to_one_domain(env: &Env) -> Result<(), Failure> {
    let config = env.machine("first")?;
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining the first")?;
    let mut other = env.machine("second")?;
    other.uuid = config.uuid;
    let second = env.conn().define_domain(&other).await;
    let error = refused(
        second,
        ErrorKind::AlreadyExists,
        "defining another of the same uuid",
    )?;
    let said = error.to_string();
    ensure!(
        said.contains(&config.name) || said.contains(&config.uuid.unwrap_or_default().to_string()),
        "the error names neither the uuid nor whose it is: {said}"
    );
    let by_name = env.conn().domain(other.name.as_str()).await;
    refused(by_name, ErrorKind::NotFound, "looking up the refused one")?;
    Ok(())
}

async fn a_definition_without_uuid_does_not_take_a_name(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("held")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    config.uuid = None;
    config.title = Some("taken".to_owned());
    let second = env.conn().define_domain(&config).await;
    refused(
        second,
        ErrorKind::AlreadyExists,
        "defining the same name without a uuid",
    )?;
    let read = domain.config().await.doing("reading it")?;
    ensure_eq!(read.title, None, "the title after the refusal");
    Ok(())
}

async fn a_transient_domain_does_not_take_a_name_or_a_uuid(env: &Env) -> Result<(), Failure> {
    let config = env.machine("held")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let paused = StartOptions::default().paused();
    let mut same_name = env.machine("x")?;
    same_name.name.clone_from(&config.name);
    let mut same_uuid = env.machine("y")?;
    same_uuid.uuid = config.uuid;
    for (what, config) in [("name", same_name), ("uuid", same_uuid)] {
        let created = env.conn().create_domain_with(&config, &paused).await;
        let what = format!("creating a transient domain with another's {what}");
        refused(created, ErrorKind::AlreadyExists, &what)?;
    }
    let info = domain.info().await.doing("asking for the first")?;
    ensure_eq!(
        info.state,
        DomainState::ShutOff,
        "the state of the first after the refusals"
    );
    Ok(())
}

async fn a_name_is_free_again_once_its_domain_is_gone(env: &Env) -> Result<(), Failure> {
    let config = env.machine("free")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    domain.undefine().await.doing("undefining it")?;
    let mut other = env.machine("x")?;
    other.name.clone_from(&config.name);
    let other = env
        .conn()
        .define_domain(&other)
        .await
        .doing("defining another with its name")?;
    let found = env
        .conn()
        .domain(config.name.as_str())
        .await
        .doing("looking the name up")?;
    ensure_eq!(found.uuid(), other.uuid(), "whose name it is");
    Ok(())
}

async fn of_two_definitions_of_one_name_at_the_same_time_one_wins(env: &Env) -> Result<(), Failure> {
    for _ in 0..10 {
        let one = env.machine("race")?;
        let mut two = env.machine("race")?;
        two.name.clone_from(&one.name);
        race(env, &one, &two).await?;
    }
    Ok(())
}

async fn of_two_definitions_of_one_uuid_at_the_same_time_one_wins(env: &Env) -> Result<(), Failure> {
    for _ in 0..10 {
        let one = env.machine("race")?;
        let mut two = env.machine("race")?;
        two.uuid = one.uuid;
        race(env, &one, &two).await?;
    }
    Ok(())
}

async fn race(
    env: &Env,
    one: &virt_core::model::DomainConfig,
    two: &virt_core::model::DomainConfig,
) -> Result<(), Failure> {
    let conn = env.conn();
    let (won, lost) = match join(conn.define_domain(one), conn.define_domain(two)).await {
        (Ok(won), lost @ Err(_)) | (lost @ Err(_), Ok(won)) => (won, lost),
        (Ok(_), Ok(_)) => return Err(Failure::new("both of two conflicting definitions went well")),
        (Err(one), Err(two)) => {
            return Err(Failure::new(format!(
                "neither of two conflicting definitions went well: {one}; {two}"
            )));
        }
    };
    refused(lost, ErrorKind::AlreadyExists, "the one that came second")?;
    let found = conn.domain(won.name()).await.doing("looking the winner up")?;
    ensure_eq!(found.uuid(), won.uuid(), "the uuid of the winner's name");
    let listed = conn.domains().await.doing("listing")?;
    let count = listed
        .iter()
        .filter(|domain| domain.name() == won.name() || domain.uuid() == won.uuid())
        .count();
    ensure_eq!(count, 1, "how many domains of that name or uuid there are");
    Ok(())
}
