//! What a real daemon does not do, or only when it dies.

use super::*;
use virt_core::{Error, ErrorKind, Retry};
use virt_remote::rpc::{Delivery, EndReason, FramingError, RpcError};

/// How a call ends whose reply is this.
async fn ends(reply: FakeReply) -> EndReason {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.once(REMOTE, hostname().number, reply);
    let error = ask(&connection).await.expect_err("an error");
    let RpcError::Disconnected {
        delivery: Delivery::Sent,
        reason,
        ..
    } = error
    else {
        panic!("not a loss after sending: {error:?}");
    };
    let error = Error::from(ask(&connection).await.expect_err("the connection is gone"));
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::ConnectionLost, Retry::Reconnect)
    );
    reason
}

#[tokio::test]
async fn a_reply_under_a_wrong_serial_is_nobodys() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.once(REMOTE, hostname().number, FakeReply::WrongSerial(named("right")));
    assert_eq!(ask(&connection).await.expect("a name"), "right");
    daemon.once(REMOTE, hostname().number, FakeReply::Twice(named("twice")));
    assert_eq!(ask(&connection).await.expect("a name"), "twice");
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_reply_of_another_procedure_ends_the_connection() {
    let reason = ends(FakeReply::WrongProcedure(named("host"))).await;
    assert!(matches!(reason, EndReason::Malformed(_)), "{reason}");
}

#[tokio::test]
async fn garbage_ends_the_connection() {
    let reason = ends(FakeReply::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    assert!(
        matches!(reason, EndReason::Framing(FramingError::TooLong(0x4854_5450))),
        "{reason}"
    );
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_before_it_comes() {
    let reason = ends(FakeReply::Bytes(0x0200_0005_u32.to_be_bytes().to_vec())).await;
    assert!(
        matches!(reason, EndReason::Framing(FramingError::TooLong(0x0200_0005))),
        "{reason}"
    );
    let reason = ends(FakeReply::Bytes(vec![0, 0, 0, 8])).await;
    assert!(
        matches!(reason, EndReason::Framing(FramingError::TooShort(8))),
        "{reason}"
    );
}

#[tokio::test]
async fn the_longest_message_comes_through() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let longest = 33_554_432 - 24;
    daemon.once(REMOTE, 70_000, FakeReply::Return(vec![7; longest]));
    let deadline = Instant::now() + Duration::from_secs(60);
    let returned = connection
        .call_raw(remote::PROGRAM, 70_000, vec![1; longest], deadline)
        .await;
    assert_eq!(returned.expect("an answer").len(), longest);
    assert_eq!(daemon.calls().first().map(|call| call.args.len()), Some(longest));
    let too_long = connection
        .call_raw(remote::PROGRAM, 70_000, vec![1; longest + 1], deadline)
        .await;
    assert!(matches!(too_long, Err(RpcError::Encode { .. })));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_message_says_so() {
    let reason = ends(FakeReply::CloseInMessage).await;
    assert!(matches!(reason, EndReason::EofInMessage), "{reason}");
    let reason = ends(FakeReply::Close).await;
    assert!(matches!(reason, EndReason::Eof), "{reason}");
}

#[tokio::test]
async fn a_half_closed_connection_is_over() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    daemon.close_writing();
    assert!(matches!(connection.ended().await, EndReason::Eof));
}

#[tokio::test]
async fn a_result_of_another_form_is_an_error_of_that_call_alone() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    for result in [vec![], vec![0, 0, 0, 9, 1], [named("host"), vec![0; 4]].concat()] {
        daemon.once(REMOTE, hostname().number, FakeReply::Return(result));
        let error = ask(&connection).await.expect_err("an error");
        assert!(matches!(error, RpcError::Decode { .. }), "{error}");
    }
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_stalled_daemon_holds_up_nothing_but_its_answers() {
    let (daemon, connection, mut events) = connected(RpcOptions::default());
    daemon.freeze();
    let deadline = Instant::now() + Duration::from_millis(30);
    // More than the pipe holds, so that writing comes to a stop in the middle of a message.
    let blocked = look_up(&connection, "x", deadline);
    let huge = "x".repeat(1_000_000);
    let more = look_up(&connection, &huge, deadline);
    let (first, second) = tokio::join!(blocked, more);
    for result in [first, second] {
        assert!(matches!(result, Err(RpcError::Timeout { .. })));
    }
    daemon.emit(REMOTE, 12_345, Vec::new());
    assert!(events.next().await.is_some());
    daemon.thaw();
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}
