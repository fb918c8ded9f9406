//! What the check says, and in which words.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russh::keys::ssh_key::certificate::{Builder, CertType};
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{Algorithm, Certificate, EcdsaCurve, PrivateKey, PublicKey};

use super::*;
use crate::ssh::known_hosts::{NameForm, Place};

const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";

fn secret(seed: u8) -> PrivateKey {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    PrivateKey::new(KeypairData::Ed25519(pair), "").unwrap()
}

fn key(seed: u8) -> PublicKey {
    secret(seed).public_key().clone()
}

fn text(seed: u8) -> String {
    key(seed).to_openssh().unwrap().trim().to_owned()
}

fn known(lines: &[String]) -> KnownHosts {
    let mut known = KnownHosts::default();
    known.add(Path::new("/kh"), lines.join("\n").as_bytes());
    known
}

fn web() -> HostKeyName {
    HostKeyName::new("web", 22)
}

fn at(line: usize) -> Place {
    Place {
        file: "/kh".into(),
        line,
    }
}

#[test]
fn one_of_several_keys_is_enough() {
    let known = known(&[format!("web {}", text(1)), format!("web {}", text(2))]);
    assert_eq!(known.check(&web(), &key(2)), Verdict::Known(at(2)));
    let Verdict::Changed { known, .. } = known.check(&web(), &key(3)) else {
        panic!("a third key is a change");
    };
    assert_eq!(known.len(), 2);
}

#[test]
fn a_damaged_line_spoils_no_other() {
    let known = known(&[
        "web ssh-ed25519 AAAA".to_owned(),
        "|1|x|y ssh-ed25519 AAAA".to_owned(),
        format!("web {}", text(1)),
    ]);
    assert_eq!(known.check(&web(), &key(1)), Verdict::Known(at(3)));
}

#[test]
fn a_revoked_key_is_refused_though_another_line_has_it() {
    let known = known(&[format!("web {}", text(1)), format!("@revoked * {}", text(1))]);
    let verdict = known.check(&web(), &key(1));
    assert_eq!(verdict, Verdict::Revoked(at(2)));
    let error = verdict.into_result(&web(), &key(1)).unwrap_err();
    assert_eq!(error.kind(), virt_core::ErrorKind::AuthenticationFailed);
    assert!(error.to_string().contains("revoked by /kh line 2"), "{error}");
}

#[test]
fn a_key_of_another_type_is_a_change_and_the_message_names_the_known_one() {
    let known = known(&[format!("web {ECDSA}")]);
    let error = known
        .check(&web(), &key(1))
        .into_result(&web(), &key(1))
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "host web: its ED25519 key SHA256:",
        "not the one written down",
        "/kh line 1 has ECDSA SHA256:",
        "remove that line",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn an_unknown_key_comes_with_the_line_to_add() {
    let known = known(&[]);
    let name = HostKeyName::new("web", 2222);
    let error = known
        .check(&name, &key(1))
        .into_result(&name, &key(1))
        .unwrap_err();
    let line = format!("add to /kh the line `[web]:2222 {}`", text(1));
    assert!(error.to_string().contains(&line), "{error}");
    let mut after = KnownHosts::default();
    after.add(Path::new("/kh"), format!("[web]:2222 {}", text(1)).as_bytes());
    assert_eq!(after.check(&name, &key(1)), Verdict::Known(at(1)));
}

#[test]
fn another_port_falls_back_to_the_plain_name() {
    let name = HostKeyName::new("web", 2222);
    let plain = known(&[format!("web {}", text(1))]);
    assert_eq!(plain.check(&name, &key(1)), Verdict::Known(at(1)));
    assert!(matches!(plain.check(&name, &key(2)), Verdict::Unknown { .. }));
    let both = known(&[format!("web {}", text(1)), format!("[web]:2222 {}", text(2))]);
    assert!(matches!(both.check(&name, &key(1)), Verdict::Changed { .. }));
    let revoked = known(&[
        format!("@revoked web {}", text(1)),
        format!("[web]:2222 {}", text(1)),
    ]);
    assert_eq!(revoked.check(&name, &key(1)), Verdict::Revoked(at(1)));
    let alias = HostKeyName::alias("web");
    assert!(matches!(both.check(&alias, &key(2)), Verdict::Changed { .. }));
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000)
}

/// A certificate for key 1 by authority 9, valid from 500 to 2000.
fn certificate(kind: CertType, change: impl FnOnce(&mut Builder)) -> Certificate {
    let mut builder = Builder::new(vec![0; 16], key(1), 500, 2_000).unwrap();
    builder.cert_type(kind).unwrap();
    change(&mut builder);
    builder.sign(&secret(9)).unwrap()
}

fn for_name(name: &str) -> Certificate {
    certificate(CertType::Host, |builder| {
        builder.valid_principal(name).unwrap();
    })
}

fn trusting() -> KnownHosts {
    known(&[format!("@cert-authority *.example,web {}", text(9))])
}

#[test]
fn a_certificate_by_a_trusted_authority_is_known() {
    let known = trusting();
    assert_eq!(
        known.check_certificate(&web(), &for_name("web"), now()),
        Verdict::Known(at(1))
    );
    let name = HostKeyName::new("a.example", 2222);
    for principal in ["a.example", "*.example", "?.exa*"] {
        assert_eq!(
            known.check_certificate(&name, &for_name(principal), now()),
            Verdict::Known(at(1)),
            "{principal}"
        );
    }
}

