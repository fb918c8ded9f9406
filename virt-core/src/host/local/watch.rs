//! Watching a path of this machine.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use async_trait::async_trait;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{absolute, io_error, readiness};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::FileWatch;

/// A watch that is set, but not yet waited on.
pub(super) struct Prepared {
    path: String,
    queue: OwnedFd,
    /// The directory the path is an entry of, and the entry's name: what tells when it is made, replaced or removed.
    parent: Option<(i32, Vec<u8>)>,
    /// What is at the path itself.
    target: Option<i32>,
}

/// Sets a watch. From here on the system remembers what happens.
pub(super) fn prepare(path: &str) -> Result<Prepared> {
    absolute(path)?;
    let failed = |error: Errno| io_error(error.into(), "cannot watch", path);
    let queue = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(failed)?;
    let parent = match (Path::new(path).parent(), Path::new(path).file_name()) {
        (Some(parent), Some(name)) => {
            let watched = inotify::add_watch(&queue, parent, everything());
            // A directory that may not be listed can still hold something that may be watched.
            let watched = match watched {
                Err(Errno::ACCESS) => None,
                watched => Some(watched.map_err(failed)?),
            };
            watched.map(|watch| (watch, name.as_encoded_bytes().to_vec()))
        }
        _ => None,
    };
    let target = match inotify::add_watch(&queue, path, everything()) {
        Ok(watch) => Some(watch),
        Err(Errno::NOENT) if parent.is_some() => None,
        Err(error) => return Err(failed(error)),
    };
    Ok(Prepared {
        path: path.to_owned(),
        queue,
        parent,
        target,
    })
}

/// Makes a watch one that can be waited on.
pub(super) fn begin(prepared: Prepared) -> Result<Box<dyn FileWatch>> {
    let Prepared {
        path,
        queue,
        parent,
        target,
    } = prepared;
    let queue = readiness::watch(queue, Interest::READABLE)
        .map_err(|error| io_error(error, "cannot watch", &path))?;
    Ok(Box::new(LocalWatch {
        path,
        queue,
        parent,
        target,
    }))
}

fn everything() -> WatchFlags {
    WatchFlags::CREATE
        | WatchFlags::MODIFY
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::ATTRIB
        | WatchFlags::MOVE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
}

struct LocalWatch {
    path: String,
    queue: AsyncFd<OwnedFd>,
    parent: Option<(i32, Vec<u8>)>,
    target: Option<i32>,
}

impl fmt::Debug for LocalWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalWatch")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl FileWatch for LocalWatch {
    async fn changed(&mut self) -> Result<()> {
        loop {
            if self.parent.is_none() && self.target.is_none() {
                let error = Error::new(ErrorKind::NotFound, "is gone, and so is the directory it was in");
                return Err(error.with_subject(Subject::Path(self.path.clone())));
            }
            let failed = |error: io::Error| io_error(error, "cannot watch", &self.path);
            let mut ready = self.queue.readable().await.map_err(failed)?;
            let Ok(taken) = ready.try_io(|queue| take_events(queue.get_ref())) else {
                continue;
            };
            let events = taken.map_err(failed)?;
            drop(ready);
            // All of them, since each may change what is watched.
            if events.iter().filter(|event| self.concerns_us(event)).count() > 0 {
                return Ok(());
            }
        }
    }
}

impl LocalWatch {
    /// Whether an event is about our path; the watches are moved to what is there now.
    fn concerns_us(&mut self, event: &Event) -> bool {
        let is_over = event.flags.contains(ReadFlags::IGNORED);
        if event.flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.follow_path();
            return true;
        }
        if Some(event.watch) == self.target {
            if is_over {
                self.target = None;
            } else if event.flags.contains(ReadFlags::MOVE_SELF) {
                self.follow_path();
            }
            return !is_over;
        }
        match &self.parent {
            Some((watch, _)) if *watch == event.watch && is_over => {
                self.parent = None;
                false
            }
            Some((watch, name)) if *watch == event.watch && *name == event.name => {
                if event.flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                    self.follow_path();
                }
                true
            }
            _ => false,
        }
    }

    /// Watches what is at the path now, before anybody is told to look.
    fn follow_path(&mut self) {
        if let Some(old) = self.target.take() {
            // It may be gone with what it watched.
            let _ = inotify::remove_watch(&self.queue, old);
        }
        // Nothing there, or gone again: its directory tells when something is.
        self.target = inotify::add_watch(&self.queue, self.path.as_str(), everything()).ok();
    }
}

struct Event {
    watch: i32,
    flags: ReadFlags,
    name: Vec<u8>,
}

/// One buffer of events; fails with `WouldBlock` when there is none.
fn take_events(queue: &OwnedFd) -> io::Result<Vec<Event>> {
    let mut buffer = [const { MaybeUninit::uninit() }; 4096];
    let mut reader = Reader::new(queue, &mut buffer);
    let mut events = Vec::new();
    loop {
        let event = reader.next()?;
        events.push(Event {
            watch: event.wd(),
            flags: event.events(),
            name: event
                .file_name()
                .map(|name| name.to_bytes().to_vec())
                .unwrap_or_default(),
        });
        if reader.is_buffer_empty() {
            return Ok(events);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    async fn watch(path: &Path) -> Box<dyn FileWatch> {
        begin(prepare(path.to_str().unwrap()).unwrap()).unwrap()
    }

    fn is_quiet(watch: &mut Box<dyn FileWatch>) -> bool {
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        watch.changed().as_mut().poll(&mut context).is_pending()
    }

    #[tokio::test]
    async fn entries_of_a_directory_are_seen_to_come_change_and_go() {
        let directory = tempfile::tempdir().unwrap();
        let mut watch = watch(directory.path()).await;
        assert!(is_quiet(&mut watch));
        let file = directory.path().join("a");
        fs::write(&file, b"1").unwrap();
        watch.changed().await.unwrap();
        fs::write(&file, b"2").unwrap();
        watch.changed().await.unwrap();
        fs::remove_file(&file).unwrap();
        watch.changed().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_followed_through_replacement_and_absence() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        let mut watch = watch(&path).await;
        fs::write(directory.path().join("other"), b"1").unwrap();
        assert!(is_quiet(&mut watch));
        fs::write(&path, b"1").unwrap();
        watch.changed().await.unwrap();
        fs::write(directory.path().join("new"), b"2").unwrap();
        fs::rename(directory.path().join("new"), &path).unwrap();
        watch.changed().await.unwrap();
        fs::write(&path, b"3").unwrap();
        watch.changed().await.unwrap();
    }

    #[tokio::test]
    async fn a_directory_that_is_made_again_is_watched_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run");
        fs::create_dir(&path).unwrap();
        let mut watch = watch(&path).await;
        fs::remove_dir(&path).unwrap();
        watch.changed().await.unwrap();
        fs::create_dir(&path).unwrap();
        watch.changed().await.unwrap();
        while !is_quiet(&mut watch) {}
        fs::write(path.join("entry"), b"").unwrap();
        watch.changed().await.unwrap();
    }

    #[tokio::test]
    async fn the_end_of_all_that_was_watched_is_an_error_and_no_silence() {
        let directory = tempfile::tempdir().unwrap();
        let mut watch = watch(&directory.path().join("a")).await;
        directory.close().unwrap();
        loop {
            if let Err(error) = watch.changed().await {
                assert_eq!(error.kind(), ErrorKind::NotFound);
                return;
            }
        }
    }

    #[tokio::test]
    async fn a_path_in_no_directory_cannot_be_watched() {
        let error = prepare("/no/such/directory").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
