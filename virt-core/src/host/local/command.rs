//! Running a command of this machine to its end.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::oneshot;

use super::program::{start, subject};
use super::runtime_ends;
use crate::error::{Error, ErrorKind, Outcome, Result, kind_of_io};
use crate::host::{Command, CommandOutput, ExitStatus};

/// How much of each of the two outputs is kept.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;

/// Runs a program to its end. A task of its own holds the child, so that it is killed and reaped whatever becomes of
/// the caller.
pub(super) async fn run(command: Command) -> Result<CommandOutput> {
    let (reply, answer) = oneshot::channel();
    tokio::spawn(own(command, reply));
    answer.await.unwrap_or_else(|_| Err(runtime_ends()))
}

/// How a program of ours ended.
pub(super) fn status_of(status: std::process::ExitStatus) -> ExitStatus {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitStatus::Code(code),
        (None, Some(signal)) => ExitStatus::Signal(signal),
        (None, None) => ExitStatus::Unknown,
    }
}

async fn own(command: Command, mut reply: oneshot::Sender<Result<CommandOutput>>) {
    let input = match command.stdin {
        Some(_) => Stdio::piped(),
        None => Stdio::null(),
    };
    let result = match start(&command, input).await {
        Err(error) => Err(error),
        Ok(child) => {
            let mut running = Running::new(child, command.stdin.clone());
            tokio::select! {
                result = running.end_within_limit(&command) => result,
                () = reply.closed() => {
                    running.kill().await;
                    return;
                }
            }
        }
    };
    // Nobody waits any more: the program has ended all the same.
    let _ = reply.send(result);
}

/// A child, what it is still to be given, and what it has said.
struct Running {
    child: Child,
    input: Input,
    stdout: Gathered<ChildStdout>,
    stderr: Gathered<ChildStderr>,
}

impl Running {
    fn new(mut child: Child, input: Option<Vec<u8>>) -> Self {
        Self {
            input: Input {
                pipe: child.stdin.take(),
                bytes: input.unwrap_or_default(),
                written: 0,
            },
            stdout: Gathered::new(child.stdout.take()),
            stderr: Gathered::new(child.stderr.take()),
            child,
        }
    }

    async fn end_within_limit(&mut self, command: &Command) -> Result<CommandOutput> {
        let lost = |error: io::Error| {
            Error::new(kind_of_io(&error), "lost sight of the program")
                .with_subject(subject(command))
                .with_outcome(Outcome::Unknown)
                .with_source(error)
        };
        let Some(limit) = command.time_limit else {
            return self.end().await.map_err(lost);
        };
        if let Ok(ended) = tokio::time::timeout(limit, self.end()).await {
            return ended.map_err(lost);
        }
        self.kill().await;
        Err(Error::new(
            ErrorKind::Timeout,
            format!("did not end within {limit:?} and was killed"),
        )
        .with_subject(subject(command))
        .with_outcome(Outcome::Unknown))
    }

    async fn end(&mut self) -> io::Result<CommandOutput> {
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status?,
                () = self.input.feed() => {}
                () = self.stdout.gather() => {}
                () = self.stderr.gather() => {}
            }
        };
        Ok(CommandOutput::new(
            status_of(status),
            self.stdout.rest(),
            self.stderr.rest(),
        ))
    }

    async fn kill(&mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(pid = self.child.id(), %error, "cannot end a program");
        }
    }
}

/// What a child is still to be given.
struct Input {
    pipe: Option<ChildStdin>,
    bytes: Vec<u8>,
    written: usize,
}

impl Input {
    /// Writes some of it; never ends when there is nothing more to write.
    async fn feed(&mut self) {
        let rest = self.bytes.get(self.written..).unwrap_or_default();
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        if rest.is_empty() {
            self.pipe = None;
            return;
        }
        match pipe.write(rest).await {
            Ok(written) => self.written += written,
            // It reads no more: its right.
            Err(_) => self.pipe = None,
        }
    }
}

/// One output of a child, up to a limit.
struct Gathered<R> {
    pipe: Option<R>,
    bytes: Vec<u8>,
}

impl<R: AsyncRead + AsFd + Unpin> Gathered<R> {
    fn new(pipe: Option<R>) -> Self {
        Self {
            pipe,
            bytes: Vec::new(),
        }
    }

    /// Reads some of it; never ends when there is no more.
    async fn gather(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        let room = OUTPUT_LIMIT.saturating_sub(self.bytes.len());
        let read = if room == 0 {
            pipe.read(&mut [0; 4096]).await
        } else {
            self.bytes.reserve(room.min(16 * 1024));
            let room = u64::try_from(room).unwrap_or(u64::MAX);
            pipe.take(room).read_buf(&mut self.bytes).await
        };
        if !matches!(read, Ok(1..)) {
            self.pipe = None;
        }
    }

