//! Roots of every kind: elsewhere, overlays, shared ones, links, mounts, images.

use std::path::Path;

use virt_sdk::model::DomainConfig;
use virt_sdk::{DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, Native, PLAIN, Rootfs};

use super::mounted::{Mounted, image};
use super::{make, read, tool, write};
use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, document, is, listens, run_in};

contained! { "lxc_snapshots";
    a_root_that_is_elsewhere_comes_back_where_it_was;
    an_overlay_is_copied_by_its_upper_layer;
    a_root_that_another_one_runs_from_is_not_replaced;
    a_root_that_is_a_link_or_a_mount_is_not_lost;
    a_root_in_an_image_is_copied_as_one;
}

async fn a_root_that_is_elsewhere_comes_back_where_it_was(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "away", Init::Quick).await?;
    let root = containers.place().join("away.root");
    // A link of both kinds, a pipe, an owner, an attribute: all is as it was.
    let script = "cd \"$1\" && echo one > f && ln f hard && ln -s /etc/passwd soft && mkfifo pipe && chown 7:8 f \
                  && chmod 4711 f && mknod null c 1 3 && touch -d '2001-02-03 04:05:06' f";
    let prepared = std::process::Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(&root)
        .status();
    check(
        prepared.doing("preparing a root")?.success(),
        "the root was not prepared",
    )?;
    let facts = |root: &Path| -> Result<String, Failure> {
        let list = "cd \"$1\" && find . -printf '%p %y %m %U %G %n %l %s %T@\\n' | sort";
        let output = std::process::Command::new("sh")
            .args(["-c", list, "sh"])
            .arg(root)
            .output();
        Ok(String::from_utf8_lossy(&output.doing("listing a root")?.stdout).into_owned())
    };
    let before = facts(&root)?;
    let snapshot = make(&domain, "all").await?;
    let again = std::process::Command::new("sh")
        .args(["-c", "cd \"$1\" && rm -rf f hard etc && echo two > new", "sh"])
        .arg(&root)
        .status();
    check(
        again.doing("changing a root")?.success(),
        "the root was not changed",
    )?;
    snapshot.revert().await.doing("going back")?;
    equal(facts(&root)?, before, "all that is in the root")?;
    let mut beside = entries(containers.place());
    beside.retain(|name| name.contains("virt-sdk"));
    equal(beside, Vec::new(), "what is left beside the root")?;
    // Even where it is not there any more.
    std::fs::remove_dir_all(&root).doing("removing the root")?;
    snapshot
        .revert()
        .await
        .doing("going back to a root that is gone")?;
    domain.start().await.doing("starting it")?;
    snapshot.delete().await.doing("deleting it while it runs")?;
    containers.remove_all(&conn).await
}

async fn an_overlay_is_copied_by_its_upper_layer(containers: &Containers) -> Result<(), Failure> {
    let lower = containers.rootfs("lower", Init::Quick)?;
    let name = containers.name("layered");
    let directory = containers.root().join(&name);
    let upper = directory.join("delta0");
    std::fs::create_dir_all(&upper).doing("making a directory")?;
    std::fs::create_dir_all(directory.join("rootfs")).doing("making a directory")?;
    let text = format!(
        "{PLAIN}lxc.uts.name = {name}\nlxc.rootfs.path = overlay:{}:{}\nlxc.net.0.type = empty\n",
        lower.path().display(),
        upper.display()
    );
    Native::define_as(&containers.root(), &name, &text)?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    run_in(&domain, "echo then > /note && rm /etc/hosts").await?;
    let snapshot = make(&domain, "then").await?;
    let delta = directory.join("snaps/snap0/delta0");
    check(!delta.join("bin").exists(), "the layer below it was copied, too")?;
    equal(
        read(&delta.join("note"))?,
        "then\n".to_owned(),
        "the file in the copy",
    )?;
    run_in(&domain, "echo now > /note && echo back > /etc/hosts").await?;
    snapshot.revert().await.doing("going back")?;
    is(&domain, DomainState::Running, "after going back").await?;
    equal(
        run_in(&domain, "cat /note; [ -e /etc/hosts ] && echo there; true").await?,
        "then\n".to_owned(),
        "what is in it, and what had been removed",
    )?;
    domain.destroy().await.doing("destroying it")?;
    let told = tool(&containers.native(&name), "lxc-snapshot", &["-L"])?;
    check(told.contains("snap0 ("), format!("lxc-snapshot shows {told:?}"))?;
    snapshot.delete().await.doing("deleting it")?;
    containers.remove_all(&conn).await
}

