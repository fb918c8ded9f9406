//! The private libvirtd: it answers, and nothing of it stays.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use tokio::process::Command;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::skip;

async fn virsh(uri: &str, words: &[&str]) -> String {
    let output = Command::new("virsh")
        .args(["-c", uri])
        .args(words)
        .output()
        .await
        .expect("virsh");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "virsh {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_private_libvirtd_runs_a_domain_and_takes_it_along_when_it_ends() {
    if Command::new("libvirtd").arg("--version").output().await.is_err() {
        skip!("libvirtd is not installed: `cargo xtask install libvirt` installs it");
    }
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let uri = daemon.uri();
    let name = format!("peer-{}", std::process::id());
    let document = format!(
        "<domain type='qemu'><name>{name}</name><memory>32768</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    );
    let xml = daemon.directory().join("peer.xml");
    std::fs::write(&xml, document).expect("a file");
    virsh(&uri, &["create", "--paused", &xml.display().to_string()]).await;
    assert!(virsh(&uri, &["list"]).await.contains(&name));
    let directory = daemon.directory().to_path_buf();
    let guests = |directory: &std::path::Path| {
        let marker = format!("guest={name}");
        let processes = std::fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        let running = lines
            .filter(|line| String::from_utf8_lossy(line).contains(&marker))
            .count();
        (running, directory.exists())
    };
    assert_eq!(guests(&directory), (1, true));
    daemon.stop().await.expect("an end");
    assert_eq!(guests(&directory), (0, false));
}
