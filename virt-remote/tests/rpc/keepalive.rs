//! Keepalive, both ways.

use super::*;
use virt_remote::rpc::{EndReason, KeepalivePolicy, RpcError};

const SHORT: Duration = Duration::from_millis(20);

#[tokio::test]
async fn pings_are_answered_while_calls_hang() {
    let (daemon, connection, _events) = connected(RpcOptions::default().with_calls_in_flight(1));
    daemon.once(REMOTE, hostname().number, FakeReply::Silence);
    let deadline = Instant::now() + Duration::from_millis(100);
    let pinging = async {
        until("the call is there", || daemon.calls().len() == 1).await;
        daemon.ping();
        daemon.ping();
        until("both pings are answered", || daemon.pongs() == 2).await;
    };
    let (answer, ()) = tokio::join!(ask_until(&connection, deadline), pinging);
    assert!(matches!(answer, Err(RpcError::Timeout { .. })));
}

#[tokio::test]
async fn a_daemon_that_answers_is_asked_and_kept() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    connection.start_keepalive(KeepalivePolicy::new(SHORT, 2));
    until("it was asked five times", || daemon.pings() >= 5).await;
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_daemon_that_does_not_answer_is_given_up() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.answers_pings(false);
    daemon.once(REMOTE, hostname().number, FakeReply::Silence);
    connection.start_keepalive(KeepalivePolicy::new(SHORT, 2));
    let error = ask(&connection).await.expect_err("an error");
    assert!(matches!(
        error,
        RpcError::Disconnected {
            reason: EndReason::Silent(_),
            ..
        }
    ));
    assert_eq!(daemon.pings(), 2);
}

#[tokio::test]
async fn a_daemon_that_reads_nothing_is_given_up_too() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.freeze();
    connection.start_keepalive(KeepalivePolicy::new(SHORT, 2));
    let huge = "x".repeat(1_000_000);
    let error = look_up(&connection, &huge, soon()).await.expect_err("an error");
    assert!(matches!(
        error,
        RpcError::Disconnected {
            reason: EndReason::Silent(_),
            ..
        }
    ));
}

#[tokio::test]
async fn without_keepalive_nobody_is_asked() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    tokio::time::sleep(3 * SHORT).await;
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert_eq!(daemon.pings(), 0);
}
