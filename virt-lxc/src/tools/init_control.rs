//! The control pipe of a container's init, as SysV's `init(8)` and systemd have it.

use std::time::Duration;

use virt_core::Result;

use super::{Attached, Tools};

/// What a request begins with.
const MAGIC: u32 = 0x0309_1969;
/// The command that changes the run level.
const RUN_LEVEL: u32 = 1;
/// The length of a request.
const LENGTH: usize = 384;
/// How long an init may take to read a request: a pipe nobody reads cannot be opened.
const READS: Duration = Duration::from_secs(5);
/// What the script exits with where there is no pipe.
const NO_PIPE: i32 = 66;

/// What an init is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunLevel {
    Halt,
    Reboot,
}

impl Tools {
    /// Asks a container's init for a run level by its control pipe; whether it has one that it reads.
    ///
    /// It is looked for from within: a link of the container's would lead elsewhere from outside.
    pub(crate) async fn request_run_level(&self, container: &str, level: RunLevel) -> Result<bool> {
        let script = format!(
            "for p in /run/initctl /dev/initctl /etc/.initctl; do [ -p \"$p\" ] && exec cat > \"$p\"; done; exit {NO_PIPE}"
        );
        let mut program = Attached::new("/bin/sh").args(["-c", script.as_str()]);
        program.stdin = request(level);
        program.time_limit = Some(READS);
        match self.attach(container, program).await {
            Ok(output) => Ok(output.status.success()),
            // Nobody reads it.
            Err(error) if error.kind() == virt_core::ErrorKind::Timeout => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A request: magic number, command, run level as a letter, and zeros.
fn request(level: RunLevel) -> Vec<u8> {
    let letter = match level {
        RunLevel::Halt => b'0',
        RunLevel::Reboot => b'6',
    };
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend(MAGIC.to_ne_bytes());
    bytes.extend(RUN_LEVEL.to_ne_bytes());
    bytes.extend(u32::from(letter).to_ne_bytes());
    bytes.resize(LENGTH, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_inits_read_at_once() {
        let bytes = request(RunLevel::Reboot);
        assert_eq!(bytes.len(), LENGTH);
        assert_eq!(bytes.get(8).copied(), Some(b'6'));
        assert_eq!(bytes.get(..4).unwrap(), MAGIC.to_ne_bytes());
    }
}
