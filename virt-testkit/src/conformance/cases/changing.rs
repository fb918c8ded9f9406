//! What is changed without a new definition: name, autostart, title, description, metadata.

use virt_core::domain::{ConfigScope, DomainFilter, DomainName, MetadataItem, XmlOptions};
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "changing";
    a_domain_is_renamed(None, PersistentDomains, Rename, Events);
    a_name_that_is_taken_is_refused(None, PersistentDomains, Rename);
    a_renamed_domain_can_be_started(Machine, PersistentDomains, Rename, StartPaused);
    autostart_is_set_and_unset(None, PersistentDomains, Autostart);
    title_and_description_are_set_and_removed(None, PersistentDomains, Metadata);
    metadata_is_set_replaced_and_removed_by_namespace(None, PersistentDomains, Metadata);
    live_and_inactive_metadata_are_kept_apart(Machine, PersistentDomains, Metadata, StartPaused);
    a_change_of_metadata_is_told_as_an_event(None, PersistentDomains, Metadata, Events);
    malformed_metadata_is_refused(None, PersistentDomains, Metadata);
    metadata_cannot_break_out_of_its_element(None, PersistentDomains, Metadata);
}

const URI: &str = "https://example.com/app";

fn element(xml: Option<&str>) -> MetadataItem {
    MetadataItem::Element {
        uri: URI.to_owned(),
        prefix: "app".to_owned(),
        xml: xml.map(str::to_owned),
    }
}

async fn a_domain_is_renamed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("old").await?;
    let old = domain.name().to_owned();
    let mut watch = env.watch(&domain).await?;
    let name = DomainName::new(env.name("new")).doing("making a name")?;
    let renamed = domain.rename(&name).await.doing("renaming it")?;
    ensure_eq!(renamed.name(), name.as_str(), "the name of the new handle");
    ensure_eq!(renamed.uuid(), domain.uuid(), "the uuid after the rename");
    let found = env
        .conn()
        .domain(name.as_str())
        .await
        .doing("looking up the new name")?;
    ensure_eq!(found.uuid(), domain.uuid(), "whose the new name is");
    let by_old = env.conn().domain(old.as_str()).await;
    refused(by_old, ErrorKind::NotFound, "looking up the old name")?;
    let config = domain.config().await.doing("reading it by the old handle")?;
    ensure_eq!(
        config.name.as_str(),
        name.as_str(),
        "the name in its configuration"
    );
    let info = domain.info().await.doing("asking the old handle")?;
    ensure_eq!(info.domain.name.as_str(), name.as_str(), "the name in its info");
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Defined(DefinedReason::Renamed { from: old })],
        "what was told"
    );
    Ok(())
}

async fn a_name_that_is_taken_is_refused(env: &Env) -> Result<(), Failure> {
    let one = env.defined("one").await?;
    let two = env.defined("two").await?;
    let taken = DomainName::new(two.name()).doing("making a name")?;
    let renamed = one.rename(&taken).await;
    refused(
        renamed,
        ErrorKind::AlreadyExists,
        "renaming to a name that is taken",
    )?;
    let info = one.info().await.doing("asking for it")?;
    ensure_eq!(
        info.domain.name.as_str(),
        one.name(),
        "its name after the refusal"
    );
    let found = env
        .conn()
        .domain(two.name())
        .await
        .doing("looking up the taken name")?;
    ensure_eq!(found.uuid(), two.uuid(), "whose the taken name is");
    Ok(())
}

async fn a_renamed_domain_can_be_started(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("old").await?;
    let name = DomainName::new(env.name("new")).doing("making a name")?;
    let renamed = domain.rename(&name).await.doing("renaming it")?;
    let paused = virt_core::domain::StartOptions::default().paused();
    renamed
        .start_with(&paused)
        .await
        .doing("starting it by its new name")?;
    let live = renamed.config().await.doing("reading its live configuration")?;
    ensure_eq!(
        live.name.as_str(),
        name.as_str(),
        "its name in the live configuration"
    );
    Ok(())
}

async fn autostart_is_set_and_unset(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("auto").await?;
    for wanted in [true, true, false, false, true] {
        domain
            .set_autostart(wanted)
            .await
            .doing(&format!("setting autostart to {wanted}"))?;
        let info = domain.info().await.doing("asking for it")?;
        ensure_eq!(info.autostart, wanted, "its autostart");
    }
    let listed = env
        .conn()
        .domain_infos(&DomainFilter::all().autostart())
        .await
        .doing("listing those with autostart")?;
    ensure!(
        listed.iter().any(|info| info.domain.uuid == domain.uuid()),
        "it is not among those with autostart"
    );
    domain.undefine().await.doing("undefining it")?;
    let config = env.machine("anew")?;
    let anew = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining another")?;
    let info = anew.info().await.doing("asking for another")?;
    ensure!(
        !info.autostart,
        "another domain has the autostart of one that is gone"
    );
    Ok(())
}

async fn set(domain: &Domain, item: &MetadataItem, scope: ConfigScope) -> Result<(), Failure> {
    let set = domain.set_metadata(item, scope).await;
    set.doing(&format!("setting {item:?} ({scope:?})"))
}

