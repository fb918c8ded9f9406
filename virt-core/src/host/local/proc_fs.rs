//! What `/proc` tells of a process.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};

use crate::error::{Result, kind_of_io};
use crate::host::{ProcessIdentity, ProcessInfo};
use crate::{Error, ErrorKind};

/// The fields of `/proc/PID/stat` we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) state: char,
    pub(super) cpu_ticks: u64,
    pub(super) threads: u64,
    pub(super) start_time: u64,
    pub(super) rss_pages: u64,
}

impl Stat {
    /// Reads the line of `/proc/PID/stat`. The program's name stands in parentheses and may itself hold anything.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, after_name) = text.rsplit_once(')')?;
        let mut fields = after_name.split_ascii_whitespace();
        // Numbered as in proc(5): the state is field 3.
        let state = fields.next()?.chars().next()?;
        let mut field = |skip: usize| fields.nth(skip)?.parse::<u64>().ok();
        let user = field(10)?;
        let system = field(0)?;
        let threads = field(4)?;
        let start_time = field(1)?;
        let rss_pages = field(1)?;
        Some(Self {
            state,
            cpu_ticks: user.saturating_add(system),
            threads,
            start_time,
            rss_pages,
        })
    }

    /// A process is over when its last thread is; until then a zombie leader lives on in the others.
    fn ended(self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x') && self.threads <= 1
    }
}

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

    fn stat(&self) -> Result<Option<Stat>> {
        let Some(content) = self.read("stat").map_err(|error| unreadable(error, self.pid))? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&content);
        Stat::parse(&text).map(Some).ok_or_else(|| {
            Error::new(
                ErrorKind::Corrupt,
                format!("/proc/{}/stat could not be understood", self.pid),
            )
        })
    }

    fn argv(&self) -> Result<Option<Vec<String>>> {
        let content = self
            .read("cmdline")
            .map_err(|error| unreadable(error, self.pid))?;
        Ok(content.map(|bytes| split_arguments(&bytes)))
    }
}

/// What the process of this number is; `None` when there is none.
pub(super) fn inspect(pid: u32) -> Result<Option<ProcessInfo>> {
    let opened = ProcessDir::open(pid).map_err(|error| unreadable(error, pid))?;
    let Some(dir) = opened else { return Ok(None) };
    let Some(argv) = dir.argv()? else { return Ok(None) };
    info(&dir, argv)
}

/// Which process has this number now; `None` when there is none.
pub(super) fn identity(pid: u32) -> Result<Option<ProcessIdentity>> {
    let opened = ProcessDir::open(pid).map_err(|error| unreadable(error, pid))?;
    let Some(dir) = opened else { return Ok(None) };
    Ok(dir.stat()?.map(|stat| ProcessIdentity {
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
        let Ok(Some(argv)) = dir.argv() else { continue };
        if argv
            .first()
            .is_some_and(|program| file_name(program).starts_with(program_prefix))
        {
            found.extend(info(&dir, argv)?);
        }
    }
    found.sort_by_key(|process| process.identity.pid);
    Ok(found)
}

fn info(dir: &ProcessDir, argv: Vec<String>) -> Result<Option<ProcessInfo>> {
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
    let page_size = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    Ok(dir.stat()?.map(|stat| ProcessInfo {
        identity: ProcessIdentity {
            pid: dir.pid,
            start_time: stat.start_time,
        },
        argv,
        zombie: stat.ended(),
        stopped: matches!(stat.state, 'T' | 't'),
        cpu_time_ns: stat.cpu_ticks.saturating_mul(1_000_000_000 / ticks_per_second),
        rss_bytes: stat.rss_pages.saturating_mul(page_size),
    }))
}

fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn split_arguments(cmdline: &[u8]) -> Vec<String> {
    let cmdline = cmdline.strip_suffix(b"\0").unwrap_or(cmdline);
    if cmdline.is_empty() {
        return Vec::new();
    }
    cmdline
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
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

    const LINE: &str = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 3 0 987654 1000 250 18446744073709551615 1";

    #[test]
    fn a_program_name_with_parentheses_does_not_shift_the_fields() {
        let stat = Stat::parse(LINE).unwrap();
        assert_eq!(
            stat,
            Stat {
                state: 'S',
                cpu_ticks: 12,
                threads: 3,
                start_time: 987_654,
                rss_pages: 250
            }
        );
    }

    #[test]
    fn a_zombie_leader_with_living_threads_has_not_ended() {
        let zombie = Stat::parse(&LINE.replace(") S ", ") Z ")).unwrap();
        assert!(!zombie.ended());
        assert!(Stat { threads: 1, ..zombie }.ended());
    }

    #[test]
    fn short_lines_are_refused() {
        for text in [
            "",
            "1 (a",
            "1 (a) S 1 2",
            "1 (a) S x x x x x x x x x x x x x x x x x x x x x x",
        ] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arguments_keep_their_empty_ones() {
        assert_eq!(split_arguments(b"a\0\0b\0"), ["a", "", "b"]);
        assert_eq!(split_arguments(b""), Vec::<String>::new());
    }

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
