//! The definition of a container that has snapshots, and what cannot be kept.

use virt_sdk::ErrorKind;
use virt_sdk::domain::DomainName;
use virt_sdk::model::SnapshotConfig;
use virt_sdk::model::snapshot::SnapshotMemory;
use virt_sdk::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use super::{make, read, with_root_inside, write};
use crate::checks::{check, entries};
use crate::containers::{Containers, contained};

contained! { "lxc_snapshots";
    a_container_with_snapshots_is_renamed_and_not_undefined;
    what_cannot_be_kept_is_refused_by_its_reason;
}

async fn a_container_with_snapshots_is_renamed_and_not_undefined(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let (domain, _) = with_root_inside(containers, &conn, "old").await?;
    let snapshot = make(&domain, "kept").await?;
    let error = refused(domain.undefine().await, ErrorKind::InvalidState, "undefining it")?;
    check(
        error.message().contains("kept"),
        format!("it is not said which there are: {error}"),
    )?;
    let name = containers.name("new");
    let renamed = DomainName::new(name.as_str())?;
    domain.rename(&renamed).await.doing("renaming it")?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    let root = containers.root().join(&name).join("rootfs");
    write(&root.join("note"), "after")?;
    let snapshot_again = domain.snapshot(snapshot.name()).await.doing("looking it up")?;
    snapshot_again
        .revert()
        .await
        .doing("going back under another name")?;
    check(!root.join("note").exists(), "it is not as it was")?;
    let config = domain.config().await.doing("reading its document")?;
    check(
        config.to_xml().contains(&*root.to_string_lossy()),
        "its root is where it was before it was renamed",
    )?;
    let text = read(&containers.root().join(&name).join("snaps/snap0/config"))?;
    check(
        text.contains(&format!("/{name}/snaps/snap0/rootfs")),
        "lxc-snapshot would look elsewhere",
    )?;
    domain.start().await.doing("starting it")?;
    domain.destroy().await.doing("destroying it")?;
    // Its files may stay.
    let notes = SnapshotDeleteOptions::default().metadata_only();
    snapshot_again.delete_with(&notes).await.doing("forgetting it")?;
    let error = refused(
        virt_sdk::lxc::delete_with_rootfs(&domain).await,
        ErrorKind::InvalidState,
        "removing it with files of a snapshot",
    )?;
    check(
        error.message().contains("snap0"),
        format!("it is not said which there are: {error}"),
    )?;
    domain.undefine().await.doing("undefining it")?;
    check(
        root.parent()
            .is_some_and(|directory| directory.join("snaps/snap0/rootfs/bin").exists()),
        "its files went",
    )?;
    containers.remove_all(&conn).await
}

async fn what_cannot_be_kept_is_refused_by_its_reason(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "picky", Init::Quick).await?;
    let config = SnapshotConfig::builder()
        .name("memory")
        .memory(SnapshotMemory::internal())
        .build()?;
    let error = refused(
        domain.create_snapshot(&config).await,
        ErrorKind::Unsupported,
        "a snapshot with memory",
    )?;
    check(
        error.message().contains("criu"),
        format!("the reason is not named: {error}"),
    )?;
    let config = SnapshotConfig::builder().name("quiet").build()?;
    let options = SnapshotCreateOptions::default().disk_only().quiesce();
    refused(
        domain.create_snapshot_with(&config, &options).await,
        ErrorKind::Unsupported,
        "a quiesced one",
    )?;
    domain.destroy().await.doing("destroying it")?;
    // What fails half-way leaves nothing.
    let root = containers.place().join("picky.root");
    std::fs::remove_dir_all(&root).doing("removing the root")?;
    check(
        make(&domain, "nothing").await.is_err(),
        "a root that is not there was copied",
    )?;
    let left = entries(&containers.root().join(domain.name()));
    check(
        !left.iter().any(|file| file == "snaps" || file == "virt-sdk.new"),
        format!("left behind: {left:?}"),
    )?;
    // A transient one.
    let passing = containers.document("passing", Init::Quick, "")?;
    let passing = conn
        .create_domain(&passing)
        .await
        .doing("creating a transient one")?;
    let config = SnapshotConfig::builder().name("passing").build()?;
    refused(
        passing.create_snapshot(&config).await,
        ErrorKind::InvalidState,
        "a snapshot of a transient one",
    )?;
    passing.destroy().await.doing("destroying it")?;
    containers.remove_all(&conn).await
}
