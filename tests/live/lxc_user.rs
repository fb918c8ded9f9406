//! Containers of an ordinary user: this program, started again as that user, defines, starts and ends one.

#![expect(clippy::print_stdout, reason = "it is a program too, and its test listens")]

use std::path::Path;
use std::process::{Command, Stdio};

use virt_sdk::agent::ExecRequest;
use virt_sdk::lxc::CopyOptions;
use virt_sdk::model::{DomainConfig, SnapshotConfig};
use virt_sdk::{Domain, Error};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::lxc::{Init, Rootfs};
use virt_testkit::live::sshd::{Sudo, TestUser};

use crate::checks::{check, equal};
use crate::containers::{Containers, builder, contained, document, open_to_all, uri};
use crate::lxc_manager::{MOOD_VARIABLE, ROOT_VARIABLE, SUFFIX_VARIABLE};

contained! { "lxc_user";
    an_ordinary_user_has_containers;
}

/// What the user's program is told to do.
pub(crate) const MOOD: &str = "ordinary";

const RANGE: u32 = 65_536;
/// Above what `useradd` gives, and not what root's containers have.
const BASE: u32 = 800_000_000;

async fn an_ordinary_user_has_containers(containers: &Containers) -> Result<(), Failure> {
    let user = TestUser::create(Sudo::No)?;
    let first = BASE + (std::process::id() % 1000) * RANGE;
    let range = format!("{first}-{}", first + RANGE - 1);
    run(Command::new("usermod").args(["--add-subuids", &range, "--add-subgids", &range, user.name()]))?;
    let place = containers.place().join("user");
    let root = place.join("lxc");
    std::fs::create_dir_all(&root).doing("making the user's directory")?;
    let rootfs = Rootfs::make_with(&place.join("manager.root"), Init::Quick)?;
    user.give(&place)?;
    open_to_all(&place)?;
    shift(rootfs.path(), first)?;
    let program = place.join("manager");
    std::fs::copy(std::env::current_exe().doing("finding this program")?, &program).doing("copying it")?;
    let suffix = containers.name("");
    containers.name("mine");
    containers.name("copy");
    // As at a login: nothing of root's is left.
    let script = format!("cd && exec {}", program.display());
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", user.name()))
        .arg(format!("--regid={}", user.name()))
        .args(["--init-groups", "--inh-caps=-all", "--", "/bin/sh", "-c", &script])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", user.home())
        .env("USER", user.name())
        .env(ROOT_VARIABLE, &root)
        .env(SUFFIX_VARIABLE, suffix)
        .env(MOOD_VARIABLE, MOOD)
        .env("VIRT_TEST_LXC_BASE", first.to_string())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output
        .map_err(|error| Failure::new(error.to_string()))?
        .doing("running it as the user")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    check(
        output.status.success(),
        format!("the user's manager failed: {failed}\n{said}"),
    )?;
    let wanted = [
        "define: done",
        "start: done",
        "uid: 0",
        "exec: done",
        "suspend: ",
        "destroy: done",
        "shutdown: done",
        "snapshot: done",
        "copy: done",
        "undefine: done",
    ];
    for wanted in wanted {
        check(
            said.lines().any(|line| line.starts_with(wanted)),
            format!("{wanted:?} was not said: {said}"),
        )?;
    }
    let suspend = said
        .lines()
        .find(|line| line.starts_with("suspend: "))
        .unwrap_or_default();
    check(
        suspend.contains("Unsupported") && suspend.contains("freezer"),
        format!("freezing is not refused for its reason: {suspend}"),
    )?;
    drop(std::fs::remove_file(&program));
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let output = command.output().doing("running a program")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{command:?} failed: {said}"))
}

/// Gives all of a root file system to a user namespace that begins here.
fn shift(path: &Path, base: u32) -> Result<(), Failure> {
    let owner = format!("{base}:{base}");
    run(Command::new("chown").args(["-hR", &owner]).arg(path))
}

/// What the user's program does: it says what became of each step.
pub(crate) async fn manage(root: &Path, rootfs: &Path, suffix: &str) -> Result<(), Failure> {
    let conn = builder().open(&uri(root)).await.doing("opening the directory")?;
    let config = mapped(&format!("mine{suffix}"), rootfs)?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    println!("define: done");
    domain.start().await.doing("starting it")?;
    println!("start: done");
    let output = inside(&domain, "id -u; cat /proc/self/uid_map").await?;
    println!("uid: {output}");
    println!("exec: done");
    told("suspend", domain.suspend().await);
    let info = domain.info().await.doing("asking for it")?;
    check(info.state.is_active(), "it does not run any more")?;
    told(
        "stats",
        domain.stats(virt_sdk::stats::StatsGroups::all()).await.map(drop),
    );
    domain.destroy().await.doing("destroying it")?;
    println!("destroy: done");
    domain.start().await.doing("starting it again")?;
    crate::containers::listens(&domain).await?;
    domain.shutdown().await.doing("asking it to end")?;
    domain
        .wait_for(virt_sdk::DomainState::ShutOff)
        .await
        .doing("waiting for its end")?;
    println!("shutdown: done");
    told("snapshot", goes_back(&domain).await);
    told("copy", is_copied(&domain, &format!("copy{suffix}")).await);
    domain.undefine().await.doing("undefining it")?;
    println!("undefine: done");
    let left = crate::checks::entries(root);
    equal(left, vec![".virt-sdk".to_owned()], "what is left of it")?;
    conn.shutdown().await.doing("shutting down")
}

/// A snapshot is made, gone back to and deleted, whose files belong to users of the namespace.
async fn goes_back(domain: &Domain) -> Result<(), Error> {
    let config = SnapshotConfig::builder().name("one").build()?;
    let snapshot = domain.create_snapshot(&config).await?;
    snapshot.revert().await?;
    domain.start().await?;
    domain.destroy().await?;
    snapshot.delete().await
}

/// A copy is made, started and removed with its root.
async fn is_copied(domain: &Domain, name: &str) -> Result<(), Error> {
    let copied = virt_sdk::lxc::copy(domain, name, &CopyOptions::default()).await?;
    copied.start().await?;
    copied.destroy().await?;
    virt_sdk::lxc::delete_with_rootfs(&copied).await
}

fn told(what: &str, result: Result<(), Error>) {
    match result {
        Ok(()) => println!("{what}: done"),
        Err(error) => println!("{what}: {:?} {error}", error.kind()),
    }
}

async fn inside(domain: &Domain, script: &str) -> Result<String, Failure> {
    let request = ExecRequest::new("/bin/sh").args(["-c", script]);
    let output = domain
        .agent()
        .exec(&request)
        .await
        .doing("running a program in it")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    check(
        output.status.success(),
        format!("{script:?} failed ({}): {failed}", output.status),
    )?;
    Ok(said.trim().replace('\n', "; "))
}

/// One whose root is the first of the user's range.
fn mapped(name: &str, rootfs: &Path) -> Result<DomainConfig, Failure> {
    let base = std::env::var("VIRT_TEST_LXC_BASE").unwrap_or_default();
    let config = document(name, rootfs, "")?;
    let map = format!(
        "</os><idmap><uid start='0' target='{base}' count='{RANGE}'/><gid start='0' target='{base}' \
         count='{RANGE}'/></idmap>"
    );
    let text = config.to_xml().replace("</os>", &map);
    Ok(DomainConfig::from_xml(&text)?)
}
