//! The facts about the protocol, as they are collected, turned into types.

use crate::failure::{Failure, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;

/// All programs.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) programs: BTreeMap<String, Program>,
}

/// A program, or the part that all have in common (which has no number).
#[derive(Debug)]
pub(super) struct Program {
    pub(super) number: Option<u64>,
    pub(super) version: u64,
    pub(super) constants: Vec<(String, u64)>,
    pub(super) types: Vec<Declared>,
    pub(super) procedures: Vec<Procedure>,
}

/// A type with a name.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) shape: Shape,
}

/// What a type with a name is.
#[derive(Debug)]
pub(super) enum Shape {
    Struct(Vec<Field>),
    Enum(Vec<(String, i64)>),
    Typedef(Type),
    /// The cases: number and type.
    Union(Vec<(i64, Type)>),
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) of: Type,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Primitive(String),
    Named(String),
    Optional(Box<Type>),
    String,
    OpaqueFixed(u64),
    Opaque(Limit),
    ArrayFixed(Box<Type>, u64),
    Array(Box<Type>, Limit),
}

/// How long something may be: the constant's name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit(pub(super) String);

#[derive(Debug)]
pub(super) struct Procedure {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) short: String,
    pub(super) kind: String,
    pub(super) args: Option<String>,
    pub(super) ret: Option<String>,
    pub(super) message: Option<String>,
    pub(super) high: bool,
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) sparse: bool,
    pub(super) sends_fds: bool,
    pub(super) returns_fds: bool,
    /// The rights it asks for; `None` where it asks for none.
    pub(super) rights: Vec<Option<String>>,
}

impl Schema {
    pub(super) fn parse(value: &Value) -> Outcome<Self> {
        let programs = value
            .get("programs")
            .and_then(Value::as_object)
            .ok_or_else(|| odd("programs", value))?;
        let programs = programs
            .iter()
            .map(|(name, program)| Ok((name.clone(), parse_program(program)?)))
            .collect::<Outcome<_>>()?;
        Ok(Self { programs })
    }

    pub(super) fn program(&self, name: &str) -> Outcome<&Program> {
        self.programs
            .get(name)
            .ok_or_else(|| Failure::new(format!("the facts have no program {name}")))
    }
}

fn parse_program(value: &Value) -> Outcome<Program> {
    Ok(Program {
        number: value.get("program").and_then(Value::as_u64),
        version: value.get("version").and_then(Value::as_u64).unwrap_or_default(),
        constants: list(value, "constants")
            .map(|constant| Ok((text(constant, "name")?, number(constant, "value")?)))
            .collect::<Outcome<_>>()?,
        types: list(value, "types").map(parse_declared).collect::<Outcome<_>>()?,
        procedures: list(value, "procedures")
            .map(parse_procedure)
            .collect::<Outcome<_>>()?,
    })
}

fn parse_declared(value: &Value) -> Outcome<Declared> {
    let shape = match text(value, "kind")?.as_str() {
        "struct" => Shape::Struct(list(value, "fields").map(parse_field).collect::<Outcome<_>>()?),
        "enum" => Shape::Enum(
            list(value, "members")
                .map(|member| Ok((text(member, "name")?, integer(member, "value")?)))
                .collect::<Outcome<_>>()?,
        ),
        "typedef" => Shape::Typedef(parse_type(part(value, "type")?)?),
        "union" => Shape::Union(
            list(value, "cases")
                .map(|case| Ok((integer(case, "value")?, parse_type(part(case, "type")?)?)))
                .collect::<Outcome<_>>()?,
        ),
        _ => return Err(odd("kind", value)),
    };
    Ok(Declared {
        name: text(value, "name")?,
        shape,
    })
}

fn parse_field(value: &Value) -> Outcome<Field> {
    Ok(Field {
        name: text(value, "name")?,
        of: parse_type(part(value, "type")?)?,
    })
}

fn parse_type(value: &Value) -> Outcome<Type> {
    let element = || parse_type(part(value, "elem")?).map(Box::new);
    Ok(match text(value, "k")?.as_str() {
        "prim" => Type::Primitive(text(value, "p")?),
        "ref" => Type::Named(text(value, "name")?),
        "optional" => Type::Optional(element()?),
        "string" => Type::String,
        "opaque_fixed" => Type::OpaqueFixed(number(value, "len")?),
        "opaque_var" => Type::Opaque(Limit(text(value, "max_const")?)),
        "array_fixed" => Type::ArrayFixed(element()?, number(value, "len")?),
        "array_var" => Type::Array(element()?, Limit(text(value, "max_const")?)),
        _ => return Err(odd("k", value)),
    })
}

fn parse_procedure(value: &Value) -> Outcome<Procedure> {
    let optional = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key| value.get(key).and_then(Value::as_bool).unwrap_or_default();
    Ok(Procedure {
        number: number(value, "number")?,
        name: text(value, "name")?,
        short: text(value, "short")?,
        kind: text(value, "kind")?,
        args: optional("args"),
        ret: optional("ret"),
        message: optional("msg"),
        high: optional("priority").as_deref() == Some("high"),
        reads: value.get("readstream").is_some(),
        writes: value.get("writestream").is_some(),
        sparse: value.get("sparseflag").is_some(),
        sends_fds: flag("client_sends_fds"),
        returns_fds: flag("server_returns_fds"),
        rights: list(value, "acl")
            .map(|right| right.get("perm").and_then(Value::as_str).map(str::to_owned))
            .collect(),
    })
}

fn part<'a>(value: &'a Value, key: &str) -> Outcome<&'a Value> {
    value.get(key).ok_or_else(|| odd(key, value))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> Outcome<String> {
    let text = value.get(key).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| odd(key, value))
}

fn number(value: &Value, key: &str) -> Outcome<u64> {
    value
        .get(key)
        .and_then(Value::as_u64)
        .ok_or_else(|| odd(key, value))
}

fn integer(value: &Value, key: &str) -> Outcome<i64> {
    value
        .get(key)
        .and_then(Value::as_i64)
        .ok_or_else(|| odd(key, value))
}

fn odd(key: &str, value: &Value) -> Failure {
    let shown: String = value.to_string().chars().take(200).collect();
    Failure::new(format!("the facts have no {key} that makes sense in {shown}"))
}
