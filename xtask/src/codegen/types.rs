//! Types: which Rust type stands for one of the protocol's, and how it is declared.

use super::names;
use super::output::File;
use super::schema::{Declared, Field, Limit, Schema, Shape, Type};
use super::secrets;
use super::subsystem;
use crate::failure::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Every type of the programs, by the protocol's name.
#[derive(Debug)]
pub(super) struct Types<'a> {
    known: BTreeMap<&'a str, Known<'a>>,
    /// The names that procedures have in Rust.
    procedures: BTreeSet<String>,
}

#[derive(Debug)]
struct Known<'a> {
    declared: &'a Declared,
    program: &'a str,
}

/// Where something of a program is declared, as a path below `generated`.
pub(super) fn place(program: &str, name: &str) -> String {
    if program != "remote" {
        return program.to_owned();
    }
    let own = names::own(name);
    let subject = ["_args", "_ret", "_msg"]
        .iter()
        .find_map(|ending| own.strip_suffix(ending))
        .unwrap_or(&own);
    let is_object = name.starts_with("remote_nonnull_");
    let file = if is_object {
        "object"
    } else {
        subsystem::of(subject)
    };
    format!("remote::{file}")
}

/// A field as Rust has it.
struct Rendered {
    rust: String,
    limit: Option<Limit>,
}

impl<'a> Types<'a> {
    pub(super) fn new(schema: &'a Schema, programs: &[(&'a str, &'a str)]) -> Outcome<Self> {
        let mut known = BTreeMap::new();
        let mut procedures = BTreeSet::new();
        for (program, source) in programs {
            let names = schema.program(source)?.procedures.iter();
            procedures.extend(names.map(|procedure| names::camel(&procedure.short)));
            for declared in &schema.program(source)?.types {
                known.insert(declared.name.as_str(), Known { declared, program });
            }
        }
        Ok(Self { known, procedures })
    }

