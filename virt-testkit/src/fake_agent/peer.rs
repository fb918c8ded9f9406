//! The fake agent's end of the channel.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::FakeAgent;
use crate::fake_qmp::FakeAnswer;

const SENTINEL: u8 = 0xff;

/// What is to be done about a command, made simple.
enum Act {
    Write(Vec<u8>),
    Nothing,
    Close,
    WriteThenClose(Vec<u8>),
}

/// Serves the channel until it is closed.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(agent: &FakeAgent, mut stream: S) {
    let stale = std::mem::take(&mut agent.state().stale);
    if stream.write_all(&stale).await.is_err() {
        return;
    }
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let Ok(length) = stream.read(&mut chunk).await else {
            return;
        };
        if length == 0 {
            return;
        }
        for byte in chunk.iter().take(length).copied() {
            let reply = match byte {
                SENTINEL => {
                    buffer.clear();
                    Act::Write(error_line("GenericError", "JSON parse error, stray '\u{fffd}'"))
                }
                b'\n' => obey(agent, &std::mem::take(&mut buffer)).await,
                other => {
                    buffer.push(other);
                    continue;
                }
            };
            let deaf = agent.state().deaf;
            let (bytes, close) = match reply {
                Act::Nothing => continue,
                Act::Close => return,
                Act::Write(bytes) => (bytes, false),
                Act::WriteThenClose(bytes) => (bytes, true),
            };
            if (!deaf && stream.write_all(&bytes).await.is_err()) || close {
                return;
            }
        }
    }
}

async fn obey(agent: &FakeAgent, line: &[u8]) -> Act {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Act::Nothing;
    }
    let command: Value = serde_json::from_slice(line).unwrap_or(Value::Null);
    let Some(name) = command.get("execute").and_then(Value::as_str) else {
        return Act::Write(error_line("GenericError", "JSON parse error"));
    };
    let arguments = command.get("arguments").cloned().unwrap_or(Value::Null);
    let answer = decide(agent, name, &arguments);
    carry_out(answer, name == "guest-sync-delimited").await
}

fn decide(agent: &FakeAgent, name: &str, arguments: &Value) -> FakeAnswer {
    let handler = {
        let mut state = agent.state();
        if state.deaf {
            return FakeAnswer::Silence;
        }
        state.calls.push((name.to_owned(), arguments.clone()));
        if let Some(answer) = state
            .once
            .get_mut(name)
            .and_then(std::collections::VecDeque::pop_front)
        {
            return answer;
        }
        match state.handlers.get(name) {
            Some(handler) => Arc::clone(handler),
            None if name == "guest-sync-delimited" => {
                return FakeAnswer::Return(arguments.get("id").cloned().unwrap_or(Value::Null));
            }
            None => return state.guest.answer(name, arguments),
        }
    };
    // Called without the lock: a handler may use the fake.
    handler(arguments)
}

async fn carry_out(mut answer: FakeAnswer, delimited: bool) -> Act {
    loop {
        answer = match answer {
            FakeAnswer::After(delay, later) => {
                tokio::time::sleep(delay).await;
                *later
            }
            // An agent has no events.
            FakeAnswer::Events(_, then) => *then,
            FakeAnswer::Return(value) => return Act::Write(return_line(&value, delimited)),
            FakeAnswer::Twice(value) => return Act::Write(return_line(&value, delimited).repeat(2)),
            FakeAnswer::ReturnThenClose(value) => return Act::WriteThenClose(return_line(&value, delimited)),
            FakeAnswer::Error(class, desc) => return Act::Write(error_line(&class, &desc)),
            FakeAnswer::Bytes(bytes) => return Act::Write(bytes),
            FakeAnswer::Silence => return Act::Nothing,
            FakeAnswer::Close => return Act::Close,
            FakeAnswer::CloseInMessage => return Act::WriteThenClose(b"{\"retu".to_vec()),
        };
    }
}

fn return_line(value: &Value, delimited: bool) -> Vec<u8> {
    let mut line = if delimited { vec![SENTINEL] } else { Vec::new() };
    line.extend_from_slice(json!({"return": value}).to_string().as_bytes());
    line.push(b'\n');
    line
}

fn error_line(class: &str, desc: &str) -> Vec<u8> {
    let mut line = json!({"error": {"class": class, "desc": desc}})
        .to_string()
        .into_bytes();
    line.push(b'\n');
    line
}
