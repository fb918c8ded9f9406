//! Programs that are talked to, waits, watches, terminals and sockets.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, openpt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_core::ErrorKind;
use virt_core::host::{ByteStream, Command, ExitStatus, FileWatch, Host, LocalHost, Signal, StreamUse};

use super::super::loopback::{Loopback, shells};
use super::{at, host_of, limited};

fn shell(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

#[test]
fn a_child_is_talked_to_until_its_input_is_shut() {
    limited(async {
        for far_shell in shells() {
            let (host, _loopback) = host_of(Loopback::new(), far_shell).await;
            let mut child = host
                .processes()
                .spawn(shell("cat; echo bye >&2; exit 4"))
                .await
                .unwrap();
            let mut stdio = child.take_stdio().unwrap();
            assert!(child.take_stdio().is_none());
            stdio.write_all(b"hello").await.unwrap();
            stdio.shutdown().await.unwrap();
            let mut said = String::new();
            stdio.read_to_string(&mut said).await.unwrap();
            assert_eq!(said, "hello");
            let end = (ExitStatus::Code(4), b"bye\n".to_vec());
            assert_eq!(child.wait().await.unwrap(), end);
            assert_eq!(child.wait().await.unwrap(), end);
            assert_eq!(
                child.signal(Signal::Kill).await.unwrap_err().kind(),
                ErrorKind::NotFound
            );
        }
    });
}

#[test]
fn a_signal_ends_a_child_and_dropping_it_does() {
    limited(async {
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        let mut child = host
            .processes()
            .spawn(shell("read x").env("A", "b"))
            .await
            .unwrap();
        let _stdio = child.take_stdio();
        assert!(futures::poll!(Box::pin(child.wait())).is_pending());
        child.signal(Signal::Terminate).await.unwrap();
        assert_eq!(child.wait().await.unwrap().0, ExitStatus::Signal(15));
        let mut child = host
            .processes()
            .spawn(shell("echo $$; exec sleep 1000"))
            .await
            .unwrap();
        let mut stdio = child.take_stdio().unwrap();
        let pid = read_line(&mut stdio).await.parse().unwrap();
        let process = host.processes().inspect(pid).await.unwrap().unwrap();
        drop(child);
        tokio::time::timeout(
            Duration::from_secs(5),
            host.processes().wait_exit(process.identity),
        )
        .await
        .unwrap()
        .unwrap();
        let error = host
            .processes()
            .spawn(Command::new("no-such-program"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_long_program_is_run_in_a_session_of_its_own() {
    limited(async {
        for far_shell in shells() {
            let (host, _loopback) = host_of(Loopback::new(), far_shell).await;
            let command = shell("cat; echo err >&2; sleep 3 & exit 7").stdin(b"in\0put".to_vec());
            let begun = Instant::now();
            let output = host.processes().run(command).await.unwrap();
            assert!(
                begun.elapsed() < Duration::from_secs(3),
                "a daemon's output was waited for"
            );
            assert_eq!(
                (output.status, output.stdout.as_slice()),
                (ExitStatus::Code(7), &b"in\0put"[..]),
                "{far_shell}"
            );
            assert_eq!(output.stderr_text(), "err\n");
            let output = host
                .processes()
                .run(shell("head -c 20000000 /dev/zero; kill -9 $$"))
                .await
                .unwrap();
            assert_eq!(
                (output.status, output.stdout.len()),
                (ExitStatus::Signal(9), 16 * 1024 * 1024)
            );
            let error = host
                .processes()
                .run(Command::new("/no/such/program"))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
    });
}

#[test]
fn a_run_that_is_given_up_is_killed() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        for limit in [None, Some(Duration::from_secs(20))] {
            let path = at(&directory, "pid");
            let mut command = shell(&format!("echo $$ > '{path}'; sleep 1000; :"));
            command.time_limit = limit;
            let given_up =
                tokio::time::timeout(Duration::from_millis(800), host.processes().run(command)).await;
            assert!(given_up.is_err());
            let pid: u32 = fs::read_to_string(&path).unwrap().trim().parse().unwrap();
            let begun = Instant::now();
            while LocalHost::new()
                .processes()
                .inspect(pid)
                .await
                .unwrap()
                .is_some_and(|process| !process.zombie)
            {
                assert!(
                    begun.elapsed() < Duration::from_secs(5),
                    "it still runs ({limit:?})"
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
}

#[test]
fn processes_are_described_as_on_the_local_host() {
    limited(async {
        for far_shell in shells() {
            let (host, _loopback) = host_of(Loopback::new(), far_shell).await;
            let mut child = tokio::process::Command::new("sleep")
                .args(["1000.5"])
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let pid = child.id().unwrap();
            let local = LocalHost::new();
            while local.processes().inspect(pid).await.unwrap().unwrap().argv.len() != 2 {}
            let near = local.processes().inspect(pid).await.unwrap().unwrap();
            let far = host.processes().inspect(pid).await.unwrap().unwrap();
            assert_eq!(
                (&far.identity, &far.argv, far.zombie),
                (&near.identity, &near.argv, false)
            );
            assert!(
                host.processes()
                    .list("slee")
                    .await
                    .unwrap()
                    .iter()
                    .any(|found| found.identity == near.identity)
            );
            assert!(host.processes().list("000.5").await.unwrap().is_empty());
            host.processes()
                .signal(near.identity, Signal::Stop)
                .await
                .unwrap();
            while !host.processes().inspect(pid).await.unwrap().unwrap().stopped {}
            let waits = futures::future::join_all((0..20).map(|_| host.processes().wait_exit(near.identity)));
            let kill = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                host.processes()
                    .signal(near.identity, Signal::Kill)
                    .await
                    .unwrap();
            };
            let (ended, ()) =
                tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(waits, kill) })
                    .await
                    .unwrap();
            assert!(ended.into_iter().all(|ended| ended.is_ok()));
            let error = host
                .processes()
                .signal(near.identity, Signal::Kill)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            host.processes().wait_exit(near.identity).await.unwrap();
            child.wait().await.unwrap();
            host.processes().wait_exit(near.identity).await.unwrap();
        }
    });
}

async fn changed(watch: &mut Box<dyn FileWatch>) {
    tokio::time::timeout(Duration::from_secs(5), watch.changed())
        .await
        .unwrap()
        .unwrap();
}

async fn is_quiet(watch: &mut Box<dyn FileWatch>) -> bool {
    tokio::time::timeout(Duration::from_millis(500), watch.changed())
        .await
        .is_err()
}

#[test]
fn files_and_directories_are_watched() {
    limited(async {
        for far_shell in shells() {
            let directory = tempfile::tempdir().unwrap();
            let (host, loopback) = host_of(Loopback::new(), far_shell).await;
            let path = at(&directory, "st'ate\n");
            let mut watch = host.files().watch(&path).await.unwrap();
            assert!(is_quiet(&mut watch).await, "{far_shell}");
            fs::write(at(&directory, "other"), b"1").unwrap();
            assert!(is_quiet(&mut watch).await);
            fs::write(&path, b"1").unwrap();
            changed(&mut watch).await;
            fs::write(at(&directory, "new"), b"1").unwrap();
            fs::rename(at(&directory, "new"), &path).unwrap();
            changed(&mut watch).await;
            let mut entries = host
                .files()
                .watch(directory.path().to_str().unwrap())
                .await
                .unwrap();
            fs::remove_file(at(&directory, "other")).unwrap();
            changed(&mut entries).await;
            fs::write(&path, b"22").unwrap();
            changed(&mut entries).await;
            // Through a lost link: there may have been changes.
            while !is_quiet(&mut watch).await {}
            loopback.link().cut();
            changed(&mut watch).await;
            fs::write(&path, b"3").unwrap();
            changed(&mut watch).await;
            directory.close().unwrap();
            loop {
                if let Err(error) = watch.changed().await {
                    assert_eq!(error.kind(), ErrorKind::NotFound);
                    break;
                }
            }
            let error = host.files().watch("/no/such/directory").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        }
    });
}

/// A terminal: the side of the one who plays the guest, and the path of the other.
fn pty() -> (fs::File, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    rustix::pty::grantpt(&master).unwrap();
    rustix::pty::unlockpt(&master).unwrap();
    let path = rustix::pty::ptsname(&master, Vec::new()).unwrap();
    (fs::File::from(master), path.into_string().unwrap())
}

/// How many descriptors of all processes are open on a file. That of a terminal whose other side is gone reads alike.
fn holders(path: &str) -> usize {
    let open = |pid: fs::DirEntry| -> Option<usize> {
        let links = fs::read_dir(pid.path().join("fd")).ok()?.flatten();
        let links = links.filter_map(|entry| fs::read_link(entry.path()).ok());
        Some(
            links
                .filter(|link| link.to_string_lossy().starts_with(path))
                .count(),
        )
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(open).sum()
}

#[test]
fn streams_of_a_lost_link_end_with_an_error() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let socket = at(&directory, "socket");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        for forbids in [false, true] {
            let loopback = Loopback::new();
            loopback.forbids_streams.store(forbids, Ordering::SeqCst);
            let (host, loopback) = host_of(loopback, "dash").await;
            let (_master, path) = pty();
            let mut child = host.processes().spawn(shell("cat")).await.unwrap();
            let mut streams = [
                child.take_stdio().unwrap(),
                host.open_terminal(&path).await.unwrap(),
                host.sockets()
                    .connect_unix(&socket, StreamUse::Control)
                    .await
                    .unwrap(),
            ];
            let _peer = listener.accept().await.unwrap();
            loopback.link().cut();
            for stream in &mut streams {
                let error = stream.read_u8().await.unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
            }
            let error = child.wait().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        }
    });
}

#[test]
fn bytes_pass_a_terminal_as_they_are() {
    limited(async {
        for far_shell in shells() {
            let (host, _loopback) = host_of(Loopback::new(), far_shell).await;
            let (master, path) = pty();
            let mut master = tokio::fs::File::from_std(master);
            let mut terminal = host.open_terminal(&path).await.unwrap();
            let sent = b"\x03\x04\r\n\x7f\x11\xff\0";
            master.write_all(sent).await.unwrap();
            master.flush().await.unwrap();
            let mut read = [0; 8];
            tokio::time::timeout(Duration::from_secs(5), terminal.read_exact(&mut read))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(&read, sent, "{far_shell}");
            terminal.write_all(sent).await.unwrap();
            tokio::time::timeout(Duration::from_secs(5), master.read_exact(&mut read))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(&read, sent, "{far_shell}");
            drop(master);
            let mut rest = Vec::new();
            tokio::time::timeout(Duration::from_secs(5), terminal.read_to_end(&mut rest))
                .await
                .unwrap()
                .unwrap();
            while holders(&path) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let (_master, path) = pty();
            drop(host.open_terminal(&path).await.unwrap());
            while holders(&path) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            for (path, kind) in [
                ("/dev/null", ErrorKind::InvalidArgument),
                ("/etc/passwd", ErrorKind::InvalidArgument),
                ("/dev/no-such-terminal", ErrorKind::NotFound),
            ] {
                assert_eq!(host.open_terminal(path).await.unwrap_err().kind(), kind, "{path}");
            }
        }
    });
}

#[test]
fn sockets_are_reached_with_and_without_sshd_s_help() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "so'ck et,:!");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        for forbids in [false, true] {
            let loopback = Loopback::new();
            loopback.forbids_streams.store(forbids, Ordering::SeqCst);
            let (host, _loopback) = host_of(loopback, "dash").await;
            let mut ours = host
                .sockets()
                .connect_unix(&path, StreamUse::Control)
                .await
                .unwrap();
            let (mut theirs, _) = listener.accept().await.unwrap();
            ping(&mut ours, &mut theirs).await;
            // Shut in one direction, it goes on in the other.
            ours.shutdown().await.unwrap();
            assert_eq!(theirs.read(&mut [0; 4]).await.unwrap(), 0);
            theirs.write_all(b"last").await.unwrap();
            drop(theirs);
            let mut rest = String::new();
            ours.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "last");
            let missing = host
                .sockets()
                .connect_unix(&at(&directory, "none"), StreamUse::Control)
                .await;
            assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
            let dead = at(&directory, &format!("dead{forbids}"));
            drop(tokio::net::UnixListener::bind(&dead).unwrap());
            let refused = host
                .sockets()
                .connect_unix(&dead, StreamUse::Control)
                .await
                .unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionLost, "{refused}");
            let long = format!("/{}", "x".repeat(200));
            let error = host
                .sockets()
                .connect_unix(&long, StreamUse::Control)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    });
}

async fn ping(ours: &mut Box<dyn ByteStream>, theirs: &mut tokio::net::UnixStream) {
    let sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut read = vec![0; sent.len()];
    let (wrote, got) = tokio::join!(ours.write_all(&sent), theirs.read_exact(&mut read));
    wrote.unwrap();
    got.unwrap();
    assert!(read == sent);
    let mut back = vec![0; sent.len()];
    let (wrote, got) = tokio::join!(theirs.write_all(&sent), ours.read_exact(&mut back));
    wrote.unwrap();
    got.unwrap();
    assert!(back == sent);
}

async fn read_line(stream: &mut Box<dyn ByteStream>) -> String {
    let mut line = String::new();
    loop {
        match stream.read_u8().await.unwrap() {
            b'\n' => return line,
            byte => line.push(char::from(byte)),
        }
    }
}