#[test]
fn a_certificate_that_does_not_count_says_why() {
    let users = certificate(CertType::User, |builder| {
        builder.valid_principal("web").unwrap();
    });
    let critical = certificate(CertType::Host, |builder| {
        builder.valid_principal("web").unwrap();
        builder.critical_option("new", "x").unwrap();
    });
    let for_none = certificate(CertType::Host, |builder| {
        builder.all_principals_valid().unwrap();
    });
    let early = UNIX_EPOCH + Duration::from_secs(499);
    let late = UNIX_EPOCH + Duration::from_secs(2_000);
    for (certificate, when, why) in [
        (users, now(), "user's certificate"),
        (critical, now(), "critical options"),
        (for_none, now(), "names no machine"),
        (for_name("db"), now(), "it is for db"),
        (for_name("web"), early, "not valid before 500"),
        (for_name("web"), late, "valid until 2000"),
    ] {
        let verdict = trusting().check_certificate(&web(), &certificate, when);
        assert!(matches!(verdict, Verdict::Unknown { .. }), "{verdict:?}");
        let error = verdict.into_result(&web(), &key(1)).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let nobody = known(&[]).check_certificate(&web(), &for_name("web"), now());
    let error = nobody.into_result(&web(), &key(1)).unwrap_err();
    assert!(error.to_string().contains("no @cert-authority line"), "{error}");
}

#[test]
fn a_forged_certificate_does_not_count() {
    let good = for_name("web").to_bytes().unwrap();
    let place = good.windows(3).position(|bytes| bytes == b"web").unwrap();
    let mut forged = good;
    forged[place..place + 3].copy_from_slice(b"xyz");
    let forged = Certificate::from_bytes(&forged).unwrap();
    let known = known(&[format!("@cert-authority * {}", text(9))]);
    let verdict = known.check_certificate(&HostKeyName::new("xyz", 22), &forged, now());
    let Verdict::Unknown { certificate, .. } = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(certificate, Some(CertificateProblem::BadSignature));
}

#[test]
fn the_key_in_a_certificate_counts_by_itself() {
    let plain = known(&[format!("web {}", text(1))]);
    assert_eq!(
        plain.check_certificate(&web(), &for_name("db"), now()),
        Verdict::Known(at(1))
    );
}

#[test]
fn an_authority_or_a_key_that_is_revoked_is_refused() {
    for revoked in [1, 9] {
        let known = known(&[
            format!("@cert-authority * {}", text(9)),
            format!("web {}", text(1)),
            format!("@revoked web {}", text(revoked)),
        ]);
        assert_eq!(
            known.check_certificate(&web(), &for_name("web"), now()),
            Verdict::Revoked(at(3))
        );
    }
}

#[test]
fn an_authoritys_key_is_no_machines_key() {
    let known = trusting();
    assert!(matches!(known.check(&web(), &key(9)), Verdict::Unknown { .. }));
}

#[test]
fn a_machine_is_asked_for_the_keys_it_is_known_by() {
    let ecdsa = known(&[format!("web {ECDSA}")]).preferred_algorithms(&web());
    let p256 = Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    };
    assert_eq!(ecdsa.keys[..2], [p256.clone(), Algorithm::Ed25519]);
    assert!(ecdsa.certificates.is_empty());
    let both = known(&[format!("web {ECDSA}"), format!("web {}", text(1))]).preferred_algorithms(&web());
    assert_eq!(both.keys[..2], [Algorithm::Ed25519, p256.clone()]);
    let port = known(&[format!("web {ECDSA}")]).preferred_algorithms(&HostKeyName::new("web", 2222));
    assert_eq!(port.keys[0], p256);
    assert!(!trusting().preferred_algorithms(&web()).certificates.is_empty());
    let none = known(&[]).preferred_algorithms(&web());
    assert_eq!(none.keys[0], Algorithm::Ed25519);
}

#[tokio::test]
async fn a_remembered_key_is_known() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(".ssh/known_hosts");
    let names = [
        (HostKeyName::new("Web", 22), NameForm::Plain),
        (HostKeyName::new("web", 2222), NameForm::Hashed),
        (HostKeyName::new("fe80::1%eth0", 22), NameForm::Plain),
    ];
    for (seed, (name, form)) in (1..).zip(&names) {
        KnownHosts::remember(&file, name, &key(seed), *form)
            .await
            .unwrap();
    }
    let known = KnownHosts::read(std::slice::from_ref(&file)).await.unwrap();
    for (seed, (name, _)) in (1..).zip(&names) {
        assert!(
            matches!(known.check(name, &key(seed)), Verdict::Known(_)),
            "{name}"
        );
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 3);
    assert!(!written.contains("2222"), "{written}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_line_that_was_broken_off_is_ended_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    std::fs::write(&file, format!("db {}", text(2))).unwrap();
    KnownHosts::remember(&file, &web(), &key(1), NameForm::Plain)
        .await
        .unwrap();
    let known = KnownHosts::read(std::slice::from_ref(&file)).await.unwrap();
    assert!(matches!(known.check(&web(), &key(1)), Verdict::Known(_)));
    assert!(matches!(
        known.check(&HostKeyName::new("db", 22), &key(2)),
        Verdict::Known(_)
    ));
    KnownHosts::remember(Path::new("/dev/null"), &web(), &key(1), NameForm::Plain)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_name_that_would_be_a_pattern_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    for name in [
        "", "*", "a?", "!a", "a,b", "a b", "a\nb", "#a", "|1|a", "@revoked", "[a]:1",
    ] {
        let name = HostKeyName::new(name, 22);
        let error = KnownHosts::remember(&file, &name, &key(1), NameForm::Plain)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), virt_core::ErrorKind::InvalidArgument, "{name}");
    }
    assert!(!file.exists());
}
