//! Running cases.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use virt_core::Support;

use super::{Case, Env, Failure, GuestNeed, NotDone, Target, cases};
use crate::harness::{NamedTest, Verdict};
use crate::skip;

/// How long cleaning up may take.
const CLEAN_UP: Duration = Duration::from_secs(60);

type Make = Arc<dyn Fn() -> Result<Arc<dyn Target>, String> + Send + Sync>;

/// A target of a test program, by name, and which cases run on it. Making it may find that something is missing.
#[derive(Clone)]
pub struct TargetChoice {
    name: String,
    make: Make,
    chosen: fn(&Case) -> bool,
}

impl TargetChoice {
    /// All cases, on the target of this name; `make` says what is missing where there is no such target.
    pub fn new(
        name: impl Into<String>,
        make: impl Fn() -> Result<Arc<dyn Target>, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            make: Arc::new(make),
            chosen: |_| true,
        }
    }

    /// Only these cases.
    #[must_use]
    pub fn only(mut self, chosen: fn(&Case) -> bool) -> Self {
        self.chosen = chosen;
        self
    }
}

impl fmt::Debug for TargetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetChoice")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The tests of these targets, named `TARGET::THEME::CASE`, for [`harness::main`](crate::harness::main).
#[must_use]
pub fn tests(targets: &[TargetChoice]) -> Vec<NamedTest> {
    let of_target = |target: &TargetChoice| {
        let target = target.clone();
        cases()
            .filter(target.chosen)
            .map(|case| test(target.clone(), case))
            .collect::<Vec<_>>()
    };
    targets.iter().flat_map(of_target).collect()
}

fn test(choice: TargetChoice, case: Case) -> NamedTest {
    let weight = if case.guest() == GuestNeed::Booted { 2 } else { 1 };
    let name = format!("{}::{}", choice.name, case.name());
    let run = move || async move {
        // Finding out may take a while and blocks: it runs programs and may make files.
        let make = Arc::clone(&choice.make);
        match tokio::task::spawn_blocking(move || make()).await {
            Ok(Ok(target)) => run_case(target, case).await,
            Ok(Err(missing)) if skip::nothing_may_be_missing() => Verdict::Failed(format!(
                "it cannot be skipped here, and something is missing: {missing}"
            )),
            Ok(Err(missing)) => Verdict::Skipped(missing),
            Err(ended) => Verdict::Failed(format!("the target could not be made: {ended}")),
        }
    };
    // The case has its own limit; this one is for what is around it.
    NamedTest::new(name, run)
        .weight(weight)
        .time_limit(Duration::from_secs(600))
}

/// Runs one case at a place of its own of this target, and cleans up after it.
pub async fn run_case(target: Arc<dyn Target>, case: Case) -> Verdict {
    let env = match Env::open(Arc::clone(&target)).await {
        Ok(env) => Arc::new(env),
        Err(failure) => return Verdict::Failed(failure.to_string()),
    };
    let capabilities = env.conn().capabilities();
    let missing = case
        .needs()
        .iter()
        .find(|need| capabilities.support(**need) == Support::No);
    let result = match missing {
        Some(need) => Err(Failure::not_here(format!("the connection says No to {need:?}"))),
        None => carried_out(&env, case, target.times().boot).await,
    };
    let cleaned = match Arc::try_unwrap(env) {
        Ok(env) => match tokio::time::timeout(CLEAN_UP, env.clean_up()).await {
            Ok(cleaned) => cleaned,
            Err(_) => Err(Failure::new(format!(
                "cleaning up afterwards took longer than {} s",
                CLEAN_UP.as_secs()
            ))),
        },
        Err(_) => Err(Failure::new("something of the case still runs after its end")),
    };
    verdict(case, &capabilities, result, cleaned)
}

fn verdict(
    case: Case,
    capabilities: &virt_core::Capabilities,
    result: Result<(), Failure>,
    cleaned: Result<(), Failure>,
) -> Verdict {
    // `Unsupported` is an answer only to what the connection did not say it can.
    let uncertain = case.needs().iter().any(|need| !capabilities.has(*need));
    match (result, cleaned) {
        (Ok(()), Ok(())) => Verdict::Passed,
        (Ok(()), Err(left)) => Verdict::Failed(left.to_string()),
        (Err(failure), Ok(())) if is_left_out(&failure, uncertain) => {
            Verdict::NotApplicable(failure.to_string())
        }
        (Err(failure), Ok(())) => Verdict::Failed(failure.to_string()),
        (Err(failure), Err(left)) => Verdict::Failed(format!("{failure}; and {left}")),
    }
}

fn is_left_out(failure: &Failure, uncertain: bool) -> bool {
    match failure.not_done() {
        Some(NotDone::NotApplicable) => true,
        Some(NotDone::Unsupported) => uncertain,
        None => false,
    }
}

async fn carried_out(env: &Arc<Env>, case: Case, boot: Duration) -> Result<(), Failure> {
    let limit = case.time_limit(boot);
    let work = {
        let env = Arc::clone(env);
        let run = case.run();
        tokio::spawn(async move { run(&env).await })
    };
    let abort = work.abort_handle();
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(limit, &mut work).await {
        Ok(Ok(result)) => result,
        Ok(Err(ended)) => Err(Failure::new(format!(
            "it panicked: {}",
            crate::harness::panic_text(ended)
        ))),
        Err(_) => {
            abort.abort();
            // Its end has to be waited for: the environment is cleaned up after it.
            let _aborted = work.await;
            Err(Failure::new(format!("it took longer than {} s", limit.as_secs())))
        }
    }
}