async fn a_root_that_another_one_runs_from_is_not_replaced(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "one", Init::Quick).await?;
    let other = containers.name("other");
    let config: DomainConfig = document(&other, &containers.place().join("one.root"), "")?;
    let other = conn.define_domain(&config).await.doing("defining another one")?;
    other.start().await.doing("starting it")?;
    let snapshot = make(&domain, "then").await?;
    let error = refused(
        snapshot.revert().await,
        ErrorKind::InvalidState,
        "going back under another one",
    )?;
    check(
        error.message().contains(other.name()),
        format!("the other one is not named: {error}"),
    )?;
    other.destroy().await.doing("destroying the other one")?;
    snapshot.revert().await.doing("going back then")?;
    snapshot.delete().await.doing("deleting it")?;
    containers.remove_all(&conn).await
}

async fn a_root_that_is_a_link_or_a_mount_is_not_lost(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let real = containers.rootfs("real", Init::Quick)?;
    let link = containers.place().join("link");
    std::os::unix::fs::symlink(real.path(), &link).doing("making a link")?;
    let config = containers.document_of(&containers.name("linked"), &link, "")?;
    let linked = conn.define_domain(&config).await.doing("defining a container")?;
    let snapshot = make(&linked, "then").await?;
    write(&real.path().join("note"), "now")?;
    snapshot.revert().await.doing("going back")?;
    check(link.is_symlink(), "the link was replaced")?;
    check(
        !real.path().join("note").exists() && real.path().join("bin/sh").exists(),
        "what it leads to is not as it was",
    )?;
    snapshot.delete().await.doing("deleting it")?;
    let path = containers.place().join("root.img");
    image(&path, "mkfs.ext4", 32)?;
    let mounted = Mounted::new(&path, &containers.place().join("mounted"))?;
    Rootfs::make_with(&mounted.0, Init::Quick).doing("making a root file system")?;
    let config = containers.document_of(&containers.name("mounted"), &mounted.0, "")?;
    let domain = conn.define_domain(&config).await.doing("defining a container")?;
    let snapshot = make(&domain, "then").await?;
    write(&mounted.0.join("note"), "now")?;
    refused(
        snapshot.revert().await,
        ErrorKind::Unsupported,
        "going back under a mount",
    )?;
    check(mounted.0.join("note").exists(), "something of it was changed")?;
    let mut beside = entries(containers.place());
    beside.retain(|name| name.contains("virt-sdk"));
    equal(beside, Vec::new(), "what is left beside the root")?;
    domain.start().await.doing("starting it all the same")?;
    domain.destroy().await.doing("destroying it")?;
    snapshot.delete().await.doing("deleting it")?;
    containers.remove_all(&conn).await?;
    drop(mounted);
    Ok(())
}

async fn a_root_in_an_image_is_copied_as_one(containers: &Containers) -> Result<(), Failure> {
    let path = containers.place().join("root.img");
    image(&path, "mkfs.ext4", 32)?;
    {
        let mounted = Mounted::new(&path, &containers.place().join("mounted"))?;
        Rootfs::make_with(&mounted.0, Init::Quick).doing("making a root file system")?;
    }
    let conn = containers.open_soon().await?;
    let name = containers.name("image");
    let text = containers.document_of(&name, &path, "")?.to_xml();
    let text = text
        .replace("type='mount'", "type='file'")
        .replace("source dir=", "source file=");
    let domain = conn.define_domain(&DomainConfig::from_xml(&text)?).await;
    let domain = domain.doing("defining a container")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    run_in(&domain, "echo then > /note; sync").await?;
    domain.destroy().await.doing("destroying it")?;
    let snapshot = make(&domain, "then").await?;
    domain.start().await.doing("starting it")?;
    run_in(&domain, "echo now > /note").await?;
    snapshot.revert().await.doing("going back")?;
    is(&domain, DomainState::ShutOff, "after going back").await?;
    domain.start().await.doing("starting it again")?;
    equal(
        run_in(&domain, "cat /note").await?,
        "then\n".to_owned(),
        "what is in it",
    )?;
    domain.destroy().await.doing("destroying it")?;
    let told = tool(&containers.native(&name), "lxc-snapshot", &["-L"])?;
    check(told.contains("snap0 ("), format!("lxc-snapshot shows {told:?}"))?;
    snapshot.delete().await.doing("deleting it")?;
    containers.remove_all(&conn).await
}
