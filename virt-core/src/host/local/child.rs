//! A child of this machine that is talked to while it runs.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use async_trait::async_trait;
use rustix::process::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};

use super::{command, processes, program, runtime_ends};
use crate::error::{Error, ErrorKind, Result, Subject, kind_of_io};
use crate::host::{ByteStream, ChildProcess, Command, ExitStatus, Signal};

/// How much of the end of standard error is kept.
const STDERR_LIMIT: usize = 64 * 1024;

type End = (ExitStatus, Vec<u8>);

/// Starts a program whose input and output are ours. A task of its own holds it, and kills and reaps it when the
/// handle is dropped, or nobody waits for the handle any more.
pub(super) async fn spawn(command: Command) -> Result<Box<dyn ChildProcess>> {
    let (reply, answer) = oneshot::channel();
    tokio::spawn(own(command, reply));
    let child: LocalChild = answer.await.unwrap_or_else(|_| Err(runtime_ends()))?;
    Ok(Box::new(child))
}

async fn own(command: Command, reply: oneshot::Sender<Result<LocalChild>>) {
    let mut child = match program::start(&command, Stdio::piped()).await {
        Ok(child) => child,
        Err(error) => {
            // Whoever asked may have gone: there is nothing to clean up.
            let _ = reply.send(Err(error));
            return;
        }
    };
    let stdio = child.stdin.take().zip(child.stdout.take());
    let (requests, inbox) = mpsc::channel(4);
    let (told, end) = watch::channel(None);
    let handle = LocalChild {
        program: command.program,
        stdio: stdio.map(|(stdin, stdout)| ChildStdio {
            stdin: Some(stdin),
            stdout,
        }),
        requests,
        end,
    };
    // A handle that comes back is dropped, and so ends the child.
    drop(reply.send(Ok(handle)));
    Owner { child, inbox }.run(told).await;
}

type SignalRequest = (Signal, oneshot::Sender<Result<()>>);

#[derive(Debug)]
struct LocalChild {
    program: String,
    stdio: Option<ChildStdio>,
    requests: mpsc::Sender<SignalRequest>,
    end: watch::Receiver<Option<End>>,
}

impl LocalChild {
    fn gone(&self) -> Error {
        Error::new(ErrorKind::NotFound, "has ended")
            .with_subject(Subject::Other(format!("program {:?}", self.program)))
    }
}

#[async_trait]
impl ChildProcess for LocalChild {
    fn take_stdio(&mut self) -> Option<Box<dyn ByteStream>> {
        let stdio = self.stdio.take()?;
        Some(Box::new(stdio))
    }

    async fn wait(&mut self) -> Result<(ExitStatus, Vec<u8>)> {
        let end = self.end.wait_for(Option::is_some).await;
        end.ok().and_then(|end| end.clone()).ok_or_else(runtime_ends)
    }

    async fn signal(&mut self, signal: Signal) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        if self.requests.send((signal, reply)).await.is_err() {
            return Err(self.gone());
        }
        answer.await.unwrap_or_else(|_| Err(self.gone()))
    }
}

/// Holds the child, and is the only one to reap it: its number is its own until then.
struct Owner {
    child: Child,
    inbox: mpsc::Receiver<SignalRequest>,
}

impl Owner {
    async fn run(mut self, told: watch::Sender<Option<End>>) {
        let mut stderr = Tail::new(self.child.stderr.take());
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status,
                request = self.inbox.recv() => match request {
                    Some((signal, reply)) => {
                        // Whoever asked may have gone; the signal is sent all the same.
                        let _ = reply.send(send(&self.child, signal));
                    }
                    None => break self.kill().await,
                },
                () = stderr.gather() => {}
            }
        };
        let status = status.map_or(ExitStatus::Unknown, command::status_of);
        stderr.drain();
        told.send_replace(Some((status, stderr.bytes.into())));
    }

    async fn kill(&mut self) -> io::Result<std::process::ExitStatus> {
        // An error here says that it has ended already, which `wait` tells better.
        let _ = self.child.start_kill();
        self.child.wait().await
    }
}

