//! A unix socket that everybody may connect to, where polkit has the last word.

use virt_core::ErrorKind;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::sshd::{self, Sudo, TestUser};

use super::session::{is_somebody_else, run_as};
use super::{chain, connect, daemon, nobody, use_test_driver};

const SOCKET: &str = "VIRT_TEST_SOCKET";

#[tokio::test]
async fn polkit_refuses_an_ordinary_user_and_lets_root_in() {
    if let Some(missing) = sshd::missing() {
        virt_testkit::skip!("{missing}");
    }
    let options = LibvirtdOptions::default().set("auth_unix_rw", "\"polkit\"");
    let Some(daemon) = daemon::start(&options).await else {
        return;
    };
    let socket = daemon.socket().display().to_string();
    use_test_driver(&format!("test+unix:///default?socket={socket}"), &nobody()).await;
    let user = TestUser::create(Sudo::No).expect("a user");
    let ran = run_as(
        &user,
        "polkit::an_ordinary_user_is_refused_by_polkit",
        &[(SOCKET, &socket)],
    )
    .await;
    if let Err(said) = ran {
        panic!("{said}");
    }
    daemon.stop().await.expect("an end");
}

#[tokio::test]
#[ignore = "run as an ordinary user, by another test"]
async fn an_ordinary_user_is_refused_by_polkit() {
    is_somebody_else();
    let socket = std::env::var(SOCKET).expect("a socket");
    let error = connect(&format!("test+unix:///default?socket={socket}"), &nobody()).await;
    let error = error.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{}", chain(&error));
    // Another way than the daemon's is not taken.
    let error = connect(
        &format!("test+unix:///default?socket={socket}&auth=none"),
        &nobody(),
    )
    .await;
    let error = error.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", chain(&error));
    assert!(error.message().contains("POLKIT"), "{error}");
}
