//! Snapshots of ours and of liblxc's own tools.

use virt_sdk::domain::{ConfigScope, MetadataItem};
use virt_sdk::model::SnapshotConfig;
use virt_sdk::model::snapshot::SnapshotState;
use virt_sdk::snapshot::SnapshotFilter;
use virt_sdk::{DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, Native, PLAIN, Rootfs};

use super::mounted::{Mounted, image, run};
use super::{make, names, read, tool, with_root_inside, write};
use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, is, listens, run_in};

contained! { "lxc_snapshots";
    ours_are_those_of_lxc_snapshot_and_its_are_ours;
    liblxc_does_it_where_it_alone_can;
}

async fn ours_are_those_of_lxc_snapshot_and_its_are_ours(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let (domain, root) = with_root_inside(containers, &conn, "both").await?;
    let native = containers.native(domain.name());
    let note = root.join("note");
    write(&note, "first")?;
    let config = SnapshotConfig::builder()
        .name("first one")
        .description("all is well")
        .build()?;
    let first = domain.create_snapshot(&config).await.doing("making a snapshot")?;
    let told = tool(&native, "lxc-snapshot", &["-L", "-C"])?;
    check(
        told.contains("snap0 (") && told.contains("all is well"),
        format!("lxc-snapshot shows {told:?}"),
    )?;
    write(&note, "second")?;
    let comment = containers.place().join("comment");
    write(&comment, "made by others\n")?;
    tool(&native, "lxc-snapshot", &["-c", &comment.to_string_lossy()])?;
    equal(
        names(&domain).await?,
        vec!["first one".to_owned(), "snap1".to_owned()],
        "all of them",
    )?;
    let theirs = domain.snapshot("snap1").await.doing("looking theirs up")?;
    let config = theirs.config().await.doing("reading its document")?;
    equal(
        config.description.as_deref(),
        Some("made by others"),
        "its comment",
    )?;
    equal(config.state, Some(SnapshotState::Shutoff), "its state")?;
    check(config.creation_time.is_some(), "nothing says when it was made")?;
    let kept = config.domain.as_ref().and_then(|domain| domain.to_config());
    let kept = kept.ok_or_else(|| Failure::new("it has no document of the domain"))?;
    check(
        kept.to_xml().contains(&*root.to_string_lossy()),
        "its document has another root",
    )?;
    check(
        !theirs.has_metadata().await.doing("asking for notes")?,
        "there are notes of theirs",
    )?;
    let noted = domain.snapshots_with(&SnapshotFilter::all().metadata(true)).await;
    equal(noted.doing("listing")?.len(), 1, "those with notes")?;
    write(&note, "third")?;
    theirs.revert().await.doing("going back to theirs")?;
    equal(
        read(&note)?,
        "second".to_owned(),
        "the file, after going back to theirs",
    )?;
    check(
        theirs.is_current().await.doing("asking for the current one")?,
        "it is not the current one",
    )?;
    first.revert().await.doing("going back to ours")?;
    equal(
        read(&note)?,
        "first".to_owned(),
        "the file, after going back to ours",
    )?;
    domain.start().await.doing("starting it then")?;
    listens(&domain).await?;
    equal(
        run_in(&domain, "cat /note").await?,
        "first".to_owned(),
        "the file within",
    )?;
    domain.destroy().await.doing("destroying it")?;
    // What liblxc makes of ours is a container that runs.
    let copy = containers.name("copy");
    tool(&native, "lxc-snapshot", &["-r", "snap0", "-N", &copy])?;
    let copy = containers.native(&copy);
    copy.start()?;
    equal(
        copy.run(&["cat", "/note"])?,
        "first".to_owned(),
        "the file in liblxc's copy",
    )?;
    copy.kill()?;
    tool(&copy, "lxc-destroy", &[])?;
    theirs.delete().await.doing("deleting theirs")?;
    first.delete().await.doing("deleting ours")?;
    let told = tool(&native, "lxc-snapshot", &["-L"])?;
    check(
        told.contains("No snapshots"),
        format!("lxc-snapshot still shows {told:?}"),
    )?;
    let directory = containers.root().join(domain.name());
    let left = entries(&directory);
    check(
        left.iter().all(|file| {
            [
                "config",
                "rootfs",
                "virt-sdk.json",
                "virt-sdk.log",
                "virt-sdk.console.log",
            ]
            .contains(&file.as_str())
        }),
        format!("left behind: {left:?}"),
    )?;
    containers.remove_all(&conn).await
}

async fn liblxc_does_it_where_it_alone_can(containers: &Containers) -> Result<(), Failure> {
    let path = containers.place().join("btrfs.img");
    image(&path, "mkfs.btrfs", 128)?;
    let mounted = Mounted::new(&path, &containers.root())?;
    let name = containers.name("volume");
    let root = containers.root().join(&name).join("rootfs");
    std::fs::create_dir_all(containers.root().join(&name)).doing("making a directory")?;
    run("btrfs", &["subvolume", "create", &root.to_string_lossy()])?;
    Rootfs::make_with(&root, Init::Quick).doing("making a root file system")?;
    let text = format!(
        "{PLAIN}lxc.uts.name = {name}\nlxc.rootfs.path = btrfs:{}\nlxc.net.0.type = empty\n",
        root.display()
    );
    Native::define_as(&containers.root(), &name, &text)?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    let uuid = domain.uuid();
    write(&root.join("note"), "then")?;
    let title = MetadataItem::Title(Some("then".to_owned()));
    domain
        .set_metadata(&title, ConfigScope::Config)
        .await
        .doing("setting a title")?;
    let then = make(&domain, "then").await?;
    write(&root.join("note"), "now")?;
    domain.start().await.doing("starting it")?;
    let config = SnapshotConfig::builder().name("running").build()?;
    let running = domain.create_snapshot(&config).await;
    refused(
        running,
        ErrorKind::InvalidState,
        "a snapshot by liblxc of one that runs",
    )?;
    then.revert().await.doing("going back while it runs")?;
    is(&domain, DomainState::ShutOff, "after going back").await?;
    equal(read(&root.join("note"))?, "then".to_owned(), "the file")?;
    equal(domain.uuid(), uuid, "its uuid")?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.title.as_deref(), Some("then"), "its title")?;
    domain.start().await.doing("starting it then")?;
    domain.destroy().await.doing("destroying it")?;
    let copied = containers.name("copied");
    let options = virt_sdk::lxc::CopyOptions::default().snapshot();
    let copied = virt_sdk::lxc::copy(&domain, &copied, &options)
        .await
        .doing("copying it")?;
    copied.start().await.doing("starting the copy")?;
    equal(
        run_in(&copied, "cat /note").await?,
        "then".to_owned(),
        "what is in the copy",
    )?;
    copied.destroy().await.doing("destroying the copy")?;
    then.delete().await.doing("deleting it")?;
    equal(names(&domain).await?, Vec::new(), "what is left of snapshots")?;
    for one in [&copied, &domain] {
        virt_sdk::lxc::delete_with_rootfs(one)
            .await
            .doing("removing one with its root")?;
    }
    let left = entries(&containers.root());
    equal(left, vec![".virt-sdk".to_owned()], "what is left")?;
    conn.shutdown().await.doing("shutting down")?;
    drop(mounted);
    Ok(())
}
