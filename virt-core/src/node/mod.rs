//! The machine behind a connection: what it has, what it is doing, and what guests can have on it.

mod handle;
mod memory;
mod processors;
mod target;

pub use handle::Node;
pub use memory::{CellFreePages, FreePages, NodeMemoryStats};
pub use processors::{BaselineOptions, CpuComparison, CpuMap, NodeCpuStats};
pub use target::HypervisorTarget;
