//! What the texts of `/proc` say of a process, wherever they were read.

use super::{ProcessIdentity, ProcessInfo};

impl ProcessInfo {
    /// What `/proc/PID/stat` and `/proc/PID/cmdline` say of a process, on a machine with so many clock ticks in a
    /// second and bytes in a page. `None` where `stat` can't be understood.
    #[must_use]
    pub fn from_proc(pid: u32, stat: &str, cmdline: &[u8], scale: ProcScale) -> Option<Self> {
        let stat = Stat::parse(stat)?;
        Some(Self {
            identity: ProcessIdentity {
                pid,
                start_time: stat.start_time,
            },
            argv: split_arguments(cmdline),
            zombie: stat.ended(),
            stopped: matches!(stat.state, 'T' | 't'),
            cpu_time_ns: stat
                .cpu_ticks
                .saturating_mul(1_000_000_000 / scale.clock_ticks.max(1)),
            rss_bytes: stat.rss_pages.saturating_mul(scale.page_size),
        })
    }
}

/// The units a machine's `/proc` counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcScale {
    /// Clock ticks per second.
    pub clock_ticks: u64,
    /// Bytes per page.
    pub page_size: u64,
}

/// The fields of `/proc/PID/stat` we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    state: char,
    cpu_ticks: u64,
    threads: u64,
    pub(super) start_time: u64,
    rss_pages: u64,
}

impl Stat {
    /// Reads the line of `/proc/PID/stat`. The program's name stands in parentheses and may itself hold anything.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (_, after_name) = text.rsplit_once(')')?;
        let mut fields = after_name.split_ascii_whitespace();
        // Numbered as in proc(5): the state is field 3.
        let state = fields.next()?.chars().next()?;
        let mut field = |skip: usize| fields.nth(skip)?.parse::<u64>().ok();
        let user = field(10)?;
        let system = field(0)?;
        let threads = field(4)?;
        let start_time = field(1)?;
        let rss_pages = field(1)?;
        Some(Self {
            state,
            cpu_ticks: user.saturating_add(system),
            threads,
            start_time,
            rss_pages,
        })
    }

    /// A process is over when its last thread is; until then a zombie leader lives on in the others.
    fn ended(self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x') && self.threads <= 1
    }
}

fn split_arguments(cmdline: &[u8]) -> Vec<String> {
    let cmdline = cmdline.strip_suffix(b"\0").unwrap_or(cmdline);
    if cmdline.is_empty() {
        return Vec::new();
    }
    cmdline
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 3 0 987654 1000 250 18446744073709551615 1";

    #[test]
    fn a_program_name_with_parentheses_does_not_shift_the_fields() {
        let stat = Stat::parse(LINE).unwrap();
        assert_eq!(
            stat,
            Stat {
                state: 'S',
                cpu_ticks: 12,
                threads: 3,
                start_time: 987_654,
                rss_pages: 250
            }
        );
    }

    #[test]
    fn a_zombie_leader_with_living_threads_has_not_ended() {
        let zombie = Stat::parse(&LINE.replace(") S ", ") Z ")).unwrap();
        assert!(!zombie.ended());
        assert!(Stat { threads: 1, ..zombie }.ended());
    }

    #[test]
    fn short_lines_are_refused() {
        for text in [
            "",
            "1 (a",
            "1 (a) S 1 2",
            "1 (a) S x x x x x x x x x x x x x x x x x x x x x x",
        ] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arguments_keep_their_empty_ones() {
        assert_eq!(split_arguments(b"a\0\0b\0"), ["a", "", "b"]);
        assert_eq!(split_arguments(b""), Vec::<String>::new());
    }
}
