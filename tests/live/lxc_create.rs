//! Containers made from a directory, a tarball, an image, another container; removed with their root.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use virt_sdk::lxc::extension::native_config;
use virt_sdk::lxc::{CopyOptions, RootfsSource, copy, create_container, delete_with_rootfs};
use virt_sdk::model::{DomainConfig, SnapshotConfig};
use virt_sdk::{Connection, Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, RANGE, root_range};

use crate::checks::{check, entries, equal, soon};
use crate::containers::{Containers, contained, is, listens, run_in};

contained! { "lxc_create";
    a_directory_becomes_a_root;
    a_tarball_becomes_a_root;
    an_image_is_applied_layer_by_layer_and_boots;
    a_command_that_liblxc_cannot_be_told_is_run_by_a_script;
    an_image_that_is_not_what_its_digests_say_leaves_nothing;
    an_image_that_leads_out_of_its_root_is_refused;
    the_image_for_this_machine_is_taken;
    the_root_of_a_mapped_container_belongs_to_its_users;
    a_copy_is_a_container_of_its_own;
    a_copy_that_shares_the_root_keeps_what_it_changes;
    an_ephemeral_copy_goes_with_its_run;
    all_of_it_is_done_on_a_far_machine;
}

/// A container without a root.
fn rootless(containers: &Containers, name: &str, os: &str, more: &str) -> Result<DomainConfig, Failure> {
    let text = format!(
        "<domain type='lxc'><name>{}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type>exe</type>{os}</os>{more}<features><privnet/></features>\
         <devices><console type='pty'/></devices></domain>",
        containers.name(name)
    );
    Ok(DomainConfig::from_xml(&text)?)
}

fn shell(script: &str, arguments: &[&Path]) -> Result<String, Failure> {
    let output = Command::new("sh")
        .args(["-e", "-c", script, "sh"])
        .args(arguments)
        .output()
        .doing(script)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{script:?} failed: {said}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Nothing but the containers of these domains is in their directory.
fn only(containers: &Containers, domains: &[&str]) -> Result<(), Failure> {
    let mut names = entries(&containers.root());
    names.retain(|name| name != ".virt-sdk");
    names.sort_unstable();
    let mut wanted: Vec<String> = domains.iter().map(|name| (*name).to_owned()).collect();
    wanted.sort_unstable();
    equal(names, wanted, "the directories there are")?;
    let mut own = entries(&containers.root().join(".virt-sdk"));
    own.retain(|name| name.starts_with("making-") || name.starts_with("removed-"));
    equal(own, Vec::new(), "what is left of work")
}

async fn boots(domain: &Domain) -> Result<(), Failure> {
    domain.start().await.doing("starting it")?;
    listens(domain).await?;
    is(domain, DomainState::Running, "after its start").await
}

async fn ends(domain: &Domain) -> Result<(), Failure> {
    domain.destroy().await.doing("destroying it")?;
    delete_with_rootfs(domain)
        .await
        .doing("removing it with its root")
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

/// An image layout that is made.
struct Layout {
    path: PathBuf,
}

impl Layout {
    fn new(containers: &Containers, name: &str) -> Result<Self, Failure> {
        let path = containers.place().join(name);
        std::fs::create_dir_all(path.join("blobs/sha256")).doing("making a layout")?;
        std::fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
            .doing("making a layout")?;
        Ok(Self { path })
    }

    fn blob(&self, content: &[u8], media: &str) -> Result<Value, Failure> {
        let at = self.path.join("new");
        std::fs::write(&at, content).doing("writing a blob")?;
        let digest = shell("sha256sum < \"$1\" | cut -d' ' -f1", &[&at])?;
        std::fs::rename(&at, self.path.join("blobs/sha256").join(&digest)).doing("naming a blob")?;
        Ok(json!({ "mediaType": media, "digest": format!("sha256:{digest}"), "size": content.len() }))
    }

    /// A layer with what a script makes in a directory.
    fn layer(&self, script: &str, root: Option<&Path>) -> Result<Value, Failure> {
        let directory = self.path.join("layer");
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(&directory).doing("making a layer")?;
        if let Some(root) = root {
            shell("cp -a \"$1/.\" \"$2\"", &[root, &directory])?;
        }
        shell(&format!("cd \"$1\"; {script}"), &[&directory])?;
        let archive = self.path.join("layer.tar.gz");
        shell(
            "cd \"$1\" && tar -czf \"$2\" --numeric-owner *  $(ls -A | grep '^[.]' || true)",
            &[&directory, &archive],
        )?;
        let content = std::fs::read(&archive).doing("reading a layer")?;
        self.blob(&content, "application/vnd.oci.image.layer.v1.tar+gzip")
    }

    fn manifest(&self, process: &Value, architecture: &str, layers: &[Value]) -> Result<Value, Failure> {
        let config = json!({ "architecture": architecture, "os": "linux", "config": process });
        let config = self.blob(
            config.to_string().as_bytes(),
            "application/vnd.oci.image.config.v1+json",
        )?;
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media, "config": config, "layers": layers });
        self.blob(manifest.to_string().as_bytes(), media)
    }

    fn index(&self, manifests: &[Value]) -> Result<(), Failure> {
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        std::fs::write(self.path.join("index.json"), index.to_string()).doing("writing an index")
    }

    fn source(&self) -> RootfsSource {
        RootfsSource::oci_layout(self.path.to_string_lossy())
    }
}

/// The same with another field.
fn with(mut document: Value, field: &str, value: Value) -> Value {
    if let Some(fields) = document.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    document
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
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

#[cfg(feature = "ssh")]
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

#[cfg(not(feature = "ssh"))]
async fn all_of_it_is_done_on_a_far_machine(_containers: &Containers) -> Result<(), Failure> {
    Err(Failure::not_here("feature ssh is off"))
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
