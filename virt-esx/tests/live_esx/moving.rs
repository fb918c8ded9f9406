//! Machines that move within their vCenter.

use std::time::Duration;

use virt_core::domain::DomainState;
use virt_core::event::{DomainChange, StoppedReason};
use virt_core::job::JobKind;
use virt_core::migration::MigrationOptions;
use virt_core::{Capability, Connection, Domain, ErrorKind};
use virt_esx::{DiskFormat, Placement, RelocateOptions, migrate_to_host, relocate};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator, until};

/// A host of the cluster.
fn host(simulator: &Simulator, number: u32) -> String {
    format!("vpx://{}/DC0/DC0_C0/DC0_C0_H{number}", simulator.host_port())
}

async fn vcenter(options: SimulatorOptions) -> Option<(Simulator, Connection)> {
    let simulator = simulator(options).await?;
    let root = format!("vpx://{}/", simulator.host_port());
    let conn = open(&simulator, &root, "").await.expect("it opens");
    Some((simulator, conn))
}

/// The names of the machines on a host.
async fn on_host(simulator: &Simulator, number: u32) -> Vec<String> {
    let conn = open(simulator, &host(simulator, number), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    conn.shutdown().await.expect("it ends");
    domains.iter().map(|domain| domain.name().to_owned()).collect()
}

/// A machine of the cluster that is on the first of its hosts.
async fn on_the_first(simulator: &Simulator, conn: &Connection) -> Domain {
    let domain = conn.domain("DC0_C0_RP0_VM0").await.expect("one");
    if !on_host(simulator, 0).await.contains(&domain.name().to_owned()) {
        let job = migrate_to_host(&domain, "DC0_C0_H0").await.expect("it begins");
        job.wait().await.expect("it is there");
    }
    domain
}

#[tokio::test]
async fn a_machine_moves_between_two_connections_of_one_vcenter() {
    let Some((simulator, conn)) = vcenter(SimulatorOptions::vcenter()).await else {
        return;
    };
    assert!(conn.capabilities().has(Capability::Migration));
    let name = on_the_first(&simulator, &conn).await.name().to_owned();
    let source = open(&simulator, &host(&simulator, 0), "")
        .await
        .expect("it opens");
    let target = open(&simulator, &host(&simulator, 1), "")
        .await
        .expect("it opens");
    let domain = source.domain(name.as_str()).await.expect("it is there");
    let mut events = domain.events().await.expect("its events");
    let options = MigrationOptions::default()
        .persist_destination()
        .undefine_source();
    let migration = domain.migrate_to(&target, &options).await.expect("it begins");
    let moved = migration.wait().await.expect("it is there");
    assert_eq!(moved.uuid(), domain.uuid());
    assert_eq!(
        moved.info().await.expect("what it is").state,
        DomainState::Running
    );
    let gone = DomainChange::Stopped(StoppedReason::Migrated);
    until(&mut events, &domain, &gone).await;
    let error = domain.info().await.map(drop).expect_err("it is not here");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Back, and there it is already.
    let back = moved.migrate_to(&source, &options).await.expect("it begins");
    back.wait().await.expect("it is back");
    let again = conn.domain(name.as_str()).await.expect("it is there");
    let error = again
        .migrate_to(&source, &options)
        .await
        .map(drop)
        .expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let error = again
        .migrate_to(&conn, &options)
        .await
        .map(drop)
        .expect_err("no host is said");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let error = again.migrate_to(&target, &options.paused()).await.map(drop);
    assert_eq!(error.expect_err("it cannot").kind(), ErrorKind::Unsupported);
    for one in [source, target, conn] {
        one.shutdown().await.expect("it ends");
    }
}

#[tokio::test]
async fn a_machine_moves_to_a_host_by_its_uri_and_stays_when_it_is_aborted() {
    let Some((simulator, conn)) = vcenter(SimulatorOptions::vcenter()).await else {
        return;
    };
    let domain = on_the_first(&simulator, &conn).await;
    let options = MigrationOptions::default();
    let control = simulator.control();
    let slow = Duration::from_secs(60);
    control
        .slow_down("MigrateVM_Task", slow)
        .await
        .expect("it is slow");
    let mut job = domain
        .migrate_to_uri(&host(&simulator, 1), &options)
        .await
        .expect("it begins");
    assert_eq!(job.kind(), JobKind::Migration);
    let told = tokio::time::timeout(SOON, job.progressed())
        .await
        .expect("it tells");
    assert_eq!(told.total_bytes, Some(100));
    job.cancel().expect("it can be");
    let ended = tokio::time::timeout(SOON, job.wait()).await.expect("it ends");
    assert_eq!(ended.expect_err("it was aborted").kind(), ErrorKind::Cancelled);
    assert!(on_host(&simulator, 0).await.contains(&domain.name().to_owned()));
    let job = domain
        .migrate_to_uri(&host(&simulator, 1), &options)
        .await
        .expect("it begins");
    job.wait().await.expect("it is there");
    assert!(on_host(&simulator, 1).await.contains(&domain.name().to_owned()));
    domain.destroy().await.expect("it ends");
    let ended =
        async |uri: String, options: &MigrationOptions| match domain.migrate_to_uri(&uri, options).await {
            Ok(job) => job.wait().await.map_err(|error| error.kind()),
            Err(error) => Err(error.kind()),
        };
    let there = host(&simulator, 0);
    assert_eq!(ended(there.clone(), &options).await, Err(ErrorKind::InvalidState));
    let offline = MigrationOptions::default().offline().persist_destination();
    assert_eq!(ended(there.clone(), &offline).await, Ok(()));
    assert_eq!(ended(there, &offline).await, Err(ErrorKind::InvalidArgument));
    for (uri, kind) in [
        (
            "vpx://elsewhere.example/DC0/DC0_C0".to_owned(),
            ErrorKind::Unsupported,
        ),
        ("qemu://elsewhere/system".to_owned(), ErrorKind::InvalidArgument),
        (
            format!("vpx://{}/DC0/nowhere", simulator.host_port()),
            ErrorKind::NotFound,
        ),
        (
            format!("vpx://{}/DC0", simulator.host_port()),
            ErrorKind::InvalidArgument,
        ),
    ] {
        assert_eq!(ended(uri.clone(), &offline).await, Err(kind), "{uri}");
    }
    let error = domain
        .migration_max_speed()
        .await
        .map(drop)
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_machine_is_relocated_to_another_host_and_datastore() {
    let Some((simulator, conn)) = vcenter(SimulatorOptions::vcenter().with_datastores(2)).await else {
        return;
    };
    let domain = on_the_first(&simulator, &conn).await;
    let place = Placement::default().host("DC0_C0_H1").datastore("LocalDS_1");
    let options = RelocateOptions::to(place).disks(DiskFormat::Thin);
    let job = relocate(&domain, &options).await.expect("it begins");
    assert_eq!(job.kind(), JobKind::Migration);
    job.wait().await.expect("it is there");
    assert!(on_host(&simulator, 1).await.contains(&domain.name().to_owned()));
    let config = domain.config().await.expect("its document");
    let disk = config.devices.as_ref().and_then(|devices| devices.disks.first());
    let file = disk.and_then(|disk| disk.source.as_ref()?.file.clone());
    assert!(
        file.as_deref()
            .is_some_and(|file| file.starts_with("[LocalDS_1]")),
        "{file:?}"
    );
    for (options, kind) in [
        (RelocateOptions::default(), ErrorKind::InvalidArgument),
        (
            RelocateOptions::to(Placement::default().host("DC0_C0_H1")),
            ErrorKind::InvalidArgument,
        ),
        (
            RelocateOptions::to(Placement::default().host("DC0_C0_H0")).disks(DiskFormat::Thick),
            ErrorKind::InvalidArgument,
        ),
        (
            RelocateOptions::to(Placement::default().host("nowhere")),
            ErrorKind::NotFound,
        ),
    ] {
        let error = relocate(&domain, &options)
            .await
            .map(drop)
            .expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{options:?}: {error}");
    }
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_host_by_itself_moves_nothing() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    assert!(!conn.capabilities().has(Capability::Migration));
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    let error = domain
        .migrate_to_uri("vpx://vc/DC0/host", &MigrationOptions::default())
        .await;
    assert_eq!(
        error.map(drop).expect_err("it cannot").kind(),
        ErrorKind::Unsupported
    );
    conn.shutdown().await.expect("it ends");
}
