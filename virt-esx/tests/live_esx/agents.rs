//! Guests: what VMware Tools tell of them, and what they do in them for a user.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use virt_core::agent::ExecRequest;
use virt_core::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_core::host::ExitStatus;
use virt_core::{Connection, Domain, ErrorKind};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, bare, builder, simulator};

/// What the guests of the simulator take.
const GUEST: &str = "guest";

/// How a program answers for guests: with which passwords, one after the other, and how often it was asked.
#[derive(Default)]
struct Answers {
    passwords: Mutex<Vec<&'static str>>,
    asked: AtomicU32,
}

impl Answers {
    fn of(&self, request: &CredentialRequest) -> Option<&'static str> {
        match &request.kind {
            CredentialKind::GuestUserName(_) => Some(GUEST),
            CredentialKind::GuestPassword(name) => {
                assert!(!name.is_empty());
                assert_eq!(request.attempt, self.asked.fetch_add(1, Ordering::AcqRel) % 3);
                self.passwords.lock().expect("nobody panics").pop()
            }
            _ => None,
        }
    }
}

/// A simulator with a connection to it, one of its machines, which runs, and who answers for its guest: with these
/// passwords.
async fn opened(passwords: &[&'static str]) -> Option<(Simulator, Connection, Domain, Arc<Answers>)> {
    let simulator = simulator(SimulatorOptions::esx()).await?;
    let answers = Arc::new(Answers::default());
    *answers.passwords.lock().expect("nobody panics") = passwords.iter().rev().copied().collect();
    let (user, password) = (simulator.user().to_owned(), simulator.password().to_owned());
    let given = Arc::clone(&answers);
    let answer = move |request: CredentialRequest| {
        let answer = match request.kind {
            CredentialKind::UserName => Some(user.clone()),
            CredentialKind::Password => Some(password.clone()),
            _ => given.of(&request).map(str::to_owned),
        };
        async move { answer.map(Secret::new) }
    };
    let pin = simulator.certificate().sha256_thumbprint();
    let uri = format!("{}?thumbprint={pin}", bare(&simulator.esx_uri()));
    let conn = builder(&simulator)
        .credentials(answer)
        .open(&uri)
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    Some((simulator, conn, domain, answers))
}

#[tokio::test]
async fn what_tools_tell_needs_nobody_to_log_in() {
    let Some((simulator, conn, domain, answers)) = opened(&[]).await else {
        return;
    };
    let agent = domain.agent();
    agent.ping().await.expect("Tools run");
    let info = agent.info().await.expect("what it is");
    assert_eq!(info.version, "10336");
    assert!(info.commands.iter().any(|command| command == "guest-exec"));
    let interfaces = agent.interfaces().await.expect("its interfaces");
    let first = interfaces.first().expect("one");
    assert!(first.mac.is_some() && first.name == "VM Network", "{first:?}");
    let prefixes: Vec<u8> = first.addresses.iter().map(|address| address.prefix).collect();
    assert_eq!(prefixes, [8, 64]);
    let os = agent.os().await.expect("its system");
    assert!(os.name.is_some() && os.machine.is_some(), "{os:?}");
    let name = agent.host_name().await.expect("its name");
    assert!(name.ends_with(".example.com"), "{name}");
    assert_eq!(answers.asked.load(Ordering::Acquire), 0);
    for error in [
        agent.users().await.map(drop).expect_err("not told"),
        agent.time().await.map(drop).expect_err("not told"),
        agent.set_time(None).await.expect_err("not done"),
        agent.fs_freeze().await.map(drop).expect_err("not done"),
        agent.fs_trim(0).await.map(drop).expect_err("not done"),
        agent.set_password("a", "b").await.expect_err("not done"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("VMware Tools"), "{error}");
    }

    simulator
        .control()
        .remove_tools(domain.name())
        .await
        .expect("its tools are gone");
    let gone = async {
        while agent.ping().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, gone).await.expect("it is told");
    for error in [
        agent.ping().await.expect_err("nobody hears"),
        agent.interfaces().await.map(drop).expect_err("nobody tells"),
        agent
            .read_file("/etc/motd")
            .await
            .map(drop)
            .expect_err("nobody reads"),
    ] {
        assert_eq!(error.kind(), ErrorKind::AgentUnavailable, "{error}");
    }
    domain.destroy().await.expect("it ends");
    let error = agent.ping().await.expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_program_runs_with_all_that_belongs_to_it() {
    let Some((simulator, conn, domain, answers)) = opened(&[GUEST]).await else {
        return;
    };
    let agent = domain.agent();
    let words = ["it's", "$HOME", "a  b", ">x", ";"];
    let output = agent
        .exec(&ExecRequest::new("/bin/echo").args(words))
        .await
        .expect("it runs");
    assert_eq!(output.status, ExitStatus::Code(0));
    assert_eq!(output.stdout, format!("{}\n", words.join(" ")).as_bytes());
    assert!(output.stderr.is_empty() && !output.truncated);

    let input: Vec<u8> = (0..=255_u8).cycle().take(100_000).collect();
    let output = agent
        .exec(&ExecRequest::new("cat").stdin(input.clone()))
        .await
        .expect("it runs");
    assert!(output.stdout == input, "what it reads comes back");

    let script = ExecRequest::new("/bin/sh").args(["-c", "echo out; cat /no/such; exit 3"]);
    let output = agent.exec(&script).await.expect("it runs");
    assert_eq!(output.status, ExitStatus::Code(3));
    assert_eq!(output.stdout, b"out\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such"));

    let request = ExecRequest::new("/bin/env").env("VIRT_A", "two words");
    let output = agent.exec(&request).await.expect("it runs");
    assert_eq!(output.stdout, b"VIRT_A=two words\n");

    let error = agent
        .exec(&ExecRequest::new("/no/such/program"))
        .await
        .expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::Failed, "{error}");
    assert!(error.to_string().contains("/no/such/program"), "{error}");
    let error = agent
        .exec(&ExecRequest::new("/bin/echo").arg("a\0b"))
        .await
        .expect_err("it cannot be said");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");

    // Asked once for the guest, and nothing is left in it.
    assert_eq!(answers.asked.load(Ordering::Acquire), 1);
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(
        calls.of("CreateTemporaryFileInGuest"),
        calls.of("DeleteFileInGuest")
    );
    assert_eq!(calls.of("CreateTemporaryFileInGuest"), 11);
    assert_eq!(calls.of("TerminateProcessInGuest"), 0);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_program_that_takes_too_long_or_that_nobody_waits_for_is_ended() {
    let Some((simulator, conn, domain, _)) = opened(&[GUEST]).await else {
        return;
    };
    let agent = domain.agent();
    let slow = ExecRequest::new("/bin/sleep").arg("300");
    let error = agent
        .exec(&slow.clone().time_limit(Duration::from_millis(300)))
        .await
        .expect_err("it takes too long");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(calls.of("TerminateProcessInGuest"), 1);

    let waiting = agent.exec(&slow);
    let given_up = tokio::time::timeout(Duration::from_millis(500), waiting).await;
    assert!(given_up.is_err(), "it goes on");
    let ended = async {
        loop {
            let calls = simulator.calls().await.expect("what was called");
            let is_clear = calls.of("CreateTemporaryFileInGuest") == calls.of("DeleteFileInGuest");
            if calls.of("TerminateProcessInGuest") == 2 && is_clear {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, ended)
        .await
        .expect("it is ended in the background");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn files_are_written_read_and_replaced() {
    let Some((_simulator, conn, domain, _)) = opened(&[GUEST]).await else {
        return;
    };
    let agent = domain.agent();
    let large: Vec<u8> = (0..=255_u8).rev().cycle().take(300_001).collect();
    for content in [large.as_slice(), b"small", b""] {
        agent
            .write_file("/tmp/file", content)
            .await
            .expect("it is written");
        let read = agent.read_file("/tmp/file").await.expect("it is read");
        assert!(read == content, "{} bytes of {}", read.len(), content.len());
    }
    for error in [
        agent
            .read_file("/no/such")
            .await
            .map(drop)
            .expect_err("it is not there"),
        agent
            .write_file("/no/such/file", b"x")
            .await
            .expect_err("there is no place"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Failed, "{error}");
        assert!(error.to_string().contains("/no/such"), "{error}");
    }
    let error = agent.read_file("").await.expect_err("no path");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_password_is_asked_for_again_and_not_for_ever() {
    let Some((_simulator, conn, domain, answers)) = opened(&["wrong", GUEST]).await else {
        return;
    };
    let agent = domain.agent();
    agent.read_file("/etc/motd").await.expect("the second one fits");
    assert_eq!(answers.asked.load(Ordering::Acquire), 2);
    conn.shutdown().await.expect("it ends");

    let Some((_simulator, conn, domain, answers)) = opened(&["a", "b", "c", "d"]).await else {
        return;
    };
    let error = domain
        .agent()
        .read_file("/etc/motd")
        .await
        .expect_err("none fits");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    assert_eq!(answers.asked.load(Ordering::Acquire), 3);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn many_programs_run_at_a_time_by_one_login() {
    let Some((_simulator, conn, domain, answers)) = opened(&[GUEST]).await else {
        return;
    };
    let runs = (0..12).map(|number| {
        let agent = domain.agent();
        async move {
            let request = ExecRequest::new("/bin/echo").arg(format!("answer-{number}"));
            let output = agent.exec(&request).await.expect("it runs");
            assert_eq!(output.stdout, format!("answer-{number}\n").as_bytes());
        }
    });
    futures::future::join_all(runs).await;
    assert_eq!(answers.asked.load(Ordering::Acquire), 1);
    conn.shutdown().await.expect("it ends");
}
