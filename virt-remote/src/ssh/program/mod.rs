//! A link through the system's `ssh` program.
