//! Configurations made up, and taken or refused by both sides alike.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::{Given, compare, openssh};

/// A configuration of three files, and what is asked.
#[derive(Debug, Clone)]
struct Case {
    main: String,
    parts: [String; 2],
    given: Given,
}

fn host() -> impl Strategy<Value = &'static str> {
    select(&["web", "db", "web.example", "db.example", "WEB", "10.0.0.1", "x-1"][..])
}

fn pattern() -> impl Strategy<Value = String> {
    let plain = select(
        &[
            "web",
            "db",
            "*.example",
            "w?b",
            "*",
            "10.*",
            "real",
            "x-?",
            "WEB",
            "*e*",
        ][..],
    );
    (prop::bool::weighted(0.2), plain)
        .prop_map(|(negated, plain)| format!("{}{plain}", if negated { "!" } else { "" }))
}

/// A keyword and its value, mostly a good one.
fn setting() -> impl Strategy<Value = (&'static str, String)> {
    let of = |keyword: &'static str, values: &'static [&'static str]| {
        select(values)
            .prop_map(move |value| (keyword, value.to_owned()))
            .boxed()
    };
    let switch = &["yes", "no", "True", "FALSE", "yes", "no", "yes", "no", "maybe"][..];
    let path = &[
        "~/.ssh/one",
        "~/.ssh/%h",
        "/keys/%r@%h:%p",
        "\"/with blank/%n\"",
        "/k/%k",
        "${VIRT_TEST_DIR}/%u",
        "none",
        "/plain",
        "rel/%k",
        "~root/%i",
        "/%%/%L",
        "'/single quotes'",
        "/back\\ slash",
        "/back\\slash",
        "/%d/%l",
        "/hash#inside",
        "/one",
        "/two",
        "/three",
    ][..];
    let lists = &[
        "/a",
        "/a ~/b",
        "none",
        "~/.ssh/kh_%h /c",
        "\"/a b\" /c",
        "${VIRT_TEST_DIR}/kh",
        "/a # /b",
    ][..];
    let times = &["0", "5", "10s", "1m", "1h30m", "none", "2d", "7", "30", "5x"][..];
    prop_oneof![
        3 => of("HostName", &["real", "%h", "%h.example", "10.1.2.3", "REAL.Example", "::1", "real", "web", "a%%b"]),
        3 => of("User", &["root", "me", "\"a b\"", "o'ps'", "first.last", "u#1", "u #1"]),
        3 => of("Port", &["22", "2222", "1", "65535", "ssh", "022", "22", "443", "0"]),
        4 => of("IdentityFile", path),
        2 => of("CertificateFile", path),
        2 => of("UserKnownHostsFile", lists),
        2 => of("GlobalKnownHostsFile", lists),
        2 => of("HostKeyAlias", &["key", "KEY.example", "%h"]),
        2 => of("StrictHostKeyChecking", &["yes", "no", "ask", "off", "accept-new", "Ask", "true"]),
        2 => of("ConnectTimeout", times),
        2 => of("ServerAliveInterval", times),
        2 => of("ServerAliveCountMax", &["0", "1", "3", "10"]),
        3 => of("ProxyJump", &["gate", "u@gate:2222", "a,b,u@c:1", "none", "[::1]:22", "ssh://gate", "real:1", "a,,b"]),
        3 => of("ProxyCommand", &["true %h %p", "true %r@%n \"%k\"", "none", "true 100%%", "true # %h"]),
        2 => of("IdentitiesOnly", switch),
        2 => of("IdentityAgent", &["none", "SSH_AUTH_SOCK", "$VIRT_TEST_DIR", "~/agent", "${VIRT_TEST_DIR}/%h", "/a b"]),
        2 => of("PasswordAuthentication", switch),
        1 => of("KbdInteractiveAuthentication", switch),
        1 => of("ChallengeResponseAuthentication", switch),
        2 => of("PubkeyAuthentication", switch),
        1 => of("TCPKeepAlive", switch),
        1 => of("HashKnownHosts", switch),
        1 => of("PreferredAuthentications", &["publickey", "publickey,password"]),
        1 => of("NumberOfPasswordPrompts", &["0", "1", "3"]),
        1 => of("Compression", &["yes", "no"]),
        1 => of("SendEnv", &["LANG LC_*", "A"]),
        1 => of("IgnoreUnknown", &["fancy*", "x,fancy"]),
        1 => of("FancyOption", &["whatever it takes"]),
        1 => of("CanonicalizeHostname", &["yes", "no"]),
    ]
}

