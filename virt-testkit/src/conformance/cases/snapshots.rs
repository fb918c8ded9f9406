//! Snapshots: made, listed as the tree they are, gone back to, deleted.

use virt_core::domain::{ConfigScope, MetadataItem, XmlOptions};
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::SnapshotState;
use virt_core::snapshot::{
    Snapshot, SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions,
};
use virt_core::{Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "snapshots";
    snapshots_form_a_tree(None, PersistentDomains, Snapshots);
    a_snapshot_knows_its_parent_and_what_comes_after_it(None, PersistentDomains, Snapshots);
    a_name_is_given_once(None, PersistentDomains, Snapshots);
    a_snapshot_that_is_not_there_is_named(None, PersistentDomains, Snapshots);
    a_snapshot_without_a_name_gets_one(None, PersistentDomains, Snapshots);
    a_domain_that_is_off_goes_back(None, PersistentDomains, Snapshots, Metadata);
    a_running_machine_goes_back_to_running_and_to_paused(Machine, PersistentDomains, Snapshots);
    a_snapshot_is_deleted_with_what_comes_after_it(None, PersistentDomains, Snapshots);
    what_comes_after_a_deleted_snapshot_comes_after_its_parent(None, PersistentDomains, Snapshots);
    a_deleted_snapshot_can_be_noted_again(None, PersistentDomains, Snapshots);
    options_that_do_not_go_together_are_refused(None, PersistentDomains, Snapshots);
    a_guest_finds_itself_as_it_was(Booted, PersistentDomains, Snapshots, Agent);
}

fn named(name: &str) -> Result<SnapshotConfig, Failure> {
    Ok(SnapshotConfig::builder().name(name).build()?)
}

async fn make(domain: &Domain, name: &str) -> Result<Snapshot, Failure> {
    let made = domain.create_snapshot(&named(name)?).await;
    made.doing(&format!("making the snapshot {name}"))
}

fn names(snapshots: &[Snapshot]) -> Vec<&str> {
    snapshots.iter().map(Snapshot::name).collect()
}

/// a ── b ── c, and d after a.
async fn tree(env: &Env) -> Result<Domain, Failure> {
    let domain = env.defined_for_snapshots("tree").await?;
    let a = make(&domain, "a").await?;
    make(&domain, "b").await?;
    make(&domain, "c").await?;
    a.revert().await.doing("going back to the first snapshot")?;
    make(&domain, "d").await?;
    Ok(domain)
}

async fn snapshots_form_a_tree(env: &Env) -> Result<(), Failure> {
    let domain = tree(env).await?;
    let tree = domain.snapshot_tree().await.doing("reading the tree")?;
    let nodes: Vec<(&str, usize, bool)> = tree
        .iter()
        .map(|node| (node.snapshot.name(), node.children.len(), node.is_current))
        .collect();
    let mut sorted = nodes.clone();
    sorted.sort_unstable();
    let expected = vec![("a", 2, false), ("b", 1, false), ("c", 0, false), ("d", 0, true)];
    ensure_eq!(
        sorted,
        expected,
        "the snapshots, how many come after each, which is the current one"
    );
    ensure_eq!(
        nodes.first().map(|node| node.0),
        Some("a"),
        "the first one in the tree"
    );
    let current = domain
        .current_snapshot()
        .await
        .doing("asking for the current one")?;
    ensure_eq!(current.as_ref().map(Snapshot::name), Some("d"), "the current one");
    Ok(())
}

async fn a_snapshot_knows_its_parent_and_what_comes_after_it(env: &Env) -> Result<(), Failure> {
    let domain = tree(env).await?;
    let all = domain.snapshots().await.doing("listing")?;
    ensure_eq!(names(&all), ["a", "b", "c", "d"], "all of them");
    let filter = SnapshotFilter::all;
    let roots = domain
        .snapshots_with(&filter().roots())
        .await
        .doing("listing roots")?;
    ensure_eq!(names(&roots), ["a"], "the roots");
    let leaves = domain
        .snapshots_with(&filter().leaves(true))
        .await
        .doing("listing leaves")?;
    ensure_eq!(names(&leaves), ["c", "d"], "the leaves");
    let order = domain
        .snapshots_with(&filter().topological())
        .await
        .doing("listing in order")?;
    let place = |name: &str| order.iter().position(|snapshot| snapshot.name() == name);
    ensure!(
        place("a") < place("b") && place("b") < place("c") && place("a") < place("d"),
        "a parent comes behind its child: {:?}",
        names(&order)
    );
    let a = domain.snapshot("a").await.doing("looking one up")?;
    let children = a.children().await.doing("asking for its children")?;
    ensure_eq!(names(&children), ["b", "d"], "its children");
    let after = a
        .children_with(&filter().descendants())
        .await
        .doing("asking for all after it")?;
    ensure_eq!(names(&after), ["b", "c", "d"], "all that come after it");
    let b = domain.snapshot("b").await.doing("looking one up")?;
    let parent = b.parent().await.doing("asking for its parent")?;
    ensure_eq!(parent.as_ref().map(Snapshot::name), Some("a"), "its parent");
    ensure!(
        a.parent().await.doing("asking for its parent")?.is_none(),
        "the root has a parent"
    );
    ensure!(
        !b.is_current().await.doing("asking for the current one")?,
        "b is current"
    );
    ensure!(
        b.has_metadata().await.doing("asking for notes")?,
        "there are no notes of it"
    );
    let config = b.config().await.doing("reading its document")?;
    ensure_eq!(config.name.as_deref(), Some("b"), "the name in its document");
    ensure_eq!(
        config.state,
        Some(SnapshotState::Shutoff),
        "the state in its document"
    );
    ensure!(
        config.creation_time.is_some(),
        "its document does not say when it was made"
    );
    let uuid = config.domain.as_ref().and_then(|domain| domain.uuid());
    ensure_eq!(uuid, Some(domain.uuid()), "the domain in its document");
    Ok(())
}

