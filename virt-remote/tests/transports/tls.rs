//! TLS with a real daemon: certificates that it takes, and those that it does not.

use std::path::{Path, PathBuf};

use virt_core::ErrorKind;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

use super::pki::{Authority, Kind};
use super::{chain, connect, daemon, free_port, nobody, use_test_driver};

struct Clients {
    allowed: PathBuf,
    other: PathBuf,
    none: PathBuf,
    expired: PathBuf,
}

#[tokio::test]
async fn a_real_daemon_takes_certificates_and_refuses_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new("The tests' authority");
    let port = free_port();
    let quoted = |path: &Path| format!("\"{}\"", path.display());
    let server = Kind {
        name: "server",
        hosts: &["127.0.0.1", "localhost"],
        ..Kind::default()
    };
    let (certificate, key) = authority.issue(&server).write(directory.path(), "server");
    let options = LibvirtdOptions::default()
        .listen()
        .set("listen_addr", "\"127.0.0.1\"")
        .set("listen_tls", "1")
        .set("tls_port", &format!("\"{port}\""))
        .set("auth_tls", "\"none\"")
        .set("tls_allowed_dn_list", "[\"CN=allowed\"]")
        .set("ca_file", &quoted(&authority.write(directory.path())))
        .set("cert_file", &quoted(&certificate))
        .set("key_file", &quoted(&key));
    let clients = clients(&authority, directory.path());
    let Some(daemon) = daemon::start(&options).await else {
        return;
    };
    let at = |host: &str, pki: &Path| format!("test+tls://{host}:{port}/default?pkipath={}", pki.display());
    use_test_driver(&at("127.0.0.1", &clients.allowed), &nobody()).await;
    use_test_driver(&at("localhost", &clients.allowed), &nobody()).await;
    for (pki, kind, parts) in [
        (
            &clients.other,
            ErrorKind::AuthenticationFailed,
            ["CN=other", "tls_allowed_dn_list"],
        ),
        (
            &clients.none,
            ErrorKind::AuthenticationFailed,
            ["there is none", "clientkey.pem"],
        ),
        (&clients.expired, ErrorKind::InvalidConfig, ["expired", "2021"]),
    ] {
        let error = connect(&at("127.0.0.1", pki), &nobody())
            .await
            .expect_err("an error");
        assert_eq!(error.kind(), kind, "{}", chain(&error));
        for part in parts {
            assert!(error.message().contains(part), "{error}");
        }
    }
    // Not looked at before it is used, it is the daemon that refuses it.
    let uri = format!("{}&no_sanity=1", at("127.0.0.1", &clients.expired));
    let error = connect(&uri, &nobody()).await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{}", chain(&error));
    daemon.stop().await.expect("an end");
}

fn clients(authority: &Authority, directory: &Path) -> Clients {
    let client = |name: &'static str, kind: Option<Kind>| {
        let directory = directory.join(name);
        std::fs::create_dir(&directory).expect("a directory");
        authority.write(&directory);
        if let Some(kind) = kind {
            authority.issue(&kind).write(&directory, "client");
        }
        directory
    };
    let kind = |name| Kind {
        name,
        client: true,
        ..Kind::default()
    };
    Clients {
        allowed: client("allowed", Some(kind("allowed"))),
        other: client("other", Some(kind("other"))),
        none: client("none", None),
        expired: client(
            "expired",
            Some(Kind {
                expired: true,
                ..kind("allowed")
            }),
        ),
    }
}
