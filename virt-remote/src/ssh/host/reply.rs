//! What the far scripts answer, as replies of the host.

use std::time::{Duration, SystemTime};

use virt_core::host::{
    Command, CommandOutput, DirEntry, ExitStatus, FileKind, FileStat, HostReply, ProcScale, ProcessIdentity,
    ProcessInfo,
};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::answer::{Answer, End, Section};
use super::error::{FarError, far_error, not_understood};
use super::operation::subject;

/// The largest file that is read whole.
const READ_LIMIT: usize = 64 * 1024 * 1024;

/// How an answer is to be read.
#[derive(Debug)]
pub(super) enum Expected {
    /// Nothing but success: what was tried, and on what.
    Done {
        tried: &'static str,
        path: String,
    },
    /// A file's content, or the end of it.
    Content {
        path: String,
        tail: Option<u64>,
    },
    AllRemoved {
        path: String,
    },
    Renamed {
        from: String,
        to: String,
    },
    Stat {
        path: String,
    },
    Entries {
        path: String,
    },
    Files {
        path: String,
    },
    Output(Command),
    Signalled(ProcessIdentity),
    Process,
    Processes {
        program_prefix: String,
    },
}

impl Expected {
    pub(super) fn done(tried: &'static str, path: String) -> Self {
        Self::Done { tried, path }
    }

    fn failed(&self, said: &str, answer: &Answer) -> Error {
        let on = |tried, path: &String| far_error(said, tried, Subject::Path(path.clone()));
        match self {
            Self::Done { tried, path } => on(tried, path),
            Self::Content { path, .. } if said.starts_with("is a directory") => {
                Error::new(ErrorKind::InvalidArgument, "is a directory, not a file")
                    .with_subject(Subject::Path(path.clone()))
            }
            Self::Content { path, .. } => on("cannot read", path),
            Self::AllRemoved { path } => on("cannot remove all of it", path).with_outcome(Outcome::Unknown),
            Self::Renamed { from, .. } if answer.first().as_deref() == Some("from") => {
                on("cannot rename", from)
            }
            Self::Renamed { to, .. } => on("cannot rename", to),
            Self::Stat { path } => on("cannot look at it", path),
            Self::Entries { path } | Self::Files { path } => on("cannot list", path),
            Self::Output(command) => program_failed(said, command),
            Self::Signalled(process) => {
                let about = Subject::Other(format!("process {}", process.pid));
                let tried = if said.contains("No such process") {
                    "the process has ended"
                } else {
                    "the operating system refused"
                };
                far_error(said, tried, about)
            }
            Self::Process | Self::Processes { .. } => far_error(
                said,
                "cannot look at processes",
                Subject::Path("/proc".to_owned()),
            ),
        }
    }
}

/// Reads the answer of one operation.
///
/// # Errors
/// The operation's.
pub(super) fn read(expected: &Expected, answer: &Answer, scale: ProcScale) -> Result<HostReply> {
    if let End::Failed(said) = &answer.end {
        return match expected {
            Expected::Stat { .. } if FarError::new(said).is_missing() => Ok(HostReply::Stat(None)),
            _ => Err(expected.failed(said, answer)),
        };
    }
    Ok(match expected {
        Expected::Done { .. }
        | Expected::AllRemoved { .. }
        | Expected::Renamed { .. }
        | Expected::Signalled(_) => HostReply::Done,
        Expected::Content { path, tail } => HostReply::Bytes(content(answer, path, *tail)?),
        Expected::Stat { .. } => {
            let text = answer.first();
            let stat = text.as_deref().and_then(stat_of);
            HostReply::Stat(Some(stat.ok_or_else(|| not_understood("a look at a file"))?))
        }
        Expected::Entries { .. } => HostReply::Entries(entries(&first_data(answer)?)),
        Expected::Files { path } => HostReply::Files(files(answer, path)?),
        Expected::Output(command) => HostReply::Output(output(answer, command)?),
        Expected::Process => HostReply::Process(processes(answer, scale)?.pop()),
        Expected::Processes { program_prefix } => {
            let mut found = processes(answer, scale)?;
            found.retain(|process| {
                let program = process.argv.first().map(String::as_str).unwrap_or_default();
                let name = program.rsplit('/').next().unwrap_or(program);
                !process.argv.is_empty() && name.starts_with(program_prefix)
            });
            found.sort_by_key(|process| process.identity.pid);
            HostReply::Processes(found)
        }
    })
}

