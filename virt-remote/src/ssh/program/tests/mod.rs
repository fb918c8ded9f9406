//! The link through `ssh`, against a real sshd.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use virt_core::host::{ExitStatus, StreamUse};
use virt_core::{ErrorKind, Result};

use super::link::ProgramLink;
use super::{ProgramDialer, ProgramTarget};
use crate::ssh::link::{Dialer as _, Link};
use crate::ssh::native::tests::sshd::need_sshd;
use crate::ssh::native::tests::{Sshd, outcome, say};

fn target(sshd: &Sshd) -> ProgramTarget {
    // It writes the file of known keys.
    let config = sshd.config();
    ProgramTarget {
        program: "ssh".to_owned(),
        host: "127.0.0.1".to_owned(),
        user: Some("root".to_owned()),
        port: Some(sshd.port),
        config_file: Some("none".into()),
        key_file: Some(sshd.path("user")),
        known_hosts: config.user_known_hosts.first().cloned(),
        jump: None,
        settings: Vec::new(),
    }
}

async fn dial(target: ProgramTarget) -> Result<Arc<dyn Link>> {
    ProgramDialer::new("far".to_owned(), target).dial().await
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_run_and_more_of_them_than_one_connection_may_have() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 3"]).await;
    let link = dial(target(&sshd)).await.unwrap();
    let program = link.exec("cat; echo to errors >&2; exit 7").await.unwrap();
    let (output, errors, status) = outcome(program, b"what goes in").await;
    assert_eq!(
        (output.as_slice(), errors.as_slice()),
        (&b"what goes in"[..], &b"to errors\n"[..])
    );
    assert_eq!(status, ExitStatus::Code(7));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..9 {
        let link = Arc::clone(&link);
        running.spawn(async move {
            let program = link
                .exec(&format!("read line; echo {number} $line"))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            let (output, _, _) = outcome(program, b"is here\n").await;
            assert_eq!(String::from_utf8(output).unwrap(), format!("{number} is here\n"));
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    link.close().await;
    link.lost().await;
    sshd.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_connected_and_what_is_wrong_with_them_is_told() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(target(&sshd)).await.unwrap();
    let path = sshd.path("a:b%c\\ socket");
    let listener = UnixListener::bind(&path).unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                stream.write_all(b"greeting").await.unwrap();
                let (mut reader, mut writer) = stream.into_split();
                tokio::io::copy(&mut reader, &mut writer).await
            });
        }
    });
    let path = path.display().to_string();
    for _ in 0..3 {
        let mut stream = link.connect_unix(&path, StreamUse::Control).await.unwrap();
        let mut greeting = [0; 8];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"greeting");
        stream.write_all(b"ping").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"ping");
    }
    let absent = sshd.path("absent").display().to_string();
    let error = link.connect_unix(&absent, StreamUse::Bulk).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sshd_forbids_sockets_the_setting_is_named() {
    need_sshd!();
    let sshd = Sshd::start(&["AllowStreamLocalForwarding no"]).await;
    let link = dial(target(&sshd)).await.unwrap();
    let path = sshd.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let error = link
        .connect_unix(&path.display().to_string(), StreamUse::Control)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(
        error.to_string().contains("AllowStreamLocalForwarding"),
        "{error}"
    );
    drop(listener);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_losses_are_told() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    sshd.keygen("stranger", &[]).await;
    let mut wrong = target(&sshd);
    wrong.key_file = Some(sshd.path("stranger"));
    let error = dial(wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(error.to_string().contains("Permission denied"), "{error}");
    let right = target(&sshd);
    sshd.known_hosts("");
    let error = dial(right).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    let link = dial(target(&sshd)).await.unwrap();
    let mut program = link.exec("cat").await.unwrap();
    let path = sshd.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let mut socket = link
        .connect_unix(&path.display().to_string(), StreamUse::Control)
        .await
        .unwrap();
    let session = say(&*link, "echo $PPID").await;
    sshd.run("kill", &["-9", &session]).await;
    tokio::time::timeout(Duration::from_secs(10), link.lost())
        .await
        .unwrap();
    for error in [
        program.stdio.read(&mut [0; 8]).await.unwrap_err(),
        program.stderr.read(&mut [0; 8]).await.unwrap_err(),
        socket.read(&mut [0; 8]).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    assert!(program.end.await.is_err());
    drop(listener);
    let error = link.exec("true").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_link_leaves_no_process_and_no_directory() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(target(&sshd)).await.unwrap();
    drop(link.exec("cat").await.unwrap());
    drop(link);
    sshd.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_one_is_told_from_a_loss() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(target(&sshd)).await.unwrap();
    // ssh does not tell which signal ended it.
    let program = link.exec("echo last words; kill -KILL $$").await.unwrap();
    let (output, _, status) = outcome(program, b"").await;
    assert_eq!(
        (output.as_slice(), status),
        (&b"last words\n"[..], ExitStatus::Unknown)
    );
    // Its output ends before it does: sshd has one socket for it and the input.
    let line = format!(
        "exec <&- >&- 2>&-; while [ ! -e {0} ]; do sleep 0.1; done; exit 4",
        sshd.path("go").display()
    );
    let mut program = link.exec(&line).await.unwrap();
    assert_eq!(program.stdio.read(&mut [0; 8]).await.unwrap(), 0);
    std::fs::write(sshd.path("go"), "").unwrap();
    // ssh has this one end with the program.
    assert_eq!(program.stderr.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(program.end.await.unwrap(), ExitStatus::Code(4));
    // Closed here: what ran is lost, and did not end.
    let mut program = link.exec("cat").await.unwrap();
    link.close().await;
    let error = program.stdio.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    assert!(program.end.await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_given_up_leave_no_socket() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 100"]).await;
    let link = ProgramLink::open("far".to_owned(), Arc::new(target(&sshd)))
        .await
        .unwrap();
    let path = sshd.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let path = path.display().to_string();
    let waits = (0..60_u64).map(|step| step * 50);
    for micros in waits.chain((1..15).map(|step| step * 5000)) {
        let connecting = link.connect_unix(&path, StreamUse::Control);
        let _ = tokio::time::timeout(Duration::from_micros(micros), connecting).await;
    }
    for _ in 0..250 {
        if link.forwards_left() == 0 {
            drop(listener);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} sockets are left", link.forwards_left());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_ssh_is_not_waited_for() {
    need_sshd!();
    let sshd = Sshd::configured(&[]).await;
    // Written by a process of its own: a program that somebody has open for writing can't be started.
    let write = "printf '#!/bin/sh\\ntrap \"\" TERM\\necho $$ >%s/pid\\necho no words of an ssh\\n\
        while :; do sleep 0.2; done\\n' \"$PWD\" >odd && chmod 755 odd";
    sshd.run("sh", &["-c", write]).await;
    let mut odd = target(&sshd);
    odd.program = sshd.path("odd").display().to_string();
    let error = tokio::time::timeout(Duration::from_secs(10), dial(odd))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    let pid = std::fs::read_to_string(sshd.path("pid")).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists());
}
