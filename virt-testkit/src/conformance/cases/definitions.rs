//! Persistent definitions: made, read, replaced, removed; live and inactive kept apart.

use virt_core::domain::{DefineOptions, StartOptions, XmlOptions};
use virt_core::event::{DefinedReason, DomainChange, EventFilter};
use virt_core::model::DomainConfig;
use virt_core::{DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, Watch, refused};

cases! { "definitions";
    a_domain_is_defined_and_undefined(None, PersistentDomains);
    a_missing_uuid_is_made_up(None, PersistentDomains);
    a_definition_reads_back_as_it_was_written(None, PersistentDomains);
    xml_can_be_defined_again(None, PersistentDomains);
    unknown_metadata_is_kept(None, PersistentDomains);
    an_existing_domain_is_refused_when_told_so(None, PersistentDomains);
    a_redefinition_replaces_the_inactive_configuration(None, PersistentDomains);
    a_redefinition_does_not_reach_the_running_machine(Machine, PersistentDomains, StartPaused);
    a_running_domain_goes_on_when_it_is_undefined(Machine, PersistentDomains, StartPaused);
    definitions_are_told_as_events(None, PersistentDomains, Events);
}

async fn a_domain_is_defined_and_undefined(env: &Env) -> Result<(), Failure> {
    let config = env.machine("one")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    ensure_eq!(
        domain.name(),
        config.name.as_str(),
        "the name of what was defined"
    );
    ensure_eq!(Some(domain.uuid()), config.uuid, "the uuid of what was defined");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    domain.undefine().await.doing("undefining it")?;
    let found = env.conn().domain(config.name.as_str()).await;
    refused(found, ErrorKind::NotFound, "looking it up once it is undefined")?;
    refused(
        domain.undefine().await,
        ErrorKind::NotFound,
        "undefining it once more",
    )?;
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it anew")?;
    Ok(())
}

async fn a_missing_uuid_is_made_up(env: &Env) -> Result<(), Failure> {
    let mut one = env.machine("one")?;
    let mut two = env.machine("two")?;
    one.uuid = None;
    two.uuid = None;
    let one = env
        .conn()
        .define_domain(&one)
        .await
        .doing("defining one without a uuid")?;
    let two = env
        .conn()
        .define_domain(&two)
        .await
        .doing("defining another one")?;
    ensure!(!one.uuid().is_nil(), "the uuid made up is nil");
    ensure!(
        one.uuid() != two.uuid(),
        "two domains have the uuid {}",
        one.uuid()
    );
    let config = one.config().await.doing("reading it")?;
    ensure_eq!(config.uuid, Some(one.uuid()), "the uuid in the configuration");
    Ok(())
}

async fn a_definition_reads_back_as_it_was_written(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("read")?;
    config.title = Some("A title".to_owned());
    config.description = Some("Two\nlines & <signs>".to_owned());
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    for options in [XmlOptions::default(), XmlOptions::default().inactive()] {
        let read = domain.config_with(&options).await.doing("reading it")?;
        ensure_eq!(read.name, config.name, "the name read");
        ensure_eq!(read.uuid, config.uuid, "the uuid read");
        ensure_eq!(read.title, config.title, "the title read");
        ensure_eq!(read.description, config.description, "the description read");
        ensure_eq!(
            read.id,
            None,
            "the id in the configuration of a domain that does not run"
        );
        ensure_eq!(
            read.memory.is_some(),
            config.memory.is_some(),
            "whether a memory is read"
        );
    }
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.title.as_deref(), Some("A title"), "the title in the info");
    Ok(())
}

async fn xml_can_be_defined_again(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("xml").await?;
    let xml = domain.xml().await.doing("reading the XML")?;
    domain.undefine().await.doing("undefining it")?;
    let config = DomainConfig::from_xml(&xml).doing("parsing what was read")?;
    let again = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining what was read")?;
    let second = again.xml().await.doing("reading it again")?;
    ensure_eq!(second, xml, "the XML of the second definition");
    Ok(())
}

