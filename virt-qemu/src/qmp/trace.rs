//! The protocol trace: every line at `trace` level, with secrets blotted out.

use serde_json::Value;
use serde_json::value::RawValue;

/// How much of a line is shown, in bytes.
const SHOWN: usize = 4096;

/// Members whose text is, or may be, a secret or a guest's data.
const SECRET_MEMBERS: &[&str] = &[
    "password",
    "data",
    "secret",
    "packet-header",
    "passphrase",
    "buf-b64",
    "input-data",
    "out-data",
    "err-data",
    "keys",
    "events",
    "env",
    "crypted-password",
];

/// Commands whose whole reply may be secret.
const SECRET_REPLIES: &[&str] = &["guest-file-read", "guest-exec-status", "ringbuf-read"];

/// Traces a line that is sent.
pub(crate) fn sent(label: &str, line: &[u8]) {
    if tracing::enabled!(tracing::Level::TRACE) {
        tracing::trace!(monitor = label, sent = %redacted(line));
    }
}

/// Traces a line that was received; of a secret one only the length.
pub(crate) fn received(label: &str, line: &[u8], secret: bool) {
    if tracing::enabled!(tracing::Level::TRACE) {
        if secret {
            tracing::trace!(monitor = label, received = %format_args!("<{} bytes, not shown>", line.len()));
        } else {
            tracing::trace!(monitor = label, received = %redacted(line));
        }
    }
}

/// Whether the reply to this command must not be shown.
pub(crate) fn reply_is_secret(name: &str, arguments: Option<&RawValue>) -> bool {
    if SECRET_REPLIES.contains(&name) {
        return true;
    }
    if name != "qom-get" {
        return false;
    }
    let property = arguments
        .and_then(|arguments| serde_json::from_str::<Value>(arguments.get()).ok())
        .and_then(|arguments| arguments.get("property")?.as_str().map(str::to_owned));
    property.is_none_or(|property| {
        ["data", "secret", "password", "key"]
            .iter()
            .any(|word| property.contains(word))
    })
}

/// The line with every secret replaced.
fn redacted(line: &[u8]) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(line) else {
        return format!("<{} bytes that are not JSON>", line.len());
    };
    let command = ["execute", "exec-oob"]
        .iter()
        .find_map(|member| value.get(member)?.as_str());
    let hides_arguments = match command {
        Some("qom-set") => Some("value"),
        Some("human-monitor-command") => Some("command-line"),
        Some("guest-exec") => Some("arg"),
        _ => None,
    };
    if let Some(hidden) = hides_arguments.and_then(|member| value.get_mut("arguments")?.get_mut(member)) {
        *hidden = blot(hidden);
    }
    blot_members(&mut value);
    let mut text = value.to_string();
    if text.len() > SHOWN {
        let length = text.len();
        let cut = (0..=SHOWN)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(cut);
        text.push_str(&format!("… ({length} bytes)"));
    }
    text
}

fn blot_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let secret = SECRET_MEMBERS.contains(&name.as_str());
                // Events have their (public) data in an object of the same name.
                if secret && (member.is_string() || (member.is_array() && name != "data")) {
                    *member = blot(member);
                } else {
                    blot_members(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blot_members),
        _ => {}
    }
}

fn blot(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(format!("<{} bytes, not shown>", text.len())),
        Value::Array(items) => Value::String(format!("<{} items, not shown>", items.len())),
        _ => Value::String("<not shown>".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_secret_is_shown() {
        let lines = [
            json!({"execute": "set_password", "arguments": {"protocol": "vnc", "password": "hunter2"}}),
            json!({"execute": "object-add", "arguments": {"qom-type": "secret", "id": "s", "data": "hunter2"}}),
            json!({"execute": "qom-set", "arguments": {"path": "/objects/s", "property": "x", "value": "hunter2"}}),
            json!({"execute": "human-monitor-command", "arguments": {"command-line": "set_password vnc hunter2"}}),
            json!({"execute": "guest-set-user-password", "arguments": {"username": "u", "password": "hunter2"}}),
            json!({"execute": "guest-exec", "arguments": {"path": "p", "arg": ["hunter2"], "env": ["A=hunter2"],
                "input-data": "hunter2"}}),
            json!({"execute": "send-key", "arguments": {"keys": [{"type": "qcode", "data": "hunter2"}]}}),
            json!({"return": {"out-data": "hunter2"}}),
        ];
        for line in lines {
            let shown = redacted(line.to_string().as_bytes());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn an_event_is_shown_in_full() {
        let line = json!({"event": "DEVICE_DELETED", "data": {"device": "disk0"}});
        assert_eq!(redacted(line.to_string().as_bytes()), line.to_string());
    }

    #[test]
    fn the_reply_of_reading_a_secret_is_secret() {
        let raw = |value: Value| RawValue::from_string(value.to_string()).unwrap();
        assert!(reply_is_secret(
            "qom-get",
            Some(&raw(json!({"path": "/objects/s", "property": "data"})))
        ));
        assert!(!reply_is_secret(
            "qom-get",
            Some(&raw(json!({"path": "/machine", "property": "type"})))
        ));
        assert!(reply_is_secret("guest-file-read", None));
        assert!(!reply_is_secret("query-status", None));
    }

    #[test]
    fn a_long_line_is_cut() {
        let shown = redacted(json!({"return": "é".repeat(10_000)}).to_string().as_bytes());
        assert!(shown.len() < SHOWN + 100, "{}", shown.len());
    }
}
