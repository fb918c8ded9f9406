//! Containers that run meanwhile.

use virt_sdk::DomainState;
use virt_sdk::domain::{ConfigScope, MetadataItem, XmlOptions};
use virt_sdk::model::SnapshotConfig;
use virt_sdk::model::snapshot::SnapshotState;
use virt_sdk::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::lxc::Init;

use super::{make, read};
use crate::checks::{check, equal};
use crate::containers::{Containers, contained, is, rest, run_in};

contained! { "lxc_snapshots";
    a_running_container_stands_still_while_it_is_copied;
    a_run_that_differs_from_its_definition_comes_back_with_both;
}

async fn a_running_container_stands_still_while_it_is_copied(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "writer", Init::Quick).await?;
    let script = "(i=0; while :; do i=$((i+1)); echo $i > /a; echo $i > /b; done) >/dev/null 2>&1 &";
    run_in(&domain, script).await?;
    // Something to copy between the two.
    run_in(&domain, "dd if=/dev/urandom of=/aa bs=1M count=24 2>/dev/null").await?;
    let mut events = domain.events().await.doing("listening")?;
    let snapshot = make(&domain, "moment").await?;
    is(&domain, DomainState::Running, "after it").await?;
    let config = snapshot.config().await.doing("reading its document")?;
    equal(
        config.state,
        Some(SnapshotState::Running),
        "the state in its document",
    )?;
    let copy = containers.root().join(domain.name()).join("snaps/snap0/rootfs");
    let number = |file: &str| -> Result<i64, Failure> {
        let text = read(&copy.join(file))?;
        // What is written may be cut off, and empty then.
        Ok(text.trim().parse().unwrap_or(-1))
    };
    let (a, b) = (number("a")?, number("b")?);
    check(
        a < 0 || b < 0 || (a - b).abs() <= 1,
        format!("it went on: {a} and {b}"),
    )?;
    let heard = rest(&mut events, domain.name()).await;
    equal(heard, Vec::new(), "events of a snapshot")?;
    run_in(&domain, "echo new > /new").await?;
    snapshot.revert().await.doing("going back while it runs")?;
    is(&domain, DomainState::Running, "after going back").await?;
    check(
        run_in(&domain, "[ ! -e /new ] && [ -e /aa ]").await.is_ok(),
        "it is not as it was",
    )?;
    let options = SnapshotCreateOptions::default().disk_only().halt();
    let config = SnapshotConfig::builder().name("last").build()?;
    let last = domain
        .create_snapshot_with(&config, &options)
        .await
        .doing("making one that ends it")?;
    is(&domain, DomainState::ShutOff, "after a snapshot that ends it").await?;
    let config = last.config().await.doing("reading its document")?;
    equal(
        config.state,
        Some(SnapshotState::DiskSnapshot),
        "the state of one of disks only",
    )?;
    let all = SnapshotDeleteOptions::default().with_descendants();
    snapshot.delete_with(&all).await.doing("deleting all")?;
    containers.remove_all(&conn).await
}

async fn a_run_that_differs_from_its_definition_comes_back_with_both(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "two", Init::Quick).await?;
    let title = |text: &str| MetadataItem::Title(Some(text.to_owned()));
    let set = async |text: &str, scope: ConfigScope| {
        let set = domain.set_metadata(&title(text), scope).await;
        set.doing("setting a title")
    };
    set("next", ConfigScope::Config).await?;
    set("now", ConfigScope::Live).await?;
    let snapshot = make(&domain, "both").await?;
    set("other", ConfigScope::Both).await?;
    snapshot.revert().await.doing("going back")?;
    let live = domain.config().await.doing("reading its document")?;
    equal(live.title.as_deref(), Some("now"), "the title of the run")?;
    let options = XmlOptions::default().inactive();
    let next = domain.config_with(&options).await.doing("reading its document")?;
    equal(next.title.as_deref(), Some("next"), "the title of the definition")?;
    domain.destroy().await.doing("destroying it")?;
    snapshot.delete().await.doing("deleting it")?;
    containers.remove_all(&conn).await
}
