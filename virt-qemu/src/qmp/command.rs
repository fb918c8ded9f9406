//! What a command is, and how it is written.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::QmpError;

/// A QMP command: the type's fields are its arguments. A unit struct has none.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use virt_qemu::qmp::QmpCommand;
///
/// /// `query-memdev`
/// #[derive(Debug, Serialize)]
/// struct QueryMemdev;
///
/// #[derive(Debug, Deserialize)]
/// struct Memdev { id: Option<String>, size: u64 }
///
/// impl QmpCommand for QueryMemdev {
///     const NAME: &'static str = "query-memdev";
///     type Reply = Vec<Memdev>;
/// }
/// ```
pub trait QmpCommand: Serialize {
    /// The command's name on the wire.
    const NAME: &'static str;
    /// Which queue it takes when the caller does not say.
    const LANE: Lane = Lane::Normal;
    /// What the `return` member of the reply is read as.
    type Reply: DeserializeOwned;
}

/// The reply of a command that returns nothing: whatever was returned is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nothing;

impl<'de> serde::Deserialize<'de> for Nothing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The queue a command takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lane {
    /// In order with the others; few are in flight at a time.
    #[default]
    Normal,
    /// Ahead of everything queued, and not counted against the number in flight. What QEMU already reads it
    /// still finishes first.
    Urgent,
    /// Past even a command that blocks the monitor, where QEMU offers it and allows it for this command
    /// (`migrate-recover`, `migrate-pause`, `yank`); where out-of-band execution was not offered, as `Urgent`.
    OutOfBand,
}

/// Implements [`QmpCommand`] for types: `commands! { Type: "name" => Reply, … }`; `urgent` before the name puts
/// the command in the urgent lane.
macro_rules! commands {
    ($( $command:ty: $(@$lane:ident)? $name:literal => $reply:ty; )*) => {
        $(
            impl $crate::qmp::QmpCommand for $command {
                const NAME: &'static str = $name;
                $( const LANE: $crate::qmp::Lane = $crate::qmp::Lane::$lane; )?
                type Reply = $reply;
            }
        )*
    };
}
pub(crate) use commands;

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
pub(crate) fn arguments_of<C: Serialize>(
    name: Cow<'static, str>,
    command: &C,
) -> Result<Option<Box<RawValue>>, QmpError> {
    let raw = serde_json::value::to_raw_value(command).map_err(|source| QmpError::Encode {
        command: name.clone(),
        source,
    })?;
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
        assert!(arguments_of(Cow::Borrowed("unit"), &Unit).unwrap().is_none());
    }
}
