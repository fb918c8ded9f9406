//! Events that have no name in the SDK, as JSON.

use serde_json::{Map, Value, json};

use crate::protocol::xdr::{TypedParams, TypedValue, XdrString};

/// Typed parameters as an object.
pub(super) fn params(params: &TypedParams) -> Value {
    let entries = params
        .iter()
        .map(|param| (param.field.text().into_owned(), value(&param.value)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// A string as JSON.
pub(super) fn text(text: &XdrString) -> Value {
    Value::from(text.text())
}

/// A string that may be missing.
pub(super) fn maybe(text: &Option<XdrString>) -> Value {
    text.as_ref().map_or(Value::Null, self::text)
}

fn value(value: &TypedValue) -> Value {
    match value {
        TypedValue::Int(number) => json!(number),
        TypedValue::UInt(number) => json!(number),
        TypedValue::LLong(number) => json!(number),
        TypedValue::ULLong(number) => json!(number),
        TypedValue::Double(number) => json!(number),
        TypedValue::Boolean(yes) => json!(yes),
        TypedValue::String(string) => text(string),
    }
}
