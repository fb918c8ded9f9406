//! Programs: a file each, and for `remote` a directory with a file per subsystem.

use super::names;
use super::output::{File, Output};
use super::procedures;
use super::schema::{Declared, Procedure, Program, Schema, Shape};
use super::subsystem;
use super::types::{Types, place};
use crate::failure::{Failure, Outcome};
use std::collections::BTreeMap;

/// The programs, and what each is.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "admin",
        "The program `admin`: a daemon's own administration, on a socket of its own",
    ),
    (
        "keepalive",
        "The program `keepalive`: asking whether the other side is there",
    ),
    ("lxc", "The program `lxc`: what only Linux containers have"),
    (
        "net",
        "What all programs have in common: headers, errors, holes in streams",
    ),
    ("qemu", "The program `qemu`: what only QEMU has"),
    (
        "remote",
        "The program `remote`: libvirt's API, a module per subsystem",
    ),
];

/// What the facts call it.
fn source(program: &str) -> &str {
    match program {
        "net" => "virnet",
        other => other,
    }
}

/// Writes all programs.
pub(super) fn emit_all(schema: &Schema, output: &mut Output) -> Outcome {
    let sources: Vec<(&str, &str)> = PROGRAMS.iter().map(|(name, _)| (*name, source(name))).collect();
    let types = Types::new(schema, &sources)?;
    let mut root = File::new("libvirt's protocol, as its own description has it");
    root.module("error_code");
    root.import("super::procedure", "Program");
    root.import("super::procedure", "Tables");
    root.line("\n/// Every program that has procedures, with the tables of them.");
    root.line("pub(in crate::protocol) const PROGRAMS: &[(Program, Tables)] = &[");
    for (name, title) in PROGRAMS {
        root.module(name);
        let program = schema.program(source(name))?;
        check_names(program, &types)?;
        if program.number.is_some() {
            root.line(&format!("    ({name}::PROGRAM, {name}::TABLES),"));
        }
        if *name == "remote" {
            emit_remote(program, &types, title, output)?;
        } else {
            emit_single(name, program, &types, title, output)?;
        }
    }
    root.line("];");
    output.add("mod.rs", root);
    Ok(())
}

/// No two types of a program may have the same Rust name.
fn check_names(program: &Program, types: &Types<'_>) -> Outcome {
    let structs = program.types.iter().filter(|declared| {
        matches!(declared.shape, Shape::Struct(_) | Shape::Enum(_)) && declared.name != "remote_error"
    });
    let mut seen = BTreeMap::new();
    let named = structs.map(|declared| (types.rust_name(&declared.name), &declared.name));
    let procedures = program
        .procedures
        .iter()
        .map(|procedure| (names::camel(&procedure.short), &procedure.name));
    for (rust, own) in named.chain(procedures) {
        if let Some(other) = seen.insert(rust.clone(), own) {
            return Err(Failure::new(format!("{own} and {other} would both be {rust}")));
        }
    }
    Ok(())
}

fn emit_single(
    name: &str,
    program: &Program,
    types: &Types<'_>,
    title: &str,
    output: &mut Output,
) -> Outcome {
    let mut file = File::new(title);
    if let Some(number) = program.number {
        emit_number(name, number, program, &mut file);
        let kinds: Vec<&str> = [("call", "CALLS"), ("event", "EVENTS"), ("message", "MESSAGES")]
            .iter()
            .filter(|(kind, _)| program.procedures.iter().any(|procedure| procedure.kind == *kind))
            .map(|(_, table)| *table)
            .collect();
        file.import("super::super::procedure", "Tables");
        file.line("\n/// Its procedures.");
        file.line(&format!(
            "pub(super) const TABLES: Tables = &[{}];",
            kinds.join(", ")
        ));
    }
    emit_constants(program, &mut file);
    let declared: Vec<&Declared> = program.types.iter().collect();
    types.emit(&declared, &mut file, name)?;
    procedures::emit(
        &sorted(program.procedures.iter()),
        types,
        ("PROGRAM", name),
        &mut file,
    )?;
    output.add(format!("{name}.rs"), file);
    Ok(())
}

fn emit_remote(program: &Program, types: &Types<'_>, title: &str, output: &mut Output) -> Outcome {
    let mut parts: BTreeMap<String, (Vec<&Declared>, Vec<&Procedure>)> = BTreeMap::new();
    // The error is the one that all programs have in common.
    for declared in program
        .types
        .iter()
        .filter(|declared| declared.name != "remote_error")
    {
        let at = parts.entry(place("remote", &declared.name)).or_default();
        at.0.push(declared);
    }
    for procedure in &program.procedures {
        let at = parts.entry(place("remote", &procedure.short)).or_default();
        at.1.push(procedure);
    }
    let mut root = File::new(title);
    root.module("constants");
    emit_number("remote", program.number.unwrap_or_default(), program, &mut root);
    root.import("super::super::procedure", "Tables");
    root.line("\n/// Its procedures, subsystem by subsystem.");
    root.line("pub(super) const TABLES: Tables = &[");
    for (here, (declared, of_part)) in parts {
        let part = here.strip_prefix("remote::").unwrap_or(&here).to_owned();
        root.module(&part);
        for (kind, table) in [("call", "CALLS"), ("event", "EVENTS")] {
            if of_part.iter().any(|procedure| procedure.kind == kind) {
                root.line(&format!("    {part}::{table},"));
            }
        }
        let mut file = File::new(subsystem::title(&part));
        types.emit(&declared, &mut file, &here)?;
        let of_part = sorted(of_part.into_iter());
        procedures::emit(&of_part, types, ("super::PROGRAM", &here), &mut file)?;
        output.add(format!("remote/{part}.rs"), file);
    }
    root.line("];");
    output.add("remote/mod.rs", root);
    let mut constants = File::new("The limits of the program `remote`");
    emit_constants(program, &mut constants);
    output.add("remote/constants.rs", constants);
    Ok(())
}

fn sorted<'a>(procedures: impl Iterator<Item = &'a Procedure>) -> Vec<&'a Procedure> {
    let mut sorted: Vec<&Procedure> = procedures.collect();
    sorted.sort_by_key(|procedure| procedure.number);
    sorted
}

fn emit_number(name: &str, number: u64, program: &Program, file: &mut File) {
    file.import("super::super::procedure", "Program");
    file.line("\n/// Its number and version.");
    file.line(&format!(
        "pub const PROGRAM: Program = Program::new({name:?}, {number:#x}, {});",
        program.version
    ));
}

fn emit_constants(program: &Program, file: &mut File) {
    let limits = program.constants.iter().filter(|(name, _)| {
        let own = names::constant(name);
        own != "PROGRAM" && own != "PROTOCOL_VERSION"
    });
    for (name, value) in limits {
        file.line(&format!("\n/// `{name}`."));
        file.line(&format!("pub const {}: u32 = {value};", names::constant(name)));
    }
}
