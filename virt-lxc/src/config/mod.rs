//! LXC configuration as a typed, lossless document: lxc.container.conf(5), with the names of LXC 1 and 2 as well as those
//! of LXC 3 and later.
//!
//! [`ContainerConfig`] keeps every line as it was written: order, blank lines, comments, spacing, duplicates, unknown keys,
//! line endings. What was parsed is written back byte for byte; an edit changes the lines it is about and no other.
//!
//! # How liblxc reads it
//! * A line is `key = value`; blanks around both do not count, and are not needed.
//! * Only a line that begins with `#` is a comment: in a value `#` is a character like others.
//! * A value in single or double quotes loses them.
//! * Of a key with one value, the last line counts. Keys with several values gather them.
//! * No value at all takes back what the key had so far: `lxc.cap.drop =`; of some keys, what is under them too: `lxc.net =`.
//! * `lxc.include` reads other files at its place. Nothing here reads files: [`ContainerConfig::includes`] names them.

mod cgroup;
mod document;
mod edit;
mod environment;
mod error;
mod idmap;
mod legacy;
mod line;
mod lists;
mod mount;
mod network;
#[cfg(test)]
mod properties;

pub use cgroup::CgroupSetting;
pub use document::{ContainerConfig, Entry, MAX_BYTES};
pub use environment::EnvironmentEntry;
pub use error::{ConfigError, ConfigProblem};
pub use idmap::{IdKind, IdMapEntry};
pub(crate) use lists::is_list;
pub use mount::MountEntry;
pub use network::NetworkView;
