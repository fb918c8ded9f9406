//! The same lines as OpenSSH: what we find for a name is what `ssh-keygen -F` finds.
#![cfg(feature = "ssh")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use virt_remote::ssh::known_hosts::{HostKeyName, KnownHosts, Marker, NameForm};
use virt_testkit::skip;

/// A line that was found: its number, what its marker says, its key's fingerprint.
type Found = (usize, Marker, String);

fn has_ssh_keygen() -> bool {
    Command::new("ssh-keygen").arg("-?").output().is_ok()
}

fn theirs(file: &Path, name: &HostKeyName) -> Vec<Found> {
    let output = Command::new("ssh-keygen")
        .args(["-l", "-F", &name.to_string(), "-f"])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(head) = lines.next() {
        let (_, line) = head.split_once(" found: line ").unwrap();
        let (number, marker) = line.split_once(' ').unwrap();
        let marker = match marker {
            "" => Marker::Host,
            "CA" => Marker::CertAuthority,
            "REVOKED" => Marker::Revoked,
            other => panic!("{other}"),
        };
        let key = lines.next().unwrap();
        let fingerprint = key.split(' ').find(|word| word.starts_with("SHA256:"));
        found.push((number.parse().unwrap(), marker, fingerprint.unwrap().to_owned()));
    }
    found
}

/// The exceptions.
///
/// * `@revoked`, a tab and a space later: OpenSSH looks for the space first and takes what is before it for the marker;
///   for us the key is revoked.
/// * A NUL byte: OpenSSH takes it for the blank after the names and reads on; we leave the line out.
fn excepted(text: &[u8], line: usize) -> bool {
    let line = text.split(|byte| *byte == b'\n').nth(line - 1).unwrap();
    let line = line.trim_ascii_start();
    line.contains(&0) || (line.starts_with(b"@revoked\t") && line.contains(&b' '))
}

fn ours(file: &Path, text: &[u8], name: &HostKeyName) -> Vec<Found> {
    let mut known = KnownHosts::default();
    known.add(file, text);
    known
        .keys(name)
        .iter()
        .map(|key| (key.place.line, key.marker, key.fingerprint()))
        .collect()
}

fn same(directory: &Path, text: &[u8], names: &[HostKeyName]) -> usize {
    let file = directory.join("known_hosts");
    fs::write(&file, text).unwrap();
    let mut lines = 0;
    for name in names {
        let but_for_exceptions = |mut found: Vec<Found>| {
            found.retain(|(line, ..)| !excepted(text, *line));
            found
        };
        let found = but_for_exceptions(theirs(&file, name));
        lines += found.len();
        let shown = String::from_utf8_lossy(text);
        let ours = but_for_exceptions(ours(&file, text, name));
        assert_eq!(ours, found, "for {name} in\n{shown:?}");
    }
    lines
}

/// Public keys of the types OpenSSH makes.
fn new_keys(directory: &Path) -> Vec<String> {
    let kinds = [
        ("ed25519", "256"),
        ("ecdsa", "256"),
        ("ecdsa", "384"),
        ("ecdsa", "521"),
        ("rsa", "2048"),
    ];
    let make = |(number, (kind, bits)): (usize, &(&str, &str))| {
        let file = directory.join(format!("key{number}"));
        run(&["-q", "-N", "", "-C", "", "-t", kind, "-b", bits, "-f"], &file);
        let public = fs::read_to_string(file.with_extension("pub")).unwrap();
        public.trim().to_owned()
    };
    kinds.iter().enumerate().map(make).collect()
}

fn names() -> Vec<HostKeyName> {
    vec![
        HostKeyName::new("web.example", 22),
        HostKeyName::new("web.example", 2222),
        HostKeyName::new("db", 22),
        HostKeyName::new("10.0.0.7", 22),
        HostKeyName::new("fe80::1", 2222),
    ]
}

/// Lines as they are met in real files and in those that hands and tools have damaged; `K` is a key.
const COLLECTED: &[&str] = &[
    "web.example K",
    "web.example K a comment",
    "WEB.Example,10.0.0.7 K",
    "\tweb.example\tK\tcomment",
    "  web.example  K",
    "web.example K\r",
    "# web.example K",
    "",
    " \t ",
    "\r",
    "*.example K",
    "*.example,!web.example K",
    "!web.example,*.example K",
    "!web.example K",
    "!db,* K",
    "w??.example K",
    "*,!db,!10.* K",
    "[web.example]:2222 K",
    "[*.example]:2222 K",
    "[web.example]:* K",
    "[fe80::1]:2222 K",
    "fe80::1 K",
    "web.example,,db K",
    ",db K",
    "db, K",
    "!,db K",
    "!!db,* K",
    "@revoked * K",
    "@revoked\t* K",
    "@revoked  web.example K",
    "@cert-authority *.example K",
    "@cert-authority\t*.example K",
    "@cert-authority *.example,!web.example K",
    "@Revoked * K",
    "@revoked @revoked * K",
    "@revoked",
    "@revoked ",
    "@unknown * K",
    "@ db K",
    "* K",
    "*",
    "db",
    "db ",
    "db ssh-ed25519",
    "db ssh-ed25519 ",
    "db ssh-ed25519 AAAA",
    "db ssh-ed25519 not-base64!",
    "db ssh-new AAAAB3NzaC1yc2E=",
    "db rsa-sha2-512 AAAA",
    "db 1024 35 12345678901234567890",
    "db # K",
    "db K # comment",
    "db option=\"x\" K",
    "|1|damaged|hash K",
    "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= K",
    "|2|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= K",
    "|1| K",
    "| K",
    "db\u{e9} K",
    "d\u{0}b K",
    "db\u{0} K",
];

