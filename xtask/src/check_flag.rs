//! Commands that write what they make, or only compare it.

use crate::failure::{Failure, Outcome};

/// Whether the command is only to compare: it takes nothing, or `--check`.
pub(crate) fn is_given(command: &str, arguments: &[String]) -> Outcome<bool> {
    match arguments {
        [] => Ok(false),
        [only] if only == "--check" => Ok(true),
        _ => Err(
            Failure::new(format!("{command} does not take {:?}", arguments.join(" ")))
                .advise("it takes nothing, or --check"),
        ),
    }
}
