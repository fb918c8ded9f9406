//! Real daemons of the tests' own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

/// A daemon's users, and how they log in.
pub(crate) const REALM: &str = "virt-sdk-test";

/// A daemon; `None`, loudly, where there is none here.
pub(crate) async fn start(options: &LibvirtdOptions) -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    Some(
        Libvirtd::start_with(&options.clone().host_name(REALM))
            .await
            .expect("a private libvirtd"),
    )
}

/// Writes a configuration of SASL with these users into a directory; `false`, loudly, where the program for that is missing.
pub(crate) fn write_users(directory: &Path, users: &[(&str, &str)]) -> bool {
    let database = directory.join("users.db");
    let configuration = format!(
        "mech_list: scram-sha-512 scram-sha-256 scram-sha-1 digest-md5 plain\npwcheck_method: auxprop\n\
         auxprop_plugin: sasldb\nsasldb_path: {}\n",
        database.display()
    );
    std::fs::write(directory.join("libvirt.conf"), configuration).expect("a file");
    for (name, password) in users {
        let spawned = Command::new("saslpasswd2")
            .args(["-p", "-c", "-a", "libvirt", "-u", REALM, "-f"])
            .arg(&database)
            .arg(name)
            .stdin(Stdio::piped())
            .spawn();
        let Ok(mut child) = spawned else {
            virt_testkit::skip::declare(
                "saslpasswd2 is not installed: `cargo xtask install libvirt` installs it",
            );
            return false;
        };
        let mut input = child.stdin.take().expect("an input");
        input.write_all(password.as_bytes()).expect("a password");
        drop(input);
        assert!(child.wait().expect("an end").success());
    }
    true
}
