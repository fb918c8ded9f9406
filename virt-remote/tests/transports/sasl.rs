//! SASL with a real daemon: over TCP, over TLS, and what is refused.

use std::path::Path;

use virt_core::ErrorKind;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

use super::pki::{Authority, Kind};
use super::{chain, connect, daemon, free_port, nobody, somebody, use_test_driver};

const FRED: (&str, &str) = ("fred", "open sesame");
const UMLAUT: (&str, &str) = ("jürgen", "grüße, \"ihr\" \\ alle");

/// One daemon for all of it: starting one takes seconds.
#[tokio::test]
async fn a_real_daemon_is_logged_in_to_by_sasl() {
    let directory = tempfile::tempdir().expect("a directory");
    if !daemon::write_users(directory.path(), &[FRED, UMLAUT]) {
        return;
    }
    let (tcp, tls) = (free_port(), free_port());
    let options = LibvirtdOptions::default()
        .listen()
        .sasl(directory.path())
        .set("listen_addr", "\"127.0.0.1\"")
        .set("listen_tcp", "1")
        .set("tcp_port", &format!("\"{tcp}\""))
        .set("auth_tcp", "\"sasl\"")
        .set("listen_tls", "1")
        .set("tls_port", &format!("\"{tls}\""))
        .set("auth_tls", "\"sasl\"")
        .set("auth_unix_rw", "\"sasl\"");
    let options = with_certificates(options, directory.path());
    let Some(daemon) = daemon::start(&options).await else {
        return;
    };
    let tcp = format!("127.0.0.1:{tcp}/default");
    let tls = format!("127.0.0.1:{tls}/default?pkipath={}", directory.path().display());
    tcp_is_encrypted_by_digest_md5(&tcp).await;
    credentials_come_from_a_file_too(&tcp, directory.path()).await;
    every_mechanism_is_spoken_over_tls(&tls).await;
    what_does_not_fit_is_refused(&tcp, &tls).await;
    // On the machine itself nothing has to be encrypted.
    let unix = format!("test+unix:///default?socket={}", daemon.socket().display());
    use_test_driver(&unix, &somebody(FRED.0, FRED.1)).await;
    use_test_driver(&format!("{unix}&auth=sasl.PLAIN"), &somebody(FRED.0, FRED.1)).await;
    daemon.stop().await.expect("an end");
}

fn with_certificates(options: LibvirtdOptions, directory: &Path) -> LibvirtdOptions {
    let authority = Authority::new("The tests' authority");
    let quoted = |path: &Path| format!("\"{}\"", path.display());
    let ca = authority.write(directory);
    let server = authority.issue(&Kind {
        name: "server",
        hosts: &["127.0.0.1", "localhost"],
        ..Kind::default()
    });
    let (certificate, key) = server.write(directory, "server");
    let client = authority.issue(&Kind {
        name: "client",
        client: true,
        ..Kind::default()
    });
    client.write(directory, "client");
    options
        .set("ca_file", &quoted(&ca))
        .set("cert_file", &quoted(&certificate))
        .set("key_file", &quoted(&key))
}

async fn tcp_is_encrypted_by_digest_md5(tcp: &str) {
    let fred = somebody(FRED.0, FRED.1);
    use_test_driver(&format!("test+tcp://{tcp}"), &fred).await;
    use_test_driver(&format!("test+tcp://fred@{tcp}?auth=sasl.DIGEST-MD5"), &fred).await;
    use_test_driver(&format!("test+tcp://{tcp}"), &somebody(UMLAUT.0, UMLAUT.1)).await;
    let error = connect(&format!("test+tcp://{tcp}"), &somebody("fred", "wrong")).await;
    let error = error.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{}", chain(&error));
    assert!(error.to_string().contains("fred@127.0.0.1"), "{error}");
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    let error = connect(&format!("test+tcp://{tcp}"), &nobody())
        .await
        .expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(error.message().contains("auth.conf"), "{error}");
}

async fn credentials_come_from_a_file_too(tcp: &str, directory: &Path) {
    let path = directory.join("auth.conf");
    let text = format!(
        "[credentials-test]\nauthname={}\npassword={}\n[auth-libvirt-127.0.0.1]\ncredentials=test\n",
        FRED.0, FRED.1
    );
    std::fs::write(&path, text).expect("a file");
    let uri = format!("test+tcp://{tcp}?authfile={}", path.display());
    use_test_driver(&uri, &nobody()).await;
    // They are fred's, and nobody else's.
    let other = uri.replace("//", "//tim@");
    let error = connect(&other, &nobody()).await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
}

async fn every_mechanism_is_spoken_over_tls(tls: &str) {
    for mechanism in [
        "SCRAM-SHA-512",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "DIGEST-MD5",
        "PLAIN",
    ] {
        for (user, password) in [FRED, UMLAUT] {
            let uri = format!("test+tls://{tls}&auth=sasl.{mechanism}");
            use_test_driver(&uri, &somebody(user, password)).await;
        }
        let uri = format!("test+tls://{tls}&auth=sasl.{mechanism}");
        let error = connect(&uri, &somebody("fred", "wrong"))
            .await
            .expect_err("an error");
        assert_eq!(
            error.kind(),
            ErrorKind::AuthenticationFailed,
            "{mechanism}: {}",
            chain(&error)
        );
    }
    use_test_driver(&format!("test://{tls}"), &somebody(FRED.0, FRED.1)).await;
}

async fn what_does_not_fit_is_refused(tcp: &str, tls: &str) {
    let fred = somebody(FRED.0, FRED.1);
    for (uri, part) in [
        (format!("test+tcp://{tcp}?auth=sasl.PLAIN"), "DIGEST-MD5"),
        (format!("test+tcp://{tcp}?auth=polkit"), "SASL"),
        (format!("test+tls://{tls}&auth=sasl.GSSAPI"), "not known here"),
        (
            format!("test+tls://{tls}&auth=sasl.PLAIN&no_verify=1"),
            "nobody checked",
        ),
    ] {
        let error = connect(&uri, &fred).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{uri}");
        assert!(error.message().contains(part), "{uri}: {error}");
    }
}