async fn title_and_description_are_set_and_removed(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("titled").await?;
    let current = ConfigScope::Current;
    let texts = [Some("first"), Some("second & <third> \"quoted\""), None];
    for text in texts.map(|text| text.map(str::to_owned)) {
        set(&domain, &MetadataItem::Title(text.clone()), current).await?;
        set(&domain, &MetadataItem::Description(text.clone()), current).await?;
        let config = domain.config().await.doing("reading it")?;
        ensure_eq!(config.title, text, "the title");
        ensure_eq!(config.description, text, "the description");
        let info = domain.info().await.doing("asking for it")?;
        ensure_eq!(info.title, text, "the title in the info");
    }
    let lines = MetadataItem::Title(Some("two\nlines".to_owned()));
    match domain.set_metadata(&lines, current).await {
        Ok(()) => Err(Failure::new("a title of two lines was taken")),
        Err(error) => {
            ensure!(
                matches!(
                    error.kind(),
                    ErrorKind::InvalidArgument | ErrorKind::InvalidConfig
                ),
                "a title of two lines is {:?}: {error}",
                error.kind()
            );
            Ok(())
        }
    }
}

async fn metadata_is_set_replaced_and_removed_by_namespace(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tagged").await?;
    let current = ConfigScope::Current;
    let other = MetadataItem::Element {
        uri: "https://example.com/other".to_owned(),
        prefix: "other".to_owned(),
        xml: Some("<note>keep</note>".to_owned()),
    };
    set(&domain, &other, current).await?;
    for level in ["1", "2"] {
        set(
            &domain,
            &element(Some(&format!("<info level='{level}'/>"))),
            current,
        )
        .await?;
        let found = level_of(&domain).await?;
        ensure_eq!(found.as_deref(), Some(level), "the level in the metadata");
    }
    let removed = element(None);
    set(&domain, &removed, current).await?;
    ensure_eq!(level_of(&domain).await?, None, "the level once it is removed");
    let config = domain.config().await.doing("reading it")?;
    let kept = config
        .metadata
        .as_ref()
        .is_some_and(|metadata| metadata.element("https://example.com/other").is_some());
    ensure!(kept, "the metadata of another namespace is gone too");
    Ok(())
}

async fn level_of(domain: &Domain) -> Result<Option<String>, Failure> {
    let config = domain.config().await.doing("reading it")?;
    let element = config
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.element(URI));
    Ok(element.and_then(|element| element.attribute("level").map(str::to_owned)))
}

async fn live_and_inactive_metadata_are_kept_apart(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("both").await?;
    let title = |text: &str| MetadataItem::Title(Some(text.to_owned()));
    let inactive = XmlOptions::default().inactive();
    for (scope, live, next) in [
        (ConfigScope::Live, Some("Live"), None),
        (ConfigScope::Config, Some("Live"), Some("Config")),
        (ConfigScope::Current, Some("Current"), Some("Config")),
        (ConfigScope::Both, Some("Both"), Some("Both")),
    ] {
        set(&domain, &title(&format!("{scope:?}")), scope).await?;
        let config = domain.config().await.doing("reading the live configuration")?;
        ensure_eq!(
            config.title.as_deref(),
            live,
            "the live title after a change of {scope:?}"
        );
        let config = domain
            .config_with(&inactive)
            .await
            .doing("reading the inactive one")?;
        ensure_eq!(
            config.title.as_deref(),
            next,
            "the inactive title after a change of {scope:?}"
        );
    }
    Ok(())
}

async fn a_change_of_metadata_is_told_as_an_event(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("told").await?;
    let mut watch = env.watch(&domain).await?;
    set(&domain, &element(Some("<info level='1'/>")), ConfigScope::Current).await?;
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::MetadataChanged],
        "what was told"
    );
    Ok(())
}

async fn malformed_metadata_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tagged").await?;
    set(&domain, &element(Some("<info level='1'/>")), ConfigScope::Current).await?;
    for bad in [
        "",
        "text",
        "<info",
        "<info></other>",
        "<a/><b/>",
        "<a>&nosuch;</a>",
    ] {
        match domain
            .set_metadata(&element(Some(bad)), ConfigScope::Current)
            .await
        {
            Ok(()) => return Err(Failure::new(format!("{bad:?} was taken as metadata"))),
            Err(error) => ensure!(
                matches!(
                    error.kind(),
                    ErrorKind::InvalidArgument | ErrorKind::InvalidConfig
                ),
                "{bad:?} as metadata is {:?}: {error}",
                error.kind()
            ),
        }
    }
    let level = level_of(&domain).await?;
    ensure_eq!(level.as_deref(), Some("1"), "the level after the refusals");
    Ok(())
}

async fn metadata_cannot_break_out_of_its_element(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("tagged").await?;
    let before = domain.config().await.doing("reading it")?;
    let breaking = "<info/></metadata><on_crash>restart</on_crash><metadata><info/>";
    let set = domain
        .set_metadata(&element(Some(breaking)), ConfigScope::Current)
        .await;
    ensure!(set.is_err(), "metadata that ends its element was taken");
    let title = MetadataItem::Title(Some("</title><on_crash>restart</on_crash><title>".to_owned()));
    domain
        .set_metadata(&title, ConfigScope::Current)
        .await
        .doing("setting a title with markup in it")?;
    let after = domain.config().await.doing("reading it again")?;
    ensure_eq!(
        format!("{:?}", after.on_crash),
        format!("{:?}", before.on_crash),
        "what happens on a crash"
    );
    Ok(())
}
