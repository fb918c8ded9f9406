//! How many round trips to a machine far away the usual things take.

use std::time::Duration;

use tokio::time::Instant;
use virt_core::stats::StatsGroups;
use virt_core::{Connection, Result};
use virt_testkit::fake_host::FakeHost;
use virt_testkit::live::qemu::QemuBinary;

use crate::stories::{Place, config, needs_qemu};

/// Long against what the work itself takes, and how it varies.
const TRIP: Duration = Duration::from_millis(400);

/// The round trips that come one after the other: how much longer it takes where each of them takes so long.
async fn trips<F: Future<Output = Result<()>>>(host: &FakeHost, mut act: impl FnMut() -> F) -> f64 {
    host.latency(Duration::ZERO);
    let since = Instant::now();
    act().await.unwrap();
    let near = since.elapsed().as_secs_f64();
    host.latency(TRIP);
    let since = Instant::now();
    act().await.unwrap();
    let far = since.elapsed().as_secs_f64();
    host.latency(Duration::ZERO);
    (far - near) / TRIP.as_secs_f64()
}

async fn defined(conn: &Connection, count: u128) {
    for number in 1..=count {
        let mut config = config(&format!("guest-{number}"));
        config.uuid = Some(uuid::Uuid::from_u128(number));
        conn.define_domain(&config).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_takes_few_round_trips_in_a_row() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    defined(&conn, 1).await;
    let domain = conn.domain("guest-1").await.unwrap();
    domain.start().await.unwrap();
    domain.destroy().await.unwrap();
    let mut first = true;
    let count = trips(&host, || {
        let (domain, host, first) = (domain.clone(), host.clone(), std::mem::take(&mut first));
        async move {
            domain.start().await?;
            if first {
                host.latency(Duration::ZERO);
                domain.destroy().await?;
            }
            Ok(())
        }
    });
    let count = count.await;
    // On a busy machine QEMU may be seen a moment before it listens: one more then.
    assert!(count <= 9.5, "{count:.1} round trips: it was 8");
    host.latency(Duration::ZERO);
    domain.destroy().await.unwrap();
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_statistics_take_few_round_trips_however_many_guests_there_are() {
    needs_qemu!();
    let (place, host) = (Place::new().await, FakeHost::local());
    let conn = place.open(&host).await.unwrap();
    defined(&conn, 40).await;
    let listed = trips(&host, || async { conn.domains().await.map(drop) }).await;
    assert!(listed <= 0.5, "{listed:.1} round trips for a list");
    conn.shutdown().await.unwrap();
    // Streams are as far away as the machine was when they were opened.
    let host = FakeHost::local();
    let conn = place.open(&host).await.unwrap();
    host.latency(TRIP);
    let starts = (1..=6).map(|number| {
        let conn = conn.clone();
        async move {
            conn.domain(format!("guest-{number}").as_str())
                .await?
                .start()
                .await
        }
    });
    futures::future::try_join_all(starts).await.unwrap();
    let since = Instant::now();
    let rows = conn.domain_stats(StatsGroups::all()).await.unwrap();
    let asked = since.elapsed().as_secs_f64() / TRIP.as_secs_f64();
    assert_eq!(
        rows.iter().filter(|row| row.error.is_none()).count(),
        6,
        "{rows:?}"
    );
    assert!(asked < 2.0, "{asked:.1} round trips for statistics: it was 1");
    host.latency(Duration::ZERO);
    for domain in conn.domains().await.unwrap() {
        drop(domain.destroy().await);
    }
    place.is_clean(&conn, "after all").await;
    conn.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_takes_few_round_trips_however_many_guests_run() {
    needs_qemu!();
    let place = Place::new().await;
    let conn = place.open(&FakeHost::local()).await.unwrap();
    defined(&conn, 5).await;
    for domain in conn.domains().await.unwrap() {
        domain.start().await.unwrap();
    }
    conn.shutdown().await.unwrap();
    let host = FakeHost::local();
    let mut last = None;
    let mut opened = Vec::new();
    for latency in [Duration::ZERO, TRIP] {
        host.latency(latency);
        let since = Instant::now();
        let conn: Connection = place.open(&host).await.unwrap();
        conn.domains().await.unwrap();
        opened.push(since.elapsed().as_secs_f64());
        if latency.is_zero() {
            conn.shutdown().await.unwrap();
        } else {
            last = Some(conn);
        }
    }
    let count = (opened[1] - opened[0]) / TRIP.as_secs_f64();
    assert!(count <= 7.5, "{count:.1} round trips: it was 6");
    host.latency(Duration::ZERO);
    let conn = last.unwrap();
    for domain in conn.domains().await.unwrap() {
        domain.destroy().await.unwrap();
    }
    conn.shutdown().await.unwrap();
}
