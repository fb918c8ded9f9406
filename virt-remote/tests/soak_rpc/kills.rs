//! A daemon that is killed and started again, again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use virt_core::Connection;
use virt_core::backend::{BackendTable, PathRule};
use virt_core::event::{DomainChange, Event, EventFilter, EventStream};
use virt_remote::driver::RemoteBackend;
use virt_testkit::live::libvirtd::Libvirtd;

use super::{LEFT_BEHIND, resident};

/// How often it is killed.
const KILLS: u32 = 20;
/// Callers at the same time.
const CALLERS: u32 = 16;
/// A daemon takes seconds to start on a busy machine, and a caller waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask soak rpc"]
async fn a_daemon_that_is_killed_again_and_again_is_found_again() {
    let mut daemon = Libvirtd::start().await.expect("a private libvirtd");
    let backend = Arc::new(RemoteBackend::new());
    let table = BackendTable::default().backend("test", PathRule::Any, "rpc", Some(backend));
    let uri = format!("test+unix:///default?socket={}", daemon.socket().display());
    let opened = Connection::builder().backends(table).open(&uri).await;
    let connection = opened.expect("a connection").with_deadline(PATIENCE);
    let domain = connection.domain("test").await.expect("a domain");
    let mut events = connection.events(EventFilter::all()).await.expect("events");
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let callers = (0..CALLERS).map(|_| {
        let (domain, stop, calls) = (domain.clone(), Arc::clone(&stop), Arc::clone(&calls));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // What changes nothing waits for the daemon: no call fails.
                domain.info().await.expect("information");
                calls.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut before = 0;
    for kill in 0..KILLS {
        daemon.kill().await.expect("killed");
        daemon.restart().await.expect("started again");
        until(&mut events, "the word to look again", |event| {
            matches!(event, Event::Resync)
        })
        .await;
        let asked = calls.load(Ordering::Relaxed);
        domain.destroy().await.expect("an end");
        domain.start().await.expect("a start");
        until(
            &mut events,
            "the start",
            |event| matches!(event, Event::Domain(event) if matches!(event.change, DomainChange::Started(_))),
        )
        .await;
        let answered = async {
            while calls.load(Ordering::Relaxed) < asked + u64::from(CALLERS) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, answered).await.expect("answers after a kill");
        if kill == KILLS / 4 {
            before = resident();
        }
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("every answer");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < LEFT_BEHIND, "{grown} KiB are left behind");
    connection.shutdown().await.expect("a goodbye");
    daemon.stop().await.expect("an end");
}

async fn until(events: &mut EventStream, what: &str, wanted: impl Fn(&Event) -> bool) {
    let waiting = async {
        loop {
            match events.next().await {
                Some(event) if wanted(&event) => return,
                Some(_) => {}
                None => panic!("the events ended before {what}"),
            }
        }
    };
    let came = timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "{what} did not come");
}