    fn get(&self, name: &str) -> Outcome<&Known<'a>> {
        self.known
            .get(name)
            .ok_or_else(|| Failure::new(format!("the protocol has no type {name}")))
    }

    /// The Rust name of a type; what a procedure gives a list of is not called like the procedure.
    pub(super) fn rust_name(&self, name: &str) -> String {
        let rust = names::camel(&names::own(name));
        if self.procedures.contains(&rust) {
            rust + "Item"
        } else {
            rust
        }
    }

    /// Whether it holds something secret, at any depth.
    pub(super) fn hides(&self, name: &str) -> Outcome<bool> {
        let Shape::Struct(fields) = &self.get(name)?.declared.shape else {
            return Ok(false);
        };
        for field in fields {
            if secrets::hides(name, field) || self.part_hides(&field.of)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn part_hides(&self, of: &Type) -> Outcome<bool> {
        match of {
            Type::Named(name) => self.hides(name),
            Type::Optional(of) | Type::ArrayFixed(of, _) | Type::Array(of, _) => self.part_hides(of),
            _ => Ok(false),
        }
    }

    /// The Rust name of a struct, imported where it is used.
    pub(super) fn name(&self, name: &str, file: &mut File, here: &str) -> Outcome<String> {
        let known = self.get(name)?;
        let rust = self.rust_name(name);
        let there = place(known.program, name);
        if there != here {
            file.import(&format!("crate::protocol::generated::{there}"), &rust);
        }
        Ok(rust)
    }

    /// Declares the structs and enums that belong into this file.
    pub(super) fn emit(&self, declared: &[&Declared], file: &mut File, here: &str) -> Outcome {
        let mut structs = Vec::new();
        for one in declared {
            match &one.shape {
                Shape::Struct(_) if one.name.ends_with("typed_param") => {}
                Shape::Struct(fields) => structs.push((&one.name, fields)),
                Shape::Enum(members) => emit_enum(&one.name, members, file),
                // Strings and optional values have no name of their own.
                Shape::Typedef(_) => {}
                Shape::Union(cases) => expect_typed_param(&one.name, cases)?,
            }
        }
        if structs.is_empty() {
            return Ok(());
        }
        file.import("crate::protocol::xdr", "xdr_struct");
        file.line("\nxdr_struct! {");
        for (at, (name, fields)) in structs.into_iter().enumerate() {
            if at > 0 {
                file.line("");
            }
            self.emit_struct(name, fields, file, here)?;
        }
        file.line("}");
        Ok(())
    }

    fn emit_struct(&self, name: &str, fields: &[Field], file: &mut File, here: &str) -> Outcome {
        file.line(&format!("    /// `{name}`."));
        file.line(&format!("    {} {{", self.rust_name(name)));
        for field in fields {
            let rust = names::field(&field.name);
            if rust != field.name {
                file.line(&format!("        /// `{}`.", field.name));
            }
            let rendered = self.render(&field.of, file, here)?;
            let limit = match rendered.limit {
                Some(Limit(constant)) if here.starts_with("remote::") => {
                    file.import("super", "constants");
                    format!(" [constants::{}]", names::constant(&constant))
                }
                Some(Limit(constant)) => format!(" [{}]", names::constant(&constant)),
                None => String::new(),
            };
            let hidden = if secrets::hides(name, field) {
                " as hidden"
            } else {
                ""
            };
            file.line(&format!("        {rust}: {}{limit}{hidden},", rendered.rust));
        }
        file.line("    }");
        Ok(())
    }

    fn render(&self, of: &Type, file: &mut File, here: &str) -> Outcome<Rendered> {
        let xdr = |file: &mut File, name: &str| {
            file.import("crate::protocol::xdr", name);
            name.to_owned()
        };
        let plain = |rust: String| Rendered { rust, limit: None };
        Ok(match of {
            Type::Primitive(name) => plain(primitive(name)?.to_owned()),
            Type::String => plain(xdr(file, "XdrString")),
            Type::OpaqueFixed(16) => {
                file.import("uuid", "Uuid");
                plain("Uuid".to_owned())
            }
            Type::OpaqueFixed(length) => {
                return Err(Failure::new(format!("nothing stands for opaque[{length}] yet")));
            }
            Type::Optional(inner) => {
                let inner = self.render(inner, file, here)?;
                plain(format!("Option<{}>", inner.rust))
            }
            Type::Opaque(limit) => {
                file.import("bytes", "Bytes");
                Rendered {
                    rust: "Bytes".to_owned(),
                    limit: Some(limit.clone()),
                }
            }
            Type::ArrayFixed(inner, length) if is_char(inner) => {
                plain(format!("{}<{length}>", xdr(file, "CharArray")))
            }
            Type::ArrayFixed(..) => {
                return Err(Failure::new("nothing stands for arrays of fixed length yet"));
            }
            Type::Array(inner, limit) => Rendered {
                rust: match inner.as_ref() {
                    inner if is_char(inner) => xdr(file, "Chars"),
                    Type::Named(name) if name.ends_with("typed_param") => xdr(file, "TypedParams"),
                    inner => format!("Vec<{}>", self.render(inner, file, here)?.rust),
                },
                limit: Some(limit.clone()),
            },
            Type::Named(name) if name.ends_with("_typed_param") => plain(xdr(file, "TypedParam")),
            Type::Named(name) if name.ends_with("_typed_param_value") => plain(xdr(file, "TypedValue")),
            Type::Named(name) => match &self.get(name)?.declared.shape {
                Shape::Typedef(of) => self.render(of, file, here)?,
                _ => plain(self.name(name, file, here)?),
            },
        })
    }
}

fn is_char(of: &Type) -> bool {
    *of == Type::Primitive("char".to_owned())
}

fn primitive(name: &str) -> Outcome<&'static str> {
    Ok(match name {
        "char" => "i8",
        "uchar" => "u8",
        "short" => "i16",
        "ushort" => "u16",
        "int" => "i32",
        "uint" => "u32",
        "hyper" => "i64",
        "uhyper" => "u64",
        "double" => "f64",
        "bool" => "bool",
        _ => return Err(Failure::new(format!("nothing stands for {name} yet"))),
    })
}

fn emit_enum(name: &str, members: &[(String, i64)], file: &mut File) {
    file.import("crate::protocol::xdr", "xdr_enum");
    file.line("\nxdr_enum! {");
    file.line(&format!("    /// `{name}`."));
    file.line(&format!("    {} {{", names::camel(&names::own(name))));
    for (member, value) in members {
        let own = names::constant(member);
        file.line(&format!("        /// `{member}`."));
        file.line(&format!(
            "        {} = {value},",
            own.strip_prefix("AUTH_").unwrap_or(own)
        ));
    }
    file.line("    }");
    file.line("}");
}

/// The only union there is stands as `TypedValue` in the encoding itself: it must be what that expects.
fn expect_typed_param(name: &str, cases: &[(i64, Type)]) -> Outcome {
    let expected = ["int", "uint", "hyper", "uhyper", "double", "int"];
    let fits = name.ends_with("_typed_param_value")
        && cases.len() == expected.len() + 1
        && cases.iter().zip(1..).all(|((value, _), at)| *value == at)
        && cases
            .iter()
            .zip(expected)
            .all(|((_, of), expected)| *of == Type::Primitive(expected.to_owned()))
        && cases
            .last()
            .is_some_and(|(_, of)| matches!(of, Type::Named(name) if name.ends_with("nonnull_string")));
    if fits {
        return Ok(());
    }
    Err(
        Failure::new(format!("the union {name} is not what TypedValue is"))
            .advise("change virt-remote/src/protocol/xdr/typed_param.rs, and what is expected here"),
    )
}
