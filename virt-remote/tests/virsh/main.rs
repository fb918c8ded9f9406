//! The same questions to `virsh` and to the SDK, on one real daemon: the same answers.
//!
//! Each is asked by the handles that programs use, or where there is none yet, by the procedure itself. What is compared is
//! what is said, not how it is laid out.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the modules of a test are no interface")]

mod answers;
mod check;
mod domains;
mod guest;
mod host;
mod networks;
mod secrets;
mod storage;
mod tuning;

use check::Check;
use virt_testkit::live::libvirtd::Libvirtd;

/// How many commands are compared at least.
const COMMANDS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn virsh_and_the_sdk_say_the_same() {
    let asked = tokio::process::Command::new("virsh").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip!("virsh is not installed: `cargo xtask install libvirt` installs it");
    }
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let mut check = Check::new(&daemon, "test+unix:///default").await;
    host::compare(&mut check).await;
    domains::compare(&mut check).await;
    tuning::compare(&mut check).await;
    networks::compare(&mut check).await;
    storage::compare(&mut check).await;
    let (mut commands, mut differences) = check.end().await;
    let mut check = Check::new(&daemon, "qemu+unix:///system").await;
    guest::compare(&mut check).await;
    secrets::compare(&mut check).await;
    let more = check.end().await;
    commands += more.0;
    differences.extend(more.1);
    daemon.stop().await.expect("an end");
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(commands >= COMMANDS, "only {commands} commands were compared");
}
