//! Saved states: a machine that is suspended is saved already.

use virt_core::domain::{RestoreOptions, ResumeState, SaveOptions, StartOptions};
use virt_core::job::JobKind;
use virt_core::{Capability, DomainState, ErrorKind, Support};
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{open, simulator};

#[tokio::test]
async fn a_saved_machine_goes_on_with_its_next_start_wherever_that_comes_from() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    assert_eq!(
        conn.capabilities().support(Capability::ManagedSave),
        Support::Unknown
    );
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    let saved = async || domain.has_managed_save().await.expect("an answer");
    assert!(!saved().await);
    let error = domain
        .managed_save_config()
        .await
        .map(drop)
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let job = domain
        .managed_save(&SaveOptions::default())
        .await
        .expect("it begins");
    assert_eq!(job.kind(), JobKind::Save);
    job.wait().await.expect("it is saved");
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Paused
    );
    assert!(saved().await);
    let config = domain.managed_save_config().await.expect("its document");
    assert_eq!(config.name, domain.name());
    let error = domain
        .define_managed_save(&config, None)
        .await
        .expect_err("it goes on as it was");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    // Another connection has not seen who suspended it: its start goes on, too.
    let other = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let same = other.domain(domain.uuid()).await.expect("it is there");
    assert!(same.has_managed_save().await.expect("an answer"));
    same.start().await.expect("it goes on");
    assert_eq!(same.info().await.expect("what it is").state, DomainState::Running);
    other.shutdown().await.expect("it ends");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_paused_machine_is_none_that_was_saved() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    domain.suspend().await.expect("it is paused");
    assert!(!domain.has_managed_save().await.expect("an answer"));
    domain.remove_managed_save().await.expect("there is none");
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Paused
    );
    // Saved from there, it is.
    let job = domain
        .managed_save(&SaveOptions::default())
        .await
        .expect("it begins");
    job.wait().await.expect("it is saved");
    assert!(domain.has_managed_save().await.expect("an answer"));
    for _ in 0..2 {
        domain.remove_managed_save().await.expect("it is removed");
        assert!(!domain.has_managed_save().await.expect("an answer"));
    }
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::ShutOff
    );
    let error = domain.managed_save(&SaveOptions::default()).await;
    let error = error.map(drop).expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    domain.start().await.expect("it starts");
    let job = domain
        .managed_save(&SaveOptions::default())
        .await
        .expect("it begins");
    job.wait().await.expect("it is saved");
    let fresh = StartOptions::default().force_boot();
    domain
        .start_with(&fresh)
        .await
        .expect("it starts from its beginning");
    assert!(!domain.has_managed_save().await.expect("an answer"));
    for (wrong, kind) in [
        (
            SaveOptions::default().state(ResumeState::Paused),
            ErrorKind::Unsupported,
        ),
        (SaveOptions::default().bypass_cache(), ErrorKind::Unsupported),
    ] {
        let error = domain
            .managed_save(&wrong)
            .await
            .map(drop)
            .expect_err("it is refused");
        assert_eq!(error.kind(), kind, "{wrong:?}");
    }
    let error = domain.save("/tmp/saved", &SaveOptions::default()).await;
    assert_eq!(
        error.map(drop).expect_err("no files").kind(),
        ErrorKind::Unsupported
    );
    let error = conn
        .restore_domain("/tmp/saved", &RestoreOptions::default())
        .await;
    assert_eq!(
        error.map(drop).expect_err("no files").kind(),
        ErrorKind::Unsupported
    );
    conn.shutdown().await.expect("it ends");
}
