//! `cargo xtask soak lxc [SECONDS]`: containers that are started, entered, frozen and ended at random, by us and by
//! liblxc's own tools at the same time.
#![cfg(feature = "lxc")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "live/checks.rs"]
#[allow(dead_code, reason = "the live tests use more of it")]
mod checks;
#[path = "live/containers.rs"]
#[allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "the live tests use more of it"
)]
mod containers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use containers::Containers;
use virt_sdk::agent::ExecRequest;
use virt_sdk::domain::{ShutdownMode, ShutdownOptions};
use virt_sdk::event::{DomainChange, Event, EventFilter};
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, DomainState, Error, ErrorKind};
use virt_testkit::live::lxc::{Init, LxcTools, Native};
use virt_testkit::skip;

const SECONDS: u64 = 300;
/// Containers, and as many who work on them.
const WORKERS: u64 = 6;
/// How long all work between two looks whether what we know is so.
const SPELL: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(10);
/// What an answer may come later than its deadline.
const SLACK: Duration = Duration::from_secs(3);

/// Numbers that look random and are the same every time.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What the calls answered.
#[derive(Debug, Default)]
struct Tally {
    succeeded: u32,
    refused: BTreeMap<String, u32>,
    by_others: u32,
    unfit: Vec<String>,
    slowest: Duration,
}

type Shared = Arc<Mutex<Tally>>;

fn noted(tally: &Shared, what: &str, answer: Result<(), Error>, took: Duration) {
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.slowest = tally.slowest.max(took);
    match answer {
        Ok(()) => tally.succeeded += 1,
        Err(error) => {
            // What others have done in between: it runs, or does no more; is frozen; has ended under our hands.
            let fits = match error.kind() {
                ErrorKind::InvalidState
                | ErrorKind::AgentUnavailable
                | ErrorKind::Cancelled
                | ErrorKind::Failed => true,
                // What goes into a container that others freeze just then waits for as long as it may, and so does
                // lxc-freeze where others thaw.
                ErrorKind::Timeout => matches!(what, "exec" | "shutdown" | "suspend" | "resume"),
                _ => false,
            };
            *tally
                .refused
                .entry(format!("{what}: {:?}", error.kind()))
                .or_default() += 1;
            if !fits {
                tally.unfit.push(format!("{what}: {error} [{:?}]", error.kind()));
            }
        }
    }
}

/// One call, chosen by number.
async fn act(domain: &Domain, which: u64, tally: &Shared) {
    let began = Instant::now();
    let signal = ShutdownOptions::default().mode(ShutdownMode::Signal);
    let work = async {
        match which {
            0..=3 => ("start", domain.start().await),
            4..=6 => {
                let request = ExecRequest::new("/bin/sh").args(["-c", "echo $$"]);
                let request = request.time_limit(Duration::from_secs(2));
                ("exec", domain.agent().exec(&request).await.map(drop))
            }
            7 => ("suspend", domain.suspend().await),
            8 | 9 => ("resume", domain.resume().await),
            10 | 11 => ("destroy", domain.destroy().await),
            12 => ("shutdown", domain.shutdown_with(&signal).await),
            13 => ("statistics", domain.stats(StatsGroups::all()).await.map(drop)),
            14 => ("document", domain.config().await.map(drop)),
            _ => ("reboot", domain.reboot().await),
        }
    };
    let (what, answer) = tokio::time::timeout(DEADLINE + SLACK, work)
        .await
        .unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::Internal, "it did not answer in time");
            ("a call", Err(error))
        });
    noted(tally, what, answer, began.elapsed());
}

/// What liblxc's tools do at the same time.
fn interfere(native: &Native, which: u64) {
    let (program, arguments): (&str, &[&str]) = match which {
        0 | 1 => ("lxc-start", &[]),
        2 => ("lxc-stop", &["-k"]),
        3 => ("lxc-freeze", &[]),
        4 | 5 => ("lxc-unfreeze", &[]),
        6 => ("lxc-stop", &["-W", "--nokill"]),
        _ => ("lxc-info", &[]),
    };
    // What it says does not matter: it may not fit. Of a container that somebody thaws lxc-freeze waits for ever.
    let tool = native.tool(program);
    let mut bounded = std::process::Command::new("timeout");
    bounded
        .args(["-k", "1", "3", program])
        .args(tool.get_args())
        .args(arguments);
    drop(bounded.output());
}

