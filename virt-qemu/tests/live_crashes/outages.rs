//! The machine goes away and comes back, and a lease is lost.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};
use virt_core::domain::{DomainState, StartOptions, StateReason};
use virt_core::event::{Event, EventFilter, EventStream};
use virt_core::host::{Host, LocalHost, Processes, Signal, Sockets, StreamUse};
use virt_core::stats::StatsGroups;
use virt_core::{CallClass, Connection, Deadlines, ErrorKind, Outcome, Result, Retry};
use virt_testkit::fake_host::{Absence, FakeHost, Fault};
use virt_testkit::live::qemu::QemuBinary;

use crate::stories::{
    DEFINITIONS, Place, RUNNING, STARTS, Story, config, create, define, needs_qemu, only, seen, start,
};

/// How long what is settled after a return may take.
const SETTLED: Duration = Duration::from_secs(30);

impl Story {
    /// Cuts the way to the machine before and after every operation, and compares with a run that was never cut.
    async fn with_cuts(&self) {
        let (after, ops) = self.told_with_all_calls().await;
        for (k, on_reply) in (0..ops).flat_map(|k| [(k, false), (k, true)]) {
            let story = format!(
                "{}, cut {} call {k}",
                self.name,
                if on_reply { "after" } else { "before" }
            );
            let (place, host) = (Place::new().await, FakeHost::local());
            let (conn, before) = self.prepare(&place, &host).await;
            if on_reply {
                host.go_away_on_reply(k + 1);
            } else {
                host.go_away_after(k);
            }
            let result = timeout(SETTLED, (self.act)(&conn)).await.expect(&story);
            host.go_away();
            if let Err(error) = &result {
                assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{story}: {error}");
            }
            sleep(Duration::from_millis(20)).await;
            host.come_back();
            let is_confirmed = result.is_ok();
            self.is_whole(&place, &conn, (&before, &after), is_confirmed, &story)
                .await;
            let now = seen(&conn).await;
            conn.shutdown().await.expect(&story);
            let conn = place.open(&FakeHost::local()).await.expect(&story);
            assert_eq!(seen(&conn).await, now, "{story}: and lasts");
            place.is_clean(&conn, &story).await;
            conn.shutdown().await.unwrap();
            place.end().await;
        }
    }

    /// It is done or taken back; and what was taken back can be done then.
    async fn is_whole(
        &self,
        place: &Place,
        conn: &Connection,
        (before, after): (&Vec<String>, &Vec<String>),
        is_confirmed: bool,
        story: &str,
    ) {
        let until = Instant::now() + SETTLED;
        loop {
            let now = settled(place, conn, &[before, after], story).await;
            if is_confirmed {
                assert_eq!(now, *after, "{story}: it was confirmed");
            }
            if now == *after {
                return;
            }
            match (self.act)(conn).await {
                // Nobody has noticed yet that the machine is back.
                Err(error) if error.kind() == ErrorKind::ConnectionLost => {
                    assert!(Instant::now() < until, "{story}: {error}");
                    sleep(Duration::from_millis(20)).await;
                }
                // What was seen was not settled yet.
                Err(error) => assert_eq!(seen(conn).await, *after, "{story}: {error}"),
                Ok(()) => assert_eq!(seen(conn).await, *after, "{story}: the second time it is done"),
            }
        }
    }

    /// Without a cut: what is seen then, and how many calls it takes.
    async fn told_with_all_calls(&self) -> (Vec<String>, u64) {
        let (place, host) = (Place::new().await, FakeHost::local());
        let (conn, _) = self.prepare(&place, &host).await;
        (self.act)(&conn).await.unwrap();
        let calls = u64::try_from(host.record().len()).unwrap();
        let after = seen(&conn).await;
        conn.shutdown().await.unwrap();
        place.end().await;
        (after, calls)
    }
}

