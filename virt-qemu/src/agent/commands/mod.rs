//! The typed commands of the guest agent, one file per family. Members of replies that an agent does not send are
//! `None` or empty.

pub mod cpu;
pub mod exec;
pub mod file;
pub mod filesystem;
pub mod network;
pub mod power;
pub mod system;
pub mod user;
