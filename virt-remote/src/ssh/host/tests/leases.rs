//! Leases: the same lock for near and far managers, through cuts and stalls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use virt_core::ErrorKind;
use virt_core::host::{Command, Host, LeaseRequest, LocalHost, ProcessIdentity};

use super::super::SshHost;
use super::super::loopback::{Loopback, is_here, shells};
use super::{at, host_of, limited};

pub(super) fn request(owner: &str) -> LeaseRequest {
    LeaseRequest { owner: owner.into() }
}

#[test]
fn near_and_far_managers_exclude_each_other() {
    limited(async {
        for shell in shells() {
            let directory = tempfile::tempdir().unwrap();
            let path = at(&directory, "le'ase");
            let local = LocalHost::new();
            let (host, _loopback) = host_of(Loopback::new(), shell).await;
            let far = host.lease(&path, request("far one")).await.unwrap();
            assert_eq!(far.holder().epoch, 1);
            let error = local.lease(&path, request("near")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Busy);
            assert!(
                error
                    .to_string()
                    .contains(&format!("far one (pid {}, epoch 1)", far.holder().pid)),
                "{error}"
            );
            let error = host.lease(&path, request("far two")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Busy);
            assert!(error.to_string().contains("far one (pid"), "{error}");
            far.release().await.unwrap();
            let near = local.lease(&path, request("near")).await.unwrap();
            assert_eq!(near.holder().epoch, 2);
            let error = host.lease(&path, request("far two")).await.unwrap_err();
            assert!(error.to_string().contains("near (pid"), "{error}");
            drop(near);
            let again = host
                .lease(&path, request("far, with a much longer name than the one before"))
                .await
                .unwrap();
            assert_eq!((again.holder().epoch, again.holder().boot_id.len()), (3, 36));
            again.release().await.unwrap();
            let last = local.lease(&path, request("n")).await.unwrap();
            assert_eq!(last.holder().epoch, 4);
        }
    });
}

#[test]
fn what_is_no_lease_is_refused() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        let link = at(&directory, "link");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        assert_eq!(
            host.lease(&link, request("x")).await.unwrap_err().kind(),
            ErrorKind::Denied
        );
        let missing = at(&directory, "no/lease");
        assert_eq!(
            host.lease(&missing, request("x")).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
        for content in [&b"\xff\xfe{"[..], b"", b"{\"epoch\":7}"] {
            let path = at(&directory, "damaged");
            std::fs::write(&path, content).unwrap();
            let lease = host.lease(&path, request("x")).await.unwrap();
            assert_eq!(lease.holder().epoch, 1);
            lease.release().await.unwrap();
        }
    });
}

#[test]
fn a_dropped_lease_is_free_and_a_cut_one_goes_on() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        drop(host.lease(&path, request("dropped")).await.unwrap());
        let lease = loop {
            // The far shell ends when its input does, which is soon.
            match host.lease(&path, request("kept")).await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                }
                lease => break lease.unwrap(),
            }
        };
        assert_eq!(lease.holder().epoch, 2);
        loopback.link().cut();
        // The first call that gets through again comes after the lease was taken again.
        while host.files().stat(&path).await.is_err() {}
        let error = LocalHost::new().lease(&path, request("near")).await.unwrap_err();
        assert!(
            error.to_string().contains("kept (pid") && error.to_string().contains("epoch 2"),
            "{error}"
        );
        assert!(futures::poll!(Box::pin(lease.lost())).is_pending());
        lease.release().await.unwrap();
        LocalHost::new().lease(&path, request("near")).await.unwrap();
    });
}

#[test]
fn a_lease_that_another_took_meanwhile_is_lost_before_any_call_goes_through() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let lease = host.lease(&path, request("first")).await.unwrap();
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().cut();
        let local = LocalHost::new();
        let other = loop {
            match local.lease(&path, request("other")).await {
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(lease) => break lease,
            }
        };
        *loopback.refuses.lock().unwrap() = None;
        while host.files().stat(&path).await.is_err() {}
        assert!(futures::poll!(Box::pin(lease.lost())).is_ready());
        other.release().await.unwrap();
    });
}

#[test]
fn a_holder_that_is_killed_is_replaced() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        let lease = host.lease(&path, request("first")).await.unwrap();
        let pid = lease.holder().pid.to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-9", &pid])
                .status()
                .unwrap()
                .success()
        );
        tokio::time::sleep(Duration::from_secs(2)).await;
        let error = LocalHost::new().lease(&path, request("near")).await.unwrap_err();
        assert!(error.to_string().contains("epoch 1"), "{error}");
        assert!(futures::poll!(Box::pin(lease.lost())).is_pending());
    });
}

#[test]
fn a_stalled_holder_gives_up_within_fifteen_seconds() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let _lease = host.lease(&path, request("stalled")).await.unwrap();
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().stall();
        let begun = Instant::now();
        let local = LocalHost::new();
        while local.lease(&path, request("other")).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(
                begun.elapsed() < Duration::from_secs(16),
                "the lease is still held"
            );
        }
        println!("freed after {:?}", begun.elapsed());
    });
}

/// What runs of a login on the far side.
pub(super) async fn processes_of(host: &SshHost) -> Vec<ProcessIdentity> {
    host.connection.login().await.unwrap().launch.fence.processes()
}

pub(super) fn is_there(process: &ProcessIdentity) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap_or_default();
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_ascii_whitespace()
        .collect();
    let start = process.start_time.to_string();
    fields.get(19).is_some_and(|found| **found == start) && fields[0] != "Z"
}

