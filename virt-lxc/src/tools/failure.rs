//! A tool that failed.

use std::fmt;

use virt_core::host::{CommandOutput, ExitStatus};
use virt_core::{Error, ErrorKind, Outcome};

/// A tool of liblxc that failed, as it told it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolError {
    /// The tool: `lxc-start`.
    pub tool: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it said, without the places in its source.
    pub said: String,
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said.is_empty() {
            return write!(f, "{} failed ({})", self.tool, self.status);
        }
        write!(f, "{} failed ({}): {}", self.tool, self.status, self.said)
    }
}

impl std::error::Error for ToolError {}

impl ToolError {
    /// What a tool left behind that did not succeed.
    pub(crate) fn of(tool: &str, output: &CommandOutput) -> Self {
        let text = output.stderr_text();
        let said: Vec<&str> = text
            .lines()
            .map(without_place)
            .filter(|line| !line.is_empty())
            .collect();
        Self {
            tool: tool.to_owned(),
            status: output.status,
            said: said.join("; "),
        }
    }
}

/// `lxc-start: web: ../src/lxc/conf.c: lxc_rootfs_init: 576 No such file …` without what stands before the sentence.
fn without_place(line: &str) -> &str {
    let line = line.trim();
    let Some((_, rest)) = line.split_once(".c: ") else {
        return line;
    };
    let Some((_, rest)) = rest.split_once(": ") else {
        return rest;
    };
    rest.trim_start_matches(|letter: char| letter.is_ascii_digit())
        .trim_start()
}

/// The error of a tool that refused. The words of the operating system in what it said decide its kind.
pub(crate) fn refused(error: ToolError) -> Error {
    let kind = kind_of(&error.said);
    Error::new(kind, error.to_string())
        .with_outcome(Outcome::NotApplied)
        .with_source(error)
}

pub(super) fn kind_of(said: &str) -> ErrorKind {
    const TEXTS: &[(&str, ErrorKind)] = &[
        ("is not running", ErrorKind::InvalidState),
        ("Container is not defined", ErrorKind::NotFound),
        ("Permission denied", ErrorKind::Denied),
        ("Operation not permitted", ErrorKind::Denied),
        ("Read-only file system", ErrorKind::Denied),
        ("No space left on device", ErrorKind::ResourceExhausted),
        ("Cannot allocate memory", ErrorKind::ResourceExhausted),
        ("Too many open files", ErrorKind::ResourceExhausted),
        ("Disk quota exceeded", ErrorKind::ResourceExhausted),
        ("Device or resource busy", ErrorKind::Busy),
        ("Unsupported config key", ErrorKind::InvalidConfig),
        ("Failed to parse config", ErrorKind::InvalidConfig),
        ("No such file or directory", ErrorKind::NotFound),
    ];
    TEXTS
        .iter()
        .find(|(text, _)| said.contains(text))
        .map_or(ErrorKind::Failed, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_said_is_told_without_the_places_in_its_source() {
        let stderr = "lxc-stop: c1: ../src/lxc/tools/lxc_stop.c: main: 168 c1 is not running\n";
        let output = CommandOutput::new(ExitStatus::Code(2), Vec::new(), stderr.into());
        let error = refused(ToolError::of("lxc-stop", &output));
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert_eq!(
            error.to_string(),
            "lxc-stop failed (exit code 2): c1 is not running"
        );
        assert!(error.native::<ToolError>().is_some());
    }

    #[test]
    fn words_without_a_place_stay_as_they_are() {
        assert_eq!(
            without_place("Failed to load config for c2"),
            "Failed to load config for c2"
        );
        assert_eq!(without_place("x: c.c: odd"), "odd");
    }
}
