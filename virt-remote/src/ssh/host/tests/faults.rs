//! What can happen to a link, and to those who use it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use virt_core::credentials::{CredentialRequest, CredentialSource, Secret};
use virt_core::host::{BatchMode, Command, Host, HostOp};
use virt_core::{ErrorKind, Outcome};

use super::super::loopback::{Loopback, is_here, shells};
use super::super::{HostOptions, SshHost};
use super::{at, host_of, limited};

#[test]
fn a_cut_leaves_old_or_new_content_and_the_link_comes_back() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let path = at(&directory, "file");
        for (round, delay) in [0, 3, 10, 30, 80, 150, 300].into_iter().enumerate() {
            let old = vec![b'o'; 3_000_000];
            let new = vec![b'n'; 6_000_000];
            while host.files().write_atomic(&path, &old, 0o600).await.is_err() {}
            let write = HostOp::WriteAtomic {
                path: path.clone(),
                content: new.clone(),
                mode: 0o600,
            };
            let link = loopback.link();
            let cut = async {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                link.cut();
            };
            let (results, ()) = tokio::join!(host.batch(BatchMode::All, vec![write]), cut);
            if let Err(error) = &results[0] {
                assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
            }
            while host.files().stat(&path).await.is_err() {}
            let content = std::fs::read(&path).unwrap();
            assert!(
                content == old || content == new,
                "round {round}: {} bytes",
                content.len()
            );
            if results[0].is_ok() {
                assert!(content == new);
            }
            let left = host
                .files()
                .list_dir(directory.path().to_str().unwrap())
                .await
                .unwrap();
            assert_eq!(left.len(), 1, "{left:?}");
        }
        assert!(host.connection.login().await.unwrap().generation >= 7);
    });
}

/// How many processes have this in their command lines.
fn mentions(text: &str) -> usize {
    let lines = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        String::from_utf8_lossy(&line).contains(text).then_some(())
    });
    lines.count()
}

/// As QEMU is launched: when the line breaks while its launcher still waits for it, the guest must not notice.
#[test]
fn a_daemon_whose_launcher_still_waits_outlives_a_lost_login() {
    limited(async {
        for (turn, shell) in shells().enumerate() {
            let (host, loopback) = host_of(Loopback::new(), shell).await;
            let tag = host.connection.login().await.unwrap().launch.tag.clone();
            let time = format!("37{turn}.{}", std::process::id());
            let command = Command::new("setsid").args(["--fork", "--wait", "sleep", &time]);
            let launching = tokio::spawn({
                let host = Arc::clone(&host);
                async move { host.processes().run(command).await }
            });
            // The launcher, and what it launched.
            while mentions(&time) < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            loopback.link().cut();
            assert!(launching.await.unwrap().is_err());
            host.files().stat("/").await.unwrap();
            assert_eq!(mentions(&tag), 0, "shells of the lost login with {shell}");
            let daemons = host.processes().list("sleep").await.unwrap();
            let daemon = daemons.iter().find(|process| process.argv.contains(&time));
            let daemon = daemon.unwrap_or_else(|| panic!("the daemon was killed with {shell}"));
            let kill = virt_core::host::Signal::Kill;
            host.processes().signal(daemon.identity, kill).await.unwrap();
        }
    });
}

#[test]
fn what_a_lost_login_has_in_hand_is_over_before_the_next_one_is_used() {
    limited(async {
        for (turn, (shell, seconds)) in shells().flat_map(|shell| [(shell, 1), (shell, 3600)]).enumerate() {
            let directory = tempfile::tempdir().unwrap();
            let path = at(&directory, "file");
            let (host, loopback) = host_of(Loopback::new(), shell).await;
            let tag = host.connection.login().await.unwrap().launch.tag.clone();
            let sleep = format!("{seconds}.{turn}{}", std::process::id());
            let ops = vec![
                HostOp::Run(
                    Command::new("sleep")
                        .arg(&sleep)
                        .time_limit(Duration::from_secs(7200)),
                ),
                HostOp::WriteAtomic {
                    path: path.clone(),
                    content: b"late".to_vec(),
                    mode: 0o600,
                },
            ];
            let batch = tokio::spawn({
                let host = Arc::clone(&host);
                async move { host.batch(BatchMode::All, ops).await }
            });
            while mentions(&sleep) == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let begun = Instant::now();
            loopback.link().cut();
            for result in batch.await.unwrap() {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost);
            }
            let found = host.files().stat(&path).await.unwrap().is_some();
            assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
            assert_eq!((mentions(&tag), mentions(&sleep)), (0, 0), "{shell} {seconds}");
            assert!(
                !found || seconds == 1,
                "what came after an endless program was done"
            );
            tokio::time::sleep(Duration::from_millis(1200)).await;
            assert_eq!(
                std::path::Path::new(&path).exists(),
                found,
                "{shell} wrote behind our back"
            );
        }
    });
}