fn first_data(answer: &Answer) -> Result<Vec<u8>> {
    answer.sections.first().map_or(Ok(Vec::new()), Section::data)
}

fn content(answer: &Answer, path: &str, tail: Option<u64>) -> Result<Vec<u8>> {
    let mut content = first_data(answer)?;
    if content.len() > READ_LIMIT {
        return Err(too_large(path));
    }
    if let Some(limit) = tail.and_then(|limit| usize::try_from(limit).ok()) {
        content.drain(..content.len().saturating_sub(limit));
    }
    Ok(content)
}

fn too_large(path: &str) -> Error {
    Error::new(
        ErrorKind::ResourceExhausted,
        "is larger than the 64 MiB that are read at once",
    )
    .with_subject(Subject::Path(path.to_owned()))
}

/// Reads `%f %s %u %g %i %Y %y` of `stat`.
fn stat_of(text: &str) -> Option<FileStat> {
    let mut words = text.split_ascii_whitespace();
    let raw = u32::from_str_radix(words.next()?, 16).ok()?;
    let size = words.next()?.parse().ok()?;
    let uid = words.next()?.parse().ok()?;
    let gid = words.next()?.parse().ok()?;
    let inode = words.next()?.parse().ok()?;
    let seconds: i64 = words.next()?.parse().ok()?;
    // "2026-01-31 12:00:00.123456789 +0000"; a busybox may leave the fraction out.
    let fraction = words.nth(1).and_then(|time| time.split_once('.'));
    let nanoseconds = fraction.map_or(Some(0), |(_, digits)| format!("{digits:0<9.9}").parse().ok())?;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let start = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    let kind = kind_of_mode(raw);
    Some(FileStat {
        kind,
        size: if kind == FileKind::BlockDevice { 0 } else { size },
        mode: raw & 0o7777,
        uid,
        gid,
        modified: start?.checked_add(Duration::from_nanos(nanoseconds))?,
        inode,
    })
}

fn kind_of_mode(mode: u32) -> FileKind {
    match mode & 0o170_000 {
        0o040_000 => FileKind::Directory,
        0o060_000 => FileKind::BlockDevice,
        0o020_000 => FileKind::CharacterDevice,
        0o140_000 => FileKind::Socket,
        0o010_000 => FileKind::Fifo,
        0o120_000 => FileKind::Symlink,
        _ => FileKind::File,
    }
}

