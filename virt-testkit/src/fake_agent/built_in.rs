//! The guest behind the fake agent: files, programs and frozen file systems, all in memory.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::fake_qmp::FakeAnswer;

/// The guest.
#[derive(Debug, Default)]
pub(super) struct Guest {
    pub(super) files: HashMap<String, Vec<u8>>,
    /// Open files by handle: path and position.
    pub(super) handles: HashMap<i64, (String, usize)>,
    pub(super) frozen: bool,
    last_number: i64,
    /// Programs that have ended, by process id: what they wrote, as base64.
    ended: HashMap<i64, String>,
}

/// What the agent knows.
const COMMANDS: &[&str] = &[
    "guest-sync-delimited",
    "guest-ping",
    "guest-info",
    "guest-exec",
    "guest-exec-status",
    "guest-file-open",
    "guest-file-close",
    "guest-file-read",
    "guest-file-write",
    "guest-file-flush",
    "guest-fsfreeze-status",
    "guest-fsfreeze-freeze",
    "guest-fsfreeze-freeze-list",
    "guest-fsfreeze-thaw",
];

impl Guest {
    /// The answer that is built in for a command.
    pub(super) fn answer(&mut self, command: &str, arguments: &Value) -> FakeAnswer {
        if self.frozen
            && matches!(
                command,
                "guest-file-open" | "guest-exec" | "guest-fsfreeze-freeze"
            )
        {
            let desc = format!("Command {command} has been disabled: the agent is in frozen state");
            return FakeAnswer::Error("CommandNotFound".to_owned(), desc);
        }
        match command {
            "guest-ping" => FakeAnswer::done(),
            "guest-info" => {
                let known = |name: &&str| json!({"name": name, "enabled": true, "success-response": true});
                let commands: Vec<Value> = COMMANDS.iter().map(known).collect();
                FakeAnswer::Return(json!({"version": "10.0.2", "supported_commands": commands}))
            }
            "guest-fsfreeze-status" => {
                FakeAnswer::Return(json!(if self.frozen { "frozen" } else { "thawed" }))
            }
            "guest-fsfreeze-freeze" | "guest-fsfreeze-freeze-list" => {
                self.frozen = true;
                FakeAnswer::Return(json!(2))
            }
            "guest-fsfreeze-thaw" => {
                let thawed = if std::mem::take(&mut self.frozen) { 2 } else { 0 };
                FakeAnswer::Return(json!(thawed))
            }
            "guest-exec" => self.exec(arguments),
            "guest-exec-status" => self.exec_status(arguments),
            "guest-file-open" => self.open(arguments),
            other if other.starts_with("guest-file-") => self.file(other, arguments),
            other => FakeAnswer::Error(
                "CommandNotFound".to_owned(),
                format!("The command {other} has not been found"),
            ),
        }
    }

    fn next_number(&mut self) -> i64 {
        self.last_number += 1;
        1000 + self.last_number
    }

    fn exec(&mut self, arguments: &Value) -> FakeAnswer {
        let output = match text(arguments, "path") {
            "/bin/cat" => text(arguments, "input-data").to_owned(),
            "/bin/echo" => {
                let words = arguments
                    .get("arg")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default();
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                base64(format!("{}\n", words.join(" ")).as_bytes())
            }
            path => {
                return FakeAnswer::error(format!(
                    "Failed to execute child process {path:?} (No such file or directory)"
                ));
            }
        };
        let pid = self.next_number();
        self.ended.insert(pid, output);
        FakeAnswer::Return(json!({"pid": pid}))
    }

    fn exec_status(&mut self, arguments: &Value) -> FakeAnswer {
        let pid = arguments.get("pid").and_then(Value::as_i64).unwrap_or_default();
        match self.ended.remove(&pid) {
            Some(output) => FakeAnswer::Return(json!({"exited": true, "exitcode": 0, "out-data": output})),
            None => FakeAnswer::error(format!("PID {pid} does not exist")),
        }
    }

    fn open(&mut self, arguments: &Value) -> FakeAnswer {
        let (path, mode) = (text(arguments, "path").to_owned(), text(arguments, "mode"));
        if mode.starts_with('w') {
            self.files.insert(path.clone(), Vec::new());
        }
        let Some(content) = self.files.get(&path) else {
            return FakeAnswer::error(format!(
                "failed to open file '{path}' (mode: '{mode}'): No such file or directory"
            ));
        };
        let position = if mode.starts_with('a') { content.len() } else { 0 };
        let handle = self.next_number();
        self.handles.insert(handle, (path, position));
        FakeAnswer::Return(json!(handle))
    }

    fn file(&mut self, command: &str, arguments: &Value) -> FakeAnswer {
        let handle = arguments
            .get("handle")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let not_found = FakeAnswer::error(format!("handle '{handle}' has not been found"));
        if command == "guest-file-close" {
            return self
                .handles
                .remove(&handle)
                .map_or(not_found, |_| FakeAnswer::done());
        }
        let Some((path, position)) = self.handles.get_mut(&handle) else {
            return not_found;
        };
        let content = self.files.entry(path.clone()).or_default();
        match command {
            "guest-file-read" => {
                let count = arguments.get("count").and_then(Value::as_u64).unwrap_or(4096);
                let end = position
                    .saturating_add(usize::try_from(count).unwrap_or(usize::MAX))
                    .min(content.len());
                let bytes = content.get(*position..end).unwrap_or_default();
                let reply =
                    json!({"count": bytes.len(), "buf-b64": base64(bytes), "eof": end == content.len()});
                *position = end;
                FakeAnswer::Return(reply)
            }
            "guest-file-write" => {
                let Some(bytes) = unbase64(text(arguments, "buf-b64")) else {
                    return FakeAnswer::error("buf-b64 is not base64");
                };
                content.truncate(*position);
                content.extend_from_slice(&bytes);
                *position = content.len();
                FakeAnswer::Return(json!({"count": bytes.len(), "eof": false}))
            }
            "guest-file-flush" => FakeAnswer::done(),
            other => FakeAnswer::Error(
                "CommandNotFound".to_owned(),
                format!("The command {other} has not been found"),
            ),
        }
    }
}

fn text<'a>(arguments: &'a Value, member: &str) -> &'a str {
    arguments.get(member).and_then(Value::as_str).unwrap_or_default()
}

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64, bit by bit: independent of the client's own.
fn base64(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
        .collect();
    let symbol = |group: &[u8]| {
        let value = (0..6).fold(0_usize, |value, at| {
            value << 1 | usize::from(group.get(at).copied().unwrap_or(0))
        });
        ALPHABET.chars().nth(value).unwrap_or('=')
    };
    let mut text: String = bits.chunks(6).map(symbol).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for symbol in text.trim_end_matches('=').chars() {
        let value = ALPHABET.chars().position(|known| known == symbol)?;
        bits.extend((0..6).rev().map(|at| u8::from(value >> at & 1 == 1)));
    }
    Some(
        bits.chunks_exact(8)
            .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit))
            .collect(),
    )
}
