//! Snapshots: made, listed as the tree they are, gone back to, deleted.

use std::time::Duration;

use virt_core::domain::{ConfigScope, DomainState, ShutdownMode, ShutdownOptions, StateReason};
use virt_core::event::{DomainChange, ResumedReason, StartedReason, StoppedReason};
use virt_core::job::{JobKind, JobState};
use virt_core::model::snapshot::{SnapshotDisk, SnapshotMemory, SnapshotState};
use virt_core::model::{ByteSize, SnapshotConfig};
use virt_core::snapshot::{
    Snapshot, SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions,
};
use virt_core::{Connection, Domain, Error, ErrorKind};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator, until};

async fn opened(options: SimulatorOptions) -> Option<(Simulator, Connection, Domain)> {
    let simulator = simulator(options).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    Some((simulator, conn, domain))
}

fn named(name: &str) -> SnapshotConfig {
    SnapshotConfig::builder().name(name).build().expect("a document")
}

async fn make(domain: &Domain, name: &str) -> Snapshot {
    domain.create_snapshot(&named(name)).await.expect("it is made")
}

async fn names(domain: &Domain, filter: &SnapshotFilter) -> Vec<String> {
    let listed = domain.snapshots_with(filter).await.expect("a list");
    listed.iter().map(|snapshot| snapshot.name().to_owned()).collect()
}

async fn state(domain: &Domain) -> (DomainState, StateReason) {
    let info = domain.info().await.expect("what it is");
    (info.state, info.reason)
}