fn entries(listing: &[u8]) -> Vec<DirEntry> {
    let mut entries: Vec<DirEntry> = listing
        .split(|byte| *byte == 0)
        .filter_map(|entry| {
            let (kind, name) = entry.split_first()?;
            let kind = match kind {
                b'd' => FileKind::Directory,
                b'b' => FileKind::BlockDevice,
                b'c' => FileKind::CharacterDevice,
                b's' => FileKind::Socket,
                b'p' => FileKind::Fifo,
                b'l' => FileKind::Symlink,
                _ => FileKind::File,
            };
            let name = std::str::from_utf8(name).ok()?.to_owned();
            Some(DirEntry { name, kind })
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

type NamedContents = Vec<(String, Result<Vec<u8>>)>;

fn files(answer: &Answer, directory: &str) -> Result<NamedContents> {
    let each = answer
        .sections
        .iter()
        .position(|section| section.head() == "each");
    let mut files = match each {
        Some(at) => files_one_by_one(answer.sections.get(at + 1..).unwrap_or_default(), directory)?,
        None => files_together(answer)?,
    };
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

fn file_name(path: &[u8]) -> Option<String> {
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    String::from_utf8(name.to_vec()).ok()
}

/// Names, all content in one, and then each file's size.
fn files_together(answer: &Answer) -> Result<NamedContents> {
    let names = answer.data("names")?;
    let content = answer.data("content")?;
    let sizes = answer.sections.iter().skip(3).map(|section| {
        let head = section.head();
        head.split(' ').nth(1).and_then(|size| size.parse::<usize>().ok())
    });
    let mut rest = content.as_slice();
    let mut files = Vec::new();
    for (name, size) in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .zip(sizes)
    {
        let split = size.and_then(|size| rest.split_at_checked(size));
        let (content, behind) = split.ok_or_else(|| not_understood("the files of a directory"))?;
        rest = behind;
        let Some(name) = file_name(name) else { continue };
        let content = if content.len() > READ_LIMIT {
            Err(too_large(&name))
        } else {
            Ok(content.to_vec())
        };
        files.push((name, content));
    }
    if rest.is_empty() {
        Ok(files)
    } else {
        Err(not_understood("the files of a directory"))
    }
}

/// For each file its name, its content and how reading it ended.
fn files_one_by_one(sections: &[Section], directory: &str) -> Result<NamedContents> {
    let mut files = Vec::new();
    for file in sections.chunks(3) {
        let [name, content, end] = file else {
            return Err(not_understood("the files of a directory"));
        };
        let Some(name) = file_name(&name.data()?) else {
            continue;
        };
        let path = format!("{}/{name}", directory.trim_end_matches('/'));
        let result = match end.head().strip_prefix('!') {
            None => content.data().and_then(|content| {
                if content.len() > READ_LIMIT {
                    Err(too_large(&path))
                } else {
                    Ok(content)
                }
            }),
            Some(said) if FarError::new(said).is_missing() => continue,
            Some(said) => Err(far_error(said, "cannot read", Subject::Path(path))),
        };
        files.push((name, result));
    }
    Ok(files)
}

fn output(answer: &Answer, command: &Command) -> Result<CommandOutput> {
    let status = answer.field("status").and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| not_understood("a program").with_subject(subject(command)))?;
    Ok(CommandOutput::new(
        status_of(status),
        answer.data("stdout")?,
        answer.data("stderr")?,
    ))
}

/// How a program ended, from what a shell says of it.
pub(super) fn status_of(status: i32) -> ExitStatus {
    match status {
        129..=192 => ExitStatus::Signal(status - 128),
        code => ExitStatus::Code(code),
    }
}

/// Why a program was not run, or not to its end.
pub(super) fn program_failed(said: &str, command: &Command) -> Error {
    let about = subject(command);
    let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
    match word {
        "%limit" => Error::new(
            ErrorKind::Timeout,
            format!(
                "did not end within {:?} and was killed",
                command.time_limit.unwrap_or_default()
            ),
        )
        .with_subject(about)
        .with_outcome(Outcome::Unknown),
        "%path" => Error::new(ErrorKind::NotFound, format!("not found in PATH ({rest})")).with_subject(about),
        "%directory" => Error::new(
            ErrorKind::NotFound,
            format!(
                "cannot start: its working directory {:?} does not exist",
                command.directory.as_deref().unwrap_or_default()
            ),
        )
        .with_subject(about)
        .with_source(FarError::new(rest)),
        "%output" => {
            let file = command.output_file.clone().unwrap_or_default();
            far_error(
                rest,
                "cannot open the file for what a program says",
                Subject::Path(file),
            )
        }
        "%spool" => far_error(
            rest,
            "cannot start: no place for what it says (/dev/shm, /run, /tmp)",
            about,
        ),
        "%start" => far_error(rest, "cannot start", about),
        _ => far_error(said, "cannot start", about),
    }
}

fn processes(answer: &Answer, scale: ProcScale) -> Result<Vec<ProcessInfo>> {
    let described = answer.sections.iter().skip(1).map(|section| {
        let head = section.head();
        let pid = head.split(' ').next().and_then(|pid| pid.parse().ok());
        let argv = section.data()?;
        let found = pid.and_then(|pid| ProcessInfo::from_proc(pid, &head, &argv, scale));
        found.ok_or_else(|| not_understood("a look at a process"))
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_a_file_is_read_with_and_without_fractions() {
        let stat = stat_of("81a4 12 1 2 77 1700000000 2023-11-14 22:13:20.123456789 +0000").unwrap();
        assert_eq!(
            (stat.kind, stat.size, stat.mode, stat.inode),
            (FileKind::File, 12, 0o644, 77)
        );
        let after = stat.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(after, Duration::new(1_700_000_000, 123_456_789));
        let stat = stat_of("41c0 0 0 0 1 5 1970-01-01 00:00:05").unwrap();
        assert_eq!((stat.kind, stat.mode), (FileKind::Directory, 0o700));
        assert_eq!(stat_of("81a4 12"), None);
    }
}
