//! The `ssh` process that has the connection.

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use virt_core::host::{ChildProcess, Command, Host, LocalHost, Signal};
use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};

use super::dialer::ProgramTarget;
use super::pulse::Pulse;
use super::refusal::refusal;

/// How long logging in may take.
const LOGIN_LIMIT: Duration = Duration::from_secs(60);
/// How long one that is not wanted may take to end, before it is told to, and after.
const ENDING_LIMIT: Duration = Duration::from_secs(2);
/// What the master says when it is logged in and listens.
const READY: &[u8] = b"ready\n";
/// The longest path of our directory: the sockets in it have a name, and ssh adds one of its own for a moment.
const MAX_DIRECTORY: usize = 60;

/// A directory of our own for sockets; removed when it is dropped.
#[derive(Debug)]
pub(super) struct SocketDirectory(PathBuf);

impl SocketDirectory {
    /// Makes one that only we can enter.
    fn make() -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = runtime
            .into_iter()
            .chain([std::env::temp_dir(), PathBuf::from("/tmp")]);
        let mut failure = None;
        for place in places {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = place.join(format!("virt-ssh-{}-{count}", std::process::id()));
            if !place.is_absolute() || path.as_os_str().len() > MAX_DIRECTORY {
                continue;
            }
            // It fails where something is there already, whoever put it there.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.unwrap_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename));
        Err(Error::new(
            kind_of_io(&failure),
            "no directory can be made for ssh's control socket",
        )
        .with_source(failure))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SocketDirectory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(directory = %self.0.display(), %error, "a directory of sockets is left");
        }
    }
}

/// A master that is logged in. Dropping it ends it.
pub(super) struct Master {
    lost: watch::Receiver<Option<String>>,
    stop: Arc<tokio::sync::Notify>,
    watching: Mutex<Option<JoinHandle<()>>>,
    // Dropped after the process is told to end.
    directory: SocketDirectory,
}

impl Master {
    /// Starts one, and waits until it is logged in.
    ///
    /// # Errors
    /// `AuthenticationFailed` or `ConnectionLost`, with what ssh said.
    pub(super) async fn start(target: &ProgramTarget) -> Result<Self> {
        let directory = SocketDirectory::make()?;
        let socket = directory.path().join("control");
        let command = Command::new(&target.program).args(target.arguments(&socket));
        let mut child = LocalHost::default().processes().spawn(command).await?;
        let mut stdio = child.take_stdio().ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "a program started without its input and output",
            )
        })?;
        let mut word = [0; READY.len()];
        let read = tokio::time::timeout(LOGIN_LIMIT, stdio.read_exact(&mut word)).await;
        match read {
            Ok(Ok(_)) if word == *READY => {}
            Ok(_) => {
                let words = words_of(&mut *child).await;
                return Err(refusal(&words).with_subject(Subject::Host(target.host.clone())));
            }
            Err(_) => {
                let message = format!("ssh was not logged in within {} s", LOGIN_LIMIT.as_secs());
                return Err(Error::new(ErrorKind::ConnectionLost, message)
                    .with_subject(Subject::Host(target.host.clone())));
            }
        }
        let (sender, lost) = watch::channel(None);
        let stop = Arc::new(tokio::sync::Notify::new());
        let watching = tokio::spawn(watch_over(child, Arc::clone(&stop), sender));
        Ok(Self {
            lost,
            stop,
            watching: Mutex::new(Some(watching)),
            directory,
        })
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.directory.path().join("control")
    }

    /// Asks it whether it still has its connection.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse::new(self.socket(), self.lost.clone())
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// What it said last.
    pub(super) fn last_words(&self) -> String {
        self.lost.borrow().clone().unwrap_or_default()
    }

    /// Waits until it has ended. Cancel-safe.
    pub(super) async fn until_lost(&self) {
        // It fails when the watcher was ended: so was the process.
        let _ = self.lost.clone().wait_for(Option::is_some).await;
    }

    /// Ends it, and waits for that.
    pub(super) async fn close(&self) {
        self.stop.notify_one();
        self.until_lost().await;
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let watching = self
            .watching
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(watching) = watching {
            // With it goes the process.
            watching.abort();
        }
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Master")
            .field("directory", &self.directory)
            .field("lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}

async fn watch_over(
    mut child: Box<dyn ChildProcess>,
    stop: Arc<tokio::sync::Notify>,
    lost: watch::Sender<Option<String>>,
) {
    let ended = tokio::select! {
        ended = child.wait() => Some(ended),
        () = stop.notified() => None,
    };
    let words = match ended {
        Some(Ok((_, words))) => last_line(&words),
        Some(Err(error)) => error.to_string(),
        None => {
            // One that does not end is killed when it is dropped.
            if child.signal(Signal::Terminate).await.is_ok() {
                let _ = tokio::time::timeout(ENDING_LIMIT, child.wait()).await;
            }
            "it was closed here".to_owned()
        }
    };
    lost.send_replace(Some(words));
}

/// The last words of one that did not log in. It is made to end where it does not by itself.
async fn words_of(child: &mut dyn ChildProcess) -> Vec<u8> {
    for signal in [Some(Signal::Terminate), Some(Signal::Kill), None] {
        match tokio::time::timeout(ENDING_LIMIT, child.wait()).await {
            Ok(Ok((_, words))) => return words,
            Ok(Err(_)) => break,
            Err(_) => {}
        }
        if let Some(signal) = signal {
            // It fails when it has ended meanwhile.
            let _ = child.signal(signal).await;
        }
    }
    Vec::new()
}

fn last_line(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    text.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("it said nothing")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_ours_alone_and_goes() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = SocketDirectory::make().unwrap();
        let path = directory.path().to_owned();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        drop(directory);
        assert!(!path.exists());
    }
}
