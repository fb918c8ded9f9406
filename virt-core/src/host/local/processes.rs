//! Signalling, inspecting and waiting for processes of this machine.

use std::io;
use std::os::fd::OwnedFd;

use async_trait::async_trait;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use tokio::io::Interest;

use super::{LocalHost, blocking, child, command, proc_fs, readiness};
use crate::error::{Error, ErrorKind, Result, Subject, kind_of_io};
use crate::host::{ChildProcess, Command, CommandOutput, ProcessIdentity, ProcessInfo, Processes, Signal};

#[async_trait]
impl Processes for LocalHost {
    async fn run(&self, command: Command) -> Result<CommandOutput> {
        command::run(command).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn ChildProcess>> {
        child::spawn(command).await
    }

    async fn signal(&self, process: ProcessIdentity, signal: Signal) -> Result<()> {
        blocking(move || self::signal(process, signal)).await
    }

    async fn inspect(&self, pid: u32) -> Result<Option<ProcessInfo>> {
        blocking(move || proc_fs::inspect(pid)).await
    }

    async fn list(&self, program_prefix: &str) -> Result<Vec<ProcessInfo>> {
        let prefix = program_prefix.to_owned();
        blocking(move || proc_fs::list(&prefix)).await
    }

    async fn wait_exit(&self, process: ProcessIdentity) -> Result<()> {
        let Some(pidfd) = blocking(move || pidfd_of(process)).await? else {
            return Ok(());
        };
        let unwatchable = |error: io::Error| {
            Error::new(kind_of_io(&error), "cannot watch for its end")
                .with_subject(subject(process))
                .with_source(error)
        };
        // A pidfd becomes readable when the last thread of the process has ended, reaped or not.
        let pidfd = readiness::watch(pidfd, Interest::READABLE).map_err(unwatchable)?;
        let ended = pidfd.readable().await;
        ended.map(drop).map_err(unwatchable)
    }
}

/// Sends a signal to that very process.
pub(super) fn signal(process: ProcessIdentity, signal: Signal) -> Result<()> {
    let gone = || Error::new(ErrorKind::NotFound, "the process has ended").with_subject(subject(process));
    let pidfd = pidfd_of(process)?.ok_or_else(gone)?;
    if has_ended(&pidfd).map_err(|error| refused(error, process))? {
        return Err(gone());
    }
    match rustix::process::pidfd_send_signal(&pidfd, number_of(signal)) {
        Ok(()) => Ok(()),
        Err(Errno::SRCH) => Err(gone()),
        Err(error) => Err(refused(error, process)),
    }
}

/// The system's own name for a signal.
pub(super) fn number_of(signal: Signal) -> rustix::process::Signal {
    match signal {
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
        Signal::Hangup => rustix::process::Signal::HUP,
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::User1 => rustix::process::Signal::USR1,
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Continue => rustix::process::Signal::CONT,
    }
}

/// A handle on that very process; `None` when it is gone. The handle is taken first and the start time compared after:
/// a number that was given away in between shows another start time, and one given away later does not move the handle.
fn pidfd_of(process: ProcessIdentity) -> Result<Option<OwnedFd>> {
    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else {
        return Ok(None);
    };
    let pidfd = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        // The last two: the number now belongs to a thread of another process.
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return Ok(None),
        Err(error) => return Err(refused(error, process)),
    };
    let found = proc_fs::identity(process.pid)?;
    Ok((found == Some(process)).then_some(pidfd))
}

fn has_ended(pidfd: &OwnedFd) -> rustix::io::Result<bool> {
    let mut polled = [PollFd::new(pidfd, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    loop {
        match rustix::event::poll(&mut polled, Some(&at_once)) {
            Err(Errno::INTR) => {}
            answer => return Ok(answer? > 0),
        }
    }
}

fn subject(process: ProcessIdentity) -> Subject {
    Subject::Other(format!("process {}", process.pid))
}

fn refused(error: Errno, process: ProcessIdentity) -> Error {
    let error = io::Error::from(error);
    Error::new(kind_of_io(&error), "the operating system refused")
        .with_subject(subject(process))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn identity(pid: u32) -> ProcessIdentity {
        proc_fs::identity(pid).unwrap().unwrap()
    }

    /// A child of std, which nobody reaps until it is asked to; a test that fails leaves none behind.
    struct Sleeper(std::process::Child);

    impl Sleeper {
        fn start() -> Self {
            let sleeper = Self(std::process::Command::new("sleep").arg("1000").spawn().unwrap());
            // For a moment the program runs, but has no arguments yet.
            while proc_fs::inspect(sleeper.0.id()).unwrap().unwrap().argv.is_empty() {
                std::thread::yield_now();
            }
            sleeper
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[tokio::test]
    async fn the_end_of_a_process_that_nobody_reaps_is_seen() {
        let host = LocalHost::new();
        let sleeper = Sleeper::start();
        let process = identity(sleeper.0.id());
        let waiting = host.wait_exit(process);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        host.signal(process, Signal::Kill).await.unwrap();
        waiting.await.unwrap();
        // It is a zombie now: ended for everyone who asks.
        assert!(host.inspect(process.pid).await.unwrap().unwrap().zombie);
        host.wait_exit(process).await.unwrap();
        let error = host.signal(process, Signal::Terminate).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        drop(sleeper);
        assert_eq!(host.inspect(process.pid).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_number_that_was_given_to_another_process_is_not_signalled() {
        let host = LocalHost::new();
        let sleeper = Sleeper::start();
        let now = identity(sleeper.0.id());
        let before = ProcessIdentity {
            start_time: now.start_time - 1,
            ..now
        };
        let error = host.signal(before, Signal::Kill).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        host.wait_exit(before).await.unwrap();
        assert!(!host.inspect(now.pid).await.unwrap().unwrap().zombie);
    }

    #[tokio::test]
    async fn a_stopped_process_is_told_from_a_running_one() {
        let host = LocalHost::new();
        let mut child = host
            .spawn(Command::new("sh").args(["-c", "echo $$; kill -STOP $$; echo again; read x"]))
            .await
            .unwrap();
        let mut stdio = child.take_stdio().unwrap();
        let pid = read_line(&mut stdio).await.parse().unwrap();
        let process = identity(pid);
        loop {
            if host.inspect(pid).await.unwrap().unwrap().stopped {
                break;
            }
            tokio::task::yield_now().await;
        }
        host.signal(process, Signal::Continue).await.unwrap();
        assert_eq!(read_line(&mut stdio).await, "again");
        assert!(!host.inspect(pid).await.unwrap().unwrap().stopped);
    }

    #[tokio::test]
    async fn processes_are_found_by_the_name_of_their_program() {
        let host = LocalHost::new();
        let sleeper = Sleeper::start();
        let found = host.list("slee").await.unwrap();
        assert!(
            found
                .iter()
                .any(|process| process.identity.pid == sleeper.0.id() && process.argv == ["sleep", "1000"])
        );
        assert!(host.list("no-such-program-").await.unwrap().is_empty());
    }

    async fn read_line(stream: &mut Box<dyn crate::host::ByteStream>) -> String {
        let mut line = String::new();
        loop {
            match stream.read_u8().await.unwrap() {
                b'\n' => return line,
                byte => line.push(char::from(byte)),
            }
        }
    }
}
