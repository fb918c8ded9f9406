//! Calls that are dropped at any point leave a world in order.

use std::time::Duration;

use virt_core::agent::ExecRequest;
use virt_core::domain::StartOptions;
use virt_core::stats::StatsGroups;
use virt_core::test::{Fault, TestControl};
use virt_core::{Connection, Domain, DomainState, ErrorKind};

use super::{config, open};

/// One of the calls there are.
async fn call(conn: &Connection, domain: &Domain, number: u32) -> virt_core::Result<()> {
    match number % 13 {
        0 => domain.start().await,
        1 => domain.suspend().await,
        2 => domain.resume().await,
        3 => domain.reset().await,
        4 => domain.destroy().await,
        5 => domain.shutdown().await,
        6 => domain.agent().exec(&ExecRequest::new("true")).await.map(drop),
        7 => domain.agent().fs_freeze().await.map(drop),
        8 => conn.domain_stats(StatsGroups::all()).await.map(drop),
        9 => conn.define_domain(&domain.config().await?).await.map(drop),
        10 => domain.set_autostart(number.is_multiple_of(2)).await,
        11 => domain.wait_for(DomainState::Running).await,
        _ => domain.xml().await.map(drop),
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_dropped_anywhere_leave_a_working_connection() {
    let conn = open().await;
    let control = TestControl::of(&conn).unwrap();
    for operation in [
        "start",
        "suspend",
        "destroy",
        "reset",
        "agent_exec",
        "fs_freeze",
        "define_domain",
        "config",
    ] {
        control
            .inject(Fault::on(operation).always().delayed(Duration::from_millis(3)))
            .unwrap();
    }
    let web = conn.define_domain(&config("web")).await.unwrap();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state >> 32).unwrap()
    };
    for _ in 0..10_000 {
        let patience = Duration::from_micros(u64::from(random() % 8_000));
        // What becomes of the call is of no interest: only that it harms nobody.
        drop(tokio::time::timeout(patience, call(&conn, &web, random())).await);
    }
    control.clear_faults();
    match web.destroy().await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidState),
    }
    web.start_with(&StartOptions::default()).await.unwrap();
    web.wait_for_agent().await.unwrap();
    web.agent().ping().await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    conn.shutdown().await.unwrap();
    drop((web, control, conn));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        runtime.metrics().num_alive_tasks(),
        0,
        "every task ended with the connection"
    );
}

#[tokio::test]
async fn tasks_end_when_the_last_handle_is_dropped() {
    let conn = open().await;
    let domain = conn.domain("test").await.unwrap();
    let console = domain.console().await.unwrap();
    domain.reboot().await.unwrap();
    drop((conn, domain));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    drop(console);
}
