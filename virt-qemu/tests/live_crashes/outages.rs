//! The machine goes away and comes back, and a lease is lost.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use virt_core::domain::{DomainState, StartOptions, StateReason};
use virt_core::event::{Event, EventFilter, EventStream};
use virt_core::host::{LocalHost, Processes, Signal};
use virt_core::stats::StatsGroups;
use virt_core::{CallClass, Connection, Deadlines, ErrorKind, Outcome, Retry};
use virt_testkit::fake_host::{Absence, FakeHost, Fault};
use virt_testkit::live::qemu::QemuBinary;

use crate::stories::{
    DEFINITIONS, Place, RUNNING, STARTS, Story, config, create, needs_qemu, only, seen, start,
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
            let events = conn.events(EventFilter::all()).await.unwrap();
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
            let now = settled(&place, &conn, &[&before, &after], &story).await;
            drop(events);
            if result.is_ok() {
                assert_eq!(now, after, "{story}: it was confirmed");
            } else if now == before {
                (self.act)(&conn).await.expect(&story);
                assert_eq!(seen(&conn).await, after, "{story}: the second time it is done");
                place.is_clean(&conn, &story).await;
            }
            let now = seen(&conn).await;
            conn.shutdown().await.expect(&story);
            let conn = place.open(&FakeHost::local()).await.expect(&story);
            assert_eq!(seen(&conn).await, now, "{story}: and lasts");
            place.is_clean(&conn, &story).await;
            conn.shutdown().await.unwrap();
            place.end().await;
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
    for story in STARTS {
        story.with_cuts().await;
    }
}

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
    let deadlines = Deadlines::default().with(CallClass::Change, Duration::from_secs(20));
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
    assert!(since.elapsed() < Duration::from_secs(25));
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
