//! Crashes of the manager, full disks and missing rights, at every write; destroys in the middle of a start.

use std::time::Duration;

use virt_core::ErrorKind;
use virt_core::domain::{StartOptions, XmlOptions};
use virt_core::host::TEMPORARY_PREFIX;
use virt_qemu::recovery_report;
use virt_testkit::fake_host::{FakeHost, Fault};
use virt_testkit::live::qemu::QemuBinary;

use crate::stories::{
    DEFINITIONS, Place, RUNNING, STARTS, Story, config, create, needs_qemu, only, seen, start, title,
};

impl Story {
    async fn with_crashes(&self) {
        let (after, writes) = self.told_whole().await;
        assert!(writes > 0, "{}: writes something", self.name);
        for (k, on_reply) in (0..writes).flat_map(|k| [(k, false), (k, true)]) {
            let story = format!(
                "{}, crash {} write {k}",
                self.name,
                if on_reply { "after" } else { "before" }
            );
            let (place, host) = (Place::new().await, FakeHost::local());
            let (conn, before) = self.prepare(&place, &host).await;
            if on_reply {
                host.crash_on_reply(k + 1);
            } else {
                host.crash_after(k);
            }
            let result = (self.act)(&conn).await;
            host.crash();
            drop(conn);
            let conn = place.open(&host.reborn()).await.expect(&story);
            let now = seen(&conn).await;
            if result.is_ok() {
                assert_eq!(now, after, "{story}: it was confirmed");
            }
            let is_whole = now == before || now == after;
            assert!(is_whole, "{story}: {now:?} is neither {before:?} nor {after:?}");
            assert_eq!(recovery_report(&conn).unwrap().corrupt, [], "{story}");
            place.is_clean(&conn, &story).await;
            drop(conn.shutdown().await);
            place.end().await;
        }
    }

