//! The QMP connection over a real QEMU's socket: out of band, one client at a time, a stopped process, dropped calls.

#![expect(clippy::unwrap_used, reason = "how a test fails")]

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;
use virt_qemu::qmp::commands::machine::{QueryStatus, Quit};
use virt_qemu::qmp::{Delivery, DisconnectReason, Lane, QmpConnection, QmpError, QmpOptions};
use virt_testkit::live::qemu::QemuBinary;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn start(binary: &Path, socket: &Path) -> Child {
    Command::new(binary)
        .args([
            "-machine",
            "none",
            "-nodefaults",
            "-display",
            "none",
            "-S",
            "-qmp",
        ])
        .arg(format!("unix:{},server=on,wait=off", socket.display()))
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn connect(socket: &Path) -> UnixStream {
    let deadline = soon();
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn signal(child: &Child, name: &str) {
    let pid = child.id().unwrap().to_string();
    let status = Command::new("kill").args([name, &pid]).status().await.unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn a_monitor_has_one_client_and_survives_a_stopped_process_and_dropped_calls() {
    let qemu = match QemuBinary::installed() {
        Ok(qemu) => qemu,
        Err(missing) => virt_testkit::skip!("{missing}"),
    };
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("qmp");
    let mut child = start(&qemu.path, &socket);
    let patient = QmpOptions::labelled("live").with_greeting(Duration::from_secs(20));
    let (qmp, _events) = QmpConnection::connect(connect(&socket).await, patient.clone())
        .await
        .unwrap();
    assert!(qmp.has_oob());

    let second = QmpConnection::connect(connect(&socket).await, QmpOptions::default()).await;
    assert!(matches!(second, Err(QmpError::Busy { .. })), "{second:?}");

    // A command that is not allowed out of band is refused, and harms nothing.
    let refused = qmp
        .execute_raw_in(Lane::OutOfBand, "query-status", None, soon())
        .await;
    assert!(matches!(refused, Err(QmpError::Command { .. })), "{refused:?}");

    for number in 0..3000_u32 {
        let call = qmp.execute(&QueryStatus, soon());
        tokio::pin!(call);
        for _ in 0..number.wrapping_mul(2_654_435_761) % 6 {
            if futures::poll!(call.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    qmp.execute(&QueryStatus, soon()).await.unwrap();

    signal(&child, "-STOP").await;
    let stopped = qmp
        .execute(&QueryStatus, Instant::now() + Duration::from_millis(200))
        .await;
    assert!(
        matches!(
            stopped,
            Err(QmpError::Timeout {
                delivery: Delivery::Sent,
                ..
            })
        ),
        "{stopped:?}"
    );
    signal(&child, "-CONT").await;
    qmp.execute(&QueryStatus, soon()).await.unwrap();

    // Commands made at the same time are all answered, whatever their number.
    let calls = (0..500).map(|_| qmp.execute_raw("query-version", Some(json!({})), soon()));
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(qmp.in_flight(), 0);

    // Given back, the monitor is another's.
    assert!(matches!(qmp.shutdown().await, DisconnectReason::Closed));
    let (next, _events) = QmpConnection::connect(connect(&socket).await, patient)
        .await
        .unwrap();
    next.execute(&Quit, soon()).await.unwrap();
    assert!(matches!(next.ended().await, DisconnectReason::Eof));
    assert!(child.wait().await.unwrap().success());
}
