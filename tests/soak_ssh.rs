//! `cargo xtask soak ssh`: a far machine whose line is cut at random moments, for 1 s and for 60 s, that stalls, and
//! whose sshd is killed, while guests are defined, started and ended on it.
#![cfg(all(feature = "qemu", feature = "ssh"))]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "qemu/machines.rs"]
#[allow(dead_code, reason = "the conformance suite uses more of it")]
mod machines;

use std::future::Future;
use std::time::{Duration, Instant};

use virt_sdk::domain::{DomainFilter, StartOptions};
use virt_sdk::model::DomainConfig;
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, DomainState, Error, ErrorKind};
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::leftovers;
use virt_testkit::skip;

/// Short outages, each at another moment of the work.
const SHORT: u32 = 60;
/// Long ones.
const LONG: u32 = 3;
const DEADLINE: Duration = Duration::from_secs(10);
/// What an answer may come later than its deadline.
const SLACK: Duration = Duration::from_secs(3);

/// Numbers that look random and are the same every time.
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
    lost: u32,
    timed_out: u32,
    other: Vec<String>,
    slowest: Duration,
}

impl Tally {
    /// Makes a call, which has to answer in time, with success or an error of a kind that fits.
    async fn call<T>(&mut self, what: &str, call: impl Future<Output = Result<T, Error>>) -> Option<T> {
        let began = Instant::now();
        let answer = tokio::time::timeout(DEADLINE + SLACK, call).await;
        let answer = answer.unwrap_or_else(|_| late(what, began.elapsed()));
        self.slowest = self.slowest.max(began.elapsed());
        match answer {
            Ok(value) => {
                self.succeeded += 1;
                return Some(value);
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionLost => self.lost += 1,
                ErrorKind::Timeout => self.timed_out += 1,
                // What a call before it left undone, or what it had done though its answer was lost.
                ErrorKind::InvalidState
                | ErrorKind::NotFound
                | ErrorKind::AlreadyExists
                | ErrorKind::Cancelled => {}
                _ => self.other.push(format!("{what}: {error}")),
            },
        }
        None
    }
}

fn late<T>(what: &str, took: Duration) -> Result<T, Error> {
    Err(Error::new(
        ErrorKind::Internal,
        format!("{what} did not answer within {took:?}"),
    ))
}

async fn work(conn: &Connection, machine: &DomainConfig, tally: &mut Tally) {
    let paused = StartOptions::default().paused();
    let defined = tally.call("define", conn.define_domain(machine)).await;
    let domain = match defined {
        Some(domain) => domain,
        None => match tally.call("look-up", conn.domain(machine.name.as_str())).await {
            Some(domain) => domain,
            None => return,
        },
    };
    let domain = domain.with_deadline(DEADLINE);
    tally.call("start", domain.start_with(&paused)).await;
    tally.call("resume", domain.resume()).await;
    tally
        .call("statistics", conn.domain_stats(StatsGroups::all()))
        .await;
    tally.call("list", conn.domain_infos(&DomainFilter::all())).await;
    tally.call("suspend", domain.suspend()).await;
    tally.call("destroy", domain.destroy()).await;
    tally.call("undefine", domain.undefine()).await;
}

/// The line is there again: the steady guest answers, the other can be used, and nothing else runs.
async fn settled(conn: &Connection, steady: &Domain, machine: &DomainConfig, place: &std::path::Path) {
    let patient = steady.with_deadline(Duration::from_secs(60));
    let until = Instant::now() + Duration::from_secs(60);
    while let Err(error) = patient.resume().await {
        assert!(Instant::now() < until, "the line does not come back: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    patient.suspend().await.expect("the steady guest is suspended");
    if let Ok(domain) = conn.domain(machine.name.as_str()).await {
        let info = domain.info().await.expect("it is known");
        if info.state.is_active() {
            domain.destroy().await.expect("it is destroyed");
        }
        if info.persistent {
            domain.undefine().await.expect("it is undefined");
        }
    }
    let mut left = Vec::new();
    for _ in 0..100 {
        left = leftovers::processes_in(place).expect("/proc");
        left.retain(|process| process.program.contains("qemu"));
        if left.len() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left.len(), 1, "only the steady guest runs: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: cargo xtask soak ssh"]
async fn a_line_that_is_cut_at_any_moment_leaves_nothing_half_done() {
    let machines = match machines::Machines::installed().await {
        Ok(machines) => machines,
        Err(missing) => return skip::declare(&missing),
    };
    let mut far = match FarMachine::start(|sshd| sshd).await {
        Ok(far) => far,
        Err(missing) => return skip::declare(&missing.to_string()),
    };
    let place = tempfile::Builder::new()
        .prefix("vs")
        .tempdir_in("/tmp")
        .expect("a directory");
    let root = place.path().join("root");
    let conn = virt_sdk::connect(&far.uri(&root)).await.expect("it opens");
    let conn = conn.with_deadline(DEADLINE);
    let mut steady = machines.machine(place.path(), "steady").expect("a document");
    steady.uuid = Some(uuid::Uuid::new_v4());
    let mut restless = machines.machine(place.path(), "restless").expect("a document");
    restless.uuid = Some(uuid::Uuid::new_v4());
    let steady = conn.define_domain(&steady).await.expect("it is defined");
    let paused = StartOptions::default().paused();
    steady.start_with(&paused).await.expect("it starts");
    let pid = steady_pid(place.path());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut tally = Tally::default();
    for round in 0..SHORT + LONG {
        let moment = Duration::from_millis(dice.below(1_500));
        let outage = if round < SHORT {
            Duration::from_secs(1)
        } else {
            Duration::from_secs(60)
        };
        // A stall of a minute would cost the root: that is promised, and tested elsewhere.
        let kind = if round < SHORT { dice.below(3) } else { 0 };
        let failing = async {
            tokio::time::sleep(moment).await;
            match kind {
                0 => far.cut_for(outage).await,
                1 => {
                    far.line.stall();
                    tokio::time::sleep(outage).await;
                    far.line.cut();
                    far.line.resume();
                }
                _ => {
                    far.sshd.kill_sessions();
                    tokio::time::sleep(outage.min(Duration::from_secs(2))).await;
                }
            }
        };
        let working = work(&conn, &restless, &mut tally);
        let ((), ()) = tokio::join!(failing, working);
        settled(&conn, &steady, &restless, place.path()).await;
        assert_eq!(
            steady_pid(place.path()),
            pid,
            "the steady guest is another process"
        );
        if round % 10 == 9 || round >= SHORT {
            println!("{} outages: {tally:?}", round + 1);
        }
    }
    assert!(
        tally.other.is_empty(),
        "errors of kinds that do not fit: {:?}",
        tally.other
    );
    equal_state(&steady).await;
    steady.destroy().await.expect("it is destroyed");
    conn.shutdown().await.expect("it is shut down");
}

async fn equal_state(steady: &Domain) {
    let state = steady.info().await.expect("what it is").state;
    assert_eq!(state, DomainState::Paused);
}

fn steady_pid(place: &std::path::Path) -> u32 {
    let found = leftovers::processes_in(place).expect("/proc");
    let pids: Vec<u32> = found
        .into_iter()
        .filter(|process| process.program.contains("qemu"))
        .map(|process| process.pid)
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains("guest=steady")
        })
        .collect();
    assert_eq!(pids.len(), 1, "processes of the steady guest");
    pids.first().copied().unwrap_or_default()
}
