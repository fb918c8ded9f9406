//! The QMP connection against a fake monitor that misbehaves.

#![expect(clippy::unwrap_used, clippy::panic, reason = "how a test fails")]

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use virt_qemu::qmp::commands::machine::{Cont, QueryStatus, Quit, RunState, Stop};
use virt_qemu::qmp::{
    Delivery, DisconnectReason, ErrorClass, EventKind, Lane, QmpConnection, QmpError, QmpEventItem,
    QmpEvents, QmpOptions,
};
use virt_testkit::fake_qmp::{FakeAnswer, FakeGreeting, FakeQmp};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

async fn open(fake: &FakeQmp) -> (QmpConnection, QmpEvents) {
    QmpConnection::connect(fake.connect(), QmpOptions::labelled("test"))
        .await
        .unwrap()
}

async fn next_name(events: &mut QmpEvents) -> String {
    match tokio::time::timeout(Duration::from_secs(5), events.next())
        .await
        .unwrap()
        .unwrap()
    {
        QmpEventItem::Event(event) => event.name.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn commands_are_answered_and_events_arrive() {
    let fake = FakeQmp::new();
    let (qmp, mut events) = open(&fake).await;
    assert!(qmp.has_oob());
    assert_eq!(qmp.greeting().version.qemu.to_string(), "10.0.2");
    assert_eq!(
        qmp.execute(&QueryStatus, soon()).await.unwrap().status,
        RunState::Prelaunch
    );
    qmp.execute(&Cont, soon()).await.unwrap();
    assert!(qmp.execute(&QueryStatus, soon()).await.unwrap().running);
    assert_eq!(next_name(&mut events).await, "RESUME");
    assert_eq!(qmp.in_flight(), 0);
}

#[tokio::test]
async fn oob_is_negotiated_only_where_it_is_offered() {
    let fake = FakeQmp::new().with_oob(false);
    let (qmp, _events) = open(&fake).await;
    fake.on("yank", |_| FakeAnswer::done());
    qmp.execute_raw_in(Lane::OutOfBand, "yank", None, soon())
        .await
        .unwrap();
    let fake_oob = FakeQmp::new();
    fake_oob.on("yank", |_| FakeAnswer::done());
    let (qmp_oob, _events) = open(&fake_oob).await;
    qmp_oob
        .execute_raw_in(Lane::OutOfBand, "yank", None, soon())
        .await
        .unwrap();
    let was_oob = |fake: &FakeQmp| {
        fake.calls()
            .iter()
            .any(|call| call.name == "yank" && call.out_of_band)
    };
    assert!(!qmp.has_oob() && !was_oob(&fake));
    assert!(qmp_oob.has_oob() && was_oob(&fake_oob));
}

#[tokio::test]
async fn events_before_the_greeting_are_delivered() {
    let early = "{\"event\":\"RESUME\",\"timestamp\":{\"seconds\":-1,\"microseconds\":-1}}\r\n\r\n";
    let fake = FakeQmp::new().with_bytes_before_greeting(early);
    let (_qmp, mut events) = open(&fake).await;
    assert_eq!(next_name(&mut events).await, "RESUME");
}

#[tokio::test]
async fn unknown_events_and_values_leave_the_connection_alive() {
    let fake = FakeQmp::new();
    let (qmp, mut events) = open(&fake).await;
    fake.emit("BRAND_NEW", json!({"x": [1]}));
    fake.emit("SHUTDOWN", json!({"guest": true, "reason": "new-reason"}));
    fake.emit_raw("{\"something\": \"else\"}\n{\"return\": {}, \"id\": \"foreign\"}\n{\"return\": {}}\n");
    fake.set_run_state("new-state");
    let status = qmp.execute(&QueryStatus, soon()).await.unwrap();
    assert_eq!(status.status, RunState::Unknown("new-state".to_owned()));
    assert_eq!(next_name(&mut events).await, "BRAND_NEW");
    assert_eq!(next_name(&mut events).await, "SHUTDOWN");
}

#[tokio::test]
async fn an_error_of_qemu_has_its_class_and_the_command() {
    let (qmp, _events) = open(&FakeQmp::new()).await;
    let error = qmp
        .execute_raw("frobnicate", Some(json!({"a": 1})), soon())
        .await
        .unwrap_err();
    assert!(error.is_command_not_found());
    assert_eq!(error.class(), Some(&ErrorClass::CommandNotFound));
    assert_eq!(error.command(), Some("frobnicate"));
    assert!(!error.may_have_applied());
    assert_eq!(
        error.to_string(),
        "QMP frobnicate: The command frobnicate has not been found"
    );
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_does_not_greet_is_busy_after_two_seconds() {
    let begun = Instant::now();
    let fake = FakeQmp::new().with_greeting(FakeGreeting::Silent);
    let error = QmpConnection::connect(fake.connect(), QmpOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error, QmpError::Busy { .. }), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_client_is_told_busy_and_gets_the_monitor_once_the_first_has_left() {
    let fake = FakeQmp::new();
    let (first, _events) = open(&fake).await;
    let error = QmpConnection::connect(fake.connect(), QmpOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error, QmpError::Busy { .. }), "{error}");
    first.shutdown().await;
    let (second, _events) = open(&fake).await;
    second.execute(&QueryStatus, soon()).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_does_not_speak_qmp_is_a_typed_error() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\u{0}\u{1}\n",
        "{\"QMP\": 3}\n",
        "[[[[\n",
    ] {
        let (client, mut server) = tokio::io::duplex(1024);
        server.write_all(garbage.as_bytes()).await.unwrap();
        let error = QmpConnection::connect(client, QmpOptions::default())
            .await
            .unwrap_err();
        let QmpError::Disconnected {
            reason: DisconnectReason::Malformed(_),
            ..
        } = error
        else {
            panic!("{garbage:?}: {error:?}")
        };
    }
}

#[tokio::test]
async fn garbage_fails_every_pending_call_at_once() {
    let fake = FakeQmp::new();
    fake.once("first", FakeAnswer::Silence);
    fake.once("second", FakeAnswer::Bytes(b"Segmentation fault\n".to_vec()));
    let (qmp, _events) = open(&fake).await;
    let (first, second) = tokio::join!(
        qmp.execute_raw("first", None, soon()),
        qmp.execute_raw("second", None, soon())
    );
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(error.is_disconnected() && error.may_have_applied(), "{error}");
    }
    let later = qmp.execute(&QueryStatus, soon()).await.unwrap_err();
    let QmpError::Disconnected {
        delivery: Delivery::NotSent,
        reason,
        ..
    } = later
    else {
        panic!("{later:?}")
    };
    assert!(matches!(reason, DisconnectReason::Malformed(_)), "{reason:?}");
}

#[tokio::test]
async fn end_of_file_fails_every_pending_call_and_ends_the_events() {
    for (answer, in_message) in [(FakeAnswer::Close, false), (FakeAnswer::CloseInMessage, true)] {
        let fake = FakeQmp::new();
        fake.on("hang", |_| FakeAnswer::Silence);
        fake.once("die", answer);
        let (qmp, mut events) = open(&fake).await;
        let (hung, died) = tokio::join!(
            qmp.execute_raw("hang", None, soon()),
            qmp.execute_raw("die", None, soon())
        );
        assert!(hung.unwrap_err().is_disconnected() && died.unwrap_err().is_disconnected());
        assert!(events.next().await.is_none());
        assert_eq!(
            matches!(qmp.ended().await, DisconnectReason::EofInMessage),
            in_message
        );
        assert_eq!(qmp.in_flight(), 0);
        assert!(qmp.events().next().await.is_none());
    }
}

#[tokio::test]
async fn quit_delivers_its_reason_before_the_end() {
    let fake = FakeQmp::new();
    let (qmp, mut events) = open(&fake).await;
    qmp.execute(&Quit, soon()).await.unwrap();
    assert!(matches!(qmp.ended().await, DisconnectReason::Eof));
    let Some(QmpEventItem::Event(event)) = events.next().await else {
        panic!("no event")
    };
    assert!(matches!(event.kind, EventKind::Shutdown(_)));
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_says_whether_the_command_was_sent() {
    let fake = FakeQmp::new();
    fake.on("hang", |_| FakeAnswer::Silence);
    let (qmp, _events) = open(&fake).await;
    let deadline = Instant::now() + Duration::from_secs(1);
    let calls = (0..12).map(|_| qmp.execute_raw("hang", None, deadline));
    let outcomes: Vec<Delivery> = futures::future::join_all(calls)
        .await
        .into_iter()
        .map(|result| match result.unwrap_err() {
            QmpError::Timeout { delivery, .. } => delivery,
            other => panic!("{other:?}"),
        })
        .collect();
    let sent = outcomes
        .iter()
        .filter(|delivery| **delivery == Delivery::Sent)
        .count();
    assert_eq!((sent, outcomes.len()), (7, 12));
    assert_eq!(fake.call_names().iter().filter(|name| *name == "hang").count(), 7);
    assert_eq!(qmp.in_flight(), 7);
}

#[tokio::test(start_paused = true)]
async fn an_urgent_command_passes_those_that_are_queued_or_hang() {
    let fake = FakeQmp::new();
    fake.on("hang", |_| FakeAnswer::Silence);
    let (qmp, _events) = open(&fake).await;
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let qmp = qmp.clone();
            tokio::spawn(async move { qmp.execute_raw("hang", None, soon()).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    qmp.execute(&Stop, soon()).await.unwrap();
    for call in waiting {
        assert!(call.await.unwrap().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn replies_may_come_in_any_order_and_twice() {
    let fake = FakeQmp::new();
    fake.on("slow", |_| {
        FakeAnswer::Return(json!("slow")).after(Duration::from_secs(1))
    });
    fake.on("twice", |_| FakeAnswer::Twice(json!("twice")));
    let (qmp, _events) = open(&fake).await;
    let slow = qmp.execute_raw("slow", None, soon());
    let quick = async {
        let mut results = Vec::new();
        for _ in 0..3 {
            results.push(qmp.execute_raw("twice", None, soon()).await.unwrap());
        }
        results
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(slow.unwrap(), json!("slow"));
    assert_eq!(quick, vec![json!("twice"); 3]);
    assert_eq!(qmp.in_flight(), 0);
}

#[tokio::test]
async fn ten_thousand_dropped_calls_leave_the_connection_alive_and_nothing_pending() {
    let fake = FakeQmp::new();
    fake.on("work", |arguments| {
        let delay = arguments.get("delay").and_then(Value::as_u64).unwrap_or(0);
        let answer = FakeAnswer::Return(arguments.clone());
        if delay == 0 {
            answer
        } else {
            answer.after(Duration::from_micros(delay))
        }
    });
    let (qmp, _events) = open(&fake).await;
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let (mut answered, mut dropped) = (0_u32, 0_u32);
    while dropped < 10_000 {
        let (delay, polls) = (next(3) * 50, next(6));
        let call = qmp.execute_raw("work", Some(json!({"delay": delay, "n": dropped})), soon());
        tokio::pin!(call);
        let mut result = None;
        for _ in 0..polls {
            if let std::task::Poll::Ready(ready) = futures::poll!(call.as_mut()) {
                result = Some(ready);
                break;
            }
            tokio::task::yield_now().await;
        }
        match result {
            Some(result) => {
                answered += 1;
                assert_eq!(
                    result.unwrap()["n"],
                    json!(dropped),
                    "an answer went to the wrong call"
                );
            }
            None => dropped += 1,
        }
    }
    assert!(answered > 0, "every call was dropped: the test proves too little");
    let last = qmp
        .execute_raw("work", Some(json!({"n": "last"})), soon())
        .await
        .unwrap();
    assert_eq!(last["n"], json!("last"));
    let deadline = Instant::now() + Duration::from_secs(5);
    while qmp.in_flight() > 0 {
        assert!(
            Instant::now() < deadline,
            "{} calls are still pending",
            qmp.in_flight()
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_line_of_megabytes_is_read_and_one_over_the_limit_is_refused() {
    let fake = FakeQmp::new();
    let text = "x".repeat(3_000_000);
    let answer = FakeAnswer::Return(Value::String(text.clone()));
    fake.on("big", move |_| answer.clone());
    let (qmp, _events) = open(&fake).await;
    assert_eq!(
        qmp.execute_raw("big", None, soon()).await.unwrap(),
        Value::String(text)
    );
    qmp.shutdown().await;

    let options = QmpOptions::default().with_line_limit(1_000_000);
    let (qmp, _events) = QmpConnection::connect(fake.connect(), options).await.unwrap();
    let error = qmp.execute_raw("big", None, soon()).await.unwrap_err();
    let QmpError::Disconnected {
        reason: DisconnectReason::LineTooLong(1_000_000),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
}

#[tokio::test]
async fn a_slow_receiver_is_told_how_much_it_lost_and_calls_go_on() {
    let fake = FakeQmp::new();
    let options = QmpOptions::default().with_event_capacity(16);
    let (qmp, mut events) = QmpConnection::connect(fake.connect(), options).await.unwrap();
    for number in 0..1000 {
        fake.emit("STORM", json!({"number": number}));
    }
    qmp.execute(&QueryStatus, soon()).await.unwrap();
    let Some(QmpEventItem::Lagged(lost)) = events.next().await else {
        panic!("nothing was lost")
    };
    let mut received = 0;
    drop(qmp);
    while let Some(item) = events.next().await {
        assert!(matches!(item, QmpEventItem::Event(_)));
        received += 1;
    }
    assert_eq!((lost, received), (984, 16));
}

#[tokio::test(start_paused = true)]
async fn a_frozen_peer_costs_only_the_deadline_and_goes_on_when_it_thaws() {
    let fake = FakeQmp::new();
    let (qmp, _events) = open(&fake).await;
    fake.freeze();
    for _ in 0..500 {
        let error = qmp
            .execute(&QueryStatus, Instant::now() + Duration::from_millis(5))
            .await
            .unwrap_err();
        assert!(matches!(error, QmpError::Timeout { .. }), "{error}");
    }
    assert!(qmp.in_flight() <= 7);
    fake.thaw();
    qmp.execute(&QueryStatus, soon()).await.unwrap();
}

#[tokio::test]
async fn a_full_pipe_to_the_peer_does_not_keep_events_from_arriving() {
    let (client, mut server) = tokio::io::duplex(256);
    let opened = tokio::spawn(QmpConnection::connect(client, QmpOptions::default()));
    server
        .write_all(b"{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n")
        .await
        .unwrap();
    let mut line = vec![0; 256];
    let length = server.read(&mut line).await.unwrap();
    assert!(line[..length].starts_with(b"{\"execute\":\"qmp_capabilities\""));
    server.write_all(b"{\"return\": {}, \"id\": 1}\n").await.unwrap();
    let (qmp, mut events) = opened.await.unwrap().unwrap();
    let stuck = tokio::spawn(async move {
        let long = Some(json!({"long": "x".repeat(10_000)}));
        qmp.execute_raw("long", long, Instant::now() + Duration::from_secs(60))
            .await
    });
    // Nobody reads on the far side: the command cannot be written in full.
    server.write_all(b"{\"event\": \"STOP\"}\n").await.unwrap();
    assert_eq!(next_name(&mut events).await, "STOP");
    stuck.abort();
}

#[tokio::test]
async fn a_reply_of_another_form_is_a_decode_error_that_names_the_command() {
    let fake = FakeQmp::new();
    fake.once("query-status", FakeAnswer::Return(json!([1, 2])));
    let (qmp, _events) = open(&fake).await;
    let error = qmp.execute(&QueryStatus, soon()).await.unwrap_err();
    assert!(
        matches!(error, QmpError::Decode { .. }) && error.command() == Some("query-status"),
        "{error:?}"
    );
    qmp.execute(&QueryStatus, soon()).await.unwrap();
}

#[tokio::test]
async fn dropping_every_handle_closes_the_stream() {
    let fake = FakeQmp::new();
    let (qmp, mut events) = open(&fake).await;
    let other = qmp.clone();
    drop(qmp);
    other.execute(&QueryStatus, soon()).await.unwrap();
    drop(other);
    assert!(events.next().await.is_none());
}
