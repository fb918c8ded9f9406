//! The link through `ssh`, against a real sshd.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use virt_core::host::{ExitStatus, StreamUse};
use virt_core::{ErrorKind, Result};

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
    let session = say(&*link, "echo $PPID").await;
    sshd.run("kill", &["-9", &session]).await;
    tokio::time::timeout(Duration::from_secs(10), link.lost())
        .await
        .unwrap();
    assert_eq!(program.stdio.read(&mut [0; 8]).await.unwrap_or(0), 0);
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