#[test]
fn collected_lines_are_read_as_openssh_reads_them() {
    if !has_ssh_keygen() {
        skip!("ssh-keygen is not installed");
    }
    let directory = tempfile::tempdir().unwrap();
    let keys = new_keys(directory.path());
    let fill = |(number, line): (usize, &&str)| line.replace('K', &keys[number % keys.len()]);
    let lines: Vec<String> = COLLECTED.iter().enumerate().map(fill).collect();
    let mut found = same(directory.path(), lines.join("\n").as_bytes(), &names());
    for line in &lines {
        found += same(directory.path(), line.as_bytes(), &names());
    }
    let key = &keys[0];
    let (fits, too_long) = ("a".repeat(1022), "a".repeat(1023));
    let long = format!("{fits},db {key}\n{too_long},db {key}\n");
    found += same(directory.path(), long.as_bytes(), &names());
    found += same(directory.path(), b"\xff\xfe db\ndb\xff x\n", &names());
    assert!(found > 50, "only {found} lines were found");
}

#[test]
fn ssh_keygen_hashes_and_removes_what_we_remember() {
    if !has_ssh_keygen() {
        skip!("ssh-keygen is not installed");
    }
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let file = directory.path().join("known_hosts");
    let keys = new_keys(directory.path());
    for (name, key) in names().iter().zip(&keys) {
        let key = russh::keys::PublicKey::from_openssh(key).unwrap();
        for form in [NameForm::Plain, NameForm::Hashed] {
            let written = KnownHosts::remember(&file, name, &key, form);
            runtime.block_on(written).unwrap();
        }
    }
    let text = fs::read(&file).unwrap();
    assert_eq!(same(directory.path(), &text, &names()), 2 * keys.len());
    run(&["-H", "-f"], &file);
    let hashed = fs::read(&file).unwrap();
    assert!(!hashed.windows(3).any(|bytes| bytes == b"web"));
    assert_eq!(same(directory.path(), &hashed, &names()), 2 * keys.len());
    for name in names() {
        run(&["-R", &name.to_string(), "-f"], &file);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
}

fn run(arguments: &[&str], file: &Path) {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

fn pattern() -> impl Strategy<Value = String> {
    let plain = [
        "web.example",
        "db",
        "10.0.0.7",
        "[web.example]:2222",
        "[fe80::1]:2222",
        "WEB.example",
    ];
    prop_oneof![
        4 => prop::sample::select(plain.to_vec()).prop_map(str::to_owned),
        3 => "[*?a-z.]{0,6}(example|b|7|222[2*])",
        1 => "!(web.example|db|\\*|10.\\*|d\\?)",
        1 => "[!-+.-~]{0,8}",
    ]
}

fn line(keys: Vec<String>) -> impl Strategy<Value = String> {
    let damaged = [
        "@revoked\t",
        "@cert-authority\t",
        "@revoked",
        "@x ",
        "@revoked @revoked ",
    ];
    let marker = prop_oneof![
        6 => Just(""),
        1 => Just("@revoked "),
        1 => Just("@cert-authority "),
        1 => prop::sample::select(damaged.to_vec()),
    ];
    let cut = |(key, at): (String, prop::sample::Index)| key[..at.index(key.len())].to_owned();
    let key = prop_oneof![
        6 => prop::sample::select(keys.clone()),
        1 => prop::sample::select(keys.clone()).prop_map(|key| key.replace(' ', "\t")),
        1 => (prop::sample::select(keys), any::<prop::sample::Index>()).prop_map(cut),
    ];
    (
        prop::sample::select(vec!["", "", "", " ", "\t"]),
        marker,
        prop::collection::vec(pattern(), 1..4),
        prop::sample::select(vec![" ", " ", "\t", "  ", " \t "]),
        key,
        prop::sample::select(vec!["", "", " comment", "\tc", "\r"]),
    )
        .prop_map(|(start, marker, names, blank, key, end)| {
            format!("{start}{marker}{}{blank}{key}{end}", names.join(","))
        })
}

#[test]
fn generated_files_are_read_as_openssh_reads_them() {
    if !has_ssh_keygen() {
        skip!("ssh-keygen is not installed");
    }
    let directory = tempfile::tempdir().unwrap();
    let keys = new_keys(directory.path());
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let files = prop::collection::vec(line(keys), 1..12);
    let result = runner.run(&files, |lines| {
        same(directory.path(), lines.join("\n").as_bytes(), &names());
        Ok(())
    });
    result.unwrap();
}
