//! `cargo xtask soak qemu`: 10,000 calls dropped at random points of their way, against the reference driver and a real QEMU.
#![cfg(feature = "qemu")]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test, which tells how far it is"
)]

#[path = "qemu/machines.rs"]
mod machines;

use std::path::Path;
use std::time::Duration;

use virt_sdk::domain::{ConfigScope, DestroyOptions, DomainFilter, MetadataItem, StartOptions};
use virt_sdk::event::EventFilter;
use virt_sdk::model::{ByteSize, Channel, Console, DomainConfig, DomainType};
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, DomainState};
use virt_testkit::skip;

const CALLS: u32 = 10_000;

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

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// One call, chosen by number; what it answers does not matter, it may have been asked for something that does not fit.
async fn call(conn: &Connection, booted: &Domain, restless: &Domain, which: u64) {
    let paused = StartOptions::default().paused();
    let title = MetadataItem::Title(Some(format!("title {which}")));
    let current = ConfigScope::Current;
    match which {
        0 => drop(conn.domains().await),
        1 => drop(conn.domain_infos(&DomainFilter::all().active()).await),
        2 => drop(conn.domain(booted.name()).await),
        3 => drop(conn.domain_stats(StatsGroups::all()).await),
        4 => drop(conn.events(EventFilter::all()).await),
        5 => drop(booted.info().await),
        6 => drop(booted.xml().await),
        7 => drop(booted.agent().ping().await),
        8 => drop(booted.agent().interfaces().await),
        9 => drop(booted.agent().read_file("/etc/hostname").await),
        10 => drop(booted.console().await),
        11 => drop(booted.set_memory(ByteSize::mib(200), ConfigScope::Live).await),
        12 => drop(booted.set_metadata(&title, current).await),
        13 => drop(booted.wait_for(DomainState::ShutOff).await),
        14 => drop(restless.start_with(&paused).await),
        15 => drop(restless.resume().await),
        16 => drop(restless.suspend().await),
        17 => drop(restless.reset().await),
        18 => drop(restless.destroy_with(&DestroyOptions::default()).await),
        19 => drop(restless.set_autostart(false).await),
        20 => drop(restless.set_metadata(&title, ConfigScope::Config).await),
        _ => drop(restless.stats(StatsGroups::all()).await),
    }
}

async fn settled(conn: &Connection, booted: &Domain, restless: &Domain) {
    let patient = booted.with_deadline(Duration::from_secs(60));
    patient
        .wait_for_agent()
        .await
        .expect("the guest is as alive as before");
    drop(restless.destroy().await);
    let off = restless
        .with_deadline(Duration::from_secs(30))
        .wait_for(DomainState::ShutOff)
        .await;
    off.expect("a machine that was destroyed is shut off");
    assert!(conn.is_alive(), "the connection is not alive");
}

async fn soak(conn: &Connection, booted: &Domain, restless: &Domain) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    // What is made once and kept is made before the counting.
    for which in 0..22 {
        let _ended =
            tokio::time::timeout(Duration::from_millis(500), call(conn, booted, restless, which)).await;
    }
    settled(conn, booted, restless).await;
    let (files, running) = (open_files(), tasks());
    for number in 0..CALLS {
        let which = dice.below(22);
        let micros = match dice.below(4) {
            0 => dice.below(50),
            1 => dice.below(1_000),
            2 => dice.below(10_000),
            _ => dice.below(60_000),
        };
        let work = call(conn, booted, restless, which);
        let _ended = tokio::time::timeout(Duration::from_micros(micros), work).await;
        if number % 1_000 == 999 {
            settled(conn, booted, restless).await;
            println!(
                "{} calls, {} open files, {} tasks",
                number + 1,
                open_files(),
                tasks()
            );
        }
    }
    settled(conn, booted, restless).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (files_now, running_now) = (open_files(), tasks());
    assert!(files_now <= files + 4, "{files} files were open, now {files_now}");
    assert!(
        running_now <= running + 4,
        "{running} tasks were there, now {running_now}"
    );
}

async fn run(conn: Connection, guest: &DomainConfig, machine: &DomainConfig) {
    let booted = conn.define_domain(guest).await.expect("a guest is defined");
    booted.start().await.expect("it starts");
    let restless = conn.define_domain(machine).await.expect("a machine is defined");
    soak(&conn, &booted, &restless).await;
    booted.destroy().await.expect("the guest is destroyed");
    conn.shutdown().await.expect("the connection is shut down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: cargo xtask soak qemu"]
async fn ten_thousand_dropped_calls_leak_nothing_in_the_reference_driver() {
    let conn = virt_sdk::connect("test:///default").await.expect("it opens");
    let named = |name: &str| {
        DomainConfig::builder(name)
            .kind(DomainType::Test)
            .memory(ByteSize::mib(256))
    };
    let guest = named("guest")
        .console(Console::pty())
        .channel(Channel::guest_agent());
    let guest = guest.build().expect("a guest's document");
    let machine = named("machine").build().expect("a machine's document");
    run(conn, &guest, &machine).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a long run: cargo xtask soak qemu"]
async fn ten_thousand_dropped_calls_leak_nothing_with_qemu() {
    let machines = match machines::Machines::installed().await {
        Ok(machines) => machines,
        Err(missing) => return skip::declare(&missing),
    };
    let place = tempfile::Builder::new()
        .prefix("vs")
        .tempdir_in("/tmp")
        .expect("a directory");
    let path: &Path = place.path();
    let uri = format!("qemu:///embed?root={}", path.join("root").display());
    let conn = virt_sdk::connect(&uri).await.expect("it opens");
    let guest = machines.guest(path, "guest").expect("a guest's document");
    let machine = machines.machine(path, "machine").expect("a machine's document");
    run(conn, &guest, &machine).await;
    let left = virt_testkit::live::leftovers::processes_in(path).expect("/proc");
    assert!(left.is_empty(), "these still run: {left:?}");
}
