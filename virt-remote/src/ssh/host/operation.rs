//! Operations as calls of the far scripts.

use std::time::Duration;

use virt_core::host::{Command, HostOp, Signal, TEMPORARY_PREFIX};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::error::absolute;
use super::far::fresh_word;
use super::quote::Call;
use super::reply::Expected;

/// An operation that can be sent.
#[derive(Debug)]
pub(super) struct Operation {
    /// What is called.
    pub(super) call: Call,
    /// What it reads.
    pub(super) input: Option<Vec<u8>>,
    /// How its answer is read.
    pub(super) expected: Expected,
    /// The temporary file that it leaves when it is cut.
    pub(super) temporary: Option<String>,
}

impl Operation {
    fn new(call: Call, expected: Expected) -> Self {
        Self {
            call,
            input: None,
            expected,
            temporary: None,
        }
    }
}

/// Makes an operation ready to be sent.
///
/// # Errors
/// `InvalidArgument` for what could not mean the same on any machine.
pub(super) fn prepare(op: HostOp) -> Result<Operation> {
    let on_path = |function, path: &str| {
        absolute(path)?;
        Call::new(function).arg(path)
    };
    Ok(match op {
        HostOp::Read { path } => {
            Operation::new(on_path("f_read", &path)?, Expected::Content { path, tail: None })
        }
        HostOp::ReadTail { path, limit } => {
            let call = on_path("f_tail", &path)?.number(limit);
            Operation::new(
                call,
                Expected::Content {
                    path,
                    tail: Some(limit),
                },
            )
        }
        HostOp::WriteAtomic { path, content, mode } => write(path, content, mode)?,
        HostOp::CreateDir { path, mode } => {
            let call = on_path("f_mkdir", &path)?.arg(&octal(mode))?;
            Operation::new(call, Expected::done("cannot make the directory", path))
        }
        HostOp::RemoveFile { path } => {
            Operation::new(on_path("f_remove", &path)?, Expected::done("cannot remove", path))
        }
        HostOp::RemoveDirAll { path } => {
            entry(&path)?;
            Operation::new(on_path("f_remove_all", &path)?, Expected::AllRemoved { path })
        }
        HostOp::Rename { from, to } => {
            entry(&from)?;
            entry(&to)?;
            let call = Call::new("f_rename").arg(&from)?.arg(&to)?;
            Operation::new(call, Expected::Renamed { from, to })
        }
        HostOp::Stat { path } => Operation::new(on_path("f_stat", &path)?, Expected::Stat { path }),
        HostOp::ListDir { path } => Operation::new(on_path("f_list", &path)?, Expected::Entries { path }),
        HostOp::ReadDir { path, suffix } => {
            let call = on_path("f_read_dir", &path)?.arg(&suffix)?;
            Operation::new(call, Expected::Files { path })
        }
        HostOp::Run(command) => run(command)?,
        HostOp::Signal { process, signal } => {
            let call = Call::new("p_signal")
                .number(process.pid.into())
                .number(process.start_time)
                .arg(name_of(signal)?)?;
            Operation::new(call, Expected::Signalled(process))
        }
        HostOp::Inspect { pid } => {
            Operation::new(Call::new("p_inspect").number(pid.into()), Expected::Process)
        }
        HostOp::InspectPidFile { path } => {
            Operation::new(on_path("p_inspect_file", &path)?, Expected::Process)
        }
        HostOp::ListProcesses { program_prefix } => {
            let call = Call::new("p_list").arg(&program_prefix)?;
            Operation::new(call, Expected::Processes { program_prefix })
        }
        _ => {
            return Err(Error::unsupported(
                "an operation that a host over SSH does not know",
            ));
        }
    })
}

fn write(path: String, content: Vec<u8>, mode: u32) -> Result<Operation> {
    entry(&path)?;
    let temporary = format!("{TEMPORARY_PREFIX}{}", fresh_word());
    let directory = path.trim_end_matches('/').rsplit_once('/');
    let beside = directory.map(|(directory, _)| format!("{directory}/{temporary}"));
    let call = Call::new("f_write")
        .arg(&path)?
        .arg(&temporary)?
        .arg(&octal(mode))?
        .number(u64::try_from(content.len()).unwrap_or(u64::MAX));
    let mut operation = Operation::new(call, Expected::done("cannot write", path));
    // Where it is empty there is nothing that could be cut.
    operation.input = Some(content);
    operation.temporary = beside;
    Ok(operation)
}

fn run(command: Command) -> Result<Operation> {
    let about = |error: Error| error.with_subject(subject(&command));
    let input = command.stdin.clone().filter(|input| !input.is_empty());
    let limit = command.time_limit.map_or_else(|| "0".to_owned(), seconds);
    let call = Call::new("p_run")
        .arg(&format!("{TEMPORARY_PREFIX}{}", fresh_word()))?
        .arg(&limit)?
        .number(u64::try_from(input.as_ref().map_or(0, Vec::len)).unwrap_or(u64::MAX));
    let call = program(call, &command).map_err(about)?;
    let mut operation = Operation::new(call, Expected::Output(command));
    operation.input = input;
    Ok(operation)
}

/// Adds what every way to start a program is told: directory, output file, whether the environment is cleared, how many
/// variables there are, then these, the program and its arguments.
///
/// # Errors
/// `InvalidArgument` for what no program can be given.
pub(super) fn program(call: Call, command: &Command) -> Result<Call> {
    if let Some(file) = &command.output_file {
        absolute(file)?;
    }
    if let Some((name, _)) = command.env.iter().find(|(name, _)| name.is_empty()) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{name:?} is no name of a variable"),
        ));
    }
    let variables: Vec<String> = command
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    call.arg(command.directory.as_deref().unwrap_or(""))?
        .arg(command.output_file.as_deref().unwrap_or(""))?
        .arg(if command.clear_env { "-i" } else { "" })?
        .number(u64::try_from(variables.len()).unwrap_or(0))
        .args(variables.iter().map(String::as_str))?
        .arg(&command.program)?
        .args(command.args.iter().map(String::as_str))
}

/// What a failure of a program is about.
pub(super) fn subject(command: &Command) -> Subject {
    Subject::Other(format!("program {:?}", command.program))
}

/// The signal's name, as `kill` knows it.
///
/// # Errors
/// `Unsupported` for one that came later than this.
pub(super) fn name_of(signal: Signal) -> Result<&'static str> {
    Ok(match signal {
        Signal::Terminate => "TERM",
        Signal::Kill => "KILL",
        Signal::Hangup => "HUP",
        Signal::Interrupt => "INT",
        Signal::User1 => "USR1",
        Signal::Stop => "STOP",
        Signal::Continue => "CONT",
        _ => return Err(Error::unsupported("a signal that a host over SSH does not know")),
    })
}

/// Seconds, for `sleep`; never none.
fn seconds(limit: Duration) -> String {
    let limit = limit.max(Duration::from_millis(1));
    format!("{}.{:03}", limit.as_secs(), limit.subsec_millis())
}

fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

/// Refuses a path that is no entry of a directory.
fn entry(path: &str) -> Result<()> {
    absolute(path)?;
    match path.trim_end_matches('/').rsplit('/').next() {
        None | Some("" | "..") => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the path names no entry of a directory",
        )
        .with_subject(Subject::Path(path.to_owned()))),
        Some(_) => Ok(()),
    }
}