async fn unknown_metadata_is_kept(env: &Env) -> Result<(), Failure> {
    let xml = env.machine("kept")?.to_xml();
    let metadata = "<metadata><app:info xmlns:app=\"https://example.com/app\" level=\"3\"><app:x/></app:info></metadata>";
    let with = xml.replacen("</name>", &format!("</name>{metadata}"), 1);
    let config = DomainConfig::from_xml(&with).doing("parsing it")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let read = domain.config().await.doing("reading it")?;
    let kept = read
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.element("https://example.com/app"));
    let element = kept.ok_or_else(|| Failure::new("the metadata of an application is lost"))?;
    ensure_eq!(
        element.attribute("level"),
        Some("3"),
        "an attribute of an application's metadata"
    );
    Ok(())
}

async fn an_existing_domain_is_refused_when_told_so(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("once")?;
    let refuse = DefineOptions::default().refuse_existing();
    let conn = env.conn();
    let domain = conn
        .define_domain_with(&config, &refuse)
        .await
        .doing("defining it")?;
    config.title = Some("another".to_owned());
    let second = conn.define_domain_with(&config, &refuse).await;
    let error = refused(second, ErrorKind::AlreadyExists, "defining it once more")?;
    ensure!(
        error.to_string().contains(&config.name),
        "the error does not name the domain: {error}"
    );
    let read = domain.config().await.doing("reading it")?;
    ensure_eq!(read.title, None, "the title after a refused definition");
    Ok(())
}

async fn a_redefinition_replaces_the_inactive_configuration(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("changed")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    config.title = Some("second".to_owned());
    let again = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining it again")?;
    ensure_eq!(
        again.uuid(),
        domain.uuid(),
        "the uuid after the second definition"
    );
    let read = domain.config().await.doing("reading it")?;
    ensure_eq!(
        read.title.as_deref(),
        Some("second"),
        "the title after the second definition"
    );
    let same: Vec<_> = env.conn().domains().await.doing("listing")?;
    let count = same.iter().filter(|one| one.uuid() == domain.uuid()).count();
    ensure_eq!(count, 1, "how often the domain is listed");
    Ok(())
}

async fn a_redefinition_does_not_reach_the_running_machine(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("two-faced")?;
    config.title = Some("first".to_owned());
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it")?;
    config.title = Some("second".to_owned());
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it again while it runs")?;
    let live = domain.config().await.doing("reading the live configuration")?;
    ensure_eq!(live.title.as_deref(), Some("first"), "the live title");
    ensure!(live.id.is_some(), "the live configuration has no id");
    let inactive = XmlOptions::default().inactive();
    let next = domain
        .config_with(&inactive)
        .await
        .doing("reading the inactive one")?;
    ensure_eq!(next.title.as_deref(), Some("second"), "the inactive title");
    ensure_eq!(next.id, None, "the id in the inactive configuration");
    domain.destroy().await.doing("destroying it")?;
    domain.start_with(&paused).await.doing("starting it again")?;
    let live = domain
        .config()
        .await
        .doing("reading the live configuration again")?;
    ensure_eq!(
        live.title.as_deref(),
        Some("second"),
        "the live title of the next run"
    );
    Ok(())
}

async fn a_running_domain_goes_on_when_it_is_undefined(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("orphan").await?;
    domain.undefine().await.doing("undefining a running domain")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state");
    ensure!(!info.persistent, "it is persistent though it was undefined");
    let config = domain.config().await.doing("reading its configuration")?;
    ensure_eq!(config.name.as_str(), domain.name(), "its name");
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it from its live configuration")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure!(info.persistent, "it is not persistent though it was defined");
    ensure_eq!(info.state, DomainState::Paused, "its state after it was defined");
    domain.undefine().await.doing("undefining it again")?;
    domain.destroy().await.doing("destroying it")?;
    refused(
        domain.info().await,
        ErrorKind::NotFound,
        "asking for it once it ended",
    )?;
    Ok(())
}

async fn definitions_are_told_as_events(env: &Env) -> Result<(), Failure> {
    let mut config = env.machine("told")?;
    let uuid = config.uuid.unwrap_or_default();
    let events = env
        .conn()
        .events(EventFilter::domain(uuid))
        .await
        .doing("subscribing")?;
    let mut watch = Watch::of(events, env.times(), env.patience());
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    config.title = Some("second".to_owned());
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it again")?;
    domain.undefine().await.doing("undefining it")?;
    let told = watch.rest().await?;
    ensure_eq!(
        told,
        vec![
            DomainChange::Defined(DefinedReason::Added),
            DomainChange::Defined(DefinedReason::Updated),
            DomainChange::Undefined,
        ],
        "what was told"
    );
    Ok(())
}
