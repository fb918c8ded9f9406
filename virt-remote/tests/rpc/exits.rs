//! The three exits.

use super::*;
use virt_remote::rpc::{Delivery, EndReason, RpcError};

#[tokio::test]
async fn shutdown_waits_for_what_is_in_flight_and_takes_no_more() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let slow = FakeReply::Return(named("slow")).after(Duration::from_millis(30));
    daemon.once(REMOTE, hostname().number, slow);
    let ending = async {
        until("the call is there", || daemon.calls().len() == 1).await;
        connection.shutdown().await;
        ask(&connection).await
    };
    let (answer, refused) = tokio::join!(ask(&connection), ending);
    assert_eq!(answer.expect("a name"), "slow");
    assert!(matches!(
        refused,
        Err(RpcError::Disconnected {
            delivery: Delivery::NotSent,
            reason: EndReason::Closed,
            ..
        })
    ));
    assert_eq!(daemon.calls().len(), 1);
}

#[tokio::test]
async fn close_cuts_and_calls_in_flight_say_that_they_were_sent() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.once(REMOTE, hostname().number, FakeReply::Silence);
    let closing = async {
        until("the call is there", || daemon.calls().len() == 1).await;
        connection.close();
    };
    let (answer, ()) = tokio::join!(ask(&connection), closing);
    assert!(matches!(
        answer,
        Err(RpcError::Disconnected {
            delivery: Delivery::Sent,
            reason: EndReason::Closed,
            ..
        })
    ));
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_connection() {
    let (_daemon, connection, mut events) = connected(RpcOptions::default());
    let clone = connection.clone();
    drop(connection);
    assert_eq!(ask(&clone).await.expect("a name"), "host");
    drop(clone);
    assert_eq!(events.next().await, None);
}
