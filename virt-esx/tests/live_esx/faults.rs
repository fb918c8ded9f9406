//! Servers and those who run them, at their worst: locked accounts, sessions that nobody used, crashes, lost answers.

use std::time::Duration;

use virt_core::domain::DomainState;
use virt_core::event::{DomainChange, EventFilter, StoppedReason};
use virt_core::{ErrorKind, Outcome};
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{SOON, bare, builder, connected, first, simulator, until, until_resync};

#[tokio::test]
async fn a_locked_account_is_told_and_its_password_is_not_offered_again_and_again() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let control = simulator.control();
    control.lock(simulator.user()).await.expect("it is locked");
    let uri = format!("{}?no_verify=1", bare(&simulator.esx_uri()));
    let error = builder(&simulator).open(&uri).await.map(drop);
    let error = error.expect_err("it is locked");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    // One that is open goes on until its session ends; then it is over.
    conn.node_info().await.expect("its session is open");
    control.reset_calls().await.expect("counts");
    control.end_sessions().await.expect("they end");
    for _ in 0..5 {
        let error = conn.node_info().await.map(drop).expect_err("nobody gets in");
        let is_told = matches!(
            error.kind(),
            ErrorKind::AuthenticationFailed | ErrorKind::ConnectionLost
        );
        assert!(is_told, "{error}");
    }
    let ended = async {
        while conn.is_alive() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, ended)
        .await
        .expect("the connection is over");
    let logins = simulator.calls().await.expect("counts").of("Login");
    assert_eq!(logins, 1, "a password that is not accepted locks accounts");
    control.unlock(simulator.user()).await.expect("it is unlocked");
    let again = builder(&simulator).open(&uri).await.expect("it opens");
    again.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_session_that_nobody_used_is_opened_again() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let mut all = conn.events(EventFilter::all()).await.expect("its events");
    let domain = first(&conn).await;
    let control = simulator.control();
    let short = Duration::from_millis(50);
    control.end_idle_sessions_after(short).await.expect("it is short");
    until_resync(&mut all).await;
    control
        .end_idle_sessions_after(Duration::ZERO)
        .await
        .expect("it is as ever");
    conn.node_info().await.expect("it is open again");
    let mut events = domain.events().await.expect("its events");
    let mut ended = domain.destroy().await;
    if ended.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy) {
        ended = domain.destroy().await;
    }
    ended.expect("it ends");
    let stopped = DomainChange::Stopped(StoppedReason::Destroyed);
    until(&mut events, &domain, &stopped).await;
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_server_that_crashes_is_found_again() {
    let Some((mut simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let mut all = conn.events(EventFilter::all()).await.expect("its events");
    let before = conn.domains().await.expect("the machines").len();
    simulator.kill().await.expect("it crashes");
    let error = conn.node_info().await.map(drop).expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(
        conn.domains().await.expect("what was told last").len(),
        before,
        "what is known stays"
    );
    simulator.restart().await.expect("it is there again");
    until_resync(&mut all).await;
    conn.node_info().await.expect("it answers again");
    assert_eq!(conn.domains().await.expect("the machines").len(), before);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_server_with_another_certificate_is_not_believed() {
    let Some((mut simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    simulator
        .restart_with_new_certificate()
        .await
        .expect("it is another");
    let error = conn.node_info().await.map(drop).expect_err("it is another");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    assert_eq!(simulator.calls().await.expect("counts").of("Login"), 0);
    drop(conn.shutdown().await);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_not_asked_for_twice() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let domain = first(&conn).await;
    let control = simulator.control();
    // What is followed is asked for by now: that call is not the one that is cut.
    let waits = async {
        while control.calls().await.expect("counts").of("WaitForUpdatesEx") < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, waits).await.expect("it is asked for");
    control.reset_calls().await.expect("counts");
    control.reset_connections(1).await.expect("one is cut");
    let error = domain.suspend().await.expect_err("it was cut");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ConnectionLost, Outcome::Unknown),
        "{error}"
    );
    assert_eq!(simulator.calls().await.expect("counts").of("SuspendVM_Task"), 1);
    control.be_unavailable(1).await.expect("it is away");
    let error = domain.suspend().await.expect_err("it is away");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    domain.suspend().await.expect("it is suspended");
    control
        .crash_at("HostSystem.hardware.memorySize")
        .await
        .expect("it crashes at it");
    conn.node_info().await.expect("what only reads is asked again");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn work_that_takes_longer_than_the_call_goes_on() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let domain = first(&conn).await;
    let control = simulator.control();
    let slow = Duration::from_millis(1500);
    control
        .slow_down("SuspendVM_Task", slow)
        .await
        .expect("it is slow");
    let hurried = domain.with_deadline(Duration::from_millis(400));
    let began = std::time::Instant::now();
    let error = hurried.suspend().await.expect_err("it is slow");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown),
        "{error}"
    );
    assert!(began.elapsed() < slow, "{:?}", began.elapsed());
    let patient = domain.with_deadline(SOON);
    patient.wait_for(DomainState::Paused).await.expect("it goes on");
    control
        .slow_down("PowerOnVM_Task", slow)
        .await
        .expect("it is slow");
    domain.resume().await.expect("it is waited for");
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Running
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_is_seen_late_does_not_hold_a_call_up_beyond_its_deadline() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let domain = first(&conn).await;
    let control = simulator.control();
    // What waits now tells of the first change; the next one is told late.
    let late = Duration::from_secs(4);
    control.delay("WaitForUpdatesEx", late).await.expect("it is late");
    domain.suspend().await.expect("it is told at once");
    let began = std::time::Instant::now();
    let hurried = domain.with_deadline(Duration::from_secs(1));
    hurried
        .resume()
        .await
        .expect("it is done, though nobody has told yet");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    domain
        .with_deadline(SOON)
        .wait_for(DomainState::Running)
        .await
        .expect("it is told");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_password_that_is_wrong_at_first_is_asked_for_again() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let right = simulator.password().to_owned();
    let answer = move |request: virt_core::credentials::CredentialRequest| {
        let answer = if request.attempt == 0 {
            "wrong".to_owned()
        } else {
            right.clone()
        };
        async move { Some(virt_core::credentials::Secret::new(answer)) }
    };
    let uri = format!(
        "esx://{}@{}/?no_verify=1",
        simulator.user(),
        simulator.host_port()
    );
    let conn = builder(&simulator).credentials(answer).open(&uri).await;
    let conn = conn.expect("the second one is right");
    conn.shutdown().await.expect("it ends");
}
