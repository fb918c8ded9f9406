//! Every operation, on the local host and on the far one, in two directories that are alike: the same results, and the
//! same kinds of errors about the same things.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use virt_core::host::{BatchMode, Command, Host, HostOp, HostReply, LocalHost, ProcessIdentity, Signal};
use virt_core::{Error, ErrorKind, Result};

use super::super::loopback::{Loopback, is_here, shells};
use super::{at, host_of, limited};

const NAMES: [&str; 12] = [
    "plain",
    "with space",
    "-dash",
    "$(id)",
    "quo'te",
    "dou\"ble",
    "new\nline",
    "tab\t",
    "ünïcödé",
    "*",
    "back\\slash",
    "€𝄞ā",
];

/// Makes a directory to work in, the same each time.
fn furnish(directory: &tempfile::TempDir) {
    let path = |name: &str| at(directory, name);
    fs::write(path("file"), b"0123456789").unwrap();
    fs::set_permissions(path("file"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(path("empty"), b"").unwrap();
    fs::write(path("binary"), [0, 1, 2, 255, 10, 13, 0, 36]).unwrap();
    fs::create_dir(path("full")).unwrap();
    fs::write(path("full/inside"), b"x").unwrap();
    symlink("file", path("link")).unwrap();
    symlink("full", path("dirlink")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();
    rustix_fifo(&path("pipe"));
    fs::create_dir(path("defs")).unwrap();
    for (name, content) in [
        ("b.xml", "2"),
        ("a.xml", "one\n"),
        (".tmp-1", "half"),
        ("c.txt", "no"),
        (".xml", "dot"),
    ] {
        fs::write(path(&format!("defs/{name}")), content).unwrap();
    }
    fs::create_dir(path("defs/d.xml")).unwrap();
    fs::create_dir(path("mixed")).unwrap();
    fs::write(path("mixed/a"), b"").unwrap();
    fs::write(path("mixed/b"), [7; 5000]).unwrap();
    fs::create_dir(path("hostile")).unwrap();
    for name in NAMES {
        fs::write(path(&format!("hostile/{name}")), name).unwrap();
    }
    drop(std::os::unix::net::UnixListener::bind(path("socket")).unwrap());
}

fn rustix_fifo(path: &str) {
    assert!(
        std::process::Command::new("mkfifo")
            .arg(path)
            .status()
            .unwrap()
            .success()
    );
}

fn run(program: &str, args: &[&str]) -> Command {
    Command::new(program).args(args.iter().copied())
}

/// The operations, in the order in which they are done.
fn operations(at: &dyn Fn(&str) -> String) -> Vec<HostOp> {
    let path = |name: &str| at(name);
    let read = |name: &str| HostOp::Read { path: path(name) };
    let stat = |name: &str| HostOp::Stat { path: path(name) };
    let tail = |name: &str, limit| HostOp::ReadTail {
        path: path(name),
        limit,
    };
    let list = |name: &str| HostOp::ListDir { path: path(name) };
    let read_dir = |name: &str, suffix: &str| HostOp::ReadDir {
        path: path(name),
        suffix: suffix.into(),
    };
    let write = |name: &str, content: &[u8], mode| HostOp::WriteAtomic {
        path: path(name),
        content: content.to_vec(),
        mode,
    };
    let make = |name: &str, mode| HostOp::CreateDir {
        path: path(name),
        mode,
    };
    let remove = |name: &str| HostOp::RemoveFile { path: path(name) };
    let remove_all = |name: &str| HostOp::RemoveDirAll { path: path(name) };
    let rename = |from: &str, to: &str| HostOp::Rename {
        from: path(from),
        to: path(to),
    };
    let mut ops = vec![
        read("file"),
        read("empty"),
        read("binary"),
        read("none"),
        read("file/below"),
        read("full"),
        read("link"),
        read("dangling"),
        read("loop"),
        read("pipe"),
        read("socket"),
        HostOp::Read {
            path: "relative".into(),
        },
        HostOp::Read { path: "/a\0b".into() },
        HostOp::Read {
            path: "/proc/sys/kernel/ostype".into(),
        },
        tail("file", 3),
        tail("file", 30),
        tail("file", 0),
        tail("none", 3),
        tail("empty", 3),
        tail("full", 1),
        HostOp::ReadTail {
            path: "/proc/sys/kernel/ostype".into(),
            limit: 2,
        },
        stat("file"),
        stat("empty"),
        stat("full"),
        stat("link"),
        stat("dirlink"),
        stat("dangling"),
        stat("loop"),
        stat("pipe"),
        stat("socket"),
        stat("none"),
        stat("file/below"),
        HostOp::Stat {
            path: "/dev/null".into(),
        },
        list("."),
        list("none"),
        list("file"),
        list("hostile"),
        list("mixed"),
        list("dirlink"),
        read_dir("defs", ".xml"),
        read_dir("defs", ""),
        read_dir("none", ""),
        read_dir("file", ""),
        read_dir("mixed", ""),
        read_dir("hostile", ""),
        read_dir("full", "nothing"),
        write("new", b"content\0\xff\n", 0o600),
        stat("new"),
        write("new", b"", 0o644),
        stat("new"),
        read("new"),
        write("file", &[b'x'; 200_000], 0o755),
        stat("file"),
        read("file"),
        write("full", b"x", 0o600),
        write("none/new", b"x", 0o600),
        write("file/new", b"x", 0o600),
        write("dangling", b"now a file", 0o600),
        stat("dangling"),
        write("dirlink", b"now a file", 0o600),
        stat("dirlink"),
        list("full"),
        HostOp::WriteAtomic {
            path: "/".into(),
            content: vec![],
            mode: 0o600,
        },
        make("made/deep/er", 0o770),
        stat("made"),
        stat("made/deep/er"),
        make("made/deep/er", 0o700),
        stat("made/deep/er"),
        make("made/deep/er", 0o755),
        stat("made/deep/er"),
        make("file", 0o700),
        make("file/below", 0o700),
        make("ümläut '", 0o750),
        stat("ümläut '"),
        rename("new", "renamed"),
        read("renamed"),
        rename("none", "x"),
        rename("renamed", "made/moved"),
        list("made"),
        rename("made/moved", "full"),
        rename("full", "made/moved"),
        rename("full", "made"),
        rename("made/moved", "none/x"),
        rename("made/moved", "made/moved"),
        rename("made/deep", "made/shallow"),
        rename("link", "made/link"),
        list("made"),
        remove("made/moved"),
        remove("made/moved"),
        remove("made"),
        remove("none/x"),
        remove("file/x"),
        remove("made/link"),
        remove_all("made"),
        stat("made"),
        remove_all("made"),
        remove_all("file"),
        remove_all("defs"),
        HostOp::RemoveDirAll { path: "/".into() },
    ];
    for name in NAMES {
        let name = &format!("hostile/{name}");
        ops.extend([
            read(name),
            write(name, name.as_bytes(), 0o600),
            stat(name),
            rename(name, &format!("{name}-")),
            read(&format!("{name}-")),
            remove(&format!("{name}-")),
            make(name, 0o700),
            remove_all(name),
        ]);
    }
    ops.push(remove_all("hostile"));
    ops.push(list("."));
    ops.extend(programs(at).into_iter().map(HostOp::Run));
    ops.extend([read("said"), stat("said")]);
    ops.extend([
        HostOp::Inspect { pid: 4_000_000 },
        HostOp::ListProcesses {
            program_prefix: "no-such-program".into(),
        },
        HostOp::Signal {
            process: ProcessIdentity {
                pid: 4_000_000,
                start_time: 1,
            },
            signal: Signal::Kill,
        },
        HostOp::Signal {
            process: ProcessIdentity {
                pid: std::process::id(),
                start_time: 1,
            },
            signal: Signal::Kill,
        },
    ]);
    ops
}

fn programs(at: &dyn Fn(&str) -> String) -> Vec<Command> {
    let shell = |script: &str| run("sh", &["-c", script]);
    let said = at("said");
    let mut elsewhere = shell("pwd >/dev/null; ls");
    elsewhere.directory = Some(at("full"));
    let mut nowhere = shell(":");
    nowhere.directory = Some("/no/such/directory".into());
    let hostile = run("printf", &["%s|"])
        .args(NAMES)
        .args(["", "$HOME", "`id`", "a;b", "\\0", "\n\n"]);
    vec![
        shell("echo out; echo err >&2; exit 3"),
        shell("exit 200"),
        shell("kill -KILL $$"),
        shell("kill -TERM $$"),
        hostile,
        shell("printf '\\0\\001\\377'; printf '\\0' >&2"),
        shell("cat").stdin(b"given\0\xff\n".to_vec()),
        shell("head -c 3").stdin(vec![b'a'; 300_000]),
        shell("exit 0").stdin(vec![b'a'; 300_000]),
        run("cat", &[]),
        shell("printf '%s|' \"$0\" \"$@\" \"$A\" \"$HOME\"")
            .args(["$(id)", "a b", "", "*"])
            .env("A", "x 'y'\n")
            .clear_env(),
        shell("printf '%s' \"$A-$B\"").env("A", "1").env("B", "=2="),
        run("env", &[]).env("ONLY", "this").clear_env(),
        shell("echo first; echo second >&2").output_file(said.clone()),
        shell("echo third").output_file(said),
        shell(":").output_file("/no/such/directory/log"),
        elsewhere,
        nowhere,
        run("no-such-program", &[]),
        run("/no/such/program", &[]),
        run(&at("full"), &[]),
        run(&at("empty"), &[]),
        shell("sleep 30").time_limit(Duration::from_millis(300)),
        shell("trap '' TERM; sleep 30 & wait").time_limit(Duration::from_millis(300)),
        // What a daemon holds open is not waited for.
        shell("echo before; sleep 3 & exit 5").time_limit(Duration::from_secs(20)),
        shell("head -c 17000000 /dev/zero; echo end >&2"),
        run("sh", &["-c", "a\0b"]),
        shell(":").env("A=B", "c"),
    ]
}

/// A result as far as both hosts must agree, with the directory's name taken out.
fn told(result: &Result<HostReply>, directory: &str) -> String {
    let text = match result {
        Err(error) => format!("{:?} {:?} {:?}", error.kind(), error.subject(), error.outcome()),
        Ok(HostReply::Stat(Some(stat))) => {
            // A directory's size is the file system's own affair.
            format!(
                "{:?} {} {:o} {} {}",
                stat.kind, stat.size, stat.mode, stat.uid, stat.gid
            )
        }
        Ok(HostReply::Files(files)) => {
            let files: Vec<_> = files
                .iter()
                .map(|(name, content)| (name, content.as_ref().map_err(Error::kind)))
                .collect();
            format!("{files:?}")
        }
        Ok(HostReply::Bytes(bytes)) if bytes.len() > 1000 => format!("{} {:?}", bytes.len(), &bytes[..10]),
        Ok(HostReply::Output(output)) if output.stdout.len() > 1000 => {
            format!("{:?} {} {:?}", output.status, output.stdout.len(), output.stderr)
        }
        Ok(reply) => format!("{reply:?}"),
    };
    text.replace(directory, "DIR")
}

async fn compare(shell: &str) {
    let (near, far) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    furnish(&near);
    furnish(&far);
    let local = LocalHost::new();
    let (host, _loopback) = host_of(Loopback::new(), shell).await;
    let near_ops = operations(&|name| at(&near, name));
    let far_ops = operations(&|name| at(&far, name));
    let mut differences = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    let count = near_ops.len();
    for (near_op, far_op) in near_ops.into_iter().zip(far_ops) {
        let what = format!("{near_op:?}").chars().take(300).collect::<String>();
        let expected = local.batch(BatchMode::All, vec![near_op]).await;
        let begun = Instant::now();
        let found = host.batch(BatchMode::All, vec![far_op]).await;
        slowest = slowest.max((begun.elapsed(), what.clone()));
        let (expected, found) = (
            told(&expected[0], near.path().to_str().unwrap()),
            told(&found[0], far.path().to_str().unwrap()),
        );
        if expected != found {
            differences.push(format!("{what}\n  local {expected}\n  far   {found}"));
        }
    }
    // The longest of the programs sleeps for thirty seconds, and is not allowed to.
    assert!(slowest.0 < Duration::from_secs(15), "{slowest:?}");
    println!("{shell}: {count} operations, slowest {slowest:?}");
    assert!(
        differences.is_empty(),
        "{shell}: {} differ\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn every_operation_is_as_on_the_local_host_with_dash() {
    limited(async {
        if is_here("dash") {
            compare("dash").await;
        }
    });
}

#[test]
fn every_operation_is_as_on_the_local_host_with_bash() {
    limited(async {
        if is_here("bash") {
            compare("bash").await;
        }
    });
}

#[test]
fn every_operation_is_as_on_the_local_host_with_busybox() {
    limited(async {
        if is_here("busybox sh") {
            compare("busybox sh").await;
        }
    });
}

#[test]
fn a_whole_batch_is_one_round_trip_and_opening_takes_two_execs() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        furnish(&directory);
        let (host, loopback) = host_of(Loopback::new(), "dash").await;
        assert_eq!(loopback.execs(), 2);
        let before = host.connection.login().await.unwrap().pool.round_trips();
        let ops = operations(&|name| at(&directory, name));
        let count = ops.len();
        let results = host.batch(BatchMode::All, ops).await;
        assert_eq!(results.len(), count);
        let after = host.connection.login().await.unwrap().pool.round_trips();
        assert_eq!((after - before, loopback.execs()), (1, 2));
        let stopped = host
            .batch(
                BatchMode::StopAtError,
                vec![
                    HostOp::Read {
                        path: at(&directory, "none"),
                    },
                    HostOp::WriteAtomic {
                        path: at(&directory, "unwritten"),
                        content: vec![b'x'; 100_000],
                        mode: 0o600,
                    },
                    HostOp::Run(Command::new("cat").stdin(b"input".to_vec())),
                ],
            )
            .await;
        let kinds: Vec<_> = stopped
            .iter()
            .map(|result| result.as_ref().unwrap_err().kind())
            .collect();
        assert_eq!(
            kinds,
            [ErrorKind::NotFound, ErrorKind::Cancelled, ErrorKind::Cancelled]
        );
        assert!(
            host.files()
                .stat(&at(&directory, "unwritten"))
                .await
                .unwrap()
                .is_none()
        );
        assert!(host.facts().await.unwrap().cpus > 0);
        assert_eq!(loopback.execs(), 2);
    });
}

#[test]
fn facts_are_those_of_the_local_host() {
    limited(async {
        for shell in shells() {
            let (host, _loopback) = host_of(Loopback::new(), shell).await;
            let mut far = (*host.facts().await.unwrap()).clone();
            let near = LocalHost::new().facts().await.unwrap();
            far.memory_free_kib = near.memory_free_kib;
            far.mhz = near.mhz;
            assert_eq!(far, *near, "{shell}");
        }
    });
}

#[test]
fn every_login_shell_will_do() {
    limited(async {
        let login_shells = ["dash", "bash", "zsh", "fish", "tcsh"];
        for login_shell in login_shells.into_iter().filter(|shell| is_here(shell)) {
            let mut loopback = Loopback::new();
            loopback.login_shell = login_shell.to_owned();
            let (host, _loopback) = host_of(loopback, "/bin/sh").await;
            let output = host
                .processes()
                .run(Command::new("printf").args(["%s", "it's $(here) \\ !"]))
                .await
                .unwrap();
            assert_eq!(output.stdout_text(), "it's $(here) \\ !", "{login_shell}");
        }
    });
}

#[test]
fn a_file_past_64_mib_is_refused_but_its_tail_is_not() {
    limited(async {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "big");
        fs::File::create(&path)
            .unwrap()
            .set_len(64 * 1024 * 1024 + 1)
            .unwrap();
        let (host, _loopback) = host_of(Loopback::new(), "dash").await;
        let error = host.files().read(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
        assert_eq!(host.files().read_tail(&path, 5).await.unwrap(), [0; 5]);
    });
}
