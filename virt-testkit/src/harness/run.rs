//! Running named tests, a bounded number at a time.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::Semaphore;

use super::{Arguments, NamedTest, Verdict};
use crate::skip;

/// Places that may be taken at a time unless said otherwise: made for two cores.
const PLACES: u32 = 4;

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// What became of all of them, in the order in which they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// One by one.
    pub tests: Vec<TestReport>,
}

impl Report {
    /// How many passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Passed))
    }

    /// How many were skipped, or are not about their target.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Skipped(_) | Verdict::NotApplicable(_)))
    }

    /// Those that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tests.iter().filter_map(|test| match &test.verdict {
            Verdict::Failed(why) => Some((test.name.as_str(), why.as_str())),
            _ => None,
        })
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.tests.iter().filter(|test| is(&test.verdict)).count()
    }
}

/// Runs tests, at most `places` places taken at a time, and tells of each as it ends. Needs a tokio runtime.
pub async fn run(tests: Vec<NamedTest>, places: u32, mut told: impl FnMut(&TestReport)) -> Report {
    let places = places.max(1);
    let free = Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(1)));
    let mut running: FuturesUnordered<_> = tests
        .into_iter()
        .map(|test| one(test, places, Arc::clone(&free)))
        .collect();
    let mut report = Report::default();
    while let Some(ended) = running.next().await {
        told(&ended);
        report.tests.push(ended);
    }
    report
}

async fn one(test: NamedTest, places: u32, free: Arc<Semaphore>) -> TestReport {
    // The semaphore is never closed: without a permit the test would run all the same.
    let _place = free.acquire_many_owned(test.weight.clamp(1, places)).await.ok();
    let began = Instant::now();
    let work = tokio::spawn((test.run)());
    let abort = work.abort_handle();
    let verdict = match tokio::time::timeout(test.time_limit, work).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(ended)) => Verdict::Failed(format!("it panicked: {}", panic_text(ended))),
        Err(_) => {
            abort.abort();
            Verdict::Failed(format!("it took longer than {} s", test.time_limit.as_secs()))
        }
    };
    TestReport {
        name: test.name,
        verdict,
        took: began.elapsed(),
    }
}

/// What a task that panicked said.
pub(crate) fn panic_text(ended: tokio::task::JoinError) -> String {
    match ended.try_into_panic() {
        Ok(payload) => payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "something that is no text".to_owned()),
        Err(cancelled) => cancelled.to_string(),
    }
}

/// The whole of a test program: reads the command line, lists or runs, prints as Rust's own runner does.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program, and this is its output"
)]
pub fn main(tests: Vec<NamedTest>) -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    let all = tests.len();
    let chosen: Vec<NamedTest> = tests
        .into_iter()
        .filter(|test| arguments.matches(test.name()))
        .collect();
    if arguments.list {
        for test in &chosen {
            println!("{}: test", test.name());
        }
        return ExitCode::SUCCESS;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime for the tests: {error}");
            return ExitCode::FAILURE;
        }
    };
    let filtered_out = all - chosen.len();
    println!("\nrunning {} tests", chosen.len());
    let began = Instant::now();
    let report = runtime.block_on(run(chosen, arguments.threads.unwrap_or(PLACES), print_one));
    // What a test left running must not keep the program.
    runtime.shutdown_background();
    close(&report, filtered_out, began.elapsed())
}

#[expect(clippy::print_stdout, reason = "it is a program, and this is its output")]
fn print_one(test: &TestReport) {
    let took = test.took.as_secs_f64();
    match &test.verdict {
        Verdict::Passed => println!("test {} ... ok ({took:.2} s)", test.name),
        Verdict::Failed(why) => println!("test {} ... FAILED ({took:.2} s)\n    {why}", test.name),
        Verdict::Skipped(missing) => {
            skip::log(&test.name, missing);
            println!("test {} ... ok (skipped)", test.name);
        }
        Verdict::NotApplicable(why) => println!("test {} ... ok (left out: {why})", test.name),
    }
}

#[expect(clippy::print_stdout, reason = "it is a program, and this is its output")]
fn close(report: &Report, filtered_out: usize, took: Duration) -> ExitCode {
    let failures: Vec<_> = report.failures().collect();
    if !failures.is_empty() {
        println!("\nfailures:");
        for (name, why) in &failures {
            println!("    {name}: {why}");
        }
    }
    let left_out = report.count(|verdict| matches!(verdict, Verdict::NotApplicable(_)));
    let skipped = report.skipped() - left_out;
    println!(
        "\n{} passed, {} failed, {skipped} skipped, {left_out} left out",
        report.passed(),
        failures.len()
    );
    // For who counts: a skip and a test left out ended well for the runner; the log of skips tells the first apart.
    println!(
        "test result: {}. {} passed; {} failed; 0 ignored; 0 measured; {filtered_out} filtered out; finished in {:.2}s\n",
        if failures.is_empty() { "ok" } else { "FAILED" },
        report.tests.len() - failures.len(),
        failures.len(),
        took.as_secs_f64()
    );
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_and_a_hang_are_failures_with_a_sentence_and_the_others_go_on() {
        let tests = vec![
            NamedTest::new("good", || async { Verdict::Passed }),
            NamedTest::new("bad", || async { panic!("it broke") }),
            NamedTest::new("slow", std::future::pending).time_limit(Duration::from_millis(10)),
        ];
        let report = run(tests, 2, |_| {}).await;
        assert_eq!(report.passed(), 1);
        let mut failures: Vec<_> = report.failures().collect();
        failures.sort_unstable();
        assert_eq!(
            failures,
            [
                ("bad", "it panicked: it broke"),
                ("slow", "it took longer than 0 s")
            ]
        );
    }

    #[tokio::test]
    async fn heavy_tests_are_not_run_at_the_same_time() {
        let busy = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let heavy = |name: &str| {
            let busy = Arc::clone(&busy);
            NamedTest::new(name, move || async move {
                let others = busy.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                busy.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                if others == 0 {
                    Verdict::Passed
                } else {
                    Verdict::Failed("there was another".into())
                }
            })
            .weight(4)
        };
        let report = run(vec![heavy("a"), heavy("b"), heavy("c")], 4, |_| {}).await;
        assert_eq!(report.passed(), 3);
    }
}
