//! Roots made from a directory or a tarball, and whose they are.

use std::path::Path;
use std::process::Command;

use virt_sdk::ErrorKind;
use virt_sdk::lxc::{RootfsSource, create_container, delete_with_rootfs};
use virt_sdk::model::SnapshotConfig;
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, RANGE, root_range};

use super::{boots, ends, only, rootless, shell};
use crate::checks::{check, equal};
use crate::containers::{Containers, contained, listens, run_in};

contained! { "lxc_create";
    a_directory_becomes_a_root;
    a_tarball_becomes_a_root;
    the_root_of_a_mapped_container_belongs_to_its_users;
}

async fn a_directory_becomes_a_root(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let from = containers.rootfs("from", Init::Quick)?;
    let config = rootless(containers, "made", "<init>/sbin/init</init>", "")?;
    let source = RootfsSource::directory(from.path().to_string_lossy());
    let domain = create_container(&conn, &config, &source)
        .await
        .doing("making it")?;
    only(containers, &[domain.name()])?;
    boots(&domain).await?;
    run_in(&domain, "echo here > /here").await?;
    check(
        !from.path().join("here").exists(),
        "it writes into what it was made from",
    )?;
    let again = create_container(&conn, &config, &source).await;
    refused(again, ErrorKind::AlreadyExists, "making it again")?;
    refused(
        delete_with_rootfs(&domain).await,
        ErrorKind::InvalidState,
        "removing it while it runs",
    )?;
    domain.destroy().await.doing("destroying it")?;
    let mut same = domain.config().await.doing("reading its document")?;
    same.devices = None;
    let again = create_container(&conn, &same, &source).await;
    refused(again, ErrorKind::AlreadyExists, "making it with its uuid")?;
    let within = containers.root().join(domain.name()).join("rootfs/mounted");
    std::fs::create_dir(&within).doing("making a directory")?;
    let mounted = Command::new("mount")
        .arg("--bind")
        .arg(from.path())
        .arg(&within)
        .status();
    check(mounted.doing("mounting")?.success(), "nothing could be mounted")?;
    let deleted = delete_with_rootfs(&domain).await;
    let unmounted = Command::new("umount").arg(&within).status();
    check(unmounted.doing("unmounting")?.success(), "it stays mounted")?;
    refused(deleted, ErrorKind::InvalidState, "removing it with a mount below")?;
    check(
        from.path().join("sbin/init").exists(),
        "what is mounted was emptied",
    )?;
    boots(&domain).await?;
    ends(&domain).await?;
    only(containers, &[])?;
    refused(
        conn.domain(config.name.as_str()).await,
        ErrorKind::NotFound,
        "looking for one that was removed",
    )?;
    let nowhere = RootfsSource::directory("/nowhere/at/all");
    refused(
        create_container(&conn, &config, &nowhere).await,
        ErrorKind::NotFound,
        "making one from nothing",
    )?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}

async fn a_tarball_becomes_a_root(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let from = containers.rootfs("from", Init::Quick)?;
    for (ending, program) in [
        ("tar.gz", "-z"),
        ("tar.xz", "-J"),
        ("tar.zst", "--zstd"),
        ("tar", "--sparse"),
    ] {
        let archive = containers.place().join(format!("root.{ending}"));
        let packed = Command::new("tar")
            .arg(program)
            .arg("-cf")
            .arg(&archive)
            .arg("-C")
            .arg(from.path())
            .arg(".")
            .status();
        check(
            packed.doing("packing a root")?.success(),
            "the root was not packed",
        )?;
        let config = rootless(
            containers,
            &format!("made-{}", ending.replace('.', "-")),
            "<init>/sbin/init</init>",
            "",
        )?;
        let source = RootfsSource::tarball(archive.to_string_lossy());
        let domain = create_container(&conn, &config, &source)
            .await
            .doing("making it")?;
        boots(&domain).await?;
        ends(&domain).await?;
    }
    let broken = containers.place().join("broken.tar.gz");
    std::fs::write(&broken, "no archive at all").doing("writing a file")?;
    let config = rootless(containers, "broken", "", "")?;
    let made = create_container(&conn, &config, &RootfsSource::tarball(broken.to_string_lossy())).await;
    check(made.is_err(), "a root was made from something that is no archive")?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}

async fn the_root_of_a_mapped_container_belongs_to_its_users(containers: &Containers) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let base = root_range().doing("making a range for root")?;
    let conn = containers.open_soon().await?;
    crate::containers::open_to_all(containers.place())?;
    let from = containers.rootfs("from", Init::Quick)?;
    shell("echo x > \"$1/owned\"; chown 12:34 \"$1/owned\"", &[from.path()])?;
    let map = format!(
        "<idmap><uid start='0' target='{base}' count='{RANGE}'/><gid start='0' target='{base}' count='{RANGE}'/></idmap>"
    );
    let archive = containers.place().join("root.tar");
    shell("tar -cf \"$2\" -C \"$1\" .", &[from.path(), &archive])?;
    for source in [
        RootfsSource::directory(from.path().to_string_lossy()),
        RootfsSource::tarball(archive.to_string_lossy()),
    ] {
        let config = rootless(containers, "mapped", "<init>/sbin/init</init>", &map)?;
        let domain = create_container(&conn, &config, &source)
            .await
            .doing("making it")?;
        let root = containers.root().join(domain.name()).join("rootfs");
        let owner = |path: &Path| std::fs::metadata(path).map(|facts| (facts.uid(), facts.gid()));
        equal(
            owner(&root).doing("looking at it")?,
            (base, base),
            "whose the root is",
        )?;
        equal(
            owner(&root.join("owned")).doing("looking at it")?,
            (base + 12, base + 34),
            "whose a file is",
        )?;
        boots(&domain).await?;
        equal(
            run_in(&domain, "stat -c %u:%g /owned").await?,
            "12:34\n".to_owned(),
            "whose it is within",
        )?;
        let snapshot = SnapshotConfig::builder().name("mapped").build()?;
        let snapshot = domain
            .create_snapshot(&snapshot)
            .await
            .doing("making a snapshot")?;
        snapshot.revert().await.doing("going back")?;
        listens(&domain).await?;
        equal(
            run_in(&domain, "stat -c %u:%g /owned").await?,
            "12:34\n".to_owned(),
            "whose it is after going back",
        )?;
        snapshot.delete().await.doing("deleting it")?;
        ends(&domain).await?;
        only(containers, &[])?;
    }
    containers.remove_all(&conn).await
}
