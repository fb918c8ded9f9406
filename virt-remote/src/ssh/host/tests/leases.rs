//! Leases: the same lock for near and far managers, through cuts and stalls.

use std::time::{Duration, Instant};

use virt_core::ErrorKind;
use virt_core::host::{Host, LeaseRequest, LocalHost};

use super::super::loopback::{Loopback, SHELLS};
use super::{at, host_of, limited};

fn request(owner: &str) -> LeaseRequest {
    LeaseRequest { owner: owner.into() }
}

#[test]
fn near_and_far_managers_exclude_each_other() {
    limited(async {
        for shell in SHELLS {
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
