//! What this machine is, from `/proc`, `/sys` and `uname`.

use std::ffi::CStr;
use std::fs;

use super::files;
use crate::error::Result;
use crate::host::{FactIdentity, HostFacts};

/// Reads all facts.
pub(super) fn read() -> Result<HostFacts> {
    let uname = rustix::system::uname();
    let text = |name: &CStr| name.to_string_lossy().into_owned();
    let identity = FactIdentity {
        hostname: text(uname.nodename()),
        arch: text(uname.machine()),
        kernel: text(uname.release()),
        clock_ticks: rustix::param::clock_ticks_per_second(),
        kvm: fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .is_ok(),
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        home: std::env::home_dir().map_or_else(|| "/".to_owned(), |home| home.to_string_lossy().into_owned()),
        state_home: std::env::var("XDG_STATE_HOME").ok(),
        runtime_dir: std::env::var("XDG_RUNTIME_DIR").ok(),
    };
    HostFacts::from_files(identity, &text_of)
}

/// The id of this boot.
pub(super) fn boot_id() -> Result<String> {
    text_of("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

fn text_of(path: &str) -> Result<String> {
    files::read(path).map(|content| String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_facts() {
        let facts = read().unwrap();
        assert!(
            facts.cpus >= 1 && facts.memory_kib > 0 && facts.boot_time > 0,
            "{facts:?}"
        );
        assert!(
            facts.sockets * facts.cores * facts.threads >= facts.cpus,
            "{facts:?}"
        );
        assert_eq!((facts.boot_id.len(), facts.clock_ticks), (36, 100));
        assert!(!facts.hostname.is_empty() && !facts.arch.is_empty() && !facts.numa.is_empty());
        assert!(facts.home.starts_with('/'));
    }
}
