//! Devices: a guest that refuses to let go, one that does not answer, one that dies meanwhile.

use std::time::Duration;

use virt_core::domain::ConfigScope;
use virt_core::event::{DomainChange, StoppedReason};
use virt_core::model::{Device, Disk};
use virt_core::test::{Fault, TestControl, UnplugBehaviour};
use virt_core::{Domain, ErrorKind, Outcome};

use super::{changes, running};

fn data() -> Device {
    Disk::file("/data.qcow2").target("vdb").into()
}

async fn has_disk(domain: &Domain) -> bool {
    domain.xml().await.unwrap().contains("dev='vdb'")
}

fn unplug(domain: &Domain, behaviour: UnplugBehaviour) {
    let control = TestControl::of(domain.connection()).unwrap();
    let guest = control.guest(domain).unwrap();
    let mut all = guest.behaviour().unwrap();
    all.unplug = behaviour;
    guest.set_behaviour(all).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_refuses_is_told_and_keeps_its_device() {
    let (_conn, domain) = running("web").await;
    domain.attach_device(&data(), ConfigScope::Live).await.unwrap();
    unplug(&domain, UnplugBehaviour::Refuses);
    let error = domain
        .detach_device(&data(), ConfigScope::Live)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Failed, Outcome::NotApplied)
    );
    assert!(has_disk(&domain).await);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_does_not_answer_ends_at_the_deadline_with_the_device_still_there() {
    let (_conn, domain) = running("web").await;
    domain.attach_device(&data(), ConfigScope::Live).await.unwrap();
    unplug(&domain, UnplugBehaviour::Ignores);
    let error = domain
        .detach_device(&data(), ConfigScope::Live)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown)
    );
    assert!(error.to_string().contains("vdb"), "{error}");
    assert!(has_disk(&domain).await);
    // It is asked again, and lets go.
    unplug(&domain, UnplugBehaviour::LetsGo);
    domain.detach_device(&data(), ConfigScope::Live).await.unwrap();
    assert!(!has_disk(&domain).await);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_dies_meanwhile_has_let_go() {
    let (_conn, domain) = running("web").await;
    domain.attach_device(&data(), ConfigScope::Live).await.unwrap();
    unplug(&domain, UnplugBehaviour::Ignores);
    let mut events = domain.events().await.unwrap();
    let waiting = {
        let domain = domain.clone();
        tokio::spawn(async move { domain.detach_device(&data(), ConfigScope::Live).await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    domain.destroy().await.unwrap();
    waiting.await.unwrap().unwrap();
    assert!(changes(&mut events).contains(&DomainChange::Stopped(StoppedReason::Destroyed)));
}

#[tokio::test(start_paused = true)]
async fn a_detach_whose_events_were_lost_looks_again() {
    let (conn, domain) = running("web").await;
    domain.attach_device(&data(), ConfigScope::Live).await.unwrap();
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("detach_device").delayed(Duration::from_secs(1)))
        .unwrap();
    let waiting = {
        let domain = domain.clone();
        tokio::spawn(async move { domain.detach_device(&data(), ConfigScope::Live).await })
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    control.resync();
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_the_detach_itself_and_not_its_questions() {
    let (conn, domain) = running("web").await;
    domain.attach_device(&data(), ConfigScope::Live).await.unwrap();
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("detach_device").failing(ErrorKind::ResourceExhausted))
        .unwrap();
    let failed = domain.detach_device(&data(), ConfigScope::Live).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::ResourceExhausted);
    assert_eq!(control.calls("detach_device"), 1);
    domain.detach_device(&data(), ConfigScope::Live).await.unwrap();
}
