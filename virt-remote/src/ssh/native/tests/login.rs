//! Who gets in, and who does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use virt_core::ErrorKind;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};

use super::sshd::{PASSWORD, TESTER, need_sshd};
use super::{Sshd, answers, dial, dial_asking, native, say};
use crate::ssh::config::{HostConfig, HostKeyChecking};
use crate::ssh::link::Link as _;

fn is_password(kind: &CredentialKind) -> bool {
    matches!(kind, CredentialKind::Password)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_of_each_kind_logs_in() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    for (name, kind) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
    ] {
        sshd.keygen(name, kind).await;
        sshd.authorize(name);
        let mut config = sshd.config();
        config.identity_files = vec![sshd.identity(name)];
        let link = dial(config)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(say(&*link, "id -un").await, "root");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_once_and_used_for_further_connections() {
    need_sshd!();
    let sshd = Sshd::start(&["PasswordAuthentication yes", "MaxSessions 1"]).await;
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let credentials = CredentialSource::new(move |request: CredentialRequest| {
        let count = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!((request.user.as_deref(), request.attempt), (Some(TESTER), count));
            Some(Secret::new(if count == 0 { "wrong" } else { PASSWORD }))
        }
    });
    let mut config = sshd.config();
    config.user = TESTER.to_owned();
    config.identity_files.clear();
    let link = dial_asking(config, credentials).await.unwrap();
    let first = link.exec("cat").await.unwrap();
    assert_eq!(say(&*link, "id -un").await, TESTER);
    drop(first);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_what_was_tried_and_what_is_taken_and_no_secret() {
    need_sshd!();
    let sshd = Sshd::start(&["PasswordAuthentication yes"]).await;
    sshd.keygen("stranger", &[]).await;
    let mut config = sshd.config();
    config.user = TESTER.to_owned();
    config.identity_files = vec![sshd.identity("stranger")];
    let error = dial_asking(config, answers(is_password, "not it"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    let text = error.to_string();
    for part in [
        "host far",
        "\"tester\"",
        "SHA256:",
        "stranger",
        "password, 3 times",
        "publickey, password",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!format!("{error:?}").contains("not it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_and_a_password_will_do_for_a_question_for_it() {
    need_sshd!();
    let sshd = Sshd::start(&["UsePAM yes", "KbdInteractiveAuthentication yes"]).await;
    let mut config = sshd.config();
    config.user = TESTER.to_owned();
    config.identity_files.clear();
    let by_answer = answers(
        |kind| matches!(kind, CredentialKind::Answer { echo: false, .. }),
        PASSWORD,
    );
    for credentials in [by_answer, answers(is_password, PASSWORD)] {
        let link = dial_asking(config.clone(), credentials).await.unwrap();
        assert_eq!(say(&*link, "id -un").await, TESTER);
    }
    let error = dial(config).await.unwrap_err();
    assert!(error.to_string().contains("nobody answered"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_key_is_opened_with_the_second_passphrase() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    for (name, more) in [
        ("locked", &["-N", "open up", "-a", "1"][..]),
        ("old", &["-N", "open up", "-t", "rsa", "-b", "2048", "-m", "PEM"]),
    ] {
        sshd.keygen(name, more).await;
        sshd.authorize(name);
        // What is asked for must not depend on the public key lying beside it.
        std::fs::remove_file(sshd.path(&format!("{name}.pub"))).unwrap();
        let file = sshd.path(name).display().to_string();
        let credentials = CredentialSource::new(move |request: CredentialRequest| {
            assert_eq!(request.kind, CredentialKind::Passphrase(file.clone()));
            async move { Some(Secret::new(if request.attempt == 0 { "no" } else { "open up" })) }
        });
        let mut config = sshd.config();
        config.identity_files = vec![sshd.identity(name)];
        let link = dial_asking(config.clone(), credentials).await.unwrap();
        assert_eq!(say(&*link, "id -un").await, "root");
        let error = dial(config).await.unwrap_err();
        assert!(
            error.to_string().contains("nobody gave its passphrase"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_not_asked_for_a_key_that_the_server_does_not_want() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    sshd.keygen("locked", &["-N", "open up", "-a", "1"]).await;
    let credentials =
        CredentialSource::new(
            |request: CredentialRequest| async move { panic!("asked for {:?}", request.kind) },
        );
    let mut config = sshd.config();
    config.identity_files.insert(0, sshd.identity("locked"));
    dial_asking(config, credentials).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_keys_log_in() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let socket = sshd.path("agent");
    let mut agent = tokio::process::Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while !socket.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    sshd.keygen("rsa", &["-t", "rsa", "-b", "2048"]).await;
    sshd.authorize("rsa");
    let add = format!("SSH_AUTH_SOCK={} ssh-add -q rsa", socket.display());
    sshd.run("sh", &["-c", &add]).await;
    let mut config = sshd.config();
    config.identity_agent = Some(socket);
    config.identity_files.clear();
    let link = dial(config.clone()).await.unwrap();
    assert_eq!(say(&*link, "id -un").await, "root");
    // A key that only the agent has is left alone when the user says so, unless it is named.
    config.identities_only = true;
    let error = dial(config.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    std::fs::remove_file(sshd.path("rsa")).unwrap();
    config.identity_files = vec![sshd.identity("rsa")];
    dial(config).await.unwrap();
    agent.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_logs_in_whether_it_is_named_or_lies_beside_its_key() {
    need_sshd!();
    let sshd = Sshd::start(&["TrustedUserCAKeys DIR/authority.pub"]).await;
    sshd.keygen("authority", &[]).await;
    sshd.keygen("certified", &[]).await;
    sshd.run(
        "ssh-keygen",
        &[
            "-q",
            "-s",
            "authority",
            "-I",
            "someone",
            "-n",
            "root",
            "certified.pub",
        ],
    )
    .await;
    let mut config = sshd.config();
    config.identity_files = vec![sshd.identity("certified")];
    dial(config.clone()).await.unwrap();
    std::fs::rename(sshd.path("certified-cert.pub"), sshd.path("elsewhere.pub")).unwrap();
    dial(config.clone()).await.unwrap_err();
    config.certificate_files = vec![sshd.path("elsewhere.pub")];
    let link = dial(config).await.unwrap();
    assert_eq!(say(&*link, "id -un").await, "root");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_and_a_password_where_both_are_wanted() {
    need_sshd!();
    let sshd = Sshd::start(&[
        "AuthenticationMethods publickey,password",
        "PasswordAuthentication yes",
    ])
    .await;
    let mut config = sshd.config();
    config.user = TESTER.to_owned();
    let link = dial_asking(config.clone(), answers(is_password, PASSWORD))
        .await
        .unwrap();
    assert_eq!(say(&*link, "id -un").await, TESTER);
    let error = dial(config).await.unwrap_err();
    assert!(error.to_string().contains("taken, but not enough"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_keys_are_told_as_such() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxAuthTries 2"]).await;
    let mut config = sshd.config();
    config.identity_files.clear();
    for name in ["a", "b", "c", "d"] {
        sshd.keygen(name, &[]).await;
        config.identity_files.push(sshd.identity(name));
    }
    let error = dial(config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(error.to_string().contains("IdentitiesOnly"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_during_the_login_is_no_refusal() {
    need_sshd!();
    let sshd = Arc::new(Sshd::start(&[]).await);
    sshd.keygen("locked", &["-N", "open up", "-a", "1"]).await;
    sshd.keygen("stranger", &[]).await;
    sshd.authorize("locked");
    let breaks = Arc::new(AtomicU32::new(1));
    let (server, left) = (Arc::clone(&sshd), Arc::clone(&breaks));
    let credentials = CredentialSource::new(move |_: CredentialRequest| {
        let (server, left) = (Arc::clone(&server), Arc::clone(&left));
        async move {
            if left.fetch_sub(1, Ordering::SeqCst) > 0 {
                server.end_sessions().await;
            }
            Some(Secret::new("open up"))
        }
    });
    let mut config = sshd.config();
    // One is a note only, one is really refused.
    config.identity_files = vec![
        sshd.identity("missing"),
        sshd.identity("stranger"),
        sshd.identity("locked"),
    ];
    let error = dial_asking(config.clone(), credentials.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    for part in ["during the login", "missing", "stranger"] {
        assert!(error.to_string().contains(part), "{part:?} is not in {error}");
    }
    breaks.store(0, Ordering::SeqCst);
    dial_asking(
        config,
        CredentialSource::new(|_: CredentialRequest| async { Some(Secret::new("open up")) }),
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stays_shut_makes_no_other_method_up() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    sshd.keygen("locked", &["-N", "open up", "-a", "1"]).await;
    sshd.authorize("locked");
    let mut config = sshd.config();
    config.identity_files = vec![sshd.identity("locked")];
    let credentials = CredentialSource::new(|request: CredentialRequest| async move {
        assert!(
            matches!(request.kind, CredentialKind::Passphrase(_)),
            "asked for {:?}",
            request.kind
        );
        None
    });
    let error = dial_asking(config.clone(), credentials.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(
        error.to_string().ends_with("the server takes publickey)"),
        "{error}"
    );
    // The next key is tried still.
    config.identity_files.push(sshd.identity("user"));
    dial_asking(config, credentials).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hashed_line_and_a_line_of_an_authority_make_a_host_known() {
    need_sshd!();
    let sshd = Sshd::start(&["HostCertificate DIR/host-cert.pub"]).await;
    let config = sshd.config();
    sshd.run("ssh-keygen", &["-q", "-H", "-f", "known_hosts"]).await;
    assert!(
        std::fs::read_to_string(sshd.path("known_hosts"))
            .unwrap()
            .starts_with("|1|")
    );
    dial(config).await.unwrap();
    // sshd reads the certificate when it starts.
    let certified = Sshd::configured(&["HostCertificate DIR/host-cert.pub"]).await;
    certified.keygen("authority", &[]).await;
    let sign = [
        "-q",
        "-s",
        "authority",
        "-I",
        "host",
        "-h",
        "-n",
        "127.0.0.1",
        "host.pub",
    ];
    certified.run("ssh-keygen", &sign).await;
    let certified = certified.started().await;
    let config = certified.config();
    let authority = certified.public_key("authority");
    certified.known_hosts(&format!(
        "@cert-authority [127.0.0.1]:{} {authority}\n",
        certified.port
    ));
    dial(config).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_changed_and_revoked_keys_are_refused() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    sshd.keygen("other", &[]).await;
    let mut config = sshd.config();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let (host, other) = (sshd.public_key("host"), sshd.public_key("other"));
    for (lines, part) in [
        (String::new(), "is not known"),
        (format!("{name} {other}\n"), "is not the one written down"),
        (format!("{name} {host}\n@revoked {name} {host}\n"), "is revoked"),
    ] {
        for checking in [HostKeyChecking::Strict, HostKeyChecking::Off] {
            if lines.is_empty() && checking == HostKeyChecking::Off {
                continue;
            }
            sshd.known_hosts(&lines);
            config.host_key_checking = checking;
            let error = dial(config.clone()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
            let text = error.to_string();
            assert!(text.contains(part) && text.contains("SHA256:"), "{text}");
            assert!(text.contains("known_hosts"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_taken_and_written_down_where_the_user_wants_that() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let mut config = sshd.config();
    sshd.known_hosts("");
    config.host_key_checking = HostKeyChecking::AcceptNew;
    dial(config.clone()).await.unwrap();
    config.host_key_checking = HostKeyChecking::Strict;
    dial(config).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_is_dropped_leaves_no_connection() {
    need_sshd!();
    let sshd = Sshd::start(&["LoginGraceTime 60"]).await;
    for delay in [0, 5, 20, 40, 80] {
        let dialing = native(sshd.config(), CredentialSource::default());
        let _ = tokio::time::timeout(std::time::Duration::from_millis(delay), dialing).await;
    }
    sshd.until_without_sessions().await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    link.close().await;
    link.lost().await;
    sshd.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_says_of_keys_and_methods_counts() {
    need_sshd!();
    let sshd = Sshd::start(&["PasswordAuthentication yes"]).await;
    let usual = sshd.config();
    let refused = async |config: HostConfig, part: &str| {
        let error = dial_asking(config, answers(is_password, PASSWORD))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(part), "{part}: {error}");
        error.kind()
    };
    // Keys revoked by a list; one that can't be read is not passed over.
    let mut config = usual.clone();
    config.revoked_host_keys = Some(sshd.path("host.pub"));
    assert_eq!(
        refused(config.clone(), "host.pub").await,
        ErrorKind::AuthenticationFailed
    );
    sshd.run("ssh-keygen", &["-q", "-k", "-f", "list", "user.pub"])
        .await;
    config.revoked_host_keys = Some(sshd.path("list"));
    assert_eq!(refused(config.clone(), "KRL").await, ErrorKind::Unsupported);
    config.revoked_host_keys = Some(sshd.path("user.pub"));
    dial(config).await.unwrap();
    // Algorithms.
    let mut config = usual.clone();
    config.algorithms.ciphers = Some("3des-cbc".to_owned());
    assert_eq!(refused(config.clone(), "Ciphers").await, ErrorKind::Unsupported);
    config.algorithms.ciphers = Some("aes192-ctr".to_owned());
    config.algorithms.macs = Some("hmac-sha2-256".to_owned());
    config.algorithms.key_exchange = Some("curve25519-sha256".to_owned());
    dial(config.clone()).await.unwrap();
    config.algorithms.pubkey = Some("-ssh-ed25519*".to_owned());
    refused(config, "PubkeyAcceptedAlgorithms").await;
    // Methods: the password alone, and nobody to give it.
    let mut config = usual;
    config.user = TESTER.to_owned();
    config.preferred_authentications = Some(vec!["password".to_owned()]);
    let link = dial_asking(config.clone(), answers(is_password, PASSWORD))
        .await
        .unwrap();
    assert_eq!(say(&*link, "id -un").await, TESTER);
    config.batch_mode = true;
    refused(config, "password: nobody gave one").await;
}