fn send(child: &Child, signal: Signal) -> Result<()> {
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw)
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "the program has ended"))?;
    rustix::process::kill_process(pid, processes::number_of(signal)).map_err(|error| {
        let error = io::Error::from(error);
        Error::new(kind_of_io(&error), "cannot signal the program").with_source(error)
    })
}

/// The last of what came on standard error.
struct Tail {
    pipe: Option<ChildStderr>,
    bytes: VecDeque<u8>,
}

impl Tail {
    fn new(pipe: Option<ChildStderr>) -> Self {
        Self {
            pipe,
            bytes: VecDeque::new(),
        }
    }

    /// Reads some; never ends when there is no more.
    async fn gather(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        let mut chunk = [0; 4096];
        match pipe.read(&mut chunk).await {
            Ok(read @ 1..) => self.keep(chunk.get(..read).unwrap_or_default()),
            _ => self.pipe = None,
        }
    }

    /// Takes what is in the pipe now, without waiting for those who still hold it.
    fn drain(&mut self) {
        let Some(pipe) = self.pipe.take() else { return };
        let mut waiting = rustix::io::ioctl_fionread(&pipe).unwrap_or(0);
        let mut chunk = [0; 4096];
        while waiting > 0 {
            let Ok(read @ 1..) = rustix::io::read(&pipe, &mut chunk) else {
                return;
            };
            waiting = waiting.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            self.keep(chunk.get(..read).unwrap_or_default());
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let surplus = self.bytes.len().saturating_sub(STDERR_LIMIT);
        self.bytes.drain(..surplus);
    }
}

/// Standard output and input as one stream. Shutting it down closes the input, which is how a program learns that no
/// more comes.
#[derive(Debug)]
struct ChildStdio {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
}

impl ChildStdio {
    fn input(&mut self) -> io::Result<Pin<&mut ChildStdin>> {
        let stdin = self.stdin.as_mut().map(Pin::new);
        stdin.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl AsyncRead for ChildStdio {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(cx, buf)
    }
}

impl AsyncWrite for ChildStdio {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.input()?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.input() {
            Ok(stdin) => stdin.poll_flush(cx),
            Err(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::local::proc_fs;
    use tokio::io::AsyncWriteExt;

    async fn shell(script: &str) -> Box<dyn ChildProcess> {
        spawn(Command::new("sh").args(["-c", script])).await.unwrap()
    }

    #[tokio::test]
    async fn a_child_is_talked_to_until_its_input_is_shut() {
        let mut child = shell("cat; echo bye >&2; exit 4").await;
        let mut stdio = child.take_stdio().unwrap();
        assert!(child.take_stdio().is_none());
        stdio.write_all(b"hello").await.unwrap();
        stdio.shutdown().await.unwrap();
        assert!(stdio.write_all(b"more").await.is_err());
        let mut said = String::new();
        stdio.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "hello");
        let end = (ExitStatus::Code(4), b"bye\n".to_vec());
        assert_eq!(child.wait().await.unwrap(), end);
        assert_eq!(child.wait().await.unwrap(), end);
        let error = child.signal(Signal::Kill).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn of_standard_error_the_end_is_kept() {
        let mut child = shell("head -c 200000 /dev/zero >&2; echo last >&2").await;
        let (_, stderr) = child.wait().await.unwrap();
        assert_eq!(stderr.len(), STDERR_LIMIT);
        assert!(stderr.ends_with(b"\0last\n"));
    }

    #[tokio::test]
    async fn a_signal_ends_it_and_waiting_can_be_given_up_and_taken_up() {
        let mut child = shell("read x").await;
        let _stdio = child.take_stdio();
        assert!(futures::poll!(Box::pin(child.wait())).is_pending());
        child.signal(Signal::Terminate).await.unwrap();
        assert_eq!(child.wait().await.unwrap().0, ExitStatus::Signal(15));
    }

    #[tokio::test]
    async fn a_dropped_child_is_killed_and_reaped() {
        let mut child = shell("echo $$; exec sleep 1000").await;
        let mut stdio = child.take_stdio().unwrap();
        let mut line = String::new();
        while !line.ends_with('\n') {
            line.push(char::from(stdio.read_u8().await.unwrap()));
        }
        drop(child);
        let pid = line.trim().parse().unwrap();
        while proc_fs::inspect(pid).unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    }
}