/// Waits until nothing is half done any more; gives what is seen then.
async fn settled(place: &Place, conn: &Connection, either: &[&Vec<String>], story: &str) -> Vec<String> {
    let until = Instant::now() + SETTLED;
    loop {
        let now = seen(conn).await;
        let untidy = place.untidy(conn).await;
        if untidy.is_none() && either.contains(&&now) {
            return now;
        }
        assert!(
            Instant::now() < until,
            "{story}: {now:?} is none of {either:?}, or untidy: {untidy:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_that_is_cut_anywhere_is_the_old_or_the_new() {
    needs_qemu!();
    for story in DEFINITIONS {
        story.with_cuts().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_is_cut_anywhere_is_done_or_taken_back() {
    needs_qemu!();
    for story in STARTS.iter().chain([&RUN]) {
        story.with_cuts().await;
    }
}

fn run(conn: &Connection) -> BoxFuture<'_, Result<()>> {
    Box::pin(async { only(conn).await?.start().await })
}

/// Beyond the others there is a last step that no file tells of: the guest is let run.
const RUN: Story = Story {
    name: "start and run",
    before: &[define],
    act: run,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_anywhere_about_a_running_guest_leaves_it_whole() {
    needs_qemu!();
    for story in RUNNING {
        story.with_cuts().await;
    }
}

/// Guests of these names that run.
async fn guests(conn: &Connection, names: &[&str]) {
    for (number, name) in (1..).zip(names) {
        let mut config = config(name);
        config.uuid = Some(uuid::Uuid::from_u128(number));
        conn.define_domain(&config).await.unwrap().start().await.unwrap();
    }
}

async fn resyncs(events: &mut EventStream) -> usize {
    let mut count = 0;
    while let Ok(Some(event)) = timeout(Duration::from_secs(1), events.next()).await {
        count += usize::from(event == Event::Resync);
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_outlive_the_way_to_them_and_those_that_do_not_are_told_of_once() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    guests(&conn, &["a", "b", "c"]).await;
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    let victim = place.processes().await.remove(0);
    host.go_away();
    sleep(Duration::from_millis(300)).await;
    for info in conn.domain_infos(&Default::default()).await.unwrap() {
        assert_eq!(info.state, DomainState::Running, "{}", info.domain.name);
    }
    let domains = conn.domains().await.unwrap();
    let since = Instant::now();
    for refused in [
        domains[0].suspend().await,
        domains[1].destroy().await,
        domains[2].set_autostart(true).await,
        conn.define_domain(&config("new")).await.map(drop),
        virt_qemu::monitor(&domains[0]).map(drop),
        domains[0].console().await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert_eq!(
            (error.retry(), error.outcome()),
            (Retry::Later, Outcome::NotApplied),
            "{error}"
        );
    }
    for row in conn.domain_stats(StatsGroups::all()).await.unwrap() {
        assert_eq!(row.error.unwrap().kind(), ErrorKind::ConnectionLost);
    }
    assert!(
        since.elapsed() < Duration::from_secs(3),
        "nobody waits: {:?}",
        since.elapsed()
    );
    LocalHost::new().signal(victim, Signal::Kill).await.unwrap();
    host.come_back();
    assert_eq!(resyncs(&mut events).await, 1, "one for the connection");
    let mut running = 0;
    for domain in &domains {
        let info = domain.info().await.unwrap();
        match info.state {
            DomainState::ShutOff => assert_eq!(info.reason, StateReason::Unattended),
            state => {
                running += 1;
                assert_eq!(state, DomainState::Running);
                domain.suspend().await.unwrap();
                domain.destroy().await.unwrap();
            }
        }
    }
    assert_eq!(running, 2);
    place.is_clean(&conn, "after the return").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_keeps_calls_waiting_keeps_nobody_beyond_the_deadline() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let deadlines = Deadlines::default().with(CallClass::Change, Duration::from_secs(5));
    let conn = place
        .open_with(&host, |builder| builder.deadlines(deadlines))
        .await
        .unwrap();
    guests(&conn, &["a"]).await;
    let domain = only(&conn).await.unwrap();
    host.absence(Absence::Waits);
    host.go_away();
    let title = virt_core::domain::MetadataItem::Title(Some("x".into()));
    let scope = virt_core::domain::ConfigScope::Config;
    let since = Instant::now();
    let refused = domain.set_metadata(&title, scope).await.unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::Timeout | ErrorKind::ConnectionLost),
        "{refused}"
    );
    assert!(since.elapsed() < Duration::from_secs(9));
    assert_eq!(domain.info().await.unwrap().state, DomainState::Running);
    host.come_back();
    let until = Instant::now() + SETTLED;
    while let Err(error) = domain.suspend().await {
        assert!(Instant::now() < until, "{error}");
        sleep(Duration::from_millis(50)).await;
    }
    domain.destroy().await.unwrap();
    place.is_clean(&conn, "after the return").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_of_a_moment_is_made_up_for_and_guests_go_on() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    guests(&conn, &["a", "b"]).await;
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    host.go_away();
    host.come_back();
    assert_eq!(resyncs(&mut events).await, 1);
    for domain in conn.domains().await.unwrap() {
        domain.suspend().await.unwrap();
        domain.destroy().await.unwrap();
    }
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_the_lease_touches_nothing_any_more() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    guests(&conn, &["a"]).await;
    let auto = StartOptions::default().auto_destroy();
    let mut other = config("b");
    other.uuid = Some(uuid::Uuid::from_u128(9));
    conn.create_domain_with(&other, &auto).await.unwrap();
    let domain = conn.domain("a").await.unwrap();
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    host.forget();
    host.lose_leases();
    assert_eq!(events.next().await, Some(Event::Resync));
    assert_eq!(events.next().await, None);
    assert!(!conn.is_alive());
    for refused in [
        conn.domains().await.map(drop),
        domain.suspend().await,
        domain.destroy().await,
        conn.define_domain(&config("c")).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        assert!(
            error.to_string().contains("lease of the root was lost"),
            "{error}"
        );
    }
    conn.shutdown().await.unwrap();
    drop((domain, conn));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(host.writes(), 0, "{:?}", host.record());
    assert_eq!(
        place.processes().await.len(),
        2,
        "guests go on, those of auto-destroy included"
    );
    let conn = place.open(&FakeHost::local()).await.unwrap();
    let domain = conn.domain("a").await.unwrap();
    assert_eq!(domain.info().await.unwrap().state, DomainState::Running);
    domain.destroy().await.unwrap();
    place.is_clean(&conn, "the next manager").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_loses_the_lease_half_way_is_left_to_the_next_manager() {
    needs_qemu!();
    for k in 1..=4 {
        let (place, host) = (Place::new().await, FakeHost::local());
        let conn = place.open(&host).await.unwrap();
        create(&conn).await.unwrap();
        only(&conn).await.unwrap().destroy().await.unwrap();
        conn.define_domain(&config("web")).await.unwrap();
        host.inject(Fault::matching(|op| op.is_write()).nth(k).hang());
        let starting = tokio::spawn({
            let conn = conn.clone();
            async move { start(&conn).await }
        });
        sleep(Duration::from_millis(300)).await;
        host.lose_leases();
        let error = timeout(Duration::from_secs(5), starting)
            .await
            .unwrap()
            .unwrap()
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::ConnectionLost, Outcome::Unknown),
            "{error}"
        );
        host.forget();
        host.clear_faults();
        sleep(Duration::from_millis(100)).await;
        assert_eq!(host.writes(), 0, "write {k}: {:?}", host.record());
        let conn = place.open(&FakeHost::local()).await.unwrap();
        place.is_clean(&conn, &format!("lost at write {k}")).await;
        conn.shutdown().await.unwrap();
        place.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guest_did_meanwhile_is_read_by_the_rescue_monitor_where_the_main_one_is_held() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let mut wanted = config("web").to_xml();
    wanted = wanted.replace("</domain>", "<devices><serial type='pty'/></devices></domain>");
    let wanted = virt_core::model::DomainConfig::from_xml(&wanted).unwrap();
    let domain = conn.define_domain(&wanted).await.unwrap();
    domain.start().await.unwrap();
    let mut console = domain.console().await.unwrap();
    let monitor = format!(
        "{}/monitor.sock",
        place.path(&format!("run/{}", domain.id().await.unwrap().unwrap()))
    );
    host.go_away();
    let mut printed = Vec::new();
    let ended = timeout(SETTLED, console.read_to_end(&mut printed)).await.unwrap();
    assert!(
        ended.is_err(),
        "a console that was cut does not look like one that ended"
    );
    // Another client of the main monitor stops the guest, and stays.
    let mut held = LocalHost::new()
        .connect_unix(&monitor, StreamUse::Control)
        .await
        .unwrap();
    let stop = b"{\"execute\":\"qmp_capabilities\"}{\"execute\":\"stop\"}";
    held.write_all(stop).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("STOP") {
        assert_ne!(held.read_buf(&mut heard).await.unwrap(), 0);
    }
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    host.come_back();
    while timeout(SETTLED, events.next()).await.unwrap() != Some(Event::Resync) {}
    let info = domain.info().await.unwrap();
    assert_eq!(info.state, DomainState::Paused);
    domain.resume().await.unwrap();
    drop(domain.console().await.unwrap());
    domain.destroy().await.unwrap();
    place.is_clean(&conn, "after all").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_booted_meanwhile_has_lost_its_guests_and_starts_what_starts_by_itself() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    guests(&conn, &["a", "b"]).await;
    let (a, b) = (conn.domain("a").await.unwrap(), conn.domain("b").await.unwrap());
    b.set_autostart(true).await.unwrap();
    host.go_away();
    place.end().await;
    let mut facts = virt_core::host::HostFacts::clone(&*LocalHost::new().facts().await.unwrap());
    facts.boot_id = "another".into();
    host.set_facts(facts);
    host.come_back();
    let until = Instant::now() + SETTLED;
    while a.info().await.unwrap().state != DomainState::ShutOff
        || b.info().await.unwrap().reason != StateReason::Booted
        || place.untidy(&conn).await.is_some()
    {
        assert!(
            Instant::now() < until,
            "{:?} {:?}",
            seen(&conn).await,
            place.untidy(&conn).await
        );
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(a.info().await.unwrap().reason, StateReason::Unattended);
    host.crash();
    drop((a, b, conn));
    let conn = place.open(&host.reborn()).await.unwrap();
    let b = conn.domain("b").await.unwrap();
    assert_eq!(
        b.info().await.unwrap().state,
        DomainState::Running,
        "a run of the present boot"
    );
    b.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}
