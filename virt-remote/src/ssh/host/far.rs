//! The scripts that run on the far machine, and the line that starts them.
//!
//! The line goes through the far user's login shell, which may be any: it is always the same, holds no data, and
//! consists of what sh, csh and fish read alike. It has `/bin/sh` read a script of a stated length from its input and
//! run it; all data is in that script, as [`quote`](super::quote) writes it, or follows it.

use std::hash::{BuildHasher, Hasher, RandomState};

use virt_core::credentials::Secret;

const BASE: &str = include_str!("far/base.sh");
const FILES: &str = include_str!("far/files.sh");
const PROCESSES: &str = include_str!("far/processes.sh");
const HELLO: &str = include_str!("far/hello.sh");
const WORKER: &str = include_str!("far/worker.sh");
const FENCE: &str = include_str!("far/fence.sh");
const HEART: &str = include_str!("far/heart.sh");
const LEASE: &str = include_str!("far/lease.sh");
const WATCHER: &str = include_str!("far/watcher.sh");
const PROGRAM: &str = include_str!("far/program.sh");
const TERMINAL: &str = include_str!("far/terminal.sh");
const SOCKET: &str = include_str!("far/socket.sh");

/// What a session of the far machine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Serves requests.
    Worker,
    /// Frees what a dead connection holds.
    Heart,
    /// Holds a lease.
    Lease,
    /// Watches processes and files.
    Watcher,
    /// Becomes a program that is read to its end.
    Program,
    /// Becomes a program that is talked to.
    Child,
    /// Passes a terminal on.
    Terminal,
    /// Passes a socket on.
    Socket,
}

impl Role {
    /// Whether what it writes may be left unread for long.
    pub(super) fn is_bulk(self) -> bool {
        matches!(self, Self::Child | Self::Terminal | Self::Socket)
    }

    /// The script: the functions it needs, then `call`, then what is done when that returns.
    pub(super) fn script(self, call: &str) -> String {
        let parts: &[&str] = match self {
            Self::Worker => &[BASE, FILES, PROCESSES, WORKER, FENCE, HELLO],
            Self::Heart => &[BASE, HEART],
            Self::Lease => &[BASE, PROCESSES, HELLO, LEASE],
            Self::Watcher => &[BASE, FILES, WATCHER],
            Self::Program | Self::Child => &[BASE, PROCESSES, HELLO, PROGRAM],
            Self::Terminal => &[BASE, TERMINAL],
            Self::Socket => &[BASE, SOCKET],
        };
        let mut script = String::new();
        for line in parts.iter().flat_map(|part| part.lines()) {
            if !line.trim_start().starts_with("# ") && !line.is_empty() {
                script.push_str(line);
                script.push('\n');
            }
        }
        script.push_str(call);
        script.push('\n');
        if self == Self::Worker {
            script.push_str("serve\n");
        }
        script
    }
}

/// How sessions become another user.
#[derive(Debug, Clone, Default)]
pub(super) enum Rise {
    /// They stay who logged in.
    #[default]
    No,
    /// By `sudo`, which asks for nothing.
    Sudo,
    /// By `sudo`, which may ask for a password.
    SudoWith(Secret),
}

impl Rise {
    /// The line that starts a session. The tag, of letters, digits and dashes, tells its shells from others.
    pub(super) fn line(&self, shell: &str, tag: &str) -> String {
        let sudo = match self {
            Self::No => "",
            Self::Sudo => "sudo -n -- ",
            Self::SudoWith(_) => "sudo -S -p \"\" -- ",
        };
        format!(
            "exec {sudo}{shell} -c 'while IFS= read -r n; do case $n in virt:*) break;; esac; done; \
             eval \"$(dd bs=\"${{n#virt:}}\" count=1 iflag=fullblock 2>/dev/null)\"' sh {tag}"
        )
    }

    /// What the session is sent first: the password, which a `sudo` that does not want it leaves to be skipped, and
    /// the script behind its length.
    pub(super) fn opening(&self, script: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(script.len() + 64);
        if let Self::SudoWith(password) = self {
            bytes.extend_from_slice(password.expose().as_bytes());
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(format!("virt:{}\n{script}", script.len()).as_bytes());
        bytes
    }
}

/// A word that nobody has said before: it tells our own lines from what a login shell's files print, and from what
/// programs say.
pub(super) fn fresh_word() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("virt-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_read_alike_by_every_login_shell() {
        for rise in [Rise::No, Rise::Sudo, Rise::SudoWith(Secret::new("x"))] {
            let line = rise.line("/bin/sh", &format!("{}-1-", fresh_word()));
            assert!(!line.contains(['\n', '!', '\\', '`']), "{line}");
            assert_eq!(line.matches('\'').count(), 2, "{line}");
        }
    }
}
