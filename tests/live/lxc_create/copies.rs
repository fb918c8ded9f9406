//! Copies of containers.

use std::process::Command;

use virt_sdk::lxc::extension::native_config;
use virt_sdk::lxc::{CopyOptions, copy, delete_with_rootfs};
use virt_sdk::model::SnapshotConfig;
use virt_sdk::{Connection, Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use super::{boots, ends, only};
use crate::checks::{check, equal, soon};
use crate::containers::{Containers, contained, is, run_in};

contained! { "lxc_create";
    a_copy_is_a_container_of_its_own;
    a_copy_that_shares_the_root_keeps_what_it_changes;
    an_ephemeral_copy_goes_with_its_run;
}

async fn with_interface(containers: &Containers, conn: &Connection, name: &str) -> Result<Domain, Failure> {
    let interface = "<interface type='ethernet'><mac address='52:54:00:11:22:33'/></interface>";
    let config = containers.document(name, Init::Quick, interface)?;
    conn.define_domain(&config).await.doing("defining a container")
}

async fn a_copy_is_a_container_of_its_own(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let first = with_interface(containers, &conn, "first").await?;
    boots(&first).await?;
    run_in(&first, "echo then > /note").await?;
    let name = containers.name("second");
    let second = copy(&first, &name, &CopyOptions::default())
        .await
        .doing("copying it")?;
    is(&first, DomainState::Running, "of the first one").await?;
    is(&second, DomainState::ShutOff, "of the copy").await?;
    check(first.uuid() != second.uuid(), "both have one uuid")?;
    let native = native_config(&second).await.doing("reading its configuration")?;
    check(
        !native.to_lowercase().contains("52:54:00:11:22:33"),
        format!("both have one address: {native}"),
    )?;
    check(
        native.contains(&format!("lxc.uts.name = {name}")),
        format!("it has the other's name: {native}"),
    )?;
    run_in(&first, "echo now > /note").await?;
    boots(&second).await?;
    equal(
        run_in(&second, "cat /note; hostname").await?,
        format!("then\n{name}\n"),
        "what is in the copy",
    )?;
    let third = containers.name("third");
    let options = CopyOptions::default().keep_mac();
    let third = copy(&second, &third, &options).await.doing("copying the copy")?;
    let of = async |domain: &Domain| -> Result<Option<String>, Failure> {
        let config = domain.config().await.doing("reading a document")?;
        let interfaces = config
            .devices
            .map(|devices| devices.interfaces)
            .unwrap_or_default();
        Ok(interfaces
            .first()
            .and_then(|one| one.mac.as_ref())
            .map(|mac| format!("{:?}", mac.address)))
    };
    equal(
        of(&third).await?,
        of(&second).await?,
        "the address that was to be kept",
    )?;
    refused(
        copy(&first, second.name(), &CopyOptions::default()).await,
        ErrorKind::AlreadyExists,
        "a name there is",
    )?;
    let mut listed = Command::new("lxc-ls");
    let listed = listed
        .arg("-P")
        .arg(containers.root())
        .arg("-1")
        .output()
        .doing("lxc-ls")?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    check(listed.contains(third.name()), format!("lxc-ls shows {listed:?}"))?;
    ends(&second).await?;
    delete_with_rootfs(&third).await.doing("removing a copy")?;
    let name = first.name().to_owned();
    only(containers, &[&name])?;
    containers.remove_all(&conn).await
}

async fn a_copy_that_shares_the_root_keeps_what_it_changes(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let first = with_interface(containers, &conn, "first").await?;
    let name = containers.name("light");
    let options = CopyOptions::default().snapshot();
    let light = copy(&first, &name, &options).await.doing("copying it")?;
    boots(&light).await?;
    run_in(&light, "echo own > /note && rm /etc/hosts").await?;
    check(
        !containers.place().join("first.root/note").exists(),
        "it writes into the root it shares",
    )?;
    check(
        containers.place().join("first.root/etc/hosts").exists(),
        "it removes from the root it shares",
    )?;
    let error = refused(
        delete_with_rootfs(&first).await,
        ErrorKind::InvalidState,
        "removing what is shared",
    )?;
    check(
        error.message().contains(&name),
        format!("the copy is not named: {error}"),
    )?;
    let snapshot = SnapshotConfig::builder().name("one").build()?;
    let snapshot = first
        .create_snapshot(&snapshot)
        .await
        .doing("making a snapshot")?;
    refused(
        snapshot.revert().await,
        ErrorKind::InvalidState,
        "going back under a copy",
    )?;
    snapshot.delete().await.doing("deleting it")?;
    ends(&light).await?;
    boots(&first).await?;
    ends(&first).await?;
    only(containers, &[])?;
    check(
        containers.place().join("first.root/bin/sh").exists(),
        "a root that is elsewhere was removed",
    )?;
    containers.remove_all(&conn).await
}

async fn an_ephemeral_copy_goes_with_its_run(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let first = with_interface(containers, &conn, "first").await?;
    for options in [
        CopyOptions::default().ephemeral().snapshot(),
        CopyOptions::default().ephemeral(),
    ] {
        let name = containers.name("brief");
        let brief = copy(&first, &name, &options).await.doing("copying it")?;
        boots(&brief).await?;
        run_in(&brief, "echo own > /note").await?;
        brief.destroy().await.doing("destroying it")?;
        let gone = async {
            while conn.domain(name.as_str()).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        soon("the end of the copy", gone).await?;
        let first_name = first.name().to_owned();
        only(containers, &[&first_name])?;
    }
    check(
        containers.place().join("first.root/bin/sh").exists(),
        "the root it shared was removed",
    )?;
    delete_with_rootfs(&first).await.doing("removing the first one")?;
    containers.remove_all(&conn).await
}
