//! Programs of a far machine that have a session of their own: those that are talked to, and those that take long.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use virt_core::host::{
    ByteStream, ChildProcess, Command, CommandOutput, ExitStatus, HostOp, ProcessIdentity, Signal,
};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::answer::{self, End, identity};
use super::batch;
use super::connection::Connection;
use super::error::{lost, not_understood};
use super::far::{Role, fresh_word};
use super::login::Login;
use super::operation::{program, subject};
use super::pool::Abandoned;
use super::quote::Call;
use super::reply::{program_failed, status_of};
use super::session::{Session, Stderr};

/// How much of each of the two outputs is kept.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;

type Started = (Session, ProcessIdentity);

/// Starts a session that becomes a program.
async fn start(login: &Login, command: &Command, role: Role, said: (Call, Stderr)) -> Result<Started> {
    let (call, stderr) = said;
    let call = program(call, command).map_err(|error| error.with_subject(subject(command)))?;
    let opened = Session::open_with(login.link.as_ref(), &login.launch, role, (call, stderr));
    let mut session = opened.await?;
    let answer = answer::one(&mut session.reader).await?;
    match answer.end {
        End::Failed(said) => Err(program_failed(&said, command)),
        _ => {
            let process = answer.field("pid").as_deref().and_then(identity);
            process
                .map(|process| (session, process))
                .ok_or_else(|| not_understood("the start of a program"))
        }
    }
}

/// Runs a program to its end. A task of its own holds it, and kills it when nobody waits any more.
pub(super) async fn run(connection: &Arc<Connection>, command: Command) -> Result<CommandOutput> {
    let login = connection.login().await?;
    let end = fresh_word();
    let call = Call::new("long_program").arg(&end)?.marker();
    let stderr = Stderr::limited(OUTPUT_LIMIT);
    let (reply, answer) = oneshot::channel();
    tokio::spawn(async move {
        let mut reply = reply;
        let started = tokio::select! {
            started = start(&login, &command, Role::Program, (call, stderr)) => started,
            // Dropped before it could be told which process it is: its session is closed, and so its input and output.
            () = reply.closed() => return,
        };
        let result = match started {
            Err(error) => Err(error),
            Ok((session, process)) => {
                let own = Long {
                    login: &login,
                    command: &command,
                    process,
                    end: &end,
                };
                tokio::select! {
                    result = own.within_limit(session) => result,
                    () = reply.closed() => {
                        own.kill().await;
                        return;
                    }
                }
            }
        };
        // Nobody waits any more: the program has ended all the same.
        let _ = reply.send(result);
    });
    let ending = |_| {
        Error::new(
            ErrorKind::Cancelled,
            "the runtime the connection lives on is ending",
        )
    };
    answer.await.map_err(ending)?
}

/// A program that may take long.
struct Long<'a> {
    login: &'a Login,
    command: &'a Command,
    process: ProcessIdentity,
    end: &'a str,
}

impl Long<'_> {
    async fn within_limit(&self, session: Session) -> Result<CommandOutput> {
        let Some(limit) = self.command.time_limit else {
            return self.to_its_end(session).await;
        };
        if let Ok(ended) = tokio::time::timeout(limit, self.to_its_end(session)).await {
            return ended;
        }
        self.kill().await;
        Err(program_failed("%limit", self.command))
    }

    async fn to_its_end(&self, session: Session) -> Result<CommandOutput> {
        let Session {
            mut reader,
            mut writer,
            mut stderr,
            end: _end,
        } = session;
        let input = self.command.stdin.as_deref().unwrap_or_default();
        let feed = async {
            // What it does not read is its right.
            let _ = writer.write_all(input).await;
            let _ = writer.shutdown().await;
            std::future::pending::<()>().await;
        };
        let read = output_until(&mut reader, self.end.as_bytes());
        let (stdout, status) = tokio::select! {
            read = read => read.ok_or_else(|| {
                lost(&self.login.launch.host, Outcome::Unknown).with_subject(subject(self.command))
            })?,
            () = feed => return Err(not_understood("a program")),
        };
        let stderr = stderr.until(self.end.as_bytes()).await;
        Ok(CommandOutput::new(status_of(status), stdout, stderr))
    }

    async fn kill(&self) {
        let call = Call::new("p_kill")
            .number(self.process.pid.into())
            .number(self.process.start_time);
        let mut request = super::worker::Request::new(false);
        request.push(&call, None);
        if let Err(error) = self.login.pool.ask(request, Abandoned::Finishes).await {
            tracing::warn!(pid = self.process.pid, %error, "cannot end a far program");
        }
    }
}

