//! Finding and starting a program of this machine.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Child;

use super::{absolute, blocking, io_error};
use crate::error::{Error, ErrorKind, Result, Subject, kind_of_io};
use crate::host::Command;

/// Where programs are looked for when the environment does not say.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Starts a program with pipes for its output, and for its input when `input` is [`Stdio::piped`].
pub(super) async fn start(command: &Command, input: Stdio) -> Result<Child> {
    let command = command.clone();
    // Starting one waits until the program is loaded: not on a thread that others' futures need.
    blocking(move || start_now(&command, input)).await
}

/// What a failure of a program is about.
pub(super) fn subject(command: &Command) -> Subject {
    Subject::Other(format!("program {:?}", command.program))
}

fn start_now(command: &Command, input: Stdio) -> Result<Child> {
    let program = find_program(command)?;
    let mut prepared = std::process::Command::new(program);
    prepared
        .arg0(&command.program)
        .args(&command.args)
        .process_group(0)
        .stdin(input);
    match &command.output_file {
        Some(path) => {
            let file = output_file(path)?;
            let again = file.try_clone().map_err(|error| cannot_start(error, command))?;
            prepared.stdout(file).stderr(again);
        }
        None => {
            prepared.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
    }
    if command.clear_env {
        prepared.env_clear();
    }
    prepared.envs(command.env.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &command.directory {
        prepared.current_dir(directory);
    }
    tokio::process::Command::from(prepared)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_start(error, command))
}

/// The file to which a program appends what it says.
fn output_file(path: &str) -> Result<File> {
    absolute(path)?;
    let opened = File::options().append(true).create(true).mode(0o600).open(path);
    opened.map_err(|error| io_error(error, "cannot open the file for what a program says", path))
}

/// The file of a program: as it stands where it is a path, else the first executable one in `PATH`.
fn find_program(command: &Command) -> Result<PathBuf> {
    let program = command.program.as_str();
    if program.contains('/') {
        return Ok(PathBuf::from(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from(DEFAULT_PATH));
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute() && !program.is_empty())
        .map(|directory| directory.join(program))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("not found in PATH ({})", path.to_string_lossy()),
            )
            .with_subject(subject(command))
        })
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn cannot_start(error: io::Error, command: &Command) -> Error {
    let missing_directory = command
        .directory
        .as_ref()
        .filter(|directory| error.kind() == io::ErrorKind::NotFound && !Path::new(directory).is_dir());
    let message = match missing_directory {
        Some(directory) => format!("cannot start: its working directory {directory:?} does not exist"),
        None => "cannot start".to_owned(),
    };
    Error::new(kind_of_io(&error), message)
        .with_subject(subject(command))
        .with_source(error)
}
