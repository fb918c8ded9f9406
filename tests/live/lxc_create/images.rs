//! Roots made from images.

use std::path::Path;

use serde_json::{Value, json};
use virt_sdk::ErrorKind;
use virt_sdk::lxc::{create_container, delete_with_rootfs};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use super::layout::{Layout, architecture};
use super::{boots, ends, only, rootless, shell};
use crate::checks::{check, equal};
use crate::containers::{Containers, contained, run_in};

contained! { "lxc_create";
    an_image_is_applied_layer_by_layer_and_boots;
    a_command_that_liblxc_cannot_be_told_is_run_by_a_script;
    an_image_that_is_not_what_its_digests_say_leaves_nothing;
    an_image_that_leads_out_of_its_root_is_refused;
    the_image_for_this_machine_is_taken;
}

/// The same with another field.
fn with(mut document: Value, field: &str, value: Value) -> Value {
    if let Some(fields) = document.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    document
}

async fn an_image_is_applied_layer_by_layer_and_boots(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let base = layout.layer(
        "mkdir -p srv/old srv/kept dir; echo 1 > srv/old/a; echo 1 > srv/kept/b; echo 1 > gone; echo 1 > dir/in; \
         ln -s /etc link; echo 1 > file; ln file hard; chown 12:34 file; chmod 1777 tmp; ln -s nowhere opt",
        Some(rootfs.path()),
    )?;
    let changes = layout.layer(
        "mkdir -p srv/old srv/kept link opt; touch .wh.gone srv/old/.wh..wh..opq srv/kept/.wh.b; echo 2 > srv/old/new; \
         echo 2 > dir; echo 2 > link/own; echo 2 > opt/real; mkdir tmp; echo 2 > tmp/t; chmod 1777 tmp; echo 2 > \"sp ace\"",
        None,
    )?;
    let process = json!({
        "Entrypoint": ["/sbin/init"], "Env": ["COLOUR=red", "SIZE=9"], "WorkingDir": "/srv", "User": "root",
    });
    let manifest = layout.manifest(&process, architecture(), &[base, changes])?;
    let name = json!({ "org.opencontainers.image.ref.name": "v1" });
    let manifest = with(manifest, "annotations", name);
    layout.index(&[manifest])?;
    let config = rootless(containers, "image", "<initenv name='COLOUR'>blue</initenv>", "")?;
    let domain = create_container(&conn, &config, &layout.source().with_reference("v1")).await;
    let domain = domain.doing("making it")?;
    let read = domain.config().await.doing("reading its document")?;
    let os = read.os.ok_or_else(|| Failure::new("it has no <os>"))?;
    equal(os.init.as_deref(), Some("/sbin/init"), "its init")?;
    equal(os.initdir.as_deref(), Some("/srv"), "its directory")?;
    let mut env: Vec<String> = os
        .init_env
        .iter()
        .map(|one| {
            format!(
                "{}={}",
                one.name.as_deref().unwrap_or(""),
                one.value.as_deref().unwrap_or("")
            )
        })
        .collect();
    env.sort_unstable();
    equal(
        env,
        vec!["COLOUR=blue".to_owned(), "SIZE=9".to_owned()],
        "its environment",
    )?;
    check(
        !Path::new("/etc/own").exists(),
        "a layer was written through a link to the machine's /etc",
    )?;
    boots(&domain).await?;
    let script = "cd /; ls srv/old srv/kept; cat dir link/own opt/real tmp/t 'sp ace' file hard; [ -e gone ] || echo gone; \
                  [ -L link ] || echo real; stat -c '%u:%g %h' file; stat -c %a tmp; tr '\\0' '\\n' < /proc/1/environ | grep -E 'COLOUR|SIZE' | sort; \
                  readlink /proc/1/cwd";
    let found = run_in(&domain, script).await?;
    let wanted = "srv/kept:\n\nsrv/old:\nnew\n2\n2\n2\n2\n2\n1\n1\ngone\nreal\n12:34 2\n1777\nCOLOUR=blue\nSIZE=9\n/srv\n";
    equal(found.as_str(), wanted, "what is in it")?;
    let error = create_container(&conn, &config, &layout.source().with_reference("v2")).await;
    let error = refused(error, ErrorKind::NotFound, "another reference")?;
    check(
        error.message().contains("v1"),
        format!("those that are there are not named: {error}"),
    )?;
    ends(&domain).await?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}

async fn a_command_that_liblxc_cannot_be_told_is_run_by_a_script(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let base = layout.layer(":", Some(rootfs.path()))?;
    let command = "echo \"it's $0\" > /said; exec /sbin/init";
    let process = json!({ "Entrypoint": ["sh", "-c"], "Cmd": [command], "User": "" });
    let manifest = layout.manifest(&process, architecture(), &[base])?;
    layout.index(&[manifest])?;
    let config = rootless(containers, "script", "", "")?;
    let domain = create_container(&conn, &config, &layout.source())
        .await
        .doing("making it")?;
    boots(&domain).await?;
    equal(
        run_in(&domain, "cat /said").await?,
        "it's /bin/sh\n".to_owned(),
        "what it said",
    )?;
    ends(&domain).await?;
    containers.remove_all(&conn).await
}