    async fn with_refusals(&self, kind: ErrorKind) {
        let (after, writes) = self.told_whole().await;
        for k in 1..=writes {
            let story = format!("{}, write {k} fails with {kind}", self.name);
            let (place, host) = (Place::new().await, FakeHost::local());
            let (conn, before) = self.prepare(&place, &host).await;
            host.inject(Fault::matching(|op| op.is_write()).nth(k).fail(kind));
            match (self.act)(&conn).await {
                Ok(()) => assert_eq!(seen(&conn).await, after, "{story}, and it says it is done"),
                Err(error) => {
                    assert_eq!(error.kind(), kind, "{story}: {error}");
                    assert_eq!(seen(&conn).await, before, "{story}: nothing has changed");
                    host.clear_faults();
                    (self.act)(&conn).await.expect(&story);
                    assert_eq!(seen(&conn).await, after, "{story}: the second time it is done");
                    place.is_clean(&conn, &story).await;
                }
            }
            conn.shutdown().await.expect(&story);
            let conn = place.open(&FakeHost::local()).await.expect(&story);
            assert_eq!(seen(&conn).await, after, "{story}: and lasts");
            place.is_clean(&conn, &story).await;
            conn.shutdown().await.unwrap();
            place.end().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_of_a_definition_leaves_the_old_or_the_new() {
    needs_qemu!();
    for story in DEFINITIONS {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_of_a_start_leaves_it_done_or_taken_back() {
    needs_qemu!();
    for story in STARTS {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_about_a_running_guest_leaves_it_whole() {
    needs_qemu!();
    for story in RUNNING {
        story.with_crashes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_refuses_has_changed_nothing() {
    needs_qemu!();
    for story in DEFINITIONS.iter().chain(STARTS).chain(RUNNING) {
        story.with_refusals(ErrorKind::ResourceExhausted).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_lack_of_rights_has_changed_nothing() {
    needs_qemu!();
    for story in DEFINITIONS.iter().chain(STARTS).chain(RUNNING) {
        story.with_refusals(ErrorKind::Denied).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_takes_at_most_eight_round_trips() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let domain = conn.define_domain(&config("web")).await.unwrap();
    start(&conn).await.unwrap();
    domain.destroy().await.unwrap();
    host.forget();
    start(&conn).await.unwrap();
    let names: Vec<_> = host
        .record()
        .iter()
        .map(|one| (one.batch, one.op.name()))
        .collect();
    // A socket that is there a moment before QEMU listens is tried again: how often, is chance.
    let tries = names.iter().filter(|(_, name)| *name == "connect_unix").count();
    let batches = host.batches() - u64::try_from(tries).unwrap() + 1;
    assert!(batches <= 8, "{batches} round trips: {names:?}");
    domain.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroy_at_any_moment_of_a_start_leaves_nothing_of_it() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let domain = conn.define_domain(&config("web")).await.unwrap();
    for wait in (0..90).step_by(9) {
        let starting = tokio::spawn({
            let domain = domain.clone();
            async move { domain.start_with(&StartOptions::default().paused()).await }
        });
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let destroyed = domain.destroy().await;
        let started = starting.await.unwrap();
        match (&started, &destroyed) {
            // It came before the start.
            (Ok(()), Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::InvalidState);
                domain.destroy().await.unwrap();
            }
            (Err(error), Ok(())) => {
                assert_eq!(error.kind(), ErrorKind::Cancelled, "after {wait} ms: {error}")
            }
            (Ok(()), Ok(())) => {}
            other => panic!("after {wait} ms: {other:?}"),
        }
        place.is_clean(&conn, &format!("destroyed after {wait} ms")).await;
    }
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_whose_image_is_missing_is_refused_once_and_its_name_is_free_again() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    let mut broken = config("web");
    broken.os.get_or_insert_default().kernel = Some(place.path("no-kernel"));
    for _ in 0..20 {
        let refused = tokio::time::timeout(Duration::from_secs(10), conn.create_domain(&broken)).await;
        assert_eq!(
            refused.expect("an answer").unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
    let mut other = config("web");
    other.uuid = Some(uuid::Uuid::from_u128(7));
    conn.define_domain(&other).await.expect("the name is free");
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_that_was_given_up_before_it_began_leaves_its_name_free() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    for _ in 0..50 {
        let wanted = config("web");
        let mut defining = Box::pin(conn.define_domain(&wanted));
        for _ in 0..3 {
            if futures::poll!(&mut defining).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(defining);
        let mut other = config("web");
        other.uuid = Some(uuid::Uuid::from_u128(7));
        // What was begun is carried out: then the name is taken, by a domain that can be seen.
        let until = tokio::time::Instant::now() + Duration::from_secs(5);
        let defined = loop {
            match conn.define_domain(&other).await {
                Err(error) if conn.domains().await.unwrap().is_empty() => {
                    assert!(
                        tokio::time::Instant::now() < until,
                        "the name stays taken by nobody: {error}"
                    );
                    tokio::task::yield_now().await;
                }
                other => break other,
            }
        };
        drop(defined);
        for domain in conn.domains().await.unwrap() {
            domain.undefine().await.unwrap();
        }
    }
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_half_written_is_removed_and_numbers_are_not_used_twice() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    create(&conn).await.unwrap();
    let id = only(&conn).await.unwrap().id().await.unwrap();
    host.crash();
    drop(conn);
    std::fs::remove_file(place.path("manager.json")).unwrap();
    for half in ["definitions", "runs", "autostart"] {
        std::fs::write(place.path(&format!("{half}/{TEMPORARY_PREFIX}1-1")), "half").unwrap();
    }
    std::fs::create_dir(place.path("run/9")).unwrap();
    let conn = place.open(&host.reborn()).await.unwrap();
    place.is_clean(&conn, "after the crash").await;
    let mut other = config("shop");
    other.uuid = Some(uuid::Uuid::from_u128(8));
    let other = conn
        .create_domain_with(&other, &StartOptions::default().paused())
        .await
        .unwrap();
    assert!(other.id().await.unwrap() > id, "a number is used once");
    for domain in conn.domains().await.unwrap() {
        domain.destroy().await.unwrap();
    }
    place.is_clean(&conn, "after all").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transient_guests_inactive_configuration_is_that_of_its_start_also_after_a_crash() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    create(&conn).await.unwrap();
    title(&conn).await.unwrap();
    let inactive = only(&conn)
        .await
        .unwrap()
        .config_with(&XmlOptions::default().inactive())
        .await
        .unwrap();
    assert_eq!((inactive.title.as_deref(), inactive.id), (None, None));
    host.crash();
    drop(conn);
    let conn = place.open(&host.reborn()).await.unwrap();
    let domain = only(&conn).await.unwrap();
    let again = domain
        .config_with(&XmlOptions::default().inactive())
        .await
        .unwrap();
    assert_eq!(again.to_xml(), inactive.to_xml());
    assert_eq!(domain.config().await.unwrap().title.as_deref(), Some("shop"));
    domain.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}
