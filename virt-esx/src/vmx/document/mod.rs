//! A VMX file as a typed, lossless document.
//!
//! [`Vmx`] keeps every line as it was written: order, blank lines, comments, spacing, spelling of keys, unknown keys, line
//! endings. What was parsed is written back byte for byte; an edit changes the lines it is about and no other.
//!
//! # How VMware reads it
//! * A line is `key = "value"`; blanks around both do not count. A value without quotes ends at the first blank.
//! * A line that begins with `#` is a comment, and so is what begins with `#` behind a value.
//! * Keys are the same whatever the case of their letters. Of a key said twice the first line counts, as libvirt has it.
//! * In a value `|22` is the character with the number 0x22: quotes and line ends cannot be written otherwise.
//! * The text is in the encoding `.encoding` names, UTF-8 unless said.

mod edit;
mod encoding;
mod error;
mod escape;
mod line;
#[cfg(test)]
mod properties;
mod secret;
mod text;

pub use error::{VmxError, VmxProblem};
pub use escape::{escape, escape_name, unescape, unescape_name};
pub(crate) use secret::{is_secret, shown};
pub use text::{Entry, MAX_BYTES, Vmx};