/// How the parts of a line are put together.
fn line() -> impl Strategy<Value = String> {
    let case = select(&[str::to_owned, str::to_lowercase, str::to_uppercase][..]);
    let between = select(&[" ", "=", " = ", "\t", "  ", "= "][..]);
    let before = select(&["", "  ", "\t", ""][..]);
    let after = select(&["", "", "  ", " # comment", "\r", "\t"][..]);
    let said = (setting(), case, between, before, after).prop_map(
        |((keyword, value), case, between, before, after)| {
            // A comment would be a part of a command, and behind `none` it is one of the exceptions.
            let whole_line = keyword == "ProxyCommand" || value == "none";
            let after = if whole_line { "" } else { after };
            format!("{before}{}{between}{value}{after}\n", case(keyword))
        },
    );
    let nothing =
        select(&["\n", "# comment 'with a quote\n", "   \n", "\t# x\n"][..]).prop_map(str::to_owned);
    prop_oneof![9 => said, 1 => nothing]
}

fn criterion() -> impl Strategy<Value = String> {
    let hosts = || prop::collection::vec(pattern(), 1..3).prop_map(|patterns| patterns.join(","));
    let users = || select(&["root", "me", "!root,*", "r*", "o?s"][..]);
    let word = prop_oneof![
        4 => hosts().prop_map(|hosts| format!("host {hosts}")),
        2 => hosts().prop_map(|hosts| format!("originalhost=\"{hosts}\"")),
        2 => users().prop_map(|users| format!("user {users}")),
        1 => users().prop_map(|users| format!("LocalUser \"{users}\"")),
        1 => Just("final".to_owned()),
        1 => Just("canonical".to_owned()),
    ];
    (prop::bool::weighted(0.2), word)
        .prop_map(|(negated, word)| format!("{}{word}", if negated { "!" } else { "" }))
}

/// A block: what it is for, and what it says.
fn block() -> impl Strategy<Value = String> {
    let hosts =
        prop::collection::vec(pattern(), 1..4).prop_map(|patterns| format!("Host {}\n", patterns.join(" ")));
    let criteria =
        prop::collection::vec(criterion(), 1..3).prop_map(|all| format!("Match {}\n", all.join(" ")));
    let head = prop_oneof![5 => hosts, 4 => criteria, 1 => Just("Match all\n".to_owned())];
    let include = select(
        &[
            "Include DIR/part-*\n",
            "Include DIR/part-0\n",
            "Include DIR/part-1 DIR/none\n",
        ][..],
    );
    let include = prop::option::weighted(0.15, include);
    (head, prop::collection::vec(line(), 0..5), include)
        .prop_map(|(head, lines, include)| format!("{head}{}{}", lines.concat(), include.unwrap_or_default()))
}

fn file(blocks: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let start = prop::collection::vec(line(), 0..3);
    (start, prop::collection::vec(block(), blocks))
        .prop_map(|(start, blocks)| start.concat() + &blocks.concat())
}

/// A part that includes others would never end.
fn part() -> impl Strategy<Value = String> {
    file(0..3).prop_map(|text| {
        text.lines()
            .filter(|line| !line.starts_with("Include"))
            .fold(String::new(), |all, line| all + line + "\n")
    })
}

fn case() -> impl Strategy<Value = Case> {
    let user = prop::option::weighted(0.2, select(&["root", "me", "ops"][..]));
    let port = prop::option::weighted(0.2, 1_u16..);
    (file(0..6), part(), part(), host(), user, port).prop_map(|(main, one, two, host, user, port)| Case {
        main,
        parts: [one, two],
        given: Given {
            user: user.map(str::to_owned),
            port,
            ..Given::host(host)
        },
    })
}

fn check(directory: &Path, case: &Case) -> Result<bool, TestCaseError> {
    for (at, part) in case.parts.iter().enumerate() {
        std::fs::write(directory.join(format!("part-{at}")), part).unwrap();
    }
    let file = directory.join("config");
    std::fs::write(&file, case.main.replace("DIR", &directory.display().to_string())).unwrap();
    let parts = || format!("part-0:\n{}\npart-1:\n{}", case.parts[0], case.parts[1]);
    compare(&file, &case.given)
        .map_err(|difference| TestCaseError::fail(format!("{difference}\n{}", parts())))
}

#[test]
fn generated_configurations_have_openssh_s_answers() {
    if let Some(missing) = openssh::missing() {
        virt_testkit::skip!("{missing}");
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut taken, mut refused) = (0, 0);
    let mut runner = TestRunner::new(Config {
        // PROPTEST_CASES asks for more.
        cases: Config::default().cases.max(400),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    });
    let counted = std::cell::RefCell::new((&mut taken, &mut refused));
    let result = runner.run(&case(), |case| {
        let both = check(directory.path(), &case)?;
        let mut counted = counted.borrow_mut();
        *(if both { &mut *counted.0 } else { &mut *counted.1 }) += 1;
        Ok(())
    });
    eprintln!("{taken} answers alike, {refused} refusals alike");
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(
        taken >= 100 && refused >= 10,
        "the generator makes too few of one kind"
    );
}
