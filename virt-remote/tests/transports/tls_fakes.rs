//! What a real daemon's TLS won't do on demand: certificates that are wrong, and peers that are none.

use std::path::Path;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use virt_core::{Error, ErrorKind};

use super::pki::{Authority, Issued, Kind};
use super::{chain, connect, nobody};

const HOST: Kind = Kind {
    name: "server",
    hosts: &["127.0.0.1"],
    client: false,
    expired: false,
    number: 0,
};

/// Speaks TLS with this certificate, says these bytes, and closes; the port.
async fn serve(issued: &Issued, says: &'static [u8]) -> u16 {
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not believe us goes.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _gone = stream.write_all(says).await;
                let _gone = stream.shutdown().await;
            }
        }
    });
    port
}

async fn refused(port: u16, pki: &Path, query: &str) -> Error {
    let uri = format!(
        "test+tls://127.0.0.1:{port}/default?pkipath={}{query}",
        pki.display()
    );
    connect(&uri, &nobody()).await.expect_err("an error")
}

#[tokio::test]
async fn a_certificate_that_is_wrong_is_refused_with_what_is_wrong() {
    let directory = tempfile::tempdir().expect("a directory");
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger"));
    authority.write(directory.path());
    authority.revoke(directory.path(), 7);
    for (issued, parts) in [
        (
            authority.issue(&Kind {
                expired: true,
                ..HOST
            }),
            ["has expired", "127.0.0.1"],
        ),
        (
            authority.issue(&Kind {
                hosts: &["10.0.0.1", "far.example"],
                ..HOST
            }),
            ["not for 127.0.0.1", "far.example"],
        ),
        (
            authority.issue(&Kind {
                name: "127.0.0.1",
                hosts: &[],
                ..HOST
            }),
            ["subject alternative name", "common name does not count"],
        ),
        (stranger.issue(&HOST), ["not signed by", "cacert.pem"]),
        (
            authority.issue(&Kind { number: 7, ..HOST }),
            ["revoked", "cacrl.pem"],
        ),
        (
            authority.issue(&Kind { client: true, ..HOST }),
            ["not one for servers", "127.0.0.1"],
        ),
    ] {
        let port = serve(&issued, b"\x01").await;
        let error = refused(port, directory.path(), "").await;
        assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{}", chain(&error));
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
        // It goes on where nobody checks, as far as this server does.
        let error = refused(port, directory.path(), "&no_verify=1").await;
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{}", chain(&error));
    }
}

#[tokio::test]
async fn what_is_no_daemon_is_told_from_one_that_does_not_want_us() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new("ours");
    authority.write(directory.path());
    let issued = authority.issue(&HOST);
    let port = serve(&issued, b"HTTP/1.1 400 Bad Request\r\n").await;
    let error = refused(port, directory.path(), "").await;
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{}", chain(&error));
    assert!(error.message().contains("0x48"), "{error}");
    for says in [&b""[..], b"\0"] {
        let port = serve(&issued, says).await;
        let error = refused(port, directory.path(), "").await;
        let kind = match says {
            b"" => ErrorKind::AuthenticationFailed,
            _ => ErrorKind::ConnectionLost,
        };
        assert_eq!(error.kind(), kind, "{}", chain(&error));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _gone = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        }
    });
    let error = refused(port, directory.path(), "").await;
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{}", chain(&error));
    assert!(error.message().contains("does not speak TLS"), "{error}");
}

#[tokio::test]
async fn files_that_can_not_be_used_are_named_before_anybody_is_called() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new("ours");
    let client = Kind { client: true, ..HOST };
    let expect = async |query: &str, kind: ErrorKind, parts: [&str; 2]| {
        let error = refused(1, directory.path(), query).await;
        assert_eq!(error.kind(), kind, "{}", chain(&error));
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    };
    expect("", ErrorKind::NotFound, ["authority", "cacert.pem"]).await;
    std::fs::write(directory.path().join("cacert.pem"), "no certificate").expect("a file");
    expect("", ErrorKind::InvalidConfig, ["missing", "cacert.pem"]).await;
    std::fs::write(
        directory.path().join("cacert.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .expect("a file");
    expect("", ErrorKind::InvalidConfig, ["malformed", "cacert.pem"]).await;
    authority.write(directory.path());
    let (_, key) = authority.issue(&client).write(directory.path(), "client");
    std::fs::write(&key, authority.issue(&client).key).expect("a file");
    expect(
        "",
        ErrorKind::InvalidConfig,
        ["not that of our certificate", "clientkey.pem"],
    )
    .await;
    std::fs::write(&key, "").expect("a file");
    expect("", ErrorKind::InvalidConfig, ["no private key", "clientkey.pem"]).await;
    expect(
        "&tls_priority=NORMAL:-VERS-ALL",
        ErrorKind::Unsupported,
        ["GnuTLS", "NORMAL"],
    )
    .await;
}