async fn spell(containers: &Arc<Containers>, domains: &[Domain], dice: &mut Dice, tally: &Shared) {
    let until = Instant::now() + SPELL;
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..WORKERS {
        let mut dice = Dice(dice.below(u64::MAX) | 1);
        // Mostly one's own, at times another's.
        let (domains, tally) = (domains.to_vec(), Arc::clone(tally));
        workers.spawn(async move {
            while Instant::now() < until {
                let at = if dice.below(4) == 0 {
                    dice.below(WORKERS)
                } else {
                    number
                };
                let domain = domains.get(usize::try_from(at).unwrap_or(0));
                act(domain.expect("there are as many"), dice.below(16), &tally).await;
            }
        });
    }
    let mut dice = Dice(dice.below(u64::MAX) | 1);
    let (names, containers) = (names(domains), Arc::clone(containers));
    let others = Arc::clone(tally);
    workers.spawn_blocking(move || {
        while Instant::now() < until {
            let at = usize::try_from(dice.below(WORKERS)).unwrap_or(0);
            let native = containers.native(names.get(at).expect("there are as many"));
            interfere(&native, dice.below(8));
            others.lock().unwrap_or_else(PoisonError::into_inner).by_others += 1;
            std::thread::sleep(Duration::from_millis(dice.below(150)));
        }
    });
    while let Some(ended) = workers.join_next().await {
        ended.expect("a worker ends");
    }
}

fn names(domains: &[Domain]) -> Vec<String> {
    domains.iter().map(|domain| domain.name().to_owned()).collect()
}

/// When nobody acts any more, what we know and what the events have told is what liblxc says.
async fn agrees(
    containers: &Containers,
    domains: &[Domain],
    told: &Arc<Mutex<BTreeMap<String, DomainState>>>,
) {
    for domain in domains {
        let native = containers.native(domain.name());
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let state = domain.info().await.expect("what it is").state;
            let lxc = native.state().expect("lxc-info");
            let event = told
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(domain.name())
                .copied();
            // What liblxc says of freezing is what its tools have said last, not always what is so: the kernel knows.
            let frozen = (lxc != "STOPPED").then(|| is_frozen(&native)).flatten();
            let fits = match state {
                DomainState::Running => lxc != "STOPPED" && frozen == Some(false),
                DomainState::Paused => lxc != "STOPPED" && frozen == Some(true),
                DomainState::ShutOff => lxc == "STOPPED",
                _ => false,
            };
            let seen = (state, lxc, frozen, event);
            if fits && event.is_none_or(|event| event == state) {
                break;
            }
            assert!(
                Instant::now() < until,
                "{} is {seen:?} (ours, liblxc's, frozen or not, by events)",
                domain.name()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Whether the kernel has frozen a container.
fn is_frozen(native: &Native) -> Option<bool> {
    let output = native.tool("lxc-cgroup").arg("freezer.state").output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then(|| said != "THAWED")
}

/// Follows the events: the state that follows from them.
async fn follow(conn: &Connection, told: Arc<Mutex<BTreeMap<String, DomainState>>>) {
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let Event::Domain(event) = event else { continue };
            let state = match event.change {
                DomainChange::Started(_) | DomainChange::Resumed(_) | DomainChange::Rebooted => {
                    DomainState::Running
                }
                DomainChange::Suspended(_) => DomainState::Paused,
                DomainChange::Stopped(_) => DomainState::ShutOff,
                _ => continue,
            };
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.insert(event.domain.name, state);
        }
    });
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: cargo xtask soak lxc"]
async fn containers_that_we_and_others_use_at_random_are_known_and_leave_nothing() {
    if let Err(missing) = LxcTools::check() {
        return skip::declare(&missing.to_string());
    }
    let seconds = std::env::var("VIRT_SOAK_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let containers = Arc::new(Containers::new().expect("a directory"));
    let before = open_files();
    let conn = containers.open().await.expect("it opens").with_deadline(DEADLINE);
    let told = Arc::default();
    follow(&conn, Arc::clone(&told)).await;
    let mut domains = Vec::new();
    for number in 0..WORKERS {
        let name = format!("soak{number}");
        let interface = if number % 2 == 0 {
            ""
        } else {
            "<interface type='ethernet'/>"
        };
        let config = containers
            .document(&name, Init::Quick, interface)
            .expect("a document");
        domains.push(conn.define_domain(&config).await.expect("it is defined"));
    }
    let tally = Shared::default();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut spells = 0;
    while Instant::now() < until {
        spell(&containers, &domains, &mut dice, &tally).await;
        agrees(&containers, &domains, &told).await;
        spells += 1;
        println!("{spells} spells, {} files open: {tally:?}", open_files());
    }
    let unfit = std::mem::take(&mut tally.lock().unwrap_or_else(PoisonError::into_inner).unfit);
    assert!(unfit.is_empty(), "errors of kinds that do not fit: {unfit:#?}");
    containers.remove_all(&conn).await.expect("all is removed");
    containers.nothing_is_there().await.expect("nothing is left");
    drop((conn, domains));
    let after = open_files();
    assert!(after <= before + 8, "{before} files were open, and {after} are");
}
