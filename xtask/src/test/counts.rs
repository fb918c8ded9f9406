//! Counting what the test runners report.

use std::fmt;

/// How many tests passed, failed and were skipped, over all runners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    /// Tests marked to be left out of this run.
    pub(super) left_out: usize,
}

impl Counts {
    /// Takes in a line of a runner's output; only closing lines count.
    pub(super) fn read(&mut self, line: &str) {
        // One that is set in is what a test that failed had printed, shown by its runner.
        if let Some(results) = line.strip_prefix("test result: ") {
            self.add(
                results.split_once(". ").map_or(results, |(_, counts)| counts),
                ';',
            );
        } else if let Some(results) = line.trim_start().strip_prefix("Summary [")
            && let Some((_, counts)) = results.split_once(" run: ")
        {
            self.add(counts, ',');
        }
    }

    /// A test that declared itself skipped ended well for its runner: it is counted here instead.
    pub(super) fn move_to_skipped(&mut self, count: usize) {
        self.passed = self.passed.saturating_sub(count);
        self.skipped += count;
    }

    fn add(&mut self, counts: &str, separator: char) {
        for part in counts.split(separator) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<usize>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "timed" | "exec" => self.failed += number,
                "ignored" | "skipped" => self.left_out += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_both_runners_are_counted() {
        let mut counts = Counts::default();
        counts.read(
            "     Summary [  14.899s] 8 tests run: 5 passed (1 slow), 2 failed, 1 timed out, 4 skipped",
        );
        counts.read(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        counts.read("test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.read("        PASS [   2.875s] (2/3) some test");
        assert_eq!(
            counts,
            Counts {
                passed: 8,
                failed: 4,
                skipped: 0,
                left_out: 5
            }
        );
    }

    #[test]
    fn a_declared_skip_is_no_pass() {
        let mut counts = Counts {
            passed: 3,
            ..Counts::default()
        };
        counts.move_to_skipped(2);
        assert_eq!(counts.to_string(), "1 passed, 0 failed, 2 skipped");
    }
}
