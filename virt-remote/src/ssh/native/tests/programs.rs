//! Programs on the far machine.

use std::io::ErrorKind as ErrorKindOfIo;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virt_core::ErrorKind;
use virt_core::credentials::CredentialSource;
use virt_core::host::{ExitStatus, StreamUse};

use super::sshd::need_sshd;
use super::{Sshd, dial, mute_server, native, outcome, say};
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
        let _ = tokio::time::timeout(wait, link.connect_unix(&path, StreamUse::Control)).await;
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
    assert_eq!(error.kind(), ErrorKindOfIo::ConnectionReset);
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
    // Whoever still holds streams holds no login open.
    sshd.until_without_sessions().await;
    for stdio in [&mut other.stdio, &mut program.stdio] {
        let error = stdio.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKindOfIo::ConnectionReset);
        stdio.write_all(b"x").await.unwrap_err();
    }
    let error = link.exec_bulk("true").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}

/// How a link comes to its end.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Killed(&'static str),
    Closed,
    Dropped,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_of_a_lost_link_fails_and_none_just_ends() {
    need_sshd!();
    for loss in [
        Loss::Killed("-KILL"),
        Loss::Killed("-TERM"),
        Loss::Closed,
        Loss::Dropped,
    ] {
        let sshd = Sshd::start(&[]).await;
        let link = dial(sshd.config()).await.unwrap();
        let path = sshd.path("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let path = path.display().to_string();
        let (mut streams, mut errors, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for program in [
            link.exec("cat").await.unwrap(),
            link.exec_bulk("cat").await.unwrap(),
        ] {
            streams.push(program.stdio);
            errors.push(program.stderr);
            ends.push(program.end);
        }
        for stream_use in [StreamUse::Control, StreamUse::Bulk] {
            streams.push(link.connect_unix(&path, stream_use).await.unwrap());
        }
        match loss {
            Loss::Killed(signal) => {
                let session = say(&*link, "echo $PPID").await;
                sshd.run("kill", &[signal, &session]).await;
                tokio::time::timeout(Duration::from_secs(5), link.lost())
                    .await
                    .unwrap();
                // As the host does.
                link.close().await;
            }
            Loss::Closed => link.close().await,
            Loss::Dropped => drop(link),
        }
        let all = async {
            for stream in &mut streams {
                let error = stream.read(&mut [0; 8]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKindOfIo::ConnectionReset, "{loss:?}: {error}");
            }
            for stream in &mut errors {
                let error = stream.read(&mut [0; 8]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKindOfIo::ConnectionReset, "{loss:?}: {error}");
            }
            for end in ends {
                assert!(end.await.is_err(), "{loss:?}");
            }
        };
        tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
        sshd.until_without_sessions().await;
        drop(listener);
    }
}

#[tokio::test]
async fn a_server_that_does_not_say_whether_it_runs_a_program_is_not_waited_for_long() {
    let sshd = Sshd::configured(&[]).await;
    mute_server::serve(&sshd).await;
    let link = Arc::new(native(sshd.config(), CredentialSource::default()).await.unwrap());
    let running = tokio::spawn({
        let link = Arc::clone(&link);
        async move { link.exec("true").await }
    });
    // It has asked then.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!running.is_finished());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(15)).await;
    tokio::time::resume();
    let error = tokio::time::timeout(Duration::from_secs(1), running)
        .await
        .unwrap()
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(error.to_string().contains("in time"), "{error}");
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
