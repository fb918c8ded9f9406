//! One client's connection to the fake.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use super::{FakeAnswer, FakeCall, FakeGreeting, FakeQmp, built_in, event};

/// What is to be done on the client's connection.
#[derive(Debug)]
pub(super) enum Out {
    Bytes(Vec<u8>),
    Close,
}

/// A JSON document and its line end.
pub(super) fn line(value: &Value) -> Vec<u8> {
    let mut bytes = value.to_string().into_bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Serves the client until either side closes.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(fake: &FakeQmp, stream: S) {
    let (read, mut write) = tokio::io::split(stream);
    let (out, mut outgoing) = mpsc::unbounded_channel();
    greet(fake, &out);
    let writing = async {
        while let Some(Out::Bytes(bytes)) = outgoing.recv().await {
            if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = listen(fake, read, &out) => {}
    }
}

fn greet(fake: &FakeQmp, out: &mpsc::UnboundedSender<Out>) {
    let mut state = fake.state();
    let before = std::mem::take(&mut state.before_greeting);
    send(out, before);
    if state.greeting == FakeGreeting::Normal {
        let capabilities = if state.oob { json!(["oob"]) } else { json!([]) };
        let greeting = json!({"QMP": {"version": built_in::version(&state), "capabilities": capabilities}});
        send(out, line(&greeting));
    }
    state.client = Some(out.clone());
}

async fn listen<R: AsyncRead + Unpin>(fake: &FakeQmp, read: R, out: &mpsc::UnboundedSender<Out>) {
    let mut lines = BufReader::new(read).lines();
    let mut negotiated = false;
    let mut reading = fake.inner.reading.subscribe();
    loop {
        if reading.wait_for(|reading| *reading).await.is_err() {
            return;
        }
        let Ok(Some(text)) = lines.next_line().await else {
            return;
        };
        // A line that was already on its way when the fake froze waits, too.
        if reading.wait_for(|reading| *reading).await.is_err() {
            return;
        }
        let Some(call) = parse(&text) else {
            send(
                out,
                line(&json!({"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}})),
            );
            continue;
        };
        let answer = decide(fake, &call, &mut negotiated);
        act(out, call.id, answer);
    }
}

fn parse(text: &str) -> Option<FakeCall> {
    let value: Value = serde_json::from_str(text).ok()?;
    let out_of_band = value.get("exec-oob").is_some();
    let name = value
        .get(if out_of_band { "exec-oob" } else { "execute" })?
        .as_str()?
        .to_owned();
    let arguments = value.get("arguments").cloned().unwrap_or(Value::Null);
    Some(FakeCall {
        name,
        arguments,
        id: value.get("id").cloned(),
        out_of_band,
    })
}

fn decide(fake: &FakeQmp, call: &FakeCall, negotiated: &mut bool) -> FakeAnswer {
    let handler = {
        let mut state = fake.state();
        state.calls.push(call.clone());
        if let Some(answer) = state
            .once
            .get_mut(&call.name)
            .and_then(std::collections::VecDeque::pop_front)
        {
            *negotiated |= call.name == "qmp_capabilities";
            return answer;
        }
        if !*negotiated || call.name == "qmp_capabilities" {
            return negotiate(call, state.oob, negotiated);
        }
        match state.handlers.get(&call.name) {
            Some(handler) => std::sync::Arc::clone(handler),
            None => return built_in::answer(&mut state, &call.name),
        }
    };
    // Called without the lock: a handler may use the fake.
    handler(&call.arguments)
}

fn negotiate(call: &FakeCall, oob: bool, negotiated: &mut bool) -> FakeAnswer {
    let not_found = |desc: &str| FakeAnswer::Error("CommandNotFound".to_owned(), desc.to_owned());
    if call.name != "qmp_capabilities" {
        return not_found("Expecting capabilities negotiation with 'qmp_capabilities'");
    }
    if *negotiated {
        return not_found("Capabilities negotiation is already complete, command ignored");
    }
    let wanted = call
        .arguments
        .get("enable")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if !oob && !wanted.is_empty() {
        return FakeAnswer::error("This QMP capability is not available");
    }
    *negotiated = true;
    FakeAnswer::done()
}

fn act(out: &mpsc::UnboundedSender<Out>, id: Option<Value>, answer: FakeAnswer) {
    match answer {
        FakeAnswer::Return(value) => send(out, line(&with_id("return", value, id))),
        FakeAnswer::Error(class, desc) => {
            send(
                out,
                line(&with_id("error", json!({"class": class, "desc": desc}), id)),
            );
        }
        FakeAnswer::After(delay, answer) => {
            let out = out.clone();
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                act(&out, id, *answer);
            });
        }
        FakeAnswer::Events(events, answer) => {
            for (name, data) in events {
                send(out, line(&event(&name, data)));
            }
            act(out, id, *answer);
        }
        FakeAnswer::Silence => {}
        FakeAnswer::Twice(value) => {
            let reply = line(&with_id("return", value, id));
            send(out, reply.repeat(2));
        }
        FakeAnswer::Bytes(bytes) => send(out, bytes),
        FakeAnswer::ReturnThenClose(value) => {
            send(out, line(&with_id("return", value, id)));
            close(out);
        }
        FakeAnswer::Close => close(out),
        FakeAnswer::CloseInMessage => {
            let reply = line(&with_id("return", json!({}), id));
            send(out, reply.get(..reply.len() / 2).unwrap_or_default().to_vec());
            close(out);
        }
    }
}

fn with_id(member: &str, value: Value, id: Option<Value>) -> Value {
    let mut reply = serde_json::Map::new();
    reply.insert(member.to_owned(), value);
    if let Some(id) = id {
        reply.insert("id".to_owned(), id);
    }
    Value::Object(reply)
}

fn send(out: &mpsc::UnboundedSender<Out>, bytes: Vec<u8>) {
    // Fails where the client has just gone.
    let _unheard = out.send(Out::Bytes(bytes));
}

fn close(out: &mpsc::UnboundedSender<Out>) {
    let _gone = out.send(Out::Close);
}
