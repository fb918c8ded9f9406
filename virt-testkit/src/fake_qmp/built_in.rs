//! What the fake knows without being told: the run state and its commands.

use serde_json::{Value, json};

use super::{FakeAnswer, State};

/// The answer that is built in for a command.
pub(super) fn answer(state: &mut State, command: &str) -> FakeAnswer {
    match command {
        "query-version" => FakeAnswer::Return(version(state)),
        "query-status" => {
            let running = state.run_state == "running";
            FakeAnswer::Return(json!({"status": state.run_state, "running": running, "singlestep": false}))
        }
        "stop" => change(state, "paused", "STOP"),
        "cont" => change(state, "running", "RESUME"),
        "system_reset" => FakeAnswer::done().with_event(
            "RESET",
            json!({"guest": false, "reason": "host-qmp-system-reset"}),
        ),
        "system_powerdown" => FakeAnswer::done().with_event("POWERDOWN", Value::Null),
        "quit" => FakeAnswer::Events(
            vec![(
                "SHUTDOWN".to_owned(),
                json!({"guest": false, "reason": "host-qmp-quit"}),
            )],
            Box::new(FakeAnswer::ReturnThenClose(json!({}))),
        ),
        other => FakeAnswer::Error(
            "CommandNotFound".to_owned(),
            format!("The command {other} has not been found"),
        ),
    }
}

/// The version as greeting and `query-version` tell it.
pub(super) fn version(state: &State) -> Value {
    let (major, minor, micro) = state.version;
    json!({"qemu": {"major": major, "minor": minor, "micro": micro}, "package": "fake"})
}

fn change(state: &mut State, to: &str, event: &str) -> FakeAnswer {
    if state.run_state == to {
        return FakeAnswer::done();
    }
    state.run_state = to.to_owned();
    FakeAnswer::done().with_event(event, Value::Null)
}
