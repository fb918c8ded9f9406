//! Snapshots of real containers: beside `lxc-snapshot`, of running ones, over crashes, of overlays.

use std::path::{Path, PathBuf};

use virt_sdk::domain::{ConfigScope, DomainName, MetadataItem, XmlOptions};
use virt_sdk::model::snapshot::{SnapshotMemory, SnapshotState};
use virt_sdk::model::{DomainConfig, SnapshotConfig};
use virt_sdk::snapshot::{Snapshot, SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter};
use virt_sdk::{Connection, Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, Native, PLAIN, Rootfs};

use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, document, is, listens, rest, run_in};

contained! { "lxc_snapshots";
    ours_are_those_of_lxc_snapshot_and_its_are_ours;
    a_running_container_stands_still_while_it_is_copied;
    a_root_that_is_elsewhere_comes_back_where_it_was;
    what_a_crash_has_cut_off_is_finished_or_taken_back;
    an_overlay_is_copied_by_its_upper_layer;
    a_container_with_snapshots_is_renamed_and_not_undefined;
    what_cannot_be_kept_is_refused_by_its_reason;
    a_root_that_another_one_runs_from_is_not_replaced;
    a_root_that_is_a_link_or_a_mount_is_not_lost;
    a_run_that_differs_from_its_definition_comes_back_with_both;
    a_root_in_an_image_is_copied_as_one;
    liblxc_does_it_where_it_alone_can;
}

async fn make(domain: &Domain, name: &str) -> Result<Snapshot, Failure> {
    let config = SnapshotConfig::builder().name(name).build()?;
    domain.create_snapshot(&config).await.doing("making a snapshot")
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).doing("writing a file")
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).doing("reading a file")
}

