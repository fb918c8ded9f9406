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

/// How the run that began with this init ended; `None` where the log does not say, or is another run's.
pub(crate) fn end_cause(log: &str, init: u32) -> Option<EndCause> {
    let is_start = |line: &&str| line.contains(":post_start:");
    let of_this_run = format!("with pid \"{init}\"");
    let mut starts = log.lines().filter(is_start).peekable();
    // One that logs much has its start outside of what was read.
    if starts.peek().is_some() && !starts.any(|line| line.ends_with(&of_this_run)) {
        return None;
    }
    // What stands before its start, or before the next boot, is about the runs before it.
    let mut last_run = log.lines().rev().take_while(|line| !is_start(line));
    last_run.find_map(|line| {
        // Said of all, and of one that has exited nothing follows.
        if line.contains(":signal_handler:") && line.ends_with(" exited") {
            return Some(EndCause::Exited { killed: false });
        }
        // liblxc up to 5.0.2 at least cannot boot a container again while its console is open, and has just tried so.
        if line.contains(":lxc_poll:") && line.ends_with("Failed to add console handlers to mainloop") {
            return Some(EndCause::Rebooted);
        }
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

    /// The init of the run that is looked for.
    const INIT: u32 = 8;

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
        assert_eq!(end_cause(&halted, INIT), Some(EndCause::Halted));
        assert_eq!(
            end_cause(&format!("{halted}{rebooted}"), INIT),
            Some(EndCause::Rebooted)
        );
        assert_eq!(end_cause(&killed, INIT), Some(EndCause::Exited { killed: true }));
        assert_eq!(end_cause(FAILED, INIT), None);
    }

    #[test]
    fn only_the_last_run_counts_and_an_init_that_exits_is_told_by_its_signal_alone() {
        let line = |place: &str, said: &str| {
            format!("lxc-start c1 2026.1 DEBUG    start - ../src/lxc/start.c:{place} - {said}\n")
        };
        let exited = line("signal_handler:464", "Container init process 7 exited");
        let halted = line("__lxc_start:2137", "Interrupt(2) - Container \"c1\" is halting");
        let started = line("post_start:2205", "Started \"/sbin/init\" with pid \"8\"");
        assert_eq!(end_cause(&exited, INIT), Some(EndCause::Exited { killed: false }));
        assert_eq!(
            end_cause(&format!("{exited}{halted}"), INIT),
            Some(EndCause::Halted)
        );
        assert_eq!(end_cause(&format!("{exited}{halted}{started}"), INIT), None);
        let open = line("lxc_poll:615", "Failed to add console handlers to mainloop");
        assert_eq!(
            end_cause(&format!("{exited}{started}{open}"), INIT),
            Some(EndCause::Rebooted)
        );
    }

    #[test]
    fn the_log_of_another_run_says_nothing_of_this_one() {
        let line = |place: &str, said: &str| {
            format!("lxc-start c1 2026.1 DEBUG    start - ../src/lxc/start.c:{place} - {said}\n")
        };
        let started = |init: u32| {
            line(
                "post_start:2205",
                &format!("Started \"/sbin/init\" with pid \"{init}\""),
            )
        };
        let halted = line("__lxc_start:2137", "Interrupt(2) - Container \"c1\" is halting");
        assert_eq!(end_cause(&format!("{}{halted}", started(7)), INIT), None);
        assert_eq!(end_cause(&format!("{}{halted}", started(88)), INIT), None);
        let this = format!("{}{}{halted}", started(7), started(INIT));
        assert_eq!(end_cause(&this, INIT), Some(EndCause::Halted));
        // It was booted once more, which nobody has seen yet.
        let next = format!("{}{}{halted}", started(INIT), started(9));
        assert_eq!(end_cause(&next, INIT), Some(EndCause::Halted));
    }
}
