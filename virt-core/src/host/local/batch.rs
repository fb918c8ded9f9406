//! A batch on this machine: one hop to a thread that may block, and a wait only for programs.

use std::collections::VecDeque;

use super::{blocking, command, files, proc_fs, processes, write};
use crate::error::{Error, ErrorKind, Result};
use crate::host::{BatchMode, Command, HostOp, HostReply, ProcessInfo};

/// Carries out a batch in order.
pub(super) async fn run(mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
    let mut progress = Progress {
        mode,
        results: Vec::with_capacity(ops.len()),
        stopped: false,
    };
    let mut steps = steps_of(ops);
    while let Some(step) = steps.pop_front() {
        match step {
            Step::Program(command) => {
                let result = if progress.stopped {
                    Err(not_begun())
                } else {
                    command::run(command).await.map(HostReply::Output)
                };
                progress.note(result);
            }
            Step::AtOnce(ops) if progress.stopped => {
                ops.iter().for_each(|_| progress.note(Err(not_begun())));
            }
            Step::AtOnce(ops) => progress = at_once(progress, ops).await,
        }
    }
    progress.results
}

enum Step {
    /// A program, which is waited for.
    Program(Command),
    /// Operations that one thread carries out one after the other.
    AtOnce(Vec<HostOp>),
}

struct Progress {
    mode: BatchMode,
    results: Vec<Result<HostReply>>,
    stopped: bool,
}

impl Progress {
    fn note(&mut self, result: Result<HostReply>) {
        self.stopped |= result.is_err() && self.mode == BatchMode::StopAtError;
        self.results.push(result);
    }
}

fn steps_of(ops: Vec<HostOp>) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    for op in ops {
        match (op, steps.back_mut()) {
            (HostOp::Run(command), _) => steps.push_back(Step::Program(command)),
            (op, Some(Step::AtOnce(ops))) => ops.push(op),
            (op, _) => steps.push_back(Step::AtOnce(vec![op])),
        }
    }
    steps
}

async fn at_once(progress: Progress, ops: Vec<HostOp>) -> Progress {
    let mode = progress.mode;
    let count = ops.len();
    let mut before = progress;
    let done = blocking(move || {
        let mut progress = Progress {
            mode,
            results: Vec::with_capacity(count),
            stopped: false,
        };
        for op in ops {
            let result = if progress.stopped {
                Err(not_begun())
            } else {
                carry_out(op)
            };
            progress.note(result);
        }
        Ok(progress)
    });
    match done.await {
        Ok(done) => {
            before.results.extend(done.results);
            before.stopped |= done.stopped;
        }
        // The thread itself failed: it cannot be told how far it came.
        Err(error) => {
            let (kind, message) = (error.kind(), error.message().to_owned());
            for _ in 0..count {
                before.note(Err(
                    Error::new(kind, message.clone()).with_outcome(crate::Outcome::Unknown)
                ));
            }
        }
    }
    before
}

fn carry_out(op: HostOp) -> Result<HostReply> {
    match op {
        HostOp::Read { path } => files::read(&path).map(HostReply::Bytes),
        HostOp::ReadTail { path, limit } => files::read_tail(&path, limit).map(HostReply::Bytes),
        HostOp::WriteAtomic { path, content, mode } => done(write::write_atomic(&path, &content, mode)),
        HostOp::CreateDir { path, mode } => done(write::create_dir(&path, mode)),
        HostOp::RemoveFile { path } => done(write::remove_file(&path)),
        HostOp::RemoveDirAll { path } => done(write::remove_dir_all(&path)),
        HostOp::Rename { from, to } => done(write::rename(&from, &to)),
        HostOp::Stat { path } => files::stat(&path).map(HostReply::Stat),
        HostOp::ListDir { path } => files::list_dir(&path).map(HostReply::Entries),
        HostOp::ReadDir { path, suffix } => files::read_dir(&path, &suffix).map(HostReply::Files),
        HostOp::Signal { process, signal } => done(processes::signal(process, signal)),
        HostOp::Inspect { pid } => proc_fs::inspect(pid).map(HostReply::Process),
        HostOp::InspectPidFile { path } => inspect_pid_file(&path).map(HostReply::Process),
        HostOp::ListProcesses { program_prefix } => proc_fs::list(&program_prefix).map(HostReply::Processes),
        HostOp::Run(_) => Err(Error::new(
            ErrorKind::Internal,
            "a program is not run on a thread that carries out files",
        )),
    }
}

fn inspect_pid_file(path: &str) -> Result<Option<ProcessInfo>> {
    let content = match files::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        content => content?,
    };
    let number = String::from_utf8_lossy(&content).trim().parse();
    number.map_or(Ok(None), proc_fs::inspect)
}

fn done(result: Result<()>) -> Result<HostReply> {
    result.map(|()| HostReply::Done)
}

fn not_begun() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "not begun, since an operation before it in the batch failed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ops(directory: &tempfile::TempDir) -> Vec<HostOp> {
        let at = |name: &str| format!("{}/{name}", directory.path().display());
        vec![
            HostOp::CreateDir {
                path: at("d"),
                mode: 0o700,
            },
            HostOp::Read { path: at("none") },
            HostOp::Run(Command::new("true")),
            HostOp::WriteAtomic {
                path: at("d/f"),
                content: b"x".to_vec(),
                mode: 0o600,
            },
            HostOp::Stat { path: at("d/f") },
        ]
    }

    #[tokio::test]
    async fn a_batch_stops_at_the_first_failure() {
        let directory = tempfile::tempdir().unwrap();
        let results = run(BatchMode::StopAtError, ops(&directory)).await;
        let kinds: Vec<_> = results
            .iter()
            .map(|r| r.as_ref().err().map(Error::kind))
            .collect();
        let cancelled = Some(ErrorKind::Cancelled);
        assert_eq!(
            kinds,
            [None, Some(ErrorKind::NotFound), cancelled, cancelled, cancelled]
        );
        assert!(!directory.path().join("d/f").exists());
    }

    #[tokio::test]
    async fn a_process_is_found_by_the_file_with_its_number() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", directory.path().display());
        std::fs::write(at("own"), format!("{}\n", std::process::id())).unwrap();
        std::fs::write(at("odd"), "no number").unwrap();
        let ops = ["own", "odd", "none"].map(|name| HostOp::InspectPidFile { path: at(name) });
        let results = run(BatchMode::StopAtError, ops.into()).await;
        let pids: Vec<Option<u32>> = results
            .into_iter()
            .map(|result| match result.unwrap() {
                HostReply::Process(info) => info.map(|info| info.identity.pid),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(pids, [Some(std::process::id()), None, None]);
    }

    #[tokio::test]
    async fn a_batch_of_all_gives_each_its_own_result() {
        let directory = tempfile::tempdir().unwrap();
        let results = run(BatchMode::All, ops(&directory)).await;
        let kinds: Vec<_> = results
            .iter()
            .map(|r| r.as_ref().err().map(Error::kind))
            .collect();
        assert_eq!(kinds, [None, Some(ErrorKind::NotFound), None, None, None]);
        assert!(matches!(&results[2], Ok(HostReply::Output(output)) if output.status.success()));
        assert!(matches!(&results[4], Ok(HostReply::Stat(Some(stat))) if stat.size == 1));
    }
}
