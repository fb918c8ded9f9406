//! A command as data: program, arguments, environment, input.

use std::fmt;
use std::time::Duration;

/// A program to run. Never a shell string: each argument arrives at the program as it stands here, byte for byte.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Command {
    /// The program: an absolute path, or a name looked up in the machine's `PATH`.
    pub program: String,
    /// Its arguments, without the program's own name.
    pub args: Vec<String>,
    /// Environment: set in addition to what the machine gives by default. Empty unless [`Command::clear_env`].
    pub env: Vec<(String, String)>,
    /// Whether the environment holds nothing but [`Command::env`].
    pub clear_env: bool,
    /// The working directory; the machine's default when `None`.
    pub directory: Option<String>,
    /// What the program reads on standard input; nothing when `None`.
    pub stdin: Option<Vec<u8>>,
    /// A file to which standard output and error are appended, made with mode 0600 if missing; they are then not part of
    /// [`CommandOutput`]. For programs that go on when we are gone.
    pub output_file: Option<String>,
    /// The program is killed when it has not ended by then, and the call fails with
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout); no limit when `None`.
    pub time_limit: Option<Duration>,
}

impl Command {
    /// A command with this program and no arguments.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            ..Self::default()
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts from an empty environment.
    #[must_use]
    pub fn clear_env(mut self) -> Self {
        self.clear_env = true;
        self
    }

    /// Gives the program something to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Has what it says appended to a file.
    #[must_use]
    pub fn output_file(mut self, path: impl Into<String>) -> Self {
        self.output_file = Some(path.into());
        self
    }

    /// Kills the program when it has not ended by then.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }
}

impl fmt::Debug for Command {
    /// Names of variables only, and the length of the input: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let env: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &env)
            .field("stdin_len", &self.stdin.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitStatus {
    /// It exited with this code, 0 to 255.
    Code(i32),
    /// A signal ended it, by number.
    Signal(i32),
    /// It ended, but how can't be told (it was not our child).
    Unknown,
}

impl ExitStatus {
    /// Whether it exited with code 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("unknown end"),
        }
    }
}

/// What a program that ran to its end left behind. A failing exit status is no error of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output, up to 16 MiB; the rest is read and dropped.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, up to 16 MiB; the rest is read and dropped.
    pub stderr: Vec<u8>,
}

impl CommandOutput {
    /// An output from its parts.
    #[must_use]
    pub fn new(status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        Self {
            status,
            stdout,
            stderr,
        }
    }

    /// Standard output as text, invalid bytes replaced.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text, invalid bytes replaced.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}