    /// All of it, with what is in the pipe now: after the end of the child nothing of its own comes later, and what a
    /// daemon it left behind may say one day is not waited for.
    fn rest(&mut self) -> Vec<u8> {
        if let Some(pipe) = self.pipe.take() {
            let waiting = rustix::io::ioctl_fionread(&pipe).unwrap_or(0);
            let mut waiting = usize::try_from(waiting).unwrap_or(0);
            let mut chunk = vec![0; waiting.min(64 * 1024)];
            while waiting > 0 {
                let Ok(read @ 1..) = rustix::io::read(&pipe, chunk.as_mut_slice()) else {
                    break;
                };
                waiting = waiting.saturating_sub(read);
                let room = OUTPUT_LIMIT.saturating_sub(self.bytes.len());
                self.bytes.extend(chunk.iter().take(read.min(room)));
            }
        }
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::local::proc_fs;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        Command::new("sh").args(["-c", script])
    }

    #[tokio::test]
    async fn output_and_status_come_back_whole() {
        let output = run(shell("cat; echo oops >&2; exit 3").stdin("hello"))
            .await
            .unwrap();
        assert_eq!(output.status, ExitStatus::Code(3));
        assert_eq!(
            (output.stdout_text(), output.stderr_text()),
            ("hello".into(), "oops\n".into())
        );
        let output = run(shell("kill -TERM $$")).await.unwrap();
        assert_eq!(output.status, ExitStatus::Signal(15));
    }

    #[tokio::test]
    async fn input_and_output_larger_than_a_pipe_do_not_wait_for_each_other() {
        let big = vec![b'x'; 1 << 20];
        let output = run(Command::new("cat").stdin(big.clone())).await.unwrap();
        assert!(output.stdout == big);
        // Nor does input that is never read.
        assert!(
            run(Command::new("true").stdin(big))
                .await
                .unwrap()
                .status
                .success()
        );
    }

    #[tokio::test]
    async fn output_past_the_limit_is_dropped_and_the_program_ends_well() {
        let output = run(shell("head -c 20000000 /dev/zero; echo end >&2"))
            .await
            .unwrap();
        assert!(output.status.success());
        assert_eq!(output.stdout.len(), OUTPUT_LIMIT);
        assert_eq!(output.stderr, b"end\n");
    }

    #[tokio::test]
    async fn a_daemon_that_keeps_the_pipes_open_is_not_waited_for() {
        let script = "sleep 1000 & echo $!; head -c 30000 /dev/zero; echo last >&2";
        let output = run(shell(script)).await.unwrap();
        assert_eq!(output.stderr, b"last\n");
        let line = output.stdout.split(|byte| *byte == b'\n').next().unwrap();
        assert_eq!(output.stdout.len(), line.len() + 1 + 30000);
        let daemon: i32 = std::str::from_utf8(line).unwrap().parse().unwrap();
        let daemon = rustix::process::Pid::from_raw(daemon).unwrap();
        rustix::process::kill_process(daemon, rustix::process::Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_in_time_is_killed() {
        let command = Command::new("sleep")
            .arg("1000")
            .time_limit(Duration::from_millis(20));
        let error = run(command).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("\"sleep\""), "{error}");
    }

    #[tokio::test]
    async fn a_dropped_run_kills_and_reaps_the_program() {
        let directory = tempfile::tempdir().unwrap();
        let told = directory.path().join("pid");
        let script = format!(
            "echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000",
            told.display()
        );
        let mut watch = crate::host::Files::watch(&crate::host::LocalHost::new(), told.to_str().unwrap())
            .await
            .unwrap();
        let running = run(shell(&script));
        tokio::select! {
            _ = running => panic!("it ended"),
            () = async { while !told.exists() { watch.changed().await.unwrap(); } } => {}
        }
        let pid: u32 = std::fs::read_to_string(&told).unwrap().trim().parse().unwrap();
        // Reaped, and not only dead: its number is free.
        while proc_fs::inspect(pid).unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        for program in ["no-such-program", "/no/such/program"] {
            let error = run(Command::new(program)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains(program), "{error}");
        }
        let mut command = Command::new("true");
        command.directory = Some("/no/such/directory".into());
        let error = run(command).await.unwrap_err();
        assert!(error.to_string().contains("working directory"), "{error}");
        assert_eq!(
            run(Command::new("")).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
        let error = run(Command::new("true").arg("a\0b")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    #[tokio::test]
    async fn arguments_and_environment_arrive_as_they_are() {
        let command = shell("printf '%s|' \"$0\" \"$@\" \"$A\" \"$HOME\"")
            .args(["$(id)", "a b", "", "*"])
            .env("A", "x y");
        let output = run(command.clear_env()).await.unwrap();
        assert_eq!(output.stdout_text(), "$(id)|a b||*|x y||");
    }

    #[tokio::test]
    async fn what_a_program_says_can_go_to_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut command = shell("echo out; echo err >&2");
        command.output_file = Some(path.to_str().unwrap().to_owned());
        for _ in 0..2 {
            let output = run(command.clone()).await.unwrap();
            assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"out\nerr\nout\nerr\n");
        command.output_file = Some("/no/such/directory/log".to_owned());
        assert_eq!(run(command).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
