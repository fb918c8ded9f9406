//! What these commands print: headings, steps and progress, on a terminal or in a log.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the person is this module's job"
)]

use std::io::{self, IsTerminal as _, Write as _};

/// A heading, set off by an empty line.
pub(crate) fn heading(text: &str) {
    println!("\n== {text}");
    flush();
}

/// One line.
pub(crate) fn line(text: &str) {
    println!("{text}");
    flush();
}

/// Bytes as they are, without a line end; what a terminal would obey in them is left out.
pub(crate) fn raw(bytes: &[u8]) {
    let harmless: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| *byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t'))
        .collect();
    let mut out = io::stdout().lock();
    // A closed pipe is the reader's choice and no failure of the command.
    drop(out.write_all(&harmless).and_then(|()| out.flush()));
}

/// A line that must be seen: on standard error.
pub(crate) fn warn(text: &str) {
    eprintln!("{text}");
}

fn flush() {
    // As above: a closed pipe is the reader's choice.
    drop(io::stdout().flush());
}

/// A progress display: one line that is rewritten on a terminal, a line per quarter elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    label: String,
    terminal: bool,
    shown: Option<u32>,
}

impl Progress {
    /// Starts one, with what is being done.
    pub(crate) fn start(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            terminal: io::stdout().is_terminal(),
            shown: None,
        }
    }

    /// Shows `percent` (0 to 100) and what is being worked on.
    pub(crate) fn update(&mut self, percent: u32, detail: &str) {
        let percent = percent.min(100);
        if self.terminal {
            let filled = usize::try_from(percent / 5).unwrap_or(20);
            let bar = "#".repeat(filled) + &"-".repeat(20_usize.saturating_sub(filled));
            let detail: String = detail.chars().take(48).collect();
            print!("\r  [{bar}] {percent:>3}% {} {detail}\x1b[K", self.label);
            flush();
            self.shown = Some(percent);
        } else if self.shown.is_none_or(|shown| percent / 25 > shown / 25) {
            println!("  {percent:>3}% {}", self.label);
            flush();
            self.shown = Some(percent);
        }
    }

    /// A line above the display, which goes on.
    pub(crate) fn note(&mut self, text: &str) {
        if self.terminal && self.shown.is_some() {
            print!("\r\x1b[K");
        }
        println!("  {text}");
        flush();
    }

    /// Ends the display, leaving one line behind.
    pub(crate) fn finish(self, result: &str) {
        if self.terminal && self.shown.is_some() {
            print!("\r\x1b[K");
        }
        println!("  {}: {result}", self.label);
        flush();
    }
}
