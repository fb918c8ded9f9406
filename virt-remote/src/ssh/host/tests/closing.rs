//! The end of a host that somebody still holds.

use std::time::Duration;

use virt_core::ErrorKind;
use virt_core::host::{Host, LeaseRequest, LocalHost};

use super::super::loopback::Loopback;
use super::{at, host_of, limited};
use crate::ssh::link::Link as _;

#[test]
fn a_closed_host_has_no_login_and_says_so_at_once() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        let owner = || LeaseRequest { owner: "far".into() };
        let lease = host.lease(&path, owner()).await.unwrap();
        host.close().await;
        // The link is gone when this returns, and nobody makes another.
        loopback.link().lost().await;
        let answer = tokio::time::timeout(Duration::from_secs(1), host.files().stat("/")).await;
        let error = answer.expect("it waits for a login").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        let local = LocalHost::new();
        while local.lease(&path, owner()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(loopback.links.lock().unwrap().len(), 1);
        drop(lease);
        host.close().await;
    });
}

#[test]
fn a_host_that_is_closed_while_its_line_is_down_logs_in_no_more() {
    limited(async {
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        *loopback.refuses.lock().unwrap() = Some(ErrorKind::ConnectionLost);
        loopback.link().cut();
        tokio::time::timeout(Duration::from_secs(2), host.close())
            .await
            .expect("it waits for the line");
        *loopback.refuses.lock().unwrap() = None;
        host.files().stat("/").await.unwrap_err();
        assert_eq!(loopback.links.lock().unwrap().len(), 1);
    });
}
