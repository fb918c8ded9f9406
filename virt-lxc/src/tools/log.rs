//! The log of a container's monitor: why a start failed, how a run ended.
//!
//! liblxc tells how a container's init ended nowhere but there, at level DEBUG.

/// Up to which level a monitor logs.
pub(super) const LEVEL: &str = "DEBUG";

/// How a container's init ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndCause {
    /// It powered the container off.
    Halted,
    /// It rebooted the container: the monitor starts it again.
    Rebooted,
    /// It exited, or was killed from outside: by a signal, where true.
    Exited {
        /// Whether a signal ended it.
        killed: bool,
    },
}

/// How the last run in a log ended; `None` where the log does not say.
pub(crate) fn end_cause(log: &str) -> Option<EndCause> {
    log.lines().rev().find_map(|line| {
        let (_, said) = line.split_once(":__lxc_start:")?;
        if said.ends_with("is halting") {
            Some(EndCause::Halted)
        } else if said.ends_with("is rebooting") {
            Some(EndCause::Rebooted)
        } else if said.contains("init exited") || said.contains("violated its seccomp policy") {
            // `Killed(9) - Container "web" init exited`, where a signal did it.
            let killed = said.contains(" - Container");
            Some(EndCause::Exited { killed })
        } else {
            None
        }
    })
}

/// The first error in a log: what the others follow from.
pub(crate) fn first_error(log: &str) -> Option<String> {
    log.lines().find_map(|line| {
        let (head, said) = line.split_once(" - ")?;
        if !head.split_ascii_whitespace().any(|word| word == "ERROR") {
            return None;
        }
        // `../src/lxc/conf.c:lxc_rootfs_init:576 - No such file or directory - Failed to open "/x"`
        let said = said.split_once(" - ").map_or(said, |(_, said)| said);
        Some(said.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\
lxc-start c2 20261128003713.570 DEBUG    conf - ../src/lxc/conf.c:run:1 - Executing
lxc-start c2 20261128003713.576 ERROR    conf - ../src/lxc/conf.c:lxc_rootfs_init:576 - No such file or directory - Failed to open \"/nope\"
lxc-start c2 20261128003713.576 ERROR    start - ../src/lxc/start.c:__lxc_start:2079 - Failed to handle rootfs pinning
";

    #[test]
    fn the_first_error_is_the_cause() {
        assert_eq!(
            first_error(FAILED).unwrap(),
            "No such file or directory - Failed to open \"/nope\""
        );
        assert_eq!(first_error("nothing here\n"), None);
    }

    #[test]
    fn the_last_end_counts() {
        let line = |said: &str| {
            format!("lxc-start c1 2026.1 DEBUG    start - ../src/lxc/start.c:__lxc_start:2137 - {said}\n")
        };
        let halted = line("Interrupt(2) - Container \"c1\" is halting");
        let rebooted = line("Hangup(1) - Container \"c1\" is rebooting");
        let killed = line("Killed(9) - Container \"c1\" init exited");
        assert_eq!(end_cause(&halted), Some(EndCause::Halted));
        assert_eq!(
            end_cause(&format!("{halted}{rebooted}")),
            Some(EndCause::Rebooted)
        );
        assert_eq!(end_cause(&killed), Some(EndCause::Exited { killed: true }));
        assert_eq!(end_cause(FAILED), None);
    }
}
