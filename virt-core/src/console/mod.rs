//! Consoles: a guest's serial line or console as a stream of bytes.
//!
//! Drivers put a [`ConsoleHub`] on each device and give out what [`ConsoleHub::attach`] gives.

mod client;
mod hub;
mod options;
mod scrollback;
mod stream;
#[cfg(test)]
mod tests;

pub use hub::ConsoleHub;
pub use options::{ConsoleOptions, SecondReader};
pub use scrollback::Scrollback;
pub use stream::ConsoleStream;
