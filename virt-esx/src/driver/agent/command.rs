//! Command lines for guests: a program with its arguments, whose output goes to files. Pure.

use virt_core::agent::ExecRequest;
use virt_core::{Error, ErrorKind, Result};

/// The shell of guests that have one of POSIX.
const SHELL: &str = "/bin/sh";
/// What it does: it becomes the program that it is given, or says that there is none.
const BECOME: &str = "command -v \"$0\" >/dev/null 2>&1 && exec \"$0\" \"$@\"; echo \"virt-sdk: no such program\" >&2; exit 127";
/// What it says then, on standard error.
const NO_SUCH_PROGRAM: &[u8] = b"virt-sdk: no such program\n";
/// How it ends then.
const NOT_FOUND: i32 = 127;
/// The shell of Windows.
const CMD: &str = "C:\\Windows\\System32\\cmd.exe";

/// What a program is started by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) program: String,
    pub(super) arguments: String,
}

/// Files of the guest that stand for a program's input and output.
#[derive(Debug, Clone)]
pub(super) struct Streams<'a> {
    /// Nothing to read where there is none.
    pub(super) input: Option<&'a str>,
    pub(super) output: &'a str,
    pub(super) errors: &'a str,
}

/// A program in a guest of this family.
///
/// # Errors
/// `InvalidArgument` for what the guest's shell would not hand on as it is.
pub(super) fn line(request: &ExecRequest, streams: &Streams<'_>, is_windows: bool) -> Result<Line> {
    let words = || std::iter::once(&request.program).chain(&request.args);
    if request.program.is_empty() {
        return Err(wrong("a program is named".to_owned()));
    }
    if let Some(word) = words().find(|word| word.contains('\0')) {
        return Err(wrong(format!(
            "{word:?} has a NUL in it, which no argument can have"
        )));
    }
    if is_windows {
        return of_cmd(words(), streams);
    }
    let mut arguments = format!("-c {}", quoted(BECOME));
    for word in words() {
        arguments.push(' ');
        arguments.push_str(&quoted(word));
    }
    arguments.push_str(&format!(
        " <{} >{} 2>{}",
        quoted(streams.input.unwrap_or("/dev/null")),
        quoted(streams.output),
        quoted(streams.errors)
    ));
    Ok(Line {
        program: SHELL.to_owned(),
        arguments,
    })
}

/// Whether the shell has not found the program, by how it ended and what it wrote.
pub(super) fn is_missing(code: i32, errors: &[u8]) -> bool {
    code == NOT_FOUND && errors == NO_SUCH_PROGRAM
}

/// A word that a shell of POSIX takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `cmd` takes the quotes around the whole away, and hands on the rest.
fn of_cmd<'a>(words: impl Iterator<Item = &'a String>, streams: &Streams<'_>) -> Result<Line> {
    // Neither what the registry has run first, nor exclamation marks that are variables.
    let mut arguments = "/d /v:off /s /c \"".to_owned();
    for word in words {
        if word.contains(['"', '%', '\r', '\n']) {
            let message = format!(
                "cmd of Windows hands on no quote, percent sign or line break as it is, and {word:?} has one: write a script to a \
                 file, and run that"
            );
            return Err(wrong(message));
        }
        // Backslashes before a quote count twice.
        let backslashes = word.len() - word.trim_end_matches('\\').len();
        arguments.push_str(&format!("\"{word}{}\" ", "\\".repeat(backslashes)));
    }
    let input = streams
        .input
        .map_or_else(|| "NUL".to_owned(), |input| format!("\"{input}\""));
    arguments.push_str(&format!(
        "<{input} >\"{}\" 2>\"{}\"\"",
        streams.output, streams.errors
    ));
    Ok(Line {
        program: CMD.to_owned(),
        arguments,
    })
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: Streams<'static> = Streams {
        input: None,
        output: "/tmp/o",
        errors: "/tmp/e",
    };

    #[test]
    fn a_shell_takes_all_words_as_they_are() {
        // Here, as in a guest, a shell is given the whole line.
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let (input, output, errors) = (file("in"), file("it's out"), file("err"));
        std::fs::write(&input, b"given").unwrap();
        let streams = Streams {
            input: Some(&input),
            output: &output,
            errors: &errors,
        };
        let run = |request: &ExecRequest| {
            let line = line(request, &streams, false).unwrap();
            let whole = format!("\"{}\" {}", line.program, line.arguments);
            let status = std::process::Command::new("/bin/sh")
                .args(["-c", &whole])
                .status()
                .unwrap();
            let read = |name: &String| std::fs::read(name).unwrap();
            (status.code().unwrap_or(-1), read(&output), read(&errors))
        };
        let words = [
            "a b", "it's", "$HOME", "`id`", "\\", "*", "", "\n", "-n", "\"", ">x",
        ];
        let request = ExecRequest::new("printf").arg("[%s]").args(words);
        let wanted: String = words.iter().map(|word| format!("[{word}]")).collect();
        assert_eq!(run(&request), (0, wanted.into_bytes(), Vec::new()));
        assert_eq!(run(&ExecRequest::new("cat")), (0, b"given".to_vec(), Vec::new()));
        let (code, _, errors) = run(&ExecRequest::new("/no/such/program").arg("x"));
        assert!(is_missing(code, &errors), "{code} {errors:?}");
        let (code, _, errors) = run(&ExecRequest::new("sh").args(["-c", "exit 127"]));
        assert!(code == 127 && !is_missing(code, &errors));
    }

    #[test]
    fn cmd_gets_quotes_and_what_it_would_change_is_refused() {
        let request = ExecRequest::new("C:\\Program Files\\a.exe").args(["a & b!", "c:\\d\\"]);
        let line = line(&request, &FILES, true).unwrap();
        assert_eq!(
            line.arguments,
            "/d /v:off /s /c \"\"C:\\Program Files\\a.exe\" \"a & b!\" \"c:\\d\\\\\" <NUL >\"/tmp/o\" 2>\"/tmp/e\"\""
        );
        for word in ["%PATH%", "a\"b", "a\nb"] {
            let request = ExecRequest::new("a.exe").arg(word);
            let error = super::line(&request, &FILES, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{word:?}");
        }
    }

    #[test]
    fn what_no_program_can_have_is_refused() {
        for request in [ExecRequest::new(""), ExecRequest::new("a").arg("b\0")] {
            let error = line(&request, &FILES, false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    }
}
