//! Definitions: who is who, and which of the two configurations is which.

use virt_core::domain::{
    ConfigScope, DefineOptions, DomainFilter, DomainName, DomainSelector, LifecycleAction, LifecycleEvent,
    MetadataItem, StartOptions, XmlOptions,
};
use virt_core::event::{DefinedReason, DomainChange, EventFilter};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Connection, DomainState, ErrorKind, Outcome};

use super::{changes, config, open, running};

#[tokio::test]
async fn the_default_world_is_that_of_libvirt() {
    let conn = open().await;
    let domains = conn.domains().await.unwrap();
    assert_eq!(domains.len(), 1);
    let info = domains[0].info().await.unwrap();
    assert_eq!(
        domains[0].uuid().to_string(),
        "6695eb01-f6a4-8304-79aa-97f2502e193f"
    );
    assert_eq!(
        (domains[0].name(), info.id, info.state),
        ("test", Some(1), DomainState::Running)
    );
    assert_eq!(
        (info.vcpus, info.memory, info.persistent),
        (2, ByteSize::gib(8), true)
    );
    assert_eq!(info.agent_connected, Some(true));
}

#[tokio::test]
async fn each_connection_has_a_world_of_its_own() {
    let (one, other) = (open().await, open().await);
    one.define_domain(&config("web")).await.unwrap();
    assert_eq!(one.domains().await.unwrap().len(), 2);
    assert_eq!(other.domains().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_world_that_does_not_exist_is_refused_by_name() {
    let error = Connection::builder().open("test:///defualt").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("test:///default"), "{error}");
    let error = Connection::builder()
        .open("test:///default?speed=high")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        Connection::builder()
            .open("test:///empty")
            .await
            .unwrap()
            .domains()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_definition_gets_a_uuid_and_is_found_by_name_uuid_and_id() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    assert_eq!(web.config().await.unwrap().uuid, Some(web.uuid()));
    assert_eq!(conn.domain("web").await.unwrap().uuid(), web.uuid());
    assert_eq!(conn.domain(web.uuid()).await.unwrap().name(), "web");
    assert_eq!(conn.domain(2).await.unwrap_err().kind(), ErrorKind::NotFound);
    web.start().await.unwrap();
    assert_eq!(conn.domain(2).await.unwrap().uuid(), web.uuid());
}

#[tokio::test]
async fn a_domain_that_does_not_exist_names_some_that_do() {
    let error = open().await.domain("wbe").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "domain: domain \"wbe\": no such domain (there are: test)"
    );
}

