//! What tests that failed had to say, shown once more at the end: it stands far up by then.

/// How much is kept of what one try of a test has printed, in lines.
const MOST_LINES: usize = 60;

/// What a line of nextest's begins with that tells how a test goes.
const STATUS: [&str; 8] = [
    "PASS [",
    "FAIL [",
    "SLOW [",
    "TRY ",
    "TIMEOUT [",
    "TERMINATING [",
    "SIG",
    "LEAK [",
];

/// Takes in what nextest prints, and keeps what was printed by tests that failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    said: Vec<String>,
    /// How many more lines are kept of the present one; none where no test has failed just now.
    room: usize,
    /// The closing lines name all tests that failed once more.
    closing: bool,
}

impl Failures {
    pub(super) fn read(&mut self, line: &str) {
        let text = line.trim_start();
        if text.starts_with("Summary [") {
            self.closing = true;
        }
        if self.closing {
            return;
        }
        if STATUS.iter().any(|status| text.starts_with(status)) {
            let passed = ["PASS [", "SLOW [", "LEAK ["]
                .iter()
                .any(|status| text.contains(status));
            self.room = if passed { 0 } else { MOST_LINES };
        }
        if self.room > 0 && !text.is_empty() {
            self.room -= 1;
            self.said.push(line.trim_end().to_owned());
        }
    }

    /// What was kept, a line each, in order.
    pub(super) fn said(&self) -> &[String] {
        &self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_that_failed_had_printed_is_kept_and_nothing_else() {
        let mut failures = Failures::default();
        let printed = "        PASS [   0.1s] (1/3) one\n  TRY 1 FAIL [   0.4s] (2/3) two\n  stdout ───\n\n    \
                       two is not one\n\n        PASS [   0.1s] (3/3) three\nother\n     Summary [ 1s] 3 tests run\n  \
                       TRY 2 FAIL [   0.4s] (2/3) two";
        for line in printed.lines() {
            failures.read(line);
        }
        assert_eq!(
            failures.said(),
            [
                "  TRY 1 FAIL [   0.4s] (2/3) two",
                "  stdout ───",
                "    two is not one"
            ]
        );
    }

    #[test]
    fn of_one_that_prints_without_end_the_beginning_is_kept() {
        let mut failures = Failures::default();
        failures.read("        FAIL [   0.4s] (2/3) two");
        for _ in 0..1_000 {
            failures.read("    more");
        }
        assert_eq!(failures.said().len(), MOST_LINES);
    }
}
