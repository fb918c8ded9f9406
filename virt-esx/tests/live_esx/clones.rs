//! Clones, linked clones and templates of a vCenter.

use std::time::Duration;

use uuid::Uuid;
use virt_core::domain::DomainState;
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::job::JobState;
use virt_core::model::{ByteSize, SnapshotConfig};
use virt_core::{Connection, Domain, ErrorKind, Subject};
use virt_esx::{
    CloneOptions, Placement, clone_domain, clone_to_template, mark_as_template, template, templates,
};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator, until};

async fn opened(options: SimulatorOptions) -> Option<(Simulator, Connection, Domain)> {
    let simulator = simulator(options).await?;
    let root = format!("vpx://{}/", simulator.host_port());
    let conn = open(&simulator, &root, "").await.expect("it opens");
    let domain = conn.domain("DC0_C0_RP0_VM0").await.expect("one");
    Some((simulator, conn, domain))
}

#[tokio::test]
async fn a_clone_is_a_machine_of_its_own_as_it_was_asked_for() {
    let Some((_simulator, conn, domain)) = opened(SimulatorOptions::vcenter().with_datastores(2)).await
    else {
        return;
    };
    let uuid = Uuid::new_v4();
    let place = Placement::default()
        .host("DC0_C0_H1")
        .datastore("LocalDS_1")
        .folder("");
    let options = CloneOptions::default()
        .at(place)
        .vcpus(3)
        .memory(ByteSize::mib(510))
        .description("a copy")
        .uuid(uuid)
        .power_on();
    let cloning = clone_domain(&domain, "50% a", &options).await.expect("it begins");
    let clone = cloning.wait().await.expect("it is there");
    assert_eq!((clone.name(), clone.uuid()), ("50% a", uuid));
    let config = clone.config().await.expect("its document");
    assert_eq!(config.description.as_deref(), Some("a copy"));
    let disk = config.devices.as_ref().and_then(|devices| devices.disks.first());
    let file = disk.and_then(|disk| disk.source.as_ref()?.file.clone());
    assert!(
        file.as_deref()
            .is_some_and(|file| file.starts_with("[LocalDS_1]")),
        "{file:?}"
    );
    let running = async {
        loop {
            let info = clone.info().await.expect("what it is");
            if info.state == DomainState::Running && info.vcpus == 3 {
                assert_eq!(info.max_memory, ByteSize::mib(512));
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, running).await.expect("it runs");
    let plain = clone_domain(&domain, "plain", &CloneOptions::default())
        .await
        .expect("it begins");
    let plain = plain.wait().await.expect("it is there");
    assert_ne!(plain.uuid(), domain.uuid());
    assert_eq!(
        plain.info().await.expect("what it is").state,
        DomainState::ShutOff
    );
    for (name, options, kind) in [
        ("plain", CloneOptions::default(), ErrorKind::AlreadyExists),
        (
            "new",
            CloneOptions::default().uuid(uuid),
            ErrorKind::AlreadyExists,
        ),
        ("", CloneOptions::default(), ErrorKind::InvalidArgument),
        (
            "new",
            CloneOptions::default().vcpus(0),
            ErrorKind::InvalidArgument,
        ),
        (
            "new",
            at(Placement::default().host("nowhere")),
            ErrorKind::NotFound,
        ),
        (
            "new",
            at(Placement::default().cluster("nowhere")),
            ErrorKind::NotFound,
        ),
        (
            "new",
            at(Placement::default().pool("nowhere")),
            ErrorKind::NotFound,
        ),
        (
            "new",
            at(Placement::default().datastore("nowhere")),
            ErrorKind::NotFound,
        ),
        (
            "new",
            at(Placement::default().folder("no/where")),
            ErrorKind::NotFound,
        ),
        (
            "new",
            at(Placement::default().pool("Resources")),
            ErrorKind::InvalidArgument,
        ),
        (
            "new",
            at(Placement::default().cluster("DC0_C0").host("DC0_H0")),
            ErrorKind::InvalidArgument,
        ),
        ("new", CloneOptions::default().linked(), ErrorKind::InvalidState),
        (
            "new",
            CloneOptions::default().snapshot("none"),
            ErrorKind::NotFound,
        ),
    ] {
        let error = clone_domain(&domain, name, &options).await;
        let error = error.map(drop).expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{options:?}: {error}");
        assert!(error.subject().is_some(), "{error}");
    }
    let error = conn.domain("new").await.map(drop).expect_err("nothing was made");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    conn.shutdown().await.expect("it ends");
}

fn at(place: Placement) -> CloneOptions {
    CloneOptions::default().at(place)
}

#[tokio::test]
async fn a_linked_clone_goes_on_from_a_snapshot() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::vcenter()).await else {
        return;
    };
    for name in ["base", "later"] {
        let snapshot = SnapshotConfig::builder().name(name).build().expect("a document");
        domain.create_snapshot(&snapshot).await.expect("it is made");
    }
    for (name, options) in [
        ("of-current", CloneOptions::default().linked()),
        ("of-base", CloneOptions::default().linked().snapshot("base")),
        ("full-of-base", CloneOptions::default().snapshot("base")),
    ] {
        let cloning = clone_domain(&domain, name, &options).await.expect("it begins");
        let clone = cloning.wait().await.expect("it is there");
        assert_eq!(clone.name(), name);
        assert!(clone.snapshots().await.expect("a list").is_empty());
    }
    assert_eq!(domain.snapshots().await.expect("a list").len(), 2);
    drop(simulator);
    drop(conn);
}