/// What one of liblxc's tools printed that has to succeed.
fn tool(native: &Native, program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = native.tool(program).args(arguments).output().doing(program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{program} failed: {said}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn names(domain: &Domain) -> Result<Vec<String>, Failure> {
    let all = domain.snapshots().await.doing("listing snapshots")?;
    Ok(all.iter().map(|snapshot| snapshot.name().to_owned()).collect())
}

/// A container whose root is where liblxc has it: in its own directory.
async fn with_root_inside(
    containers: &Containers,
    conn: &Connection,
    name: &str,
) -> Result<(Domain, PathBuf), Failure> {
    let name = containers.name(name);
    let root = containers.root().join(&name).join("rootfs");
    std::fs::create_dir_all(&root).doing("making a directory")?;
    Rootfs::make_with(&root, Init::Quick).doing("making a root file system")?;
    let config = containers.document_of(&name, &root, "")?;
    let domain = conn.define_domain(&config).await.doing("defining a container")?;
    Ok((domain, root))
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

/// How far a change had come when it was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Copying,
    Swapping,
    OldIsAway,
    NewIsThere,
}

async fn what_a_crash_has_cut_off_is_finished_or_taken_back(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "cut", Init::Quick).await?;
    let (name, uuid) = (domain.name().to_owned(), domain.uuid());
    let root = containers.place().join("cut.root");
    let (new, old) = (
        containers.place().join("cut.root.virt-sdk-new"),
        containers.place().join("cut.root.virt-sdk-old"),
    );
    write(&root.join("note"), "then")?;
    make(&domain, "then").await?;
    conn.shutdown().await.doing("shutting down")?;
    let own = containers.root().join(".virt-sdk");
    let directory = containers.root().join(&name);
    let record = read(&directory.join("virt-sdk.json"))?;
    for cut in [Cut::Copying, Cut::Swapping, Cut::OldIsAway, Cut::NewIsThere] {
        write(&root.join("note"), "now")?;
        let root_text = root.to_string_lossy().into_owned();
        let work = match cut {
            Cut::Copying => serde_json::json!({ "copying": { "root": root_text } }),
            _ => {
                let definition: serde_json::Value =
                    serde_json::from_str(&record).map_err(|error| Failure::new(error.to_string()))?;
                serde_json::json!({ "swapping": { "root": root_text, "definition": definition, "snapshot": "then" } })
            }
        };
        let intent = serde_json::json!({ "format": 1, "uuid": uuid, "work": work });
        write(&own.join(format!("intent-{uuid}")), &intent.to_string())?;
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .arg(directory.join("snaps/snap0/rootfs"))
            .arg(&new)
            .status();
        check(copied.doing("copying")?.success(), "the copy failed")?;
        if matches!(cut, Cut::OldIsAway | Cut::NewIsThere) {
            std::fs::rename(&root, &old).doing("renaming")?;
        }
        if cut == Cut::NewIsThere {
            std::fs::rename(&new, &root).doing("renaming")?;
        }
        let conn = containers.open_soon().await?;
        let wanted = if cut == Cut::Copying { "now" } else { "then" };
        equal(
            read(&root.join("note"))?,
            wanted.to_owned(),
            &format!("the file, cut off at {cut:?}"),
        )?;
        check(
            !new.exists() && !old.exists(),
            format!("cut off at {cut:?}, something is left beside the root"),
        )?;
        check(
            !entries(&own).iter().any(|file| file.starts_with("intent-")),
            format!("cut off at {cut:?}, it is not done yet"),
        )?;
        conn.domain(name.as_str()).await.doing("looking it up")?;
        conn.shutdown().await.doing("shutting down")?;
    }
    // One that runs goes on with the root it has.
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    domain.start().await.doing("starting it")?;
    conn.shutdown().await.doing("shutting down")?;
    write(&root.join("note"), "now")?;
    std::fs::create_dir(&new).doing("making a copy")?;
    let definition: serde_json::Value =
        serde_json::from_str(&record).map_err(|error| Failure::new(error.to_string()))?;
    let root_text = root.to_string_lossy().into_owned();
    let work = serde_json::json!({ "swapping": { "root": root_text, "definition": definition, "snapshot": "then" } });
    let intent = serde_json::json!({ "format": 1, "uuid": uuid, "work": work });
    write(&own.join(format!("intent-{uuid}")), &intent.to_string())?;
    let conn = containers.open_soon().await?;
    check(
        read(&root.join("note"))? == "now" && !new.exists(),
        "one that runs was gone back to a snapshot",
    )?;
    check(
        !entries(&own).iter().any(|file| file.starts_with("intent-")),
        "what is not to be finished stands written",
    )?;
    conn.shutdown().await.doing("shutting down")?;
    // One that was being made of a running container, which stands still for ever.
    std::fs::create_dir_all(directory.join("virt-sdk.new/rootfs/bin")).doing("making a directory")?;
    let intent = serde_json::json!({ "format": 1, "uuid": uuid, "work": { "making": { "thaw": true } } });
    write(&own.join(format!("intent-{uuid}")), &intent.to_string())?;
    tool(&containers.native(&name), "lxc-freeze", &[])?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    is(&domain, DomainState::Running, "after a snapshot that was cut off").await?;
    check(
        !directory.join("virt-sdk.new").exists(),
        "what was made of it is still there",
    )?;
    equal(names(&domain).await?, vec!["then".to_owned()], "its snapshots")?;
    let then = domain.snapshot("then").await.doing("looking it up")?;
    then.delete().await.doing("deleting it")?;
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

fn run(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let output = std::process::Command::new(program).args(arguments).output();
    let output = output.doing(program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(
        output.status.success(),
        format!("{program} {arguments:?} failed: {said}"),
    )
}

/// A file system in a file, mounted for a test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(image: &Path, at: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(at).doing("making a directory")?;
        run(
            "mount",
            &["-o", "loop", &image.to_string_lossy(), &at.to_string_lossy()],
        )?;
        Ok(Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // liblxc's own daemon is in it for half a minute more.
        drop(run("umount", &["-l", &self.0.to_string_lossy()]));
    }
}

fn image(path: &Path, program: &str, size: u64) -> Result<(), Failure> {
    let found = std::process::Command::new(program).arg("-V").output();
    if found.is_err() {
        return Err(Failure::not_here(format!("{program} is not installed")));
    }
    let file = std::fs::File::create(path).doing("making an image")?;
    file.set_len(size << 20).doing("making an image")?;
    run(program, &["-q", &path.to_string_lossy()])
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