async fn an_image_that_is_not_what_its_digests_say_leaves_nothing(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let base = layout.layer(":", Some(rootfs.path()))?;
    let more = layout.layer("echo 1 > more", None)?;
    let process = json!({ "Cmd": ["/sbin/init"] });
    let digest = more
        .get("digest")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let manifest = layout.manifest(&process, architecture(), &[base.clone(), more])?;
    layout.index(&[manifest])?;
    let blob = layout.path.join("blobs").join(digest.replace(':', "/"));
    let mut content = std::fs::read(&blob).doing("reading a blob")?;
    content.push(0);
    std::fs::write(&blob, content).doing("changing a blob")?;
    let config = rootless(containers, "tampered", "", "")?;
    let error = refused(
        create_container(&conn, &config, &layout.source()).await,
        ErrorKind::Corrupt,
        "a changed blob",
    )?;
    check(
        error.message().contains(&digest),
        format!("the blob is not named: {error}"),
    )?;
    only(containers, &[])?;
    std::fs::remove_file(&blob).doing("removing a blob")?;
    refused(
        create_container(&conn, &config, &layout.source()).await,
        ErrorKind::NotFound,
        "a blob that is missing",
    )?;
    let media = json!("application/vnd.oci.image.layer.v1.tar+gzip+encrypted");
    let odd = with(base, "mediaType", media);
    let manifest = layout.manifest(&process, architecture(), &[odd])?;
    layout.index(&[manifest])?;
    let made = create_container(&conn, &config, &layout.source()).await;
    let error = refused(made, ErrorKind::Unsupported, "an encrypted layer")?;
    check(
        error.message().contains("tar+gzip+encrypted"),
        format!("the type is not named: {error}"),
    )?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}

async fn an_image_that_leads_out_of_its_root_is_refused(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let outside = containers.place().join("outside");
    std::fs::create_dir(&outside).doing("making a directory")?;
    std::fs::write(outside.join("victim"), "untouched").doing("writing a file")?;
    let text = outside.to_string_lossy().into_owned();
    let base = layout.layer(&format!("ln -s {text} way; ln -s way round"), Some(rootfs.path()))?;
    let process = json!({ "Cmd": ["/sbin/init"] });
    // A layer that goes on through a link of the layer below it, which is not in it itself.
    let archive = layout.path.join("through.tar");
    let through = |script: &str| -> Result<Value, Failure> {
        shell(
            &format!("rm -rf \"$1\"; mkdir \"$1\"; cd \"$1\"; {script}"),
            &[&layout.path.join("layer"), &archive],
        )?;
        let content = std::fs::read(&archive).doing("reading a layer")?;
        layout.blob(&content, "application/vnd.oci.image.layer.v1.tar")
    };
    let layers = [
        through("mkdir way; echo bad > way/victim; tar -cf \"$2\" way/victim")?,
        through("mkdir way; touch way/.wh.victim; tar -cf \"$2\" way/.wh.victim")?,
        through("mkdir way; touch way/.wh..wh..opq; tar -cf \"$2\" way/.wh..wh..opq")?,
        through("mkdir round; echo bad > round/victim; tar -cf \"$2\" round/victim")?,
    ];
    for layer in layers {
        let manifest = layout.manifest(&process, architecture(), &[base.clone(), layer])?;
        layout.index(&[manifest])?;
        let config = rootless(containers, "through", "", "")?;
        let domain = create_container(&conn, &config, &layout.source())
            .await
            .doing("making it")?;
        let left = std::fs::read_to_string(outside.join("victim")).doing("reading what is outside")?;
        equal(left.as_str(), "untouched", "what is outside")?;
        delete_with_rootfs(&domain).await.doing("removing it")?;
    }
    let refused_ones = [
        through(
            "ln -s round x; tar -cf \"$2\" x; rm x; mkdir x; echo bad > x/victim; tar -rf \"$2\" x/victim",
        )?,
        through("mkdir a; echo bad > a/victim; tar -cf \"$2\" --transform 's,a/,../../,' -P a/victim")?,
    ];
    for layer in refused_ones {
        let manifest = layout.manifest(&process, architecture(), &[base.clone(), layer])?;
        layout.index(&[manifest])?;
        let config = rootless(containers, "out", "", "")?;
        let made = create_container(&conn, &config, &layout.source()).await;
        refused(made, ErrorKind::Corrupt, "a layer that leads out")?;
        only(containers, &[])?;
    }
    containers.remove_all(&conn).await
}

async fn the_image_for_this_machine_is_taken(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let rootfs = containers.rootfs("base", Init::Quick)?;
    let layout = Layout::new(containers, "image")?;
    let base = layout.layer(":", Some(rootfs.path()))?;
    let process = json!({ "Cmd": ["/sbin/init"], "User": "user" });
    let with_platform = |manifest: Value, architecture: &str| {
        let platform = json!({ "os": "linux", "architecture": architecture });
        with(manifest, "platform", platform)
    };
    let other = with_platform(
        layout.manifest(
            &json!({ "Cmd": ["/other"] }),
            "s390x",
            std::slice::from_ref(&base),
        )?,
        "s390x",
    );
    let ours = with_platform(
        layout.manifest(&process, architecture(), &[base])?,
        architecture(),
    );
    let media = "application/vnd.oci.image.index.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": media, "manifests": [other.clone(), ours] });
    let index = layout.blob(index.to_string().as_bytes(), media)?;
    layout.index(&[index])?;
    let config = rootless(containers, "many", "", "")?;
    let domain = create_container(&conn, &config, &layout.source())
        .await
        .doing("making it")?;
    let read = domain.config().await.doing("reading its document")?;
    let os = read.os.unwrap_or_default();
    equal(os.init.as_deref(), Some("/sbin/init"), "its init")?;
    equal(os.inituser.as_deref(), Some("+1000"), "its user")?;
    delete_with_rootfs(&domain).await.doing("removing it")?;
    layout.index(&[other])?;
    let made = create_container(&conn, &config, &layout.source()).await;
    let error = refused(made, ErrorKind::Unsupported, "an image for another machine")?;
    check(
        error.message().contains("s390x"),
        format!("that machine is not named: {error}"),
    )?;
    only(containers, &[])?;
    containers.remove_all(&conn).await
}
