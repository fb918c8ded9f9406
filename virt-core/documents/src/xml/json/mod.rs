//! Records as JSON: one function over `dyn Record` each way. The mapping is told in the module above.

mod read;
mod write;

use serde::{Deserialize, Deserializer, Serialize as _, Serializer};
use serde_json::Value;

use super::record::Record;

/// What was not understood stands under this key.
const REST: &str = "rest";

/// Writes the record, without secrets.
///
/// # Errors
/// Those of the serializer.
pub fn to_json<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    write::Shown(record).serialize(serializer)
}

/// Fills an empty record.
///
/// # Errors
/// Those of the deserializer; keys there is no field for, values that do not parse, required keys that are missing, each
/// with the path of the key.
pub fn from_json<'de, D: Deserializer<'de>>(
    record: &mut dyn Record,
    deserializer: D,
) -> Result<(), D::Error> {
    let value = Value::deserialize(deserializer)?;
    read::fill(record, &value).map_err(|error| serde::de::Error::custom(error.sentence()))
}
