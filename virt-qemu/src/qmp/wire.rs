//! How a command is written, to a monitor or to a guest agent.

use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    execute: Option<&'a str>,
    #[serde(rename = "exec-oob", skip_serializing_if = "Option::is_none")]
    exec_oob: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
}

/// The arguments of a command as JSON; `None` for a unit struct.
pub(crate) fn raw<C: Serialize>(command: &C) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    let raw = serde_json::value::to_raw_value(command)?;
    Ok(if raw.get() == "null" { None } else { Some(raw) })
}

/// The line of a command, with its line end.
pub(crate) fn encode(
    name: &str,
    arguments: Option<&RawValue>,
    id: Option<u64>,
    oob: bool,
) -> Result<Vec<u8>, serde_json::Error> {
    let (execute, exec_oob) = if oob {
        (None, Some(name))
    } else {
        (Some(name), None)
    };
    let mut line = serde_json::to_vec(&Line {
        execute,
        exec_oob,
        arguments,
        id,
    })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_name_the_arguments_and_the_id() {
        let arguments = RawValue::from_string(r#"{"a":"x\ny"}"#.to_owned()).unwrap();
        let line = encode("do-it", Some(&arguments), Some(7), false).unwrap();
        assert_eq!(
            line,
            b"{\"execute\":\"do-it\",\"arguments\":{\"a\":\"x\\ny\"},\"id\":7}\n"
        );
        let line = encode("yank", None, Some(8), true).unwrap();
        assert_eq!(line, b"{\"exec-oob\":\"yank\",\"id\":8}\n");
    }

    #[test]
    fn a_unit_struct_has_no_arguments() {
        #[derive(Serialize)]
        struct Unit;
        assert!(raw(&Unit).unwrap().is_none());
    }
}
