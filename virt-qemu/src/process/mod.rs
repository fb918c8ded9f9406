//! QEMU's process: launching it paused, finding it again, ending it.

mod end;
mod find;
mod launch;
mod monitors;

pub(crate) use end::{EndMode, end_process};
pub(crate) use find::{Found, find};
pub(crate) use launch::{Launch, Launched, Program, begin, make_ready};
pub(crate) use monitors::{Monitor, Seen, look};
