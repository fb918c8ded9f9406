//! An ordinary user: the daemon of his own session, which is started when it is wanted.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use virt_testkit::live::sshd::{self, Sudo, TestUser};

use super::{nobody, use_test_driver};

/// Set for the tests that another one runs as somebody else.
const ROLE: &str = "VIRT_TEST_AS_USER";

/// Runs one of the ignored tests here as a user; what it says when it fails.
pub(crate) async fn run_as(user: &TestUser, test: &str, environment: &[(&str, &str)]) -> Result<(), String> {
    let this = std::env::current_exe().expect("this program");
    let name = user.name();
    let running = tokio::process::Command::new("setpriv")
        .args(["--reuid", name, "--regid", name, "--clear-groups", "--"])
        .arg(this)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", user.home())
        .env(ROLE, "1")
        .envs(environment.iter().copied())
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(180), running)
        .await
        .map_err(|_| "it did not end".to_owned())?
        .expect("a program");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    match output.status.success() && said.contains("1 passed") {
        true => Ok(()),
        false => Err(said),
    }
}

/// For the tests that are run as somebody else: they make no sense by themselves.
pub(crate) fn is_somebody_else() {
    assert!(
        std::env::var_os(ROLE).is_some(),
        "it is run by another test, as an ordinary user"
    );
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("ourselves"));
    assert_ne!(uid, 0);
}

/// Ends the daemon that was started, which would wait for 120 s.
struct Ending<'a>(&'a Path);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(self.0.join("libvirt/libvirtd.pid")) {
            let _ended = std::process::Command::new("kill").arg(pid.trim()).status();
        }
    }
}

#[tokio::test]
async fn a_sessions_daemon_is_started_and_found_again() {
    if let Some(missing) = sshd::missing() {
        virt_testkit::skip!("{missing}");
    }
    if !Path::new("/usr/sbin/libvirtd").exists() {
        virt_testkit::skip!("libvirtd is not installed: `cargo xtask install libvirt` installs it");
    }
    let user = TestUser::create(Sudo::No).expect("a user");
    let runtime = tempfile::tempdir().expect("a directory");
    user.give(runtime.path()).expect("a directory of the user's");
    let _ending = Ending(runtime.path());
    let directory = runtime.path().display().to_string();
    let ran = run_as(
        &user,
        "session::an_ordinary_user_uses_the_daemon_of_the_session",
        &[("XDG_RUNTIME_DIR", &directory)],
    )
    .await;
    if let Err(said) = ran {
        panic!("{said}");
    }
}

#[tokio::test]
#[ignore = "run as an ordinary user, by another test"]
async fn an_ordinary_user_uses_the_daemon_of_the_session() {
    is_somebody_else();
    use_test_driver("test+unix:///default", &nobody()).await;
    // By now it runs, and both names of the session lead to it.
    let directory = std::env::var("XDG_RUNTIME_DIR").expect("a directory");
    let pid = Path::new(&directory).join("libvirt/libvirtd.pid");
    let first = std::fs::read_to_string(&pid).expect("a daemon");
    let session = super::connect("qemu:///session", &nobody())
        .await
        .expect("a session");
    assert_eq!(session.uri(), "qemu:///session");
    session.shutdown(super::soon()).await.expect("a goodbye");
    assert_eq!(std::fs::read_to_string(&pid).expect("a daemon"), first);
}
