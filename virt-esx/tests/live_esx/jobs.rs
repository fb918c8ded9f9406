//! What a machine's tasks are doing: progress, figures, the abort; and what waiting leaves behind.

use std::time::Duration;

use virt_core::job::{Job, JobKind, JobState};
use virt_core::model::SnapshotConfig;
use virt_core::{Connection, Domain, ErrorKind, Outcome};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator};

async fn opened() -> Option<(Simulator, Connection, Domain)> {
    let simulator = simulator(SimulatorOptions::esx()).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    Some((simulator, conn, domain))
}

fn named(name: &str) -> SnapshotConfig {
    SnapshotConfig::builder().name(name).build().expect("a document")
}

/// The job of a domain, once there is one.
async fn job_of(domain: &Domain) -> Job {
    let found = async {
        loop {
            if let Some(job) = domain.job().await.expect("an answer") {
                return job;
            }
        }
    };
    tokio::time::timeout(SOON, found).await.expect("there is a job")
}

#[tokio::test]
async fn a_task_of_others_is_a_job_with_progress_and_figures() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    assert!(domain.job().await.expect("an answer").is_none());
    assert!(domain.job_statistics().await.expect("an answer").is_none());
    let control = simulator.control();
    let slow = Duration::from_secs(2);
    control
        .slow_down("CreateSnapshot_Task", slow)
        .await
        .expect("it is slow");
    let working = tokio::spawn({
        let domain = domain.clone();
        async move { domain.create_snapshot(&named("slow")).await.map(drop) }
    });
    let other = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let same = other.domain(domain.uuid()).await.expect("it is there");
    let mut job = job_of(&same).await;
    assert_eq!(job.kind(), JobKind::Snapshot);
    let figures = same.job_statistics().await.expect("an answer").expect("figures");
    assert_eq!(figures.kind, Some(JobKind::Snapshot));
    assert_eq!(figures.data.map(|data| data.total), Some(100));
    let mut heard = Vec::new();
    loop {
        let progress = job.progressed().await;
        heard.push(progress.done_bytes);
        if progress.state != JobState::Running {
            assert_eq!(progress.state, JobState::Completed);
            break;
        }
    }
    assert!(
        heard.is_sorted() && heard.iter().any(|done| (1..100).contains(done)),
        "{heard:?}"
    );
    working.await.expect("it goes on").expect("it is made");
    assert!(same.job().await.expect("an answer").is_none());
    let last = same
        .completed_job_statistics()
        .await
        .expect("an answer")
        .expect("figures");
    assert_eq!(last.success, Some(true));
    assert!(last.elapsed.is_some_and(|time| time >= slow / 2), "{last:?}");
    other.shutdown().await.expect("it ends");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_job_is_aborted_and_nothing_comes_of_it() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    domain.abort_job().await.expect("there is none");
    let control = simulator.control();
    let slow = Duration::from_secs(60);
    control
        .slow_down("CreateSnapshot_Task", slow)
        .await
        .expect("it is slow");
    let working = tokio::spawn({
        let domain = domain.clone();
        async move { domain.create_snapshot(&named("never")).await.map(drop) }
    });
    job_of(&domain).await;
    domain.abort_job().await.expect("it is asked");
    let ended = tokio::time::timeout(SOON, working).await.expect("it ends");
    let error = ended.expect("it goes on").expect_err("it was aborted");
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(domain.snapshots().await.expect("a list").is_empty());
    let last = domain
        .completed_job_statistics()
        .await
        .expect("an answer")
        .expect("figures");
    assert_eq!(last.success, Some(false));
    let options = virt_core::domain::CoreDumpOptions::default();
    let dump = domain.core_dump("/tmp/dump", &options).await;
    let error = dump.map(drop).expect_err("it cannot");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn who_stops_waiting_leaves_nothing_behind_and_the_work_goes_on() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    let control = simulator.control();
    control.reset_calls().await.expect("counts");
    let slow = Duration::from_secs(2);
    control
        .slow_down("SuspendVM_Task", slow)
        .await
        .expect("it is slow");
    let brief = domain.with_deadline(Duration::from_millis(700));
    let error = brief.suspend().await.expect_err("it takes longer");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown)
    );
    control
        .slow_down("CreateSnapshot_Task", slow)
        .await
        .expect("it is slow");
    let snapshot = named("dropped");
    let waiting = domain.create_snapshot(&snapshot);
    let dropped = tokio::time::timeout(Duration::from_millis(700), waiting).await;
    assert!(dropped.is_err());
    let cleared = async {
        loop {
            let calls = simulator.calls().await.expect("counts");
            let made = calls.of("CreatePropertyCollector");
            if made == 2 && calls.of("DestroyPropertyCollector") == made {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, cleared)
        .await
        .expect("they are forgotten");
    let done = async {
        while domain.snapshots().await.expect("a list").is_empty() {}
        let paused = virt_core::DomainState::Paused;
        while domain.info().await.expect("what it is").state != paused {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, done)
        .await
        .expect("it is done all the same");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_job_outlives_the_session_that_it_was_begun_in() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    domain.create_snapshot(&named("a")).await.expect("it is made");
    let control = simulator.control();
    let slow = Duration::from_secs(2);
    control
        .slow_down("RemoveAllSnapshots_Task", slow)
        .await
        .expect("it is slow");
    let mut job = virt_esx::delete_all_snapshots(&domain).await.expect("it begins");
    job.progressed().await;
    control.end_sessions().await.expect("they end");
    let ended = tokio::time::timeout(SOON, job.wait()).await.expect("it ends");
    ended.expect("it is done");
    assert!(domain.snapshots().await.expect("a list").is_empty());
    conn.shutdown().await.expect("it ends");
}