#[test]
fn a_silent_holder_lets_go_only_when_all_is_gone_that_could_act_for_it() {
    let machines = [
        (true, "dash"),
        (false, "dash"),
        (false, "bash"),
        (true, "busybox sh"),
    ];
    limited(async move {
        let machines = machines.into_iter().filter(|(_, shell)| is_here(shell));
        let stalls = machines.map(|(has_sshd, shell)| stall(has_sshd, shell));
        futures::future::join_all(stalls).await;
    });
}

async fn stall(has_sshd: bool, shell: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = at(&directory, "lease");
    let mut loopback = Loopback::new();
    if has_sshd {
        loopback.sshd = Some(at(&directory, "sshd"));
        std::fs::copy("/bin/dash", at(&directory, "sshd")).unwrap();
    }
    let (host, loopback) = host_of(loopback, shell).await;
    let _lease = host.lease(&path, request("stalled")).await.unwrap();
    // Two at a time: the second shell comes after the lease, by an sshd of its own where there is one.
    let sleep = || {
        Command::new("sleep")
            .arg("0.3")
            .time_limit(Duration::from_secs(9))
    };
    let (first, second) = tokio::join!(host.processes().run(sleep()), host.processes().run(sleep()));
    first.unwrap();
    second.unwrap();
    let processes = processes_of(&host).await;
    assert!(processes.len() >= if has_sshd { 4 } else { 2 }, "{processes:?}");
    assert!(processes.iter().all(is_there), "{processes:?}");
    *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
    loopback.link().stall();
    let begun = Instant::now();
    let local = LocalHost::new();
    while local.lease(&path, request("other")).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(begun.elapsed() < Duration::from_secs(17), "still held");
    }
    let left: Vec<_> = processes.iter().filter(|process| is_there(process)).collect();
    assert!(left.is_empty(), "{shell}: {left:?} of {processes:?}");
}

#[test]
fn a_call_from_before_a_loss_does_not_pass_after_it() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let lease = host.lease(&path, request("first")).await.unwrap();
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().cut();
        let local = LocalHost::new();
        let other = loop {
            match local.lease(&path, request("other")).await {
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(lease) => break lease,
            }
        };
        let written = at(&directory, "written");
        let call = {
            let (host, written) = (Arc::clone(&host), written.clone());
            tokio::spawn(async move { host.files().write_atomic(&written, b"x", 0o600).await })
        };
        tokio::time::sleep(Duration::from_millis(100)).await;
        *loopback.refuses.lock().unwrap() = None;
        let why = lease.lost().await;
        assert!(why.contains("other (pid"), "{why}");
        // Nothing passes while the one who lost it has not let go.
        assert!(
            tokio::time::timeout(Duration::from_secs(1), host.files().stat("/"))
                .await
                .is_err()
        );
        drop(lease);
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionLost);
        while host.files().stat("/").await.is_err() {}
        assert!(!std::path::Path::new(&written).exists());
        other.release().await.unwrap();
    });
}

/// A machine whose `sync` fails while a file is there, which is returned.
fn with_failing_sync(directory: &tempfile::TempDir) -> (Loopback, String) {
    let fails = at(directory, "fails");
    let bin = at(directory, "bin");
    std::fs::create_dir(&bin).unwrap();
    let executable = |path: String, text: String| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        path
    };
    executable(
        format!("{bin}/sync"),
        format!("#!/bin/sh\n[ ! -e '{fails}' ] || {{ echo 'sync: No space left on device' >&2; exit 1; }}\n"),
    );
    let mut loopback = Loopback::new();
    loopback.login_shell = executable(
        at(directory, "login"),
        format!("#!/bin/sh\nPATH={bin}:$PATH exec sh \"$@\"\n"),
    );
    (loopback, fails)
}

#[test]
fn a_holder_that_cannot_be_written_is_no_lease_at_first_and_keeps_one_later() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (loopback, fails) = with_failing_sync(&directory);
        let (host, loopback) = host_of(loopback, "dash").await;
        std::fs::write(&fails, "").unwrap();
        let error = host.lease(&path, request("full")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
        std::fs::remove_file(&fails).unwrap();
        let lease = host.lease(&path, request("kept")).await.unwrap();
        assert_eq!(host.connection.login().await.unwrap().generation, 1);
        std::fs::write(&fails, "").unwrap();
        loopback.link().cut();
        while host.files().stat("/").await.is_err() {}
        assert!(futures::poll!(Box::pin(lease.lost())).is_pending());
        let error = LocalHost::new().lease(&path, request("near")).await.unwrap_err();
        assert!(error.to_string().contains("kept (pid"), "{error}");
        lease.release().await.unwrap();
        LocalHost::new().lease(&path, request("near")).await.unwrap();
    });
}

#[test]
fn a_lease_goes_on_after_the_machine_booted() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let lease = host.lease(&path, request("kept")).await.unwrap();
        let boot = lease.holder().boot_id.clone();
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().cut();
        // As it was written in the boot before.
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, written.replace(&boot, "an earlier boot")).unwrap();
        *loopback.refuses.lock().unwrap() = None;
        while host.files().stat("/").await.is_err() {}
        assert!(futures::poll!(Box::pin(lease.lost())).is_pending());
        assert!(std::fs::read_to_string(&path).unwrap().contains(&boot));
        lease.release().await.unwrap();
    });
}

#[test]
fn a_dropped_lease_leaves_the_login_alone() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        drop(
            host.lease(&at(&directory, "lease"), request("dropped"))
                .await
                .unwrap(),
        );
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(host.connection.login().await.unwrap().generation, 1);
        assert!(processes_of(&host).await.iter().all(is_there));
    });
}
