//! What a crash has cut off.

use virt_sdk::DomainState;
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::lxc::Init;

use super::{make, names, read, tool, write};
use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, is};

contained! { "lxc_snapshots";
    what_a_crash_has_cut_off_is_finished_or_taken_back;
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
