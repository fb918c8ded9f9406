//! What a command is.

use serde::Serialize;
use serde::de::DeserializeOwned;

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
