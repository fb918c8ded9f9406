//! Programs on the far machine.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virt_core::ErrorKind;
use virt_core::credentials::CredentialSource;
use virt_core::host::ExitStatus;

use super::sshd::need_sshd;
use super::{Sshd, dial, native, outcome, say};
use crate::ssh::link::Link;

#[tokio::test(flavor = "multi_thread")]
async fn output_errors_and_end_arrive() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let program = link.exec("cat; echo to errors >&2; exit 7").await.unwrap();
    let (output, errors, status) = outcome(program, b"what goes in").await;
    assert_eq!(output, b"what goes in");
    assert_eq!(errors, b"to errors\n");
    assert_eq!(status, ExitStatus::Code(7));
    let program = link.exec("kill -TERM $$").await.unwrap();
    assert_eq!(outcome(program, b"").await.2, ExitStatus::Signal(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn much_goes_both_ways_at_once_with_rekeying_under_it() {
    need_sshd!();
    let sshd = Sshd::start(&["RekeyLimit 2M"]).await;
    let link = dial(sshd.config()).await.unwrap();
    let much: Vec<u8> = (0..24_000_000_u32)
        .map(|number| (number / 7).to_le_bytes()[0])
        .collect();
    for program in [
        link.exec("cat").await.unwrap(),
        link.exec_bulk("cat").await.unwrap(),
    ] {
        let (output, _, status) = outcome(program, &much).await;
        assert_eq!(status, ExitStatus::Code(0));
        assert!(
            output == much,
            "{} bytes came back of {}",
            output.len(),
            much.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_programs_than_one_connection_may_have_run_at_once() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 4"]).await;
    let link = dial(sshd.config()).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..24 {
        let link = Arc::clone(&link);
        running.spawn(async move {
            let program = link
                .exec(&format!("read line; echo {number} $line"))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            let (output, _, status) = outcome(program, b"is here\n").await;
            assert_eq!(status, ExitStatus::Code(0));
            assert_eq!(String::from_utf8(output).unwrap(), format!("{number} is here\n"));
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    assert_eq!(say(&*link, "echo again").await, "again");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_connection_has_room_the_setting_is_named() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 1"]).await;
    let link = dial(sshd.config()).await.unwrap();
    let mut held = Vec::new();
    let error = loop {
        match link.exec("cat").await {
            Ok(program) => held.push(program),
            Err(error) => break error,
        }
    };
    assert_eq!(held.len(), 8);
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert!(error.to_string().contains("MaxSessions"), "{error}");
    held.pop();
    for _ in 0..100 {
        if link.exec("true").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the room of an ended program is not used again");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_streams_ends_the_input_and_closes_the_channel() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    let mark = sshd.path("ended");
    let program = link
        .exec(&format!("cat >/dev/null; touch {}", mark.display()))
        .await
        .unwrap();
    drop(program);
    // One that does not care that nobody reads, and one that never ends by itself.
    drop(link.exec("exec cat /dev/zero").await.unwrap());
    drop(link.exec("exec sleep 1000").await.unwrap());
    for _ in 0..500 {
        if mark.exists() && link.open_channels() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} channels are left open", link.open_channels());
}

#[tokio::test(flavor = "multi_thread")]
async fn futures_that_are_dropped_leak_no_channel() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 100"]).await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    let socket = sshd.path("socket");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let accepting = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    let path = socket.display().to_string();
    for micros in (0..60).map(|step| step * 50) {
        let wait = Duration::from_micros(micros);
        let _ = tokio::time::timeout(wait, link.exec("true")).await;
        let _ = tokio::time::timeout(
            wait,
            link.connect_unix(&path, virt_core::host::StreamUse::Control),
        )
        .await;
    }
    for _ in 0..500 {
        if link.open_channels() == 0 {
            accepting.abort();
            assert_eq!(say(&link, "echo fine").await, "fine");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} channels are left open", link.open_channels());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_session_is_seen_by_all_who_wait() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let mut program = link.exec("cat").await.unwrap();
    let session = say(&*link, "echo $PPID").await;
    sshd.run("kill", &["-9", &session]).await;
    tokio::time::timeout(Duration::from_secs(5), link.lost())
        .await
        .unwrap();
    let error = program.stdio.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    program.stdio.write_all(b"x").await.unwrap_err();
    assert!(program.end.await.is_err());
    let error = link.exec("true").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(error.to_string().contains("host far"), "{error}");
    // Again at once.
    link.lost().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_silently_is_noticed() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let mut config = sshd.config();
    config.server_alive_interval = Some(Duration::from_millis(300));
    let link = dial(config).await.unwrap();
    let session = say(&*link, "echo $PPID").await;
    sshd.run("kill", &["-STOP", &session]).await;
    tokio::time::timeout(Duration::from_secs(10), link.lost())
        .await
        .unwrap();
    sshd.run("kill", &["-KILL", &session]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_link_is_lost_and_its_streams_with_it() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let mut program = link.exec_bulk("cat").await.unwrap();
    let mut other = link.exec("cat").await.unwrap();
    link.close().await;
    link.lost().await;
    other.stdio.read_u8().await.unwrap_err();
    drop(link);
    drop(other);
    let _ = program.stdio.write_all(b"x").await;
    drop(program);
    sshd.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_connection_that_fails_is_not_the_end_of_the_link() {
    need_sshd!();
    let sshd = Sshd::start(&["MaxSessions 1"]).await;
    let link = dial(sshd.config()).await.unwrap();
    let mut bulk = link.exec_bulk("echo $PPID; cat").await.unwrap();
    let mut pid = [0; 32];
    let count = bulk.stdio.read(&mut pid).await.unwrap();
    let pid = String::from_utf8_lossy(&pid[..count]).trim().to_owned();
    sshd.run("kill", &["-9", &pid]).await;
    bulk.stdio.read_u8().await.unwrap_err();
    // Nobody gets in any more.
    std::fs::write(sshd.path("authorized_keys"), "").unwrap();
    let held = link.exec("cat").await.unwrap();
    let error = link.exec("true").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    let lost = tokio::time::timeout(Duration::from_millis(300), link.lost()).await;
    assert!(lost.is_err(), "the link is lost");
    let (output, _, _) = outcome(held, b"still there").await;
    assert_eq!(output, b"still there");
}