#[tokio::test]
async fn names_and_uuids_are_unique() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let error = conn.define_domain(&config("web")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::AlreadyExists, Outcome::NotApplied)
    );
    assert!(error.to_string().contains(&web.uuid().to_string()), "{error}");
    let mut thief = config("other");
    thief.uuid = Some(web.uuid());
    for error in [
        conn.define_domain(&thief).await.unwrap_err(),
        conn.create_domain(&thief).await.unwrap_err(),
        conn.create_domain(&config("web")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
    assert_eq!(conn.domains().await.unwrap().len(), 2);
    let same = web.config().await.unwrap();
    conn.define_domain(&same).await.unwrap();
    let refuse = DefineOptions::default().refuse_existing();
    let error = conn.define_domain_with(&same, &refuse).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn bad_documents_are_refused_and_nothing_has_changed() {
    let conn = open().await;
    let bad = |change: fn(&mut DomainConfig)| {
        let mut bad = config("web");
        change(&mut bad);
        bad
    };
    for (config, kind) in [
        (
            bad(|config| config.name = "../x".into()),
            ErrorKind::InvalidArgument,
        ),
        (
            bad(|config| config.name = String::new()),
            ErrorKind::InvalidArgument,
        ),
        (bad(|config| config.memory = None), ErrorKind::InvalidConfig),
        (
            bad(|config| config.on_crash = Some("explode".into())),
            ErrorKind::InvalidConfig,
        ),
        (
            bad(|config| config.on_reboot = Some("rename-restart".into())),
            ErrorKind::Unsupported,
        ),
    ] {
        assert_eq!(conn.define_domain(&config).await.unwrap_err().kind(), kind);
        assert_eq!(conn.create_domain(&config).await.unwrap_err().kind(), kind);
    }
    assert_eq!(conn.domains().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redefinition_of_a_running_domain_is_for_its_next_start() {
    let (conn, web) = running("web").await;
    let mut next = web.config_with(&XmlOptions::default().inactive()).await.unwrap();
    assert_eq!(next.id, None);
    next.memory = Some(ByteSize::gib(4).into());
    conn.define_domain(&next).await.unwrap();
    let live = web.config().await.unwrap();
    assert_eq!(live.id, Some(2));
    assert_eq!(live.memory.map(|memory| memory.size), Some(ByteSize::gib(1)));
    let inactive = web.config_with(&XmlOptions::default().inactive()).await.unwrap();
    assert_eq!(inactive.memory.map(|memory| memory.size), Some(ByteSize::gib(4)));
    web.destroy().await.unwrap();
    web.start().await.unwrap();
    assert_eq!(web.info().await.unwrap().max_memory, ByteSize::gib(4));
}

#[tokio::test]
async fn a_live_document_has_id_aliases_and_defaults_and_is_accepted_again() {
    let (conn, web) = running("web").await;
    let xml = web.xml().await.unwrap();
    for part in [
        "id='2'",
        "<alias name='net0'/>",
        "<alias name='serial0'/>",
        "<on_crash>destroy</on_crash>",
        "52:54:00:",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    conn.define_domain(&DomainConfig::from_xml(&xml).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn secrets_are_shown_on_demand_only() {
    let conn = open().await;
    let xml = "<domain type='test'><name>desk</name><memory unit='MiB'>64</memory>\
        <devices><graphics type='vnc' port='-1' passwd='s3cret'/></devices></domain>";
    let desk = conn
        .define_domain(&DomainConfig::from_xml(xml).unwrap())
        .await
        .unwrap();
    assert!(!desk.xml().await.unwrap().contains("s3cret"));
    assert!(
        desk.xml_with(&XmlOptions::default().secure())
            .await
            .unwrap()
            .contains("s3cret")
    );
}

#[tokio::test]
async fn a_running_domain_that_is_undefined_goes_on_as_transient_and_can_be_kept_again() {
    let (conn, web) = running("web").await;
    let mut events = web.events().await.unwrap();
    web.undefine().await.unwrap();
    assert!(!web.info().await.unwrap().persistent);
    assert_eq!(web.undefine().await.unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(
        web.set_autostart(true).await.unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    let inactive = web.config_with(&XmlOptions::default().inactive()).await.unwrap();
    conn.define_domain(&inactive).await.unwrap();
    assert!(web.info().await.unwrap().persistent);
    assert_eq!(
        changes(&mut events),
        [
            DomainChange::Undefined,
            DomainChange::Defined(DefinedReason::Added)
        ]
    );
}

#[tokio::test]
async fn a_transient_domain_is_gone_when_it_ends() {
    let conn = open().await;
    let once = conn.create_domain(&config("once")).await.unwrap();
    assert!(!once.info().await.unwrap().persistent);
    once.destroy().await.unwrap();
    assert_eq!(once.info().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_persistent_domain_can_be_started_once_with_another_configuration() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let mut once = web.config().await.unwrap();
    once.vcpu = Some(4.into());
    conn.create_domain(&once).await.unwrap();
    assert_eq!(web.info().await.unwrap().vcpus, 4);
    assert!(web.info().await.unwrap().persistent);
    assert_eq!(
        conn.create_domain(&once).await.unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    web.destroy().await.unwrap();
    assert_eq!(web.info().await.unwrap().vcpus, 2);
}

#[tokio::test]
async fn a_rename_keeps_the_uuid_and_is_for_domains_that_do_not_run() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    let taken = DomainName::new("test").unwrap();
    assert_eq!(
        web.rename(&taken).await.unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    let renamed = web.rename(&DomainName::new("www").unwrap()).await.unwrap();
    assert_eq!((renamed.name(), renamed.uuid()), ("www", web.uuid()));
    assert_eq!(renamed.config().await.unwrap().name, "www");
    assert_eq!(conn.domain("web").await.unwrap_err().kind(), ErrorKind::NotFound);
    let from = "web".to_owned();
    assert_eq!(
        changes(&mut events),
        [DomainChange::Defined(DefinedReason::Renamed { from })]
    );
    renamed.start().await.unwrap();
    let error = renamed
        .rename(&DomainName::new("web").unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
}

#[tokio::test]
async fn metadata_goes_where_its_scope_says() {
    let (_conn, web) = running("web").await;
    let mut events = web.events().await.unwrap();
    let title = |text: &str| MetadataItem::Title(Some(text.to_owned()));
    web.set_metadata(&title("live"), ConfigScope::Current)
        .await
        .unwrap();
    web.set_metadata(&title("next"), ConfigScope::Config)
        .await
        .unwrap();
    let inactive = web.config_with(&XmlOptions::default().inactive()).await.unwrap();
    assert_eq!(web.config().await.unwrap().title.as_deref(), Some("live"));
    assert_eq!(inactive.title.as_deref(), Some("next"));
    assert_eq!(web.info().await.unwrap().title.as_deref(), Some("live"));
    let error = web
        .set_metadata(&title("two\nlines"), ConfigScope::Both)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let element = MetadataItem::Element {
        uri: "urn:app".into(),
        prefix: "app".into(),
        xml: Some("<owner>me</owner>".into()),
    };
    web.set_metadata(&element, ConfigScope::Both).await.unwrap();
    let metadata = web.config().await.unwrap().metadata.unwrap();
    assert_eq!(metadata.element("urn:app").unwrap().text(), "me");
    assert_eq!(changes(&mut events), vec![DomainChange::MetadataChanged; 3]);
    web.destroy().await.unwrap();
    let error = web
        .set_metadata(&title("x"), ConfigScope::Live)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
}

#[tokio::test]
async fn lifecycle_actions_are_checked_and_kept() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let change = |event, action| web.set_lifecycle_action(event, action, ConfigScope::Current);
    change(LifecycleEvent::Reboot, LifecycleAction::Destroy)
        .await
        .unwrap();
    assert!(
        web.xml()
            .await
            .unwrap()
            .contains("<on_reboot>destroy</on_reboot>")
    );
    let error = change(LifecycleEvent::Poweroff, LifecycleAction::CoredumpDestroy)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn lists_are_sorted_and_filtered() {
    let conn = open().await;
    for name in ["c", "a", "b"] {
        conn.define_domain(&config(name)).await.unwrap();
    }
    conn.domain("b")
        .await
        .unwrap()
        .start_with(&StartOptions::default().paused())
        .await
        .unwrap();
    conn.domain("a").await.unwrap().set_autostart(true).await.unwrap();
    conn.create_domain(&config("t")).await.unwrap();
    let names = async |filter: &DomainFilter| {
        let domains = conn.domains_with(filter).await.unwrap();
        domains
            .iter()
            .map(|domain| domain.name().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&DomainFilter::all()).await, "a b c t test");
    assert_eq!(names(&DomainFilter::all().active()).await, "b t test");
    assert_eq!(names(&DomainFilter::all().inactive()).await, "a c");
    assert_eq!(names(&DomainFilter::all().transient()).await, "t");
    assert_eq!(names(&DomainFilter::all().autostart()).await, "a");
    assert_eq!(names(&DomainFilter::all().state(DomainState::Paused)).await, "b");
}

#[tokio::test]
async fn a_selector_is_made_of_names_uuids_and_ids() {
    let conn = open().await;
    let found = conn.domain(DomainSelector::Id(1)).await.unwrap();
    assert_eq!(found.name(), "test");
}

#[tokio::test]
async fn a_read_only_connection_changes_nothing() {
    let conn = Connection::builder()
        .read_only()
        .open("test:///default")
        .await
        .unwrap();
    let test = conn.domain("test").await.unwrap();
    assert_eq!(test.destroy().await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(
        conn.define_domain(&config("web")).await.unwrap_err().kind(),
        ErrorKind::Denied
    );
    assert_eq!(test.info().await.unwrap().state, DomainState::Running);
}