#[tokio::test]
async fn a_clone_tells_how_far_it_is_and_is_cancelled() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::vcenter()).await else {
        return;
    };
    let control = simulator.control();
    control
        .slow_down("CloneVM_Task", Duration::from_secs(1))
        .await
        .expect("it is slow");
    let options = CloneOptions::default();
    let mut cloning = clone_domain(&domain, "slow", &options).await.expect("it begins");
    let mut heard = Vec::new();
    loop {
        let progress = cloning.progressed().await;
        heard.push(progress.done_bytes);
        if progress.state != JobState::Running {
            break;
        }
    }
    assert!(heard.is_sorted() && heard.len() > 2, "{heard:?}");
    assert_eq!(cloning.progress().total_bytes, Some(100));
    cloning.wait().await.expect("it is there");
    control
        .slow_down("CloneVM_Task", Duration::from_secs(60))
        .await
        .expect("it is slow");
    let cloning = clone_domain(&domain, "never", &options).await.expect("it begins");
    let job = domain.job().await.expect("an answer").expect("its job");
    assert_eq!(job.domain(), cloning.job().domain());
    cloning.cancel().expect("it can be");
    let ended = tokio::time::timeout(SOON, cloning.wait()).await.expect("it ends");
    let error = ended.map(drop).expect_err("it was cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    let error = conn
        .domain("never")
        .await
        .map(drop)
        .expect_err("nothing was made");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_template_is_no_domain_and_domains_are_made_from_it() {
    let Some((_simulator, conn, domain)) = opened(SimulatorOptions::vcenter().powered_off()).await else {
        return;
    };
    assert!(templates(&conn).expect("a list").is_empty());
    let mut events = domain.events().await.expect("its events");
    let marked = mark_as_template(&domain).await.expect("it is a template");
    assert_eq!(marked.name(), domain.name());
    until(&mut events, &domain, &DomainChange::Undefined).await;
    let error = domain.info().await.map(drop).expect_err("it is no domain");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let listed = templates(&conn).expect("a list");
    assert_eq!(listed.len(), 1);
    let found = template(&conn, domain.name()).expect("it is there");
    assert_eq!(found.id(), marked.id());
    assert_eq!(
        template(&conn, marked.id()).expect("it is there").name(),
        domain.name()
    );
    let error = template(&conn, "nowhere").map(drop).expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(domain.name()), "{error}");

    let options = CloneOptions::default().vcpus(2).power_on();
    let deploying = found.deploy("web-1", &options).await.expect("it begins");
    let deployed = deploying.wait().await.expect("it is there");
    assert_eq!(deployed.info().await.expect("what it is").vcpus, 2);
    assert_ne!(deployed.uuid(), domain.uuid());
    let wanted = at(Placement::default().cluster("DC0_C0").pool("Resources"));
    let deploying = found.deploy("web-2", &wanted).await.expect("it begins");
    deploying.wait().await.expect("it is there");
    let copying = clone_to_template(&deployed, "golden", &CloneOptions::default()).await;
    let golden = copying
        .expect("it begins")
        .wait_for_template()
        .await
        .expect("it is there");
    assert_eq!(golden.vcpus(), 2);
    let error = conn
        .domain("golden")
        .await
        .map(drop)
        .expect_err("it is no domain");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(templates(&conn).expect("a list").len(), 2);

    let mut events = conn
        .events(virt_core::event::EventFilter::all())
        .await
        .expect("events");
    let folder = Placement::default().folder("");
    let error = marked
        .into_domain(&folder)
        .await
        .map(drop)
        .expect_err("it stays there");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let back = marked
        .into_domain(&Placement::default())
        .await
        .expect("it is a domain");
    assert_eq!((back.name(), back.uuid()), (domain.name(), domain.uuid()));
    until(&mut events, &back, &DomainChange::Defined(DefinedReason::Added)).await;
    back.start().await.expect("it starts");
    let error = mark_as_template(&back).await.map(drop).expect_err("it runs");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    let error = found
        .deploy("web-3", &options)
        .await
        .map(drop)
        .expect_err("it is none any more");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.subject(), Some(&Subject::Domain(domain.name().to_owned())));
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_host_by_itself_clones_nothing() {
    let Some(simulator) = simulator(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    let options = CloneOptions::default();
    for refused in [
        clone_domain(&domain, "copy", &options).await.map(drop),
        clone_to_template(&domain, "copy", &options).await.map(drop),
        mark_as_template(&domain).await.map(drop),
        virt_esx::migrate_to_host(&domain, "other").await.map(drop),
    ] {
        let error = refused.expect_err("it cannot");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("vpx://"), "{error}");
    }
    conn.shutdown().await.expect("it ends");
}
