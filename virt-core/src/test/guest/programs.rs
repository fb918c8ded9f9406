//! The few programs a simulated guest has.

use std::time::Duration;

use super::GuestFiles;
use crate::agent::{ExecOutput, ExecRequest};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::ExitStatus;

/// What becomes of a program that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::test) enum Ending {
    /// It has ended.
    Now(ExecOutput),
    /// It ends after this time.
    After(Duration, ExecOutput),
}

/// What a program has done to the guest itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::test) enum PowerCommand {
    PowerOff,
    Reboot,
}

/// A program that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::test) struct Begun {
    pub(in crate::test) ending: Ending,
    pub(in crate::test) power: Option<PowerCommand>,
}

/// The programs there are.
const PROGRAMS: &[&str] = &[
    "cat", "echo", "env", "false", "hostname", "poweroff", "reboot", "sh", "sleep", "true",
];

/// Runs a program: `cat [FILE…]`, `echo …`, `env`, `false`, `hostname`, `poweroff`, `reboot`, `sh -c '…'`,
/// `sleep SECONDS`, `true`, with or without a directory before the name. `sh` knows `exit N` and the other programs,
/// separated by `;` or `&&`, a redirection `> FILE` at the end of each, and no quoting.
pub(in crate::test) fn run(files: &mut GuestFiles, request: &ExecRequest) -> Result<Begun> {
    let name = request.program.rsplit('/').next().unwrap_or_default();
    if !PROGRAMS.contains(&name) {
        let message = format!(
            "the guest says: no such program (a simulated guest has: {})",
            PROGRAMS.join(", ")
        );
        return Err(
            Error::new(ErrorKind::Failed, message).with_subject(Subject::Path(request.program.clone()))
        );
    }
    let mut shell = Shell {
        files,
        env: &request.env,
        stdin: &request.stdin,
        stdout: Vec::new(),
        stderr: Vec::new(),
        slept: Duration::ZERO,
        power: None,
    };
    let code = match (name, request.args.as_slice()) {
        ("sh", [flag, script, ..]) if flag == "-c" => shell.script(script),
        ("sh", _) => {
            let script = String::from_utf8_lossy(&request.stdin).into_owned();
            shell.script(&script)
        }
        _ => {
            let args: Vec<&str> = request.args.iter().map(String::as_str).collect();
            shell.program(name, &args)
        }
    };
    let (slept, power) = (shell.slept, shell.power);
    let output = ExecOutput::new(ExitStatus::Code(code), shell.stdout, shell.stderr);
    let ending = if slept.is_zero() {
        Ending::Now(output)
    } else {
        Ending::After(slept, output)
    };
    Ok(Begun { ending, power })
}

struct Shell<'a> {
    files: &'a mut GuestFiles,
    env: &'a [String],
    stdin: &'a [u8],
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    slept: Duration,
    power: Option<PowerCommand>,
}

impl Shell<'_> {
    /// Carries out a script; its exit code.
    fn script(&mut self, script: &str) -> i32 {
        let mut code = 0;
        for line in script.split([';', '\n']) {
            for (position, command) in line.split("&&").enumerate() {
                if position > 0 && code != 0 {
                    break;
                }
                let words: Vec<&str> = command.split_whitespace().collect();
                match words.as_slice() {
                    [] => {}
                    ["exit"] => return code,
                    ["exit", number, ..] => return number.parse().unwrap_or(2),
                    _ => code = self.command(&words),
                }
            }
        }
        code
    }

    fn command(&mut self, words: &[&str]) -> i32 {
        let (words, target) = match words {
            [before @ .., ">", target] => (before, Some(*target)),
            all => (all, None),
        };
        let Some((name, args)) = words.split_first() else {
            return 0;
        };
        let printed_before = self.stdout.len();
        let code = self.program(name.rsplit('/').next().unwrap_or_default(), args);
        if let Some(target) = target {
            let printed = self.stdout.split_off(printed_before);
            if let Err(error) = self.files.write(target, &printed) {
                self.complain(&format!("{target}: {}", error.message()));
                return 2;
            }
        }
        code
    }

    fn program(&mut self, name: &str, args: &[&str]) -> i32 {
        match name {
            "true" => 0,
            "false" => 1,
            "echo" => {
                self.print_line(&args.join(" "));
                0
            }
            "cat" => self.cat(args),
            "env" => {
                for line in self.env {
                    self.stdout.extend_from_slice(line.as_bytes());
                    self.stdout.push(b'\n');
                }
                0
            }
            "poweroff" => {
                self.power = Some(PowerCommand::PowerOff);
                0
            }
            "reboot" => {
                self.power = Some(PowerCommand::Reboot);
                0
            }
            "hostname" => self.cat(&["/etc/hostname"]),
            "sleep" => self.sleep(args),
            "sh" => self.script(args.get(1).copied().unwrap_or_default()),
            _ => {
                self.complain(&format!("{name}: not found"));
                127
            }
        }
    }

    fn cat(&mut self, paths: &[&str]) -> i32 {
        if paths.is_empty() {
            self.stdout.extend_from_slice(self.stdin);
        }
        let mut code = 0;
        for path in paths {
            match self.files.read(path) {
                Ok(content) => self.stdout.extend_from_slice(content),
                Err(error) => {
                    self.complain(&format!("cat: {path}: {}", error.message()));
                    code = 1;
                }
            }
        }
        code
    }

    fn sleep(&mut self, args: &[&str]) -> i32 {
        let seconds = args.first().and_then(|text| text.parse::<f64>().ok());
        match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(time) => {
                self.slept = self.slept.saturating_add(time);
                0
            }
            None => {
                self.complain("sleep: how long?");
                1
            }
        }
    }

    fn print_line(&mut self, line: &str) {
        self.stdout.extend_from_slice(line.as_bytes());
        self.stdout.push(b'\n');
    }

    fn complain(&mut self, line: &str) {
        self.stderr.extend_from_slice(line.as_bytes());
        self.stderr.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> (i32, String, String) {
        let mut files = GuestFiles::default();
        let request = ExecRequest::new("/bin/sh").args(["-c", script]);
        match run(&mut files, &request).unwrap().ending {
            Ending::Now(output) | Ending::After(_, output) => {
                let ExitStatus::Code(code) = output.status else {
                    panic!("{output:?}")
                };
                let text = |bytes| String::from_utf8(bytes).unwrap();
                (code, text(output.stdout), text(output.stderr))
            }
        }
    }

    #[test]
    fn a_shell_runs_programs_redirects_and_exits() {
        assert_eq!(sh("exit 7").0, 7);
        assert_eq!(sh("echo a b; false").0, 1);
        assert_eq!(sh("false && echo never").1, "");
        assert_eq!(sh("echo hi > /tmp/x && cat /tmp/x").1, "hi\n");
        let (code, _, complaint) = sh("cat /none; frobnicate");
        assert_eq!((code, complaint.contains("frobnicate: not found")), (127, true));
    }

    #[test]
    fn input_reaches_cat() {
        let mut files = GuestFiles::default();
        let ending = run(&mut files, &ExecRequest::new("cat").stdin("typed")).unwrap();
        let Ending::Now(output) = ending.ending else {
            panic!()
        };
        assert_eq!(output.stdout, b"typed");
    }

    #[test]
    fn a_program_it_does_not_have_is_the_guests_failure() {
        let error = run(&mut GuestFiles::default(), &ExecRequest::new("/usr/bin/perl")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
    }
}
