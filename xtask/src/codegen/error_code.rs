//! The numbers of libvirt's errors and of where they come from.

use super::output::{File, Output};
use crate::failure::{Failure, Outcome};
use serde_json::Value;

/// Writes the file of them.
pub(super) fn emit(enums: &Value, output: &mut Output) -> Outcome {
    let mut file = File::new("The numbers of libvirt's errors, and of the parts of libvirt they come from");
    file.import("crate::protocol::xdr", "xdr_enum");
    for (name, ours, prefix) in [
        ("virErrorNumber", "ErrorCode", "VIR_ERR_"),
        ("virErrorDomain", "ErrorDomain", "VIR_FROM_"),
    ] {
        emit_enum(enums, (name, ours, prefix), &mut file)?;
    }
    output.add("error_code.rs", file);
    Ok(())
}

fn emit_enum(enums: &Value, (name, ours, prefix): (&str, &str, &str), file: &mut File) -> Outcome {
    let found = enums
        .get("enums")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|one| one.get("name").and_then(Value::as_str) == Some(name))
        .ok_or_else(|| Failure::new(format!("the facts have no enum {name}")))?;
    file.line("\nxdr_enum! {");
    file.line(&format!("    /// `{name}`."));
    file.line(&format!("    {ours} {{"));
    let members = found
        .get("members")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for member in members.filter(|member| member.get("sentinel").is_none()) {
        let own = member.get("name").and_then(Value::as_str).unwrap_or_default();
        let value = member.get("value").and_then(Value::as_i64).unwrap_or_default();
        // Warnings have names of their own, which would else be those of errors.
        let short = own.strip_prefix(prefix).or_else(|| own.strip_prefix("VIR_"));
        let note = member.get("note").and_then(Value::as_str);
        let note = note.map(|note| format!(": {note}")).unwrap_or_default();
        file.line(&format!("        /// `{own}`{note}."));
        file.line(&format!("        {} = {value},", short.unwrap_or(own)));
    }
    file.line("    }");
    file.line("}");
    Ok(())
}
