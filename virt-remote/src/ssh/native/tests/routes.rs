//! Through other machines and programs.

use std::collections::HashMap;
use std::sync::Arc;

use virt_core::credentials::CredentialSource;
use virt_core::{Error, ErrorKind};

use super::sshd::need_sshd;
use super::{NativeDialer, Resolve, Sshd, dial, say};
use crate::ssh::config::{HostConfig, JumpHost};
use crate::ssh::link::Dialer as _;

fn jump(host: &str) -> JumpHost {
    JumpHost {
        host: host.to_owned(),
        user: None,
        port: None,
    }
}

fn book(hosts: impl IntoIterator<Item = (&'static str, HostConfig)>) -> Resolve {
    let hosts: HashMap<_, _> = hosts.into_iter().collect();
    Arc::new(move |jump| {
        hosts
            .get(jump.host.as_str())
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "no such host"))
    })
}

fn dialer(config: HostConfig, resolve: Resolve) -> NativeDialer {
    NativeDialer::new("far".to_owned(), config, resolve, CredentialSource::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hops_each_with_a_key_and_a_check_of_its_own() {
    need_sshd!();
    let (near, middle, far) = tokio::join!(
        Sshd::start(&[]),
        Sshd::start(&[]),
        Sshd::start(&["MaxSessions 1"])
    );
    let mut config = far.config();
    config.proxy_jump = vec![jump("near"), jump("middle")];
    let mut near_config = near.config();
    near_config.alias = "near".to_owned();
    // What `Host *` says of the jump host itself.
    near_config.proxy_jump = vec![jump("near")];
    let resolve = book([("near", near_config), ("middle", middle.config())]);
    let link = dialer(config.clone(), Arc::clone(&resolve)).dial().await.unwrap();
    assert_eq!(
        say(&*link, "echo $SSH_CONNECTION | cut -d' ' -f4").await,
        far.port.to_string()
    );
    let (one, other) = (link.exec("cat").await.unwrap(), link.exec("cat").await.unwrap());
    drop((one, other));
    assert!(near.log().contains("Accepted publickey"));
    assert!(middle.log().contains("Accepted publickey"));
    link.close().await;
    drop(link);
    for sshd in [&near, &middle, &far] {
        sshd.until_without_sessions().await;
    }
    // Each machine's key counts.
    middle.known_hosts("");
    let error = dialer(config, resolve).dial().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(error.to_string().contains(&middle.port.to_string()), "{error}");
    near.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_jump_host_does_not_allow_or_cannot_reach_is_told() {
    need_sshd!();
    let closed = Sshd::start(&["AllowTcpForwarding no"]).await;
    let open = Sshd::start(&[]).await;
    let far = Sshd::configured(&[]).await;
    let mut config = far.config();
    for (sshd, kind, part) in [
        (&closed, ErrorKind::Denied, "AllowTcpForwarding"),
        (&open, ErrorKind::ConnectionLost, "cannot connect to 127.0.0.1"),
    ] {
        config.proxy_jump = vec![jump("bastion")];
        let mut bastion = sshd.config();
        bastion.alias = "bastion".to_owned();
        let error = dialer(config.clone(), book([("bastion", bastion)]))
            .dial()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            error.to_string().contains(part) && error.to_string().contains("bastion"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_without_end_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let sshd = Sshd::configured(&[]).await;
    let mut a = sshd.config();
    a.proxy_jump = vec![jump("b")];
    a.user_known_hosts = vec![directory.path().join("none")];
    let mut b = a.clone();
    b.host_name = "b".to_owned();
    b.proxy_jump = vec![jump("a")];
    let error = dialer(a.clone(), book([("a", a), ("b", b)]))
        .dial()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("ProxyJump"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_users_may_be_the_connection() {
    need_sshd!();
    let sshd = Sshd::configured(&[]).await;
    let mut config = sshd.config();
    config.proxy_command = Some(format!(
        "/usr/sbin/sshd -i -f {}",
        sshd.path("sshd_config").display()
    ));
    let link = dial(config.clone()).await.unwrap();
    assert_eq!(say(&*link, "echo through").await, "through");
    config.proxy_command = Some("exit 3".to_owned());
    let error = dial(config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_not_there_is_told_with_its_address() {
    let sshd = Sshd::configured(&[]).await;
    let error = dial(sshd.config()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{}", sshd.port)),
        "{error}"
    );
    // One that takes connections and says nothing.
    let silent = std::net::TcpListener::bind(("127.0.0.1", sshd.port)).unwrap();
    let mut config = sshd.config();
    config.connect_timeout = Some(std::time::Duration::from_millis(300));
    let error = dial(config).await.unwrap_err();
    assert!(error.to_string().contains("took too long"), "{error}");
    drop(silent);
}
