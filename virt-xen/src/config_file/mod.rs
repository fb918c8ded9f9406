//! Files of settings of Xen's toolstacks as typed, lossless documents: xl.cfg(5), and the older ones of xm.
//!
//! [`XenConfig`] keeps everything as it was written: order, blank lines, comments, spacing, quotes, how numbers are spelled,
//! settings that were said before, unknown keys. What was parsed is written back byte for byte; an edit changes the setting it
//! is about and no other.
//!
//! # How xl reads it
//! * A setting is `key = value`; a line end or `;` ends it, and `#` begins a comment.
//! * A value is a string in quotes of either kind, a number (decimal, hexadecimal behind `0x`, octal behind `0`), or a list in
//!   brackets, of such values; a list goes over any number of lines, and may have a comma behind its last value.
//! * In a string `\` escapes: `\n`, `\t`, `\x41`, `\101`, `\\`, `\"` …
//! * Of a key that is said twice the last one counts; `key += value` adds to what was said.
//!
//! xm's files are programs in Python. What is no assignment of such values is refused, as libvirt does; strings in three quotes
//! are read.

mod cursor;
mod document;
mod edit;
mod error;
mod parse;
#[cfg(test)]
mod properties;
mod value;
mod write;

pub use document::{Entry, MAX_BYTES, MAX_DEPTH, Operator, XenConfig};
pub use error::{ConfigFileError, ConfigFileProblem, Place};
pub use value::Value;
pub use write::Syntax;