async fn a_name_is_given_once(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("named").await?;
    make(&domain, "once").await?;
    let again = domain.create_snapshot(&named("once")?).await;
    refused(again, ErrorKind::AlreadyExists, "a snapshot of a name there is")?;
    Ok(())
}

async fn a_snapshot_that_is_not_there_is_named(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("missing").await?;
    let there = make(&domain, "there").await?;
    let missing = domain.snapshot("nowhere").await;
    let error = refused(
        missing,
        ErrorKind::NotFound,
        "looking up a snapshot that is not there",
    )?;
    ensure!(
        error.message().contains("there"),
        "the one there is is not named: {error}"
    );
    there.delete().await.doing("deleting it")?;
    for (what, result) in [
        ("reverting to", there.revert().await),
        ("deleting", there.delete().await),
        ("asking for the parent of", there.parent().await.map(drop)),
        ("asking for the children of", there.children().await.map(drop)),
        ("reading the document of", there.config().await.map(drop)),
        ("asking for notes of", there.has_metadata().await.map(drop)),
    ] {
        refused(
            result,
            ErrorKind::NotFound,
            &format!("{what} a snapshot that is gone"),
        )?;
    }
    Ok(())
}

async fn a_snapshot_without_a_name_gets_one(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("nameless").await?;
    let config = SnapshotConfig::builder().description("no name").build()?;
    let made = domain.create_snapshot(&config).await.doing("making a snapshot")?;
    ensure!(!made.name().is_empty(), "it has no name");
    let config = made.config().await.doing("reading its document")?;
    ensure_eq!(config.description.as_deref(), Some("no name"), "its description");
    Ok(())
}

async fn a_domain_that_is_off_goes_back(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("off").await?;
    let title = |text: &str| MetadataItem::Title(Some(text.to_owned()));
    let scope = ConfigScope::Config;
    domain
        .set_metadata(&title("before"), scope)
        .await
        .doing("titling it")?;
    let before = make(&domain, "before").await?;
    domain
        .set_metadata(&title("after"), scope)
        .await
        .doing("titling it anew")?;
    before.revert().await.doing("going back")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.title.as_deref(), Some("before"), "its title");
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    before
        .revert_with(&SnapshotRevertOptions::default().paused())
        .await
        .doing("going back to paused")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        DomainState::Paused,
        "its state, when it was to be paused"
    );
    Ok(())
}

async fn a_running_machine_goes_back_to_running_and_to_paused(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("ran").await?;
    domain.start().await.doing("starting it")?;
    let ran = make(&domain, "ran").await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state after the snapshot");
    let config = ran.config().await.doing("reading its document")?;
    ensure_eq!(
        config.state,
        Some(SnapshotState::Running),
        "the state in its document"
    );
    domain.suspend().await.doing("pausing it")?;
    ran.revert().await.doing("going back")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state");
    ran.revert_with(&SnapshotRevertOptions::default().paused())
        .await
        .doing("going back to paused")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        DomainState::Paused,
        "its state, when it was to be paused"
    );
    domain.destroy().await.doing("destroying it")?;
    ran.revert().await.doing("going back from off")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state, from off");
    let filter = SnapshotFilter::all;
    for (filter, count) in [
        (filter().active(), 1),
        (filter().inactive(), 0),
        (filter().disk_only(), 0),
        (filter().active().inactive(), 1),
        (filter().internal(), 1),
        (filter().external(), 0),
    ] {
        let listed = domain.snapshots_with(&filter).await.doing("listing")?;
        ensure!(listed.len() == count, "{filter:?} shows {:?}", names(&listed));
    }
    Ok(())
}

