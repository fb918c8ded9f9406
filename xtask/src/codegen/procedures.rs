//! Procedures: a type for each, and a table of each file.

use super::names;
use super::output::File;
use super::schema::Procedure;
use super::types::Types;
use crate::failure::Outcome;

/// What changes something although it asks only for the right to look: who gets events, what is open. (And the
/// protocol declares that one of the setters needs no more than that.)
const CHANGES: &[&str] = &["register", "connect_open", "_set_"];

/// Rights that only allow to look.
const LOOKING: &[&str] = &["getattr", "read", "read_secure"];

/// Declares the procedures that belong into a file; they must be sorted by number.
pub(super) fn emit(
    procedures: &[&Procedure],
    types: &Types<'_>,
    (program, here): (&str, &str),
    file: &mut File,
) -> Outcome {
    for (kind, declaring) in [("call", "calls"), ("event", "events"), ("message", "messages")] {
        let of_kind: Vec<&&Procedure> = procedures
            .iter()
            .filter(|procedure| procedure.kind == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        file.import("crate::protocol::procedure", declaring);
        file.line(&format!("\n{declaring}! {{ {program};"));
        for (at, procedure) in of_kind.into_iter().enumerate() {
            if at > 0 {
                file.line("");
            }
            file.line(&format!("    /// `{}`.", procedure.name));
            let line = declaration(procedure, types, file, here)?;
            file.line(&line);
        }
        file.line("}");
    }
    Ok(())
}

fn declaration(procedure: &Procedure, types: &Types<'_>, file: &mut File, here: &str) -> Outcome<String> {
    let mut name = |of: &Option<String>| match of {
        Some(name) => types.name(name, file, here),
        None => Ok("()".to_owned()),
    };
    let head = format!(
        "    {} = {} {:?}",
        names::camel(&procedure.short),
        procedure.number,
        procedure.name
    );
    Ok(match procedure.kind.as_str() {
        "message" => format!("{head};"),
        "event" => {
            let hides = match &procedure.message {
                Some(message) if types.hides(message)? => "hides_args",
                _ => "",
            };
            format!("{head} ({}) [{hides}];", name(&procedure.message)?)
        }
        _ => {
            let (args, ret) = (name(&procedure.args)?, name(&procedure.ret)?);
            let stream = if procedure.reads || procedure.writes {
                " : StreamProcedure"
            } else {
                ""
            };
            format!(
                "{head} ({args}) -> {ret} [{}]{stream};",
                properties(procedure, types)?.join(", ")
            )
        }
    })
}

fn properties(procedure: &Procedure, types: &Types<'_>) -> Outcome<Vec<&'static str>> {
    let hides = |of: &Option<String>| of.as_ref().map_or(Ok(false), |name| types.hides(name));
    let properties = [
        ("high", procedure.high),
        ("read_stream", procedure.reads),
        ("write_stream", procedure.writes),
        ("sparse", procedure.sparse),
        ("sends_fds", procedure.sends_fds),
        ("returns_fds", procedure.returns_fds),
        ("reads_only", reads_only(procedure)),
        ("hides_args", hides(&procedure.args)?),
        ("hides_ret", hides(&procedure.ret)?),
    ];
    Ok(properties
        .into_iter()
        .filter_map(|(name, has)| has.then_some(name))
        .collect())
}

/// Whether it changes nothing, so that it may be called again when the answer is lost.
fn reads_only(procedure: &Procedure) -> bool {
    let looks = |right: &Option<String>| {
        right
            .as_deref()
            .is_some_and(|right| LOOKING.contains(&right) || right.starts_with("search_"))
    };
    !procedure.rights.is_empty()
        && procedure.rights.iter().all(looks)
        && !CHANGES.iter().any(|word| procedure.short.contains(word))
}
