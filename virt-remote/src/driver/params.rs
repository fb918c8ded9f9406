//! Typed parameters ⇄ [`Params`].

use virt_core::params::{ParamValue, Params};

use crate::protocol::xdr::{TypedParams, TypedValue};

/// What a daemon told.
pub(super) fn told(params: &TypedParams) -> Params {
    let value = |value: &TypedValue| match value {
        TypedValue::Int(value) => ParamValue::Int(*value),
        TypedValue::UInt(value) => ParamValue::UInt(*value),
        TypedValue::LLong(value) => ParamValue::Long(*value),
        TypedValue::ULLong(value) => ParamValue::ULong(*value),
        TypedValue::Double(value) => ParamValue::Double(*value),
        TypedValue::Boolean(value) => ParamValue::Bool(*value),
        TypedValue::String(value) => ParamValue::Text(value.text().into_owned()),
    };
    params
        .iter()
        .map(|param| (param.field.text().into_owned(), value(&param.value)))
        .collect()
}

/// What a daemon is told. A kind of value that is newer than this is left out.
pub(super) fn to_tell(params: &Params) -> TypedParams {
    let mut all = TypedParams::new();
    for (name, value) in params.iter() {
        let value: TypedValue = match value {
            ParamValue::Int(value) => (*value).into(),
            ParamValue::UInt(value) => (*value).into(),
            ParamValue::Long(value) => (*value).into(),
            ParamValue::ULong(value) => (*value).into(),
            ParamValue::Double(value) => (*value).into(),
            ParamValue::Bool(value) => (*value).into(),
            ParamValue::Text(value) => value.as_str().into(),
            _ => continue,
        };
        all.push(name, value);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_comes_back() {
        let params = Params::new()
            .with("int", ParamValue::Int(-1))
            .with("uint", ParamValue::UInt(1))
            .with("long", ParamValue::Long(i64::MIN))
            .with("ulong", ParamValue::ULong(u64::MAX))
            .with("double", ParamValue::Double(0.5))
            .with("bool", ParamValue::Bool(true))
            .with("text", ParamValue::Text("é".to_owned()))
            .with("text", ParamValue::Text("again".to_owned()));
        assert_eq!(told(&to_tell(&params)), params);
    }
}
