//! libvirt's own test data, and what it takes to judge by it: the list of cases, command line files, capability files.
//!
//! The data is read from `$VIRT_CORPUS`, else from `../shared/corpus` beside the workspace; it is not part of this
//! repository. Judging itself is done where the judged code is.

mod args_file;
mod cases;
mod coverage;
mod qemu_caps;

pub use args_file::{ArgsFile, Argument};
pub use cases::{Case, Corpus};
pub use coverage::Coverage;
pub use qemu_caps::{CapsMachine, QemuCapsFile};