async fn a_snapshot_is_deleted_with_what_comes_after_it(env: &Env) -> Result<(), Failure> {
    let domain = tree(env).await?;
    let b = domain.snapshot("b").await.doing("looking one up")?;
    let only_after = SnapshotDeleteOptions::default().descendants_only();
    b.delete_with(&only_after)
        .await
        .doing("deleting what comes after it")?;
    let left = domain.snapshots().await.doing("listing")?;
    ensure_eq!(names(&left), ["a", "b", "d"], "what is left");
    let a = domain.snapshot("a").await.doing("looking one up")?;
    let all = SnapshotDeleteOptions::default().with_descendants();
    a.delete_with(&all).await.doing("deleting it with all after it")?;
    let left = domain.snapshots().await.doing("listing")?;
    ensure!(left.is_empty(), "something is left: {:?}", names(&left));
    let current = domain
        .current_snapshot()
        .await
        .doing("asking for the current one")?;
    ensure!(current.is_none(), "a deleted snapshot is the current one");
    Ok(())
}

async fn what_comes_after_a_deleted_snapshot_comes_after_its_parent(env: &Env) -> Result<(), Failure> {
    let domain = tree(env).await?;
    let b = domain.snapshot("b").await.doing("looking one up")?;
    b.delete().await.doing("deleting it")?;
    let c = domain.snapshot("c").await.doing("looking one up")?;
    let parent = c.parent().await.doing("asking for its parent")?;
    ensure_eq!(parent.as_ref().map(Snapshot::name), Some("a"), "its parent");
    let d = domain.snapshot("d").await.doing("looking one up")?;
    d.delete().await.doing("deleting the current one")?;
    let current = domain
        .current_snapshot()
        .await
        .doing("asking for the current one")?;
    ensure_eq!(current.as_ref().map(Snapshot::name), Some("a"), "the current one");
    Ok(())
}

async fn a_deleted_snapshot_can_be_noted_again(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("noted").await?;
    let first = make(&domain, "first").await?;
    let config = first.config_with_secrets().await.doing("reading its document")?;
    let notes = SnapshotDeleteOptions::default().metadata_only();
    first.delete_with(&notes).await.doing("forgetting it")?;
    ensure!(
        domain.snapshots().await.doing("listing")?.is_empty(),
        "it is still known"
    );
    let options = SnapshotCreateOptions::default().redefine().current();
    let again = domain
        .create_snapshot_with(&config, &options)
        .await
        .doing("noting it again")?;
    ensure!(
        again.is_current().await.doing("asking for the current one")?,
        "it is not the current one"
    );
    let read = again.config().await.doing("reading its document")?;
    ensure_eq!(read.creation_time, config.creation_time, "when it was made");
    Ok(())
}

async fn options_that_do_not_go_together_are_refused(env: &Env) -> Result<(), Failure> {
    let domain = env.defined_for_snapshots("options").await?;
    let options = SnapshotCreateOptions::default;
    for wrong in [
        options().current(),
        options().redefine().no_metadata(),
        options().quiesce(),
        options().live().disk_only(),
    ] {
        let made = domain.create_snapshot_with(&named("wrong")?, &wrong).await;
        refused(made, ErrorKind::InvalidArgument, &format!("{wrong:?}"))?;
    }
    let config = SnapshotConfig::builder()
        .name("wrong")
        .disk(virt_core::model::snapshot::SnapshotDisk::internal("vdy"))
        .build()?;
    let made = domain.create_snapshot(&config).await;
    refused(
        made,
        ErrorKind::InvalidConfig,
        "a snapshot of a disk the domain has not",
    )?;
    ensure!(
        domain.snapshots().await.doing("listing")?.is_empty(),
        "a refused snapshot is there"
    );
    Ok(())
}

async fn a_guest_finds_itself_as_it_was(env: &Env) -> Result<(), Failure> {
    let config = env.target().for_snapshots(env.guest("memory")?)?;
    let domain = env.boot(&config).await?;
    let write = async |text: &str| {
        let written = domain.agent().write_file("/tmp-note", text.as_bytes()).await;
        written.doing("writing a file of the guest")
    };
    write("before").await?;
    let before = make(&domain, "before").await?;
    write("after").await?;
    before.revert().await.doing("going back")?;
    env.agent_answers(&domain).await?;
    let read = domain.agent().read_file("/tmp-note").await;
    let read = read.doing("reading the file of the guest")?;
    ensure_eq!(
        String::from_utf8_lossy(&read),
        "before",
        "what is in the guest's file"
    );
    let config = domain
        .config_with(&XmlOptions::default())
        .await
        .doing("reading its configuration")?;
    ensure!(config.id.is_some(), "it does not run");
    Ok(())
}
