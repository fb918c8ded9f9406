//! The far shell that holds the lock of a lease: what it is told, and what it says.

use std::collections::VecDeque;

use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::sync::oneshot;
use virt_core::host::{ByteStream, LeaseHolder, ProcessIdentity};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::answer::{self, Answer, End};
use super::error::{far_error, not_understood};
use super::far::Role;
use super::fence::Watch;
use super::login::{BEAT, Login, SILENCE};
use super::quote::Call;
use super::session::Session;

/// What was found in the file of a lease that we locked.
pub(super) struct Found {
    pub(super) pid: u32,
    pub(super) boot_id: String,
    pub(super) before: Option<LeaseHolder>,
}

/// What came of locking.
pub(super) enum Locked {
    /// We have it. Nothing of the login is ended with this session yet.
    Ours(Session, Found),
    /// Another has.
    Held(Option<LeaseHolder>),
}

/// Locks the file of a lease.
///
/// # Errors
/// As [`Session::open`], and those of the file.
pub(super) async fn lock(login: &Login, path: &str) -> Result<Locked> {
    let call = Call::new("lease MARKER").arg(path)?.number(SILENCE.as_secs());
    let mut session = Session::open(login.link.as_ref(), &login.launch, Role::Lease, call).await?;
    let answer = answer::one(&mut session.reader).await?;
    if let End::Failed(said) = &answer.end {
        return Err(refused(said, path));
    }
    if answer.first().as_deref() == Some("held") {
        return Ok(Locked::Held(holder_in(&answer.data("held")?)));
    }
    let found = found(&answer)?;
    Ok(Locked::Ours(session, found))
}

fn found(answer: &Answer) -> Result<Found> {
    let pid = answer.field("taken").and_then(|pid| pid.parse().ok());
    let content = answer.sections.last().map(answer::Section::data).transpose()?;
    Ok(Found {
        pid: pid.ok_or_else(|| not_understood("a lease"))?,
        boot_id: answer.field("boot").ok_or_else(|| not_understood("a lease"))?,
        before: holder_in(&content.unwrap_or_default()),
    })
}

/// Who is written into a lease, where that can be understood. What follows it is what a longer one left.
fn holder_in(content: &[u8]) -> Option<LeaseHolder> {
    serde_json::Deserializer::from_slice(content)
        .into_iter()
        .next()?
        .ok()
}

/// A session that holds a lock for us.
pub(super) struct Holding {
    session: Session,
    watch: Watch,
}

impl Holding {
    /// Has the far shell hold what it locked: it ends what the login is made of before it lets go for want of beats.
    /// Says besides how writing the holder into the file failed, where it did: the lock is held all the same.
    ///
    /// # Errors
    /// When the session ends, or is not understood.
    pub(super) async fn begin(
        mut session: Session,
        login: &Login,
        (holder, path): (&LeaseHolder, &str),
    ) -> Result<(Self, Option<Error>)> {
        let mut lines = serde_json::to_vec(holder).map_err(|error| {
            Error::new(ErrorKind::Internal, "cannot write who holds a lease").with_source(error)
        })?;
        lines.push(b'\n');
        let watch = login.launch.fence.watch();
        for ProcessIdentity { pid, start_time } in &watch.processes {
            lines.extend_from_slice(format!("{pid} {start_time} ").as_bytes());
        }
        lines.push(b'\n');
        send(&mut session.writer, &lines).await?;
        let failed = match answer::one(&mut session.reader).await?.end {
            End::Failed(said) => Some(far_error(
                &said,
                "cannot write who holds it",
                Subject::Path(path.to_owned()),
            )),
            _ => None,
        };
        Ok((Self { session, watch }, failed))
    }

    /// Beats until it is to be given back, and gives it back then.
    ///
    /// # Errors
    /// When the session ends before.
    pub(super) async fn keep(mut self, login: &Login, mut released: oneshot::Receiver<()>) -> Result<()> {
        let Session { reader, writer, .. } = &mut self.session;
        let mut ticks = tokio::time::interval(BEAT);
        let mut line = Vec::new();
        let mut unconfirmed = VecDeque::new();
        loop {
            tokio::select! {
                _ = ticks.tick() => send(writer, b".").await?,
                Some(notice) = self.watch.notices.recv() => {
                    send(writer, record(notice.process).as_bytes()).await?;
                    unconfirmed.push_back(notice.confirmed);
                }
                // Its sender may be gone without a word: nobody has the lease any more then, either.
                _ = &mut released => break,
                read = answer::line(reader, &mut line) => match read {
                    Ok(Some(())) if line == b"+" => {
                        // Whoever waited for it may have gone.
                        let _ = unconfirmed.pop_front().is_some_and(|confirmed: oneshot::Sender<()>| confirmed.send(()).is_ok());
                    }
                    Ok(Some(())) => {}
                    _ => return Err(Error::new(ErrorKind::ConnectionLost, "the far holder of the lease has ended")),
                },
            }
        }
        self.give_back(login).await?;
        for confirmed in unconfirmed {
            let _ = confirmed.send(());
        }
        Ok(())
    }

    /// Gives the lock back; it is free when this returns.
    ///
    /// # Errors
    /// When the session ends before it was told.
    pub(super) async fn give_back(self, login: &Login) -> Result<()> {
        let Self { mut session, watch } = self;
        send(&mut session.writer, b"q").await?;
        // The lock is free once the far shell has ended, however it is told.
        let _ = tokio::time::timeout(SILENCE, session.end).await;
        login.launch.fence.forget(watch);
        Ok(())
    }
}

/// A process as the far shell reads it: 32 bytes behind the sign of it.
fn record(process: ProcessIdentity) -> String {
    format!("+{:>10} {:>20}\n", process.pid, process.start_time)
}

async fn send(writer: &mut WriteHalf<Box<dyn ByteStream>>, bytes: &[u8]) -> Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await?;
    Ok(())
}

fn refused(said: &str, path: &str) -> Error {
    let about = Subject::Path(path.to_owned());
    if let Some(said) = said.strip_prefix("%flock ") {
        let message =
            "cannot lock: flock is missing there, or does not do what util-linux's and busybox's do";
        return far_error(said, message, about);
    }
    if said.starts_with("Too many levels") {
        return Error::new(ErrorKind::Denied, "is a symbolic link, which a lease must not be")
            .with_subject(about)
            .with_source(super::error::FarError::new(said));
    }
    far_error(said, "cannot open the lease", about)
}