#[test]
fn a_spawned_program_of_a_lost_login_is_ended_by_the_next() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let sleep = format!("3700.{}", std::process::id());
        let mut child = host
            .processes()
            .spawn(Command::new("sleep").arg(&sleep))
            .await
            .unwrap();
        loopback.link().cut();
        assert_eq!(child.wait().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
        host.files().stat("/").await.unwrap();
        assert_eq!(mentions(&sleep), 1);
        drop(child);
        while mentions(&sleep) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn a_call_in_flight_fails_and_those_after_it_wait_for_the_link() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "bash").await;
        let sleeping = tokio::spawn({
            let host = Arc::clone(&host);
            async move {
                let command = Command::new("sleep").arg("5").time_limit(Duration::from_secs(20));
                host.processes().run(command).await
            }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        loopback.link().cut();
        let error = sleeping.await.unwrap().unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::ConnectionLost, Outcome::Unknown)
        );
        host.files().stat("/").await.unwrap().unwrap();
    });
}

#[test]
fn a_machine_that_refuses_us_is_not_asked_again() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::AuthenticationFailed);
        loopback.link().cut();
        let error = loop {
            match host.files().stat("/").await.unwrap_err() {
                error if error.kind() == ErrorKind::ConnectionLost => {}
                error => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    });
}

#[test]
fn the_end_of_a_host_ends_its_link() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let link = loopback.link();
        drop(host);
        tokio::time::timeout(
            Duration::from_secs(5),
            crate::ssh::link::Link::lost(link.as_ref()),
        )
        .await
        .unwrap();
    });
}

/// A shell that the kernel calls sshd.
fn sshd(directory: &tempfile::TempDir) -> String {
    let path = at(directory, "sshd");
    std::fs::copy("/bin/dash", &path).unwrap();
    path
}

fn running(program: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let link = std::fs::read_link(entry.ok()?.path().join("exe")).ok()?;
        (link.to_str()? == program).then_some(())
    });
    processes.count()
}

#[test]
fn a_silent_login_is_ended_on_the_far_side_within_fifteen_seconds_and_the_next_ends_it_at_once() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let mut loopback = Loopback::new();
        let sshd = sshd(&directory);
        loopback.sshd = Some(sshd.clone());
        let (host, loopback) = host_of(loopback, "dash").await;
        let login = host.connection.login().await.unwrap();
        let first = login.sshd.unwrap();
        let is_there = || std::path::Path::new(&format!("/proc/{}", first.pid)).exists();
        assert!(is_there());
        drop(login);
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        let begun = Instant::now();
        loopback.link().stall();
        while is_there() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(
                begun.elapsed() < Duration::from_secs(16),
                "the login still stands"
            );
        }
        println!("the far side ended it after {:?}", begun.elapsed());
        *loopback.refuses.lock().unwrap() = None;
        while host.files().stat("/").await.is_err() {}
        let second = host.connection.login().await.unwrap();
        let second_sshd = second.sshd.unwrap();
        assert_eq!(second.generation, 2);
        // The link is declared dead by us while the far side still takes it for a living one.
        loopback.links.lock().unwrap().last().unwrap().stall();
        second.link.close().await;
        drop(second);
        while host.connection.login().await.map_or(0, |login| login.generation) != 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!std::path::Path::new(&format!("/proc/{}", second_sshd.pid)).exists());
        assert!(running(&sshd) > 0);
    });
}

/// A login shell that finds a `sudo` of ours first.
fn with_sudo(directory: &tempfile::TempDir, script: &str) -> Loopback {
    let executable = |name: &str, text: &str| {
        let path = at(directory, name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        path
    };
    executable("sudo", script);
    let mut loopback = Loopback::new();
    let path = directory.path().display();
    loopback.login_shell = executable("login", &format!("#!/bin/sh\nPATH={path}:$PATH exec sh \"$@\"\n"));
    loopback
}

const SUDO: &str = r#"#!/bin/sh
case $1 in
  -n) echo 'sudo: a password is required' >&2; exit 1 ;;
  -S) IFS= read -r password; [ "$password" = sesame ] || { echo 'Sorry, try again.' >&2; exit 1; }; shift 4 ;;
