//! Machines that ask something, and stand still until it is answered.

use std::time::Duration;

use virt_core::ErrorKind;
use virt_core::domain::DomainState;
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{open, simulator};

#[tokio::test]
async fn a_question_is_told_or_answered_as_the_connection_says() {
    let Some(simulator) = simulator(SimulatorOptions::esx().powered_off()).await else {
        return;
    };
    for (more, answers) in [("", false), ("&auto_answer=1", true)] {
        let conn = open(&simulator, &simulator.esx_uri(), more)
            .await
            .expect("it opens");
        let conn = conn.with_deadline(Duration::from_secs(20));
        let domains = conn.domains().await.expect("the machines");
        let domain = domains.get(usize::from(answers)).expect("one");
        let control = simulator.control();
        control
            .ask_during(
                "PowerOnVM_Task",
                domain.name(),
                "copied or moved?",
                &["Moved", "Copied"],
            )
            .await
            .expect("it asks");
        let started = domain.start().await;
        if answers {
            started.expect("it was answered");
            assert_eq!(
                domain.info().await.expect("what it is").state,
                DomainState::Running
            );
            let given = control.answers().await.expect("what was answered");
            assert_eq!(given.len(), 1, "{given:?}");
        } else {
            let error = started.expect_err("nobody answers");
            assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
            let said = error.to_string();
            assert!(
                said.contains("copied or moved?") && said.contains("auto_answer=1"),
                "{said}"
            );
        }
        conn.shutdown().await.expect("it ends");
    }
}
