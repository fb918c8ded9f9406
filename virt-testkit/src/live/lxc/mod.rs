//! Real containers: a root file system made of busybox, liblxc's tools, a bridge, and what containers leave behind.

mod bridge;
mod leftovers;
mod native;
mod root_range;
mod rootfs;
mod tools;

pub use bridge::Bridge;
pub use leftovers::{Leftover, Scope};
pub use native::{Native, PLAIN};
pub use root_range::{RANGE, root_range};
pub use rootfs::{Init, Rootfs};
pub use tools::{LxcTools, is_lxc_usable};