#[tokio::test]
async fn snapshots_are_the_tree_that_the_server_has() {
    let Some((_simulator, conn, domain)) = opened(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let all = SnapshotFilter::all;
    assert!(names(&domain, &all()).await.is_empty());
    assert!(domain.current_snapshot().await.expect("an answer").is_none());
    let described = SnapshotConfig::builder().name("a").description("the first");
    let a = domain
        .create_snapshot(&described.build().expect("a document"))
        .await
        .expect("it is made");
    let b = make(&domain, "b").await;
    make(&domain, "c").await;
    a.revert().await.expect("it is taken back");
    assert_eq!(state(&domain).await.0, DomainState::ShutOff);
    make(&domain, "d").await;
    let tree = domain.snapshot_tree().await.expect("a tree");
    assert_eq!(tree.to_string(), "a\n  b\n    c\n  d (current)\n");
    assert_eq!(names(&domain, &all().leaves(true)).await, ["c", "d"]);
    assert_eq!(names(&domain, &all().roots()).await, ["a"]);
    let after = a.children_with(&all().descendants()).await.expect("a list");
    assert_eq!(after.len(), 3);
    let config = b.config().await.expect("its document");
    assert_eq!(config.state, Some(SnapshotState::Shutoff));
    let parent = config.parent.as_ref().and_then(|parent| parent.name.as_deref());
    assert_eq!(parent, Some("a"));
    assert!(config.creation_time.is_some());
    let uuid = config.domain.as_ref().and_then(|domain| domain.uuid());
    assert_eq!(uuid, Some(domain.uuid()));
    let config = a.config().await.expect("its document");
    assert_eq!(config.description.as_deref(), Some("the first"));
    // What comes after a deleted one comes after its parent then.
    b.delete().await.expect("it is deleted");
    let tree = domain.snapshot_tree().await.expect("a tree");
    assert_eq!(tree.to_string(), "a\n  c\n  d (current)\n");
    let error = b.config().await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("there are: a, c, d"), "{error}");
    let only_after = SnapshotDeleteOptions::default().descendants_only();
    a.delete_with(&only_after).await.expect("they are deleted");
    assert_eq!(names(&domain, &all()).await, ["a"]);
    let current = domain.current_snapshot().await.expect("an answer");
    assert_eq!(current.as_ref().map(Snapshot::name), Some("a"));
    let nameless = SnapshotConfig::builder().build().expect("a document");
    let made = domain.create_snapshot(&nameless).await.expect("it is made");
    assert!(made.name().parse::<u64>().is_ok(), "{}", made.name());
    let whole = SnapshotDeleteOptions::default().with_descendants();
    a.delete_with(&whole).await.expect("all are deleted");
    assert!(names(&domain, &all()).await.is_empty());
    assert!(domain.current_snapshot().await.expect("an answer").is_none());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_running_machine_goes_back_to_what_it_was() {
    let Some((_simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    let mut events = domain.events().await.expect("its events");
    let ran = make(&domain, "ran").await;
    assert_eq!(state(&domain).await.0, DomainState::Running);
    let config = ran.config().await.expect("its document");
    assert_eq!(config.state, Some(SnapshotState::Running));
    // One of disks only is one of a machine that was off.
    let disks = SnapshotCreateOptions::default().disk_only().quiesce().atomic();
    let disks = domain
        .create_snapshot_with(&named("disks"), &disks)
        .await
        .expect("it is made");
    let config = disks.config().await.expect("its document");
    assert_eq!(config.state, Some(SnapshotState::Shutoff));
    let filter = SnapshotFilter::all;
    assert_eq!(names(&domain, &filter().active()).await, ["ran"]);
    assert_eq!(names(&domain, &filter().inactive()).await, ["disks"]);

    ran.revert().await.expect("it is taken back");
    assert_eq!(
        state(&domain).await,
        (DomainState::Running, StateReason::FromSnapshot)
    );
    let resumed = DomainChange::Resumed(ResumedReason::Unpaused);
    let told = until(&mut events, &domain, &resumed).await;
    let stopped = DomainChange::Stopped(StoppedReason::FromSnapshot);
    let started = DomainChange::Started(StartedReason::FromSnapshot);
    let powers: Vec<&DomainChange> = told
        .iter()
        .filter(|change| !matches!(change, DomainChange::Defined(_) | DomainChange::Agent(_)))
        .collect();
    assert_eq!(powers, [&stopped, &started, &resumed]);

    let paused = SnapshotRevertOptions::default().paused();
    ran.revert_with(&paused).await.expect("it is taken back");
    assert_eq!(state(&domain).await.0, DomainState::Paused);
    let error = domain.start().await.expect_err("it is paused");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    domain.resume().await.expect("it goes on");

    disks.revert().await.expect("it is taken back");
    assert_eq!(
        state(&domain).await,
        (DomainState::ShutOff, StateReason::FromSnapshot)
    );
    until(&mut events, &domain, &stopped).await;
    let error = disks.revert_with(&paused).await.expect_err("it was off");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let running = SnapshotRevertOptions::default().running();
    disks.revert_with(&running).await.expect("it is taken back");
    assert_eq!(state(&domain).await.0, DomainState::Running);
    domain.destroy().await.expect("it ends");
    ran.revert().await.expect("it is taken back from off");
    assert_eq!(state(&domain).await.0, DomainState::Running);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn settings_go_back_with_the_machine() {
    let Some((_simulator, conn, domain)) = opened(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let before = domain.info().await.expect("what it is").max_memory;
    let snapshot = make(&domain, "before").await;
    domain
        .set_max_memory(ByteSize::mib(512), ConfigScope::Current)
        .await
        .expect("its memory is changed");
    assert_ne!(before, ByteSize::mib(512));
    snapshot.revert().await.expect("it is taken back");
    let back = async {
        while domain.info().await.expect("what it is").max_memory != before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, back)
        .await
        .expect("its memory is back");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_esx_lacks_is_refused_before_anything_is_done() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    make(&domain, "once").await;
    let any = SnapshotCreateOptions::default;
    let with_memory = |memory| {
        let config = SnapshotConfig::builder().name("wrong").memory(memory);
        config.build().expect("a document")
    };
    let with_disk = |disk| {
        let config = SnapshotConfig::builder().name("wrong").disk(disk);
        config.build().expect("a document")
    };
    for (config, options, kind) in [
        (named("once"), any(), ErrorKind::AlreadyExists),
        (named("wrong"), any().halt(), ErrorKind::Unsupported),
        (named("wrong"), any().no_metadata(), ErrorKind::Unsupported),
        (named("wrong"), any().reuse_external(), ErrorKind::Unsupported),
        (
            with_memory(SnapshotMemory::external("/m")),
            any(),
            ErrorKind::Unsupported,
        ),
        (
            with_memory(SnapshotMemory::internal()),
            any().disk_only(),
            ErrorKind::InvalidArgument,
        ),
        (
            with_disk(SnapshotDisk::excluded("sda")),
            any(),
            ErrorKind::Unsupported,
        ),
        (
            with_disk(SnapshotDisk::internal("sdy")),
            any(),
            ErrorKind::InvalidConfig,
        ),
    ] {
        let made = domain.create_snapshot_with(&config, &options).await;
        let error = made.map(drop).expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{options:?}: {error}");
    }
    let quiet = any().disk_only().quiesce();
    let control = simulator.control();
    control.remove_tools(domain.name()).await.expect("they are gone");
    let without_tools = async {
        loop {
            // The server tells of them in its own time.
            let ask = ShutdownOptions::default().mode(ShutdownMode::Agent);
            let error = domain.shutdown_with(&ask).await.expect_err("nobody hears it");
            if error.kind() == ErrorKind::AgentUnavailable {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, without_tools)
        .await
        .expect("it is told");
    let made = domain.create_snapshot_with(&named("wrong"), &quiet).await;
    let error = made.map(drop).expect_err("nobody freezes anything");
    assert_eq!(error.kind(), ErrorKind::AgentUnavailable, "{error}");
    domain.destroy().await.expect("it ends");
    let made = domain.create_snapshot_with(&named("wrong"), &quiet).await;
    let error = made.map(drop).expect_err("it is off");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert_eq!(names(&domain, &SnapshotFilter::all()).await, ["once"]);
    let once = domain.snapshot("once").await.expect("it is there");
    let notes = SnapshotDeleteOptions::default().metadata_only();
    let error = once.delete_with(&notes).await.expect_err("there are none");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let nvram = SnapshotRevertOptions::default().reset_nvram();
    let error = once.revert_with(&nvram).await.expect_err("it cannot");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(!once.has_metadata().await.expect("an answer"));
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn snapshots_are_renamed_and_those_of_one_name_told_apart() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    let first = make(&domain, "first").await;
    let second = make(&domain, "second").await;
    let error = virt_esx::rename_snapshot(&first, "second").await;
    let error = error.map(drop).expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    let renamed = virt_esx::rename_snapshot(&first, "100% a/b")
        .await
        .expect("it is renamed");
    assert_eq!(renamed.name(), "100% a/b");
    virt_esx::describe_snapshot(&renamed, "as it was")
        .await
        .expect("it is described");
    let config = renamed.config().await.expect("its document");
    assert_eq!(config.description.as_deref(), Some("as it was"));
    let error = first.config().await.expect_err("it is called otherwise");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Two at once get past what is looked at before.
    let control = simulator.control();
    let time = Duration::from_millis(500);
    for _ in 0..2 {
        control.delay("RenameSnapshot", time).await.expect("it is slow");
    }
    let both = tokio::join!(
        virt_esx::rename_snapshot(&renamed, "twice"),
        virt_esx::rename_snapshot(&second, "twice")
    );
    let renamed = [both.0, both.1].into_iter().filter(Result::is_ok).count();
    let listed = names(&domain, &SnapshotFilter::all().topological()).await;
    assert_eq!(listed.len(), 2, "{listed:?} {renamed}");
    assert!(!listed.contains(&"twice".to_owned()), "{listed:?}");
    let error: Error = domain
        .snapshot("twice")
        .await
        .map(drop)
        .expect_err("there are two");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    for id in &listed {
        assert!(error.to_string().contains(id.as_str()), "{error}");
        let meant = domain.snapshot(id).await.expect("it is the one");
        let config = meant.config().await.expect("its document");
        assert_eq!(config.name.as_deref(), Some("twice"));
    }
    let tree = domain.snapshot_tree().await.expect("a tree");
    assert_eq!(tree.iter().count(), 2);
    let below = domain.snapshot("twice/twice").await.expect("by its path");
    virt_esx::rename_snapshot(&below, "again")
        .await
        .expect("it is renamed");
    assert_eq!(names(&domain, &SnapshotFilter::all()).await, ["again", "twice"]);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn all_are_deleted_and_disks_consolidated_as_jobs() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    make(&domain, "a").await;
    make(&domain, "b").await;
    let control = simulator.control();
    let slow = Duration::from_secs(60);
    control
        .slow_down("RemoveAllSnapshots_Task", slow)
        .await
        .expect("it is slow");
    let job = virt_esx::delete_all_snapshots(&domain).await.expect("it begins");
    assert_eq!(job.kind(), JobKind::SnapshotDelete);
    job.cancel().expect("it can be");
    let ended = tokio::time::timeout(SOON, job.wait()).await.expect("it ends");
    assert_eq!(ended.expect_err("it was cancelled").kind(), ErrorKind::Cancelled);
    assert_eq!(job.progress().state, JobState::Cancelled);
    assert_eq!(names(&domain, &SnapshotFilter::all()).await, ["a", "b"]);
    let job = virt_esx::delete_all_snapshots(&domain).await.expect("it begins");
    job.wait().await.expect("it is done");
    assert!(names(&domain, &SnapshotFilter::all()).await.is_empty());
    let job = virt_esx::consolidate_disks(&domain).await.expect("it begins");
    job.wait().await.expect("it is done");
    assert_eq!(state(&domain).await.0, DomainState::Running);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn who_only_reads_sees_snapshots_and_makes_none() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    let made = make(&domain, "a").await;
    let pin = simulator.certificate().sha256_thumbprint();
    let uri = format!("{}?thumbprint={pin}", crate::fixture::bare(&simulator.esx_uri()));
    let reader = crate::fixture::builder(&simulator).read_only().open(&uri).await;
    let reader = reader.expect("it opens");
    let same = reader.domain(domain.uuid()).await.expect("it is there");
    let snapshot = same.snapshot(made.name()).await.expect("it is seen");
    for refused in [
        snapshot.revert().await,
        snapshot.delete().await,
        same.create_snapshot(&named("b")).await.map(drop),
        virt_esx::rename_snapshot(&snapshot, "b").await.map(drop),
        virt_esx::delete_all_snapshots(&same).await.map(drop),
        same.abort_job().await,
    ] {
        assert_eq!(refused.expect_err("it only reads").kind(), ErrorKind::Denied);
    }
    reader.shutdown().await.expect("it ends");
    conn.shutdown().await.expect("it ends");
}
