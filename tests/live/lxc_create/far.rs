//! All of it, on a far machine.

use serde_json::json;
use virt_sdk::lxc::{CopyOptions, copy, create_container};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::lxc::Init;

use super::layout::{Layout, architecture};
use super::{boots, ends, only, rootless};
use crate::checks::equal;
use crate::containers::{Containers, contained, run_in};

contained! { "lxc_create";
    all_of_it_is_done_on_a_far_machine;
}

async fn all_of_it_is_done_on_a_far_machine(containers: &Containers) -> Result<(), Failure> {
    let far = virt_testkit::live::far::FarMachine::start(|sshd| sshd).await?;
    let uri = far.uri_of("lxc", &containers.root());
    let conn = crate::containers::builder()
        .open(&uri)
        .await
        .doing("opening the directory")?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let base = layout.layer("echo 1 > gone", Some(rootfs.path()))?;
    let more = layout.layer("touch .wh.gone; echo 2 > more", None)?;
    let process = json!({ "Cmd": ["init"], "User": "0:0" });
    let manifest = layout.manifest(&process, architecture(), &[base, more])?;
    layout.index(&[manifest])?;
    let config = rootless(containers, "far", "", "")?;
    let domain = create_container(&conn, &config, &layout.source())
        .await
        .doing("making it")?;
    boots(&domain).await?;
    equal(
        run_in(&domain, "[ -e /gone ] || cat /more").await?,
        "2\n".to_owned(),
        "what is in it",
    )?;
    let copied = containers.name("copied");
    let copied = copy(&domain, &copied, &CopyOptions::default())
        .await
        .doing("copying it")?;
    boots(&copied).await?;
    ends(&copied).await?;
    ends(&domain).await?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}