esac
RISEN=1 exec "$@"
"#;

fn sudo_options(credentials: CredentialSource) -> HostOptions {
    HostOptions {
        sudo: true,
        credentials,
        shell: "dash".to_owned(),
    }
}

#[test]
fn sudo_may_want_a_password_or_refuse() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let loopback = Arc::new(with_sudo(&directory, SUDO));
        let options = sudo_options(CredentialSource::default());
        let error = SshHost::connect(loopback.clone(), options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(
            error.to_string().contains("a password is required") && error.to_string().contains("NOPASSWD"),
            "{error}"
        );
        let credentials = CredentialSource::new(|request: CredentialRequest| async move {
            assert_eq!(request.user.as_deref(), Some("somebody"));
            Some(Secret::new(if request.attempt == 0 { "guess" } else { "sesame" }))
        });
        let host = SshHost::connect(loopback.clone(), sudo_options(credentials))
            .await
            .unwrap();
        let risen = Command::new("sh").args(["-c", "echo $RISEN"]);
        for command in [risen.clone(), risen.time_limit(Duration::from_secs(5))] {
            assert_eq!(host.processes().run(command).await.unwrap().stdout_text(), "1\n");
        }
    });
}

#[test]
fn the_real_sudo_lets_root_through() {
    limited(async {
        if !is_here("sudo") {
            return;
        }
        let host = SshHost::connect(
            Arc::new(Loopback::new()),
            sudo_options(CredentialSource::default()),
        )
        .await
        .unwrap();
        let facts = host.facts().await.unwrap();
        assert_eq!(facts.uid, 0);
    });
}

#[test]
fn a_password_that_is_not_wanted_is_skipped() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let marker = at(&directory, "asked");
        let script = format!(
            "#!/bin/sh\n[ -e '{marker}' ] || {{ : > '{marker}'; echo 'sudo: a password is required' >&2; exit 1; }}\n\
         while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n"
        );
        let credentials = CredentialSource::new(|_| async { Some(Secret::new("not wanted")) });
        let loopback = Arc::new(with_sudo(&directory, &script));
        let host = SshHost::connect(loopback, sudo_options(credentials))
            .await
            .unwrap();
        assert!(host.files().stat("/").await.unwrap().is_some());
    });
}

#[test]
fn a_login_that_prints_is_understood() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let mut loopback = with_sudo(&directory, SUDO);
        std::fs::write(
            at(&directory, "login"),
            "#!/bin/sh\necho 'Welcome!'; echo . ; echo '$ 0'\nexec sh \"$@\"\n",
        )
        .unwrap();
        loopback.login_shell = at(&directory, "login");
        let (host, loopback) = host_of(loopback, "dash").await;
        assert!(host.files().stat("/").await.unwrap().is_some());
        assert_eq!(loopback.execs.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn a_password_that_is_refused_later_is_tried_once() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (password, tries) = (at(&directory, "password"), at(&directory, "tries"));
        std::fs::write(&password, "sesame\n").unwrap();
        // As the real one: three lines of input are three attempts.
        let sudo = format!(
            "#!/bin/sh\n[ \"$1\" = -S ] || {{ echo 'sudo: a password is required' >&2; exit 1; }}\nshift 4\n\
             for try in 1 2 3; do\n  IFS= read -r password || exit 1\n  echo \"$password\" >> '{tries}'\n  \
             [ \"$password\" != \"$(cat '{password}')\" ] || exec \"$@\"\n  echo 'Sorry, try again.' >&2\ndone\nexit 1\n"
        );
        let loopback = Arc::new(with_sudo(&directory, &sudo));
        let credentials = CredentialSource::new(|_| async { Some(Secret::new("sesame")) });
        let host = SshHost::connect(loopback.clone(), sudo_options(credentials))
            .await
            .unwrap();
        std::fs::write(&password, "changed\n").unwrap();
        std::fs::write(&tries, "").unwrap();
        loopback.link().cut();
        let error = loop {
            match host.files().stat("/").await.unwrap_err() {
                error if error.kind() == ErrorKind::ConnectionLost => {}
                error => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(std::fs::read_to_string(&tries).unwrap(), "sesame\n");
    });
}

#[test]
fn a_hang_up_on_the_way_back_is_no_refusal() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().cut();
        tokio::time::sleep(Duration::from_secs(1)).await;
        *loopback.refuses.lock().unwrap() = None;
        while host.files().stat("/").await.is_err() {}
        assert_eq!(host.connection.login().await.unwrap().generation, 2);
    });
}
