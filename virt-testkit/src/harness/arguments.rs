//! What `cargo test` and nextest tell a test program on its command line.

/// Which tests are run, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arguments {
    /// Names are printed, nothing is run.
    pub list: bool,
    /// Only tests that are left out otherwise: there are none.
    pub ignored: bool,
    /// Filters are whole names.
    pub exact: bool,
    /// Tests whose name contains one of these; all when there are none.
    pub filters: Vec<String>,
    /// Not those whose name contains one of these.
    pub skip: Vec<String>,
    /// Places that may be taken at a time.
    pub threads: Option<u32>,
}

impl Arguments {
    /// Reads a command line, without the program's name.
    ///
    /// # Errors
    /// A sentence about what was not understood.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (argument, None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| format!("{name} wants a value"))
            };
            match name.as_str() {
                "--list" => parsed.list = true,
                "--ignored" => parsed.ignored = true,
                "--exact" => parsed.exact = true,
                "--skip" => parsed.skip.push(value()?),
                "--test-threads" => {
                    let count = value()?;
                    parsed.threads = Some(
                        count
                            .parse()
                            .map_err(|_| format!("{count:?} is no number of threads"))?,
                    );
                }
                "--format" | "--color" | "--logfile" => drop(value()?),
                "--nocapture" | "--no-capture" | "--include-ignored" | "--quiet" | "-q" | "--test"
                | "--show-output" => {}
                other if other.starts_with('-') => return Err(format!("{other} is not understood")),
                filter => parsed.filters.push(filter.to_owned()),
            }
        }
        Ok(parsed)
    }

    /// Whether the test of this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let fits = |filter: &String| {
            if self.exact {
                name == filter
            } else {
                name.contains(filter)
            }
        };
        !self.ignored
            && (self.filters.is_empty() || self.filters.iter().any(fits))
            && !self.skip.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::parse(line.split_whitespace().map(str::to_owned)).unwrap()
    }

    #[test]
    fn what_nextest_says_is_understood() {
        assert!(parse("--list --format terse").list);
        assert!(!parse("--list --format terse --ignored").matches("any"));
        let one = parse("test::list --exact --nocapture");
        assert!(one.matches("test::list") && !one.matches("test::list_more"));
    }

    #[test]
    fn what_cargo_test_says_is_understood() {
        let some = parse("list --skip slow --test-threads=4 --color never");
        assert_eq!(some.threads, Some(4));
        assert!(some.matches("a::list") && !some.matches("a::slow_list") && !some.matches("b"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let error = Arguments::parse(["--bogus".to_owned()]).unwrap_err();
        assert!(error.contains("--bogus"), "{error}");
    }
}