/// What a program says up to our own last line, up to the limit, and the status that line holds.
async fn output_until<R: AsyncRead + Unpin>(from: &mut R, end: &[u8]) -> Option<(Vec<u8>, i32)> {
    let mut kept = Vec::new();
    // What may hold the beginning of our line.
    let mut open: Vec<u8> = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        open.extend(chunk.iter().take(read));
        if let Some(at) = find(&open, end) {
            let rest = open.get(at + end.len()..).unwrap_or_default();
            if let Some(line_end) = rest.iter().position(|byte| *byte == b'\n') {
                let status = std::str::from_utf8(rest.get(..line_end)?)
                    .ok()?
                    .trim()
                    .parse()
                    .ok()?;
                keep(&mut kept, open.get(..at).unwrap_or_default());
                return Some((kept, status));
            }
        } else {
            let settled = open.len().saturating_sub(end.len());
            keep(&mut kept, open.get(..settled).unwrap_or_default());
            open.drain(..settled);
        }
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = OUTPUT_LIMIT.saturating_sub(kept.len());
    kept.extend(bytes.iter().take(room));
}

pub(super) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// Starts a program whose input and output are ours. A task of its own holds it, and kills it when the handle is
/// dropped, or nobody waits for the handle any more.
pub(super) async fn spawn(connection: &Arc<Connection>, command: Command) -> Result<Box<dyn ChildProcess>> {
    let login = connection.login().await?;
    let (reply, answer) = oneshot::channel();
    let connection = Arc::clone(connection);
    tokio::spawn(async move {
        let said = (Call::new("program MARKER"), Stderr::default());
        let started = start(&login, &command, Role::Child, said).await;
        let (session, process) = match started {
            Ok(started) => started,
            Err(error) => {
                // Whoever asked may have gone: there is nothing to clean up.
                let _ = reply.send(Err(error));
                return;
            }
        };
        let Session {
            reader,
            writer,
            stderr,
            end,
        } = session;
        let (held, released) = mpsc::channel::<()>(1);
        let (told, ended) = watch::channel(None);
        let child = FarChild {
            program: command.program,
            connection: Arc::clone(&connection),
            process,
            stdio: Some(ChildStdio { reader, writer }),
            ended,
            _held: held,
        };
        // A handle that comes back is dropped, and so ends the child.
        drop(reply.send(Ok(child)));
        let owner = Owner {
            connection,
            process,
            stderr,
        };
        owner.run(end, released, told).await;
    });
    let ending = |_| {
        Error::new(
            ErrorKind::Cancelled,
            "the runtime the connection lives on is ending",
        )
    };
    let child: FarChild = answer.await.map_err(ending)??;
    Ok(Box::new(child))
}

#[derive(Debug, Clone)]
enum ChildEnd {
    Ended(ExitStatus, Vec<u8>),
    Lost,
}

#[derive(Debug)]
struct FarChild {
    program: String,
    connection: Arc<Connection>,
    process: ProcessIdentity,
    stdio: Option<ChildStdio>,
    ended: watch::Receiver<Option<ChildEnd>>,
    /// Tells the owner by its end that nobody has the child any more.
    _held: mpsc::Sender<()>,
}

#[async_trait]
impl ChildProcess for FarChild {
    fn take_stdio(&mut self) -> Option<Box<dyn ByteStream>> {
        let ChildStdio { reader, writer } = self.stdio.take()?;
        Some(Box::new(tokio::io::join(reader, writer)))
    }

    async fn wait(&mut self) -> Result<(ExitStatus, Vec<u8>)> {
        let end = self.ended.wait_for(Option::is_some).await;
        match end.ok().and_then(|end| end.clone()) {
            Some(ChildEnd::Ended(status, stderr)) => Ok((status, stderr)),
            _ => Err(lost(self.connection.name(), Outcome::Unknown)),
        }
    }

    async fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended.borrow().is_some() {
            return Err(Error::new(ErrorKind::NotFound, "has ended")
                .with_subject(Subject::Other(format!("program {:?}", self.program))));
        }
        let op = HostOp::Signal {
            process: self.process,
            signal,
        };
        batch::one(&self.connection, op, Abandoned::Finishes)
            .await
            .map(drop)
    }
}

#[derive(Debug)]
struct ChildStdio {
    reader: BufReader<ReadHalf<Box<dyn ByteStream>>>,
    writer: WriteHalf<Box<dyn ByteStream>>,
}

/// Sees the child's end, and brings it about when nobody has it any more.
struct Owner {
    connection: Arc<Connection>,
    process: ProcessIdentity,
    stderr: Stderr,
}

impl Owner {
    async fn run(
        mut self,
        mut end: oneshot::Receiver<ExitStatus>,
        mut released: mpsc::Receiver<()>,
        told: watch::Sender<Option<ChildEnd>>,
    ) {
        let ended = tokio::select! {
            ended = &mut end => ended,
            _ = released.recv() => return self.kill().await,
        };
        let end = match ended {
            Ok(status) => {
                self.stderr.finish().await;
                ChildEnd::Ended(status, self.stderr.bytes())
            }
            Err(_) => ChildEnd::Lost,
        };
        let is_lost = matches!(end, ChildEnd::Lost);
        told.send_replace(Some(end));
        if is_lost {
            // It may run on there: the next login ends it.
            released.recv().await;
            self.kill().await;
        }
    }

    async fn kill(&self) {
        let op = HostOp::Signal {
            process: self.process,
            signal: Signal::Kill,
        };
        match batch::one(&self.connection, op, Abandoned::Finishes).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(pid = self.process.pid, %error, "cannot end a far program");
            }
            _ => {}
        }
    }
}
