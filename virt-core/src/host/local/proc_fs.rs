//! What `/proc` tells of a process.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};

use crate::error::{Result, kind_of_io};
use crate::host::proc_text::Stat;
use crate::host::{ProcScale, ProcessIdentity, ProcessInfo};
use crate::sorted::sort_by_rank;
use crate::{Error, ErrorKind};

/// A directory of `/proc`: what is read through it belongs to one process, even when its number is given away meanwhile.
struct ProcessDir {
    pid: u32,
    fd: OwnedFd,
}

impl ProcessDir {
    fn open(pid: u32) -> io::Result<Option<Self>> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(format!("/proc/{pid}"), flags, Mode::empty());
        Ok(unless_gone(opened.map_err(Into::into))?.map(|fd| Self { pid, fd }))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let opened = rustix::fs::openat(&self.fd, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let Some(fd) = unless_gone(opened.map_err(Into::into))? else {
            return Ok(None);
        };
        let mut content = Vec::new();
        unless_gone(File::from(fd).read_to_end(&mut content)).map(|read| read.map(|_| content))
    }

    fn stat_text(&self) -> Result<Option<String>> {
        let content = self.read("stat").map_err(|error| unreadable(error, self.pid))?;
        Ok(content.map(|content| String::from_utf8_lossy(&content).into_owned()))
    }

    /// The arguments as the kernel gives them, each ended by a NUL.
    fn cmdline(&self) -> Result<Option<Vec<u8>>> {
        self.read("cmdline").map_err(|error| unreadable(error, self.pid))
    }
}

/// What the process of this number is; `None` when there is none.
pub(super) fn inspect(pid: u32) -> Result<Option<ProcessInfo>> {
    let opened = ProcessDir::open(pid).map_err(|error| unreadable(error, pid))?;
    let Some(dir) = opened else { return Ok(None) };
    let Some(argv) = dir.cmdline()? else {
        return Ok(None);
    };
    info(&dir, &argv)
}

/// Which process has this number now; `None` when there is none.
pub(super) fn identity(pid: u32) -> Result<Option<ProcessIdentity>> {
    let opened = ProcessDir::open(pid).map_err(|error| unreadable(error, pid))?;
    let Some(dir) = opened else { return Ok(None) };
    let Some(text) = dir.stat_text()? else {
        return Ok(None);
    };
    let stat = Stat::parse(&text).ok_or_else(|| not_understood(pid))?;
    Ok(Some(ProcessIdentity {
        pid,
        start_time: stat.start_time,
    }))
}

/// Processes whose program's file name starts with `program_prefix`, by number.
pub(super) fn list(program_prefix: &str) -> Result<Vec<ProcessInfo>> {
    let unlistable =
        |error: io::Error| Error::new(kind_of_io(&error), "cannot list /proc").with_source(error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").map_err(unlistable)? {
        let name = entry.map_err(unlistable)?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that may not be looked at (hidepid) is not ours; one that is gone is gone.
        let Ok(Some(dir)) = ProcessDir::open(pid) else {
            continue;
        };
        let Ok(Some(argv)) = dir.cmdline() else { continue };
        let program = argv.split(|byte| *byte == 0).next().unwrap_or_default();
        let program = String::from_utf8_lossy(program);
        if !argv.is_empty() && file_name(&program).starts_with(program_prefix) {
            found.extend(info(&dir, &argv)?);
        }
    }
    sort_by_rank(&mut found, |process| process.identity.pid);
    Ok(found)
}

fn info(dir: &ProcessDir, argv: &[u8]) -> Result<Option<ProcessInfo>> {
    let scale = ProcScale {
        clock_ticks: rustix::param::clock_ticks_per_second(),
        page_size: u64::try_from(rustix::param::page_size()).unwrap_or(4096),
    };
    let Some(stat) = dir.stat_text()? else {
        return Ok(None);
    };
    let info = ProcessInfo::from_proc(dir.pid, &stat, argv, scale);
    info.map(Some).ok_or_else(|| not_understood(dir.pid))
}

fn not_understood(pid: u32) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("/proc/{pid}/stat could not be understood"),
    )
}

fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        rustix::io::Errno::from_io_error(error),
        Some(rustix::io::Errno::NOENT | rustix::io::Errno::SRCH)
    )
}

fn unreadable(error: io::Error, pid: u32) -> Error {
    Error::new(kind_of_io(&error), format!("cannot read what process {pid} is")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_a_process_that_runs() {
        let own = inspect(std::process::id()).unwrap().unwrap();
        assert!(!own.zombie && own.rss_bytes > 0 && !own.argv.is_empty());
        let name = file_name(&own.argv[0]).to_owned();
        assert!(
            list(&name)
                .unwrap()
                .iter()
                .any(|other| other.identity == own.identity)
        );
        assert_eq!(identity(own.identity.pid).unwrap(), Some(own.identity));
    }
}
