//! Migration between two connections, with something wrong at each of its steps.

use std::time::Duration;

use virt_core::domain::DomainFilter;
use virt_core::job::JobState;
use virt_core::migration::{MigrationOptions, TimeoutAction};
use virt_core::model::ByteSize;
use virt_core::test::{Fault, TestControl};
use virt_core::{Connection, Domain, DomainState, ErrorKind, Outcome};

use super::{open, running};

/// A running domain, and where it is to go.
async fn pair() -> (Domain, Connection) {
    let (_conn, domain) = running("web").await;
    (domain, open().await)
}

fn fail(conn: &Connection, nth: u64, kind: ErrorKind) {
    let control = TestControl::of(conn).unwrap();
    control
        .inject(Fault::on("migrate_to").nth(nth).failing(kind))
        .unwrap();
}

async fn runs(domain: &Domain) -> DomainState {
    domain.info().await.unwrap().state
}

async fn is_absent(target: &Connection, domain: &Domain) {
    let found = target.domain(domain.uuid()).await;
    assert_eq!(found.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_begin_leaves_everything_as_it_was() {
    let (domain, target) = pair().await;
    fail(domain.connection(), 1, ErrorKind::ResourceExhausted);
    let moved = domain.migrate_to(&target, &MigrationOptions::default()).await;
    assert_eq!(moved.unwrap_err().kind(), ErrorKind::ResourceExhausted);
    assert_eq!(runs(&domain).await, DomainState::Running);
    domain.suspend().await.unwrap();
    is_absent(&target, &domain).await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_ready_frees_the_source_again() {
    let (domain, target) = pair().await;
    fail(&target, 1, ErrorKind::ResourceExhausted);
    let error = domain
        .migrate_to(&target, &MigrationOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert!(error.to_string().contains("test:///default"), "{error}");
    // Nothing keeps it from changes, and it can be tried again.
    domain.suspend().await.unwrap();
    domain.resume().await.unwrap();
    let moved = domain.migrate_to(&target, &MigrationOptions::default()).await;
    moved.unwrap().wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_move_that_fails_leaves_the_guest_at_the_source() {
    let (domain, target) = pair().await;
    fail(domain.connection(), 2, ErrorKind::Failed);
    let moved = domain.migrate_to(&target, &MigrationOptions::default()).await;
    let error = moved.unwrap().wait().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Failed, Outcome::NotApplied)
    );
    assert_eq!(runs(&domain).await, DomainState::Running);
    assert!(domain.job().await.unwrap().is_none());
    is_absent(&target, &domain).await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_does_not_take_it_up_sends_it_back() {
    let (domain, target) = pair().await;
    fail(&target, 2, ErrorKind::Failed);
    let moved = domain.migrate_to(&target, &MigrationOptions::default()).await;
    let error = moved.unwrap().wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(runs(&domain).await, DomainState::Running);
    is_absent(&target, &domain).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_at_the_end_does_not_send_it_back() {
    let (domain, target) = pair().await;
    let control = TestControl::of(&target).unwrap();
    let lost = Fault::on("migrate_to").nth(2);
    control
        .inject(lost.failing_afterwards(ErrorKind::ConnectionLost, Outcome::Unknown))
        .unwrap();
    let moved = domain.migrate_to(&target, &MigrationOptions::default()).await;
    let moved = moved.unwrap().wait().await.unwrap();
    assert_eq!(runs(&moved).await, DomainState::Running);
    assert_eq!(runs(&domain).await, DomainState::ShutOff);
}

#[tokio::test(start_paused = true)]
async fn a_guest_whose_fate_is_unknown_never_runs_twice() {
    let (domain, target) = pair().await;
    let options = MigrationOptions::default().bandwidth(ByteSize::mib(512));
    let migration = domain.migrate_to(&target, &options).await.unwrap();
    TestControl::of(&target).unwrap().lose_connection();
    let error = migration.wait().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ConnectionLost, Outcome::Unknown)
    );
    assert_eq!(runs(&domain).await, DomainState::Paused);
    assert!(error.to_string().contains("kept paused"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_does_not_stop_it() {
    let (domain, target) = pair().await;
    let options = MigrationOptions::default().bandwidth(ByteSize::mib(512));
    drop(domain.migrate_to(&target, &options).await.unwrap());
    let there = async {
        loop {
            match target.domain(domain.uuid()).await {
                Ok(there) => return there,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    };
    let there = tokio::time::timeout(Duration::from_secs(60), there)
        .await
        .unwrap();
    assert_eq!(runs(&there).await, DomainState::Running);
    assert_eq!(runs(&domain).await, DomainState::ShutOff);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_goes_on_at_the_target_by_post_copy() {
    let (domain, target) = pair().await;
    let mut options = MigrationOptions::default().bandwidth(ByteSize::bytes(1));
    options = options.post_copy();
    let late = options.timeout(Duration::from_secs(30), TimeoutAction::PostCopy);
    let moved = domain.migrate_to(&target, &late).await.unwrap();
    let moved = moved.wait().await.unwrap();
    assert_eq!(runs(&moved).await, DomainState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_faster_line_is_used_at_once() {
    let (domain, target) = pair().await;
    let options = MigrationOptions::default().bandwidth(ByteSize::bytes(1));
    let migration = domain.migrate_to(&target, &options).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(migration.progress().state, JobState::Running);
    domain.set_migration_max_speed(ByteSize::gib(1)).await.unwrap();
    migration.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_is_destroyed_meanwhile_is_gone_from_both() {
    let (domain, target) = pair().await;
    let options = MigrationOptions::default().bandwidth(ByteSize::bytes(1));
    let migration = domain.migrate_to(&target, &options).await.unwrap();
    domain.destroy().await.unwrap();
    let error = migration.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(runs(&domain).await, DomainState::ShutOff);
    is_absent(&target, &domain).await;
}

#[tokio::test(start_paused = true)]
async fn a_manager_leads_it_to_a_world_of_this_process_only() {
    let (domain, target) = pair().await;
    let uri = TestControl::of(&target).unwrap().migration_uri();
    let options = MigrationOptions::default();
    let nowhere = domain.migrate_to_uri("qemu:///system", &options).await.unwrap();
    assert_eq!(
        nowhere.wait().await.unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    target.shutdown().await.unwrap();
    let closed = domain.migrate_to_uri(&uri, &options).await.unwrap();
    let error = closed.wait().await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionLost),
        "{error}"
    );
    let here = domain
        .connection()
        .domain_infos(&DomainFilter::all())
        .await
        .unwrap();
    assert!(here.iter().all(|info| info.state == DomainState::Running));
}
