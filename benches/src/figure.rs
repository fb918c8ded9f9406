//! Figures: many samples, one line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing figures is this module's job"
)]

use std::fmt;

/// What a figure has to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
    /// Nothing: it is printed to explain another one.
    Open,
}

impl Bar {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(bar) => value <= bar,
            Self::AtLeast(bar) => value >= bar,
            Self::Open => true,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bar) => write!(f, "<={bar}"),
            Self::AtLeast(bar) => write!(f, ">={bar}"),
            Self::Open => f.write_str("-"),
        }
    }
}

/// Several measurements of one thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The value that `percent` of the samples do not exceed; NaN where there are none.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (last * percent + 50) / 100;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut samples = Self::default();
        values.into_iter().for_each(|value| samples.add(value));
        samples
    }
}

/// Prints a figure: the median of `samples` against `bar`.
pub(crate) fn print(name: &str, unit: &str, bar: Bar, samples: &Samples) {
    println!("{}", line(name, unit, bar, samples));
}

/// Prints what is going on, apart from the figures.
pub(crate) fn remark(text: &str) {
    eprintln!("# {text}");
}

fn line(name: &str, unit: &str, bar: Bar, samples: &Samples) -> String {
    let value = samples.median();
    let verdict = if bar.holds(value) { "ok" } else { "short" };
    let (low, high) = (samples.percentile(10), samples.percentile(90));
    let count = samples.0.len();
    format!("{name} {value:.2} {unit} {bar} n={count} p10={low:.2} p90={high:.2} {verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_with_its_bar_and_a_verdict() {
        let samples: Samples = (1..=11).rev().map(f64::from).collect();
        let expected = "qemu.x 6.00 ms <=6.5 n=11 p10=2.00 p90=10.00 ok";
        assert_eq!(line("qemu.x", "ms", Bar::AtMost(6.5), &samples), expected);
        assert!(line("qemu.x", "ms", Bar::AtLeast(7.0), &samples).ends_with("short"));
    }

    #[test]
    fn no_sample_is_no_success() {
        assert!(line("qemu.x", "ms", Bar::AtMost(1.0), &Samples::default()).ends_with("short"));
    }
}
