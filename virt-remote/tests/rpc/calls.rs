//! Calls: answered, refused, cancelled, late, many at a time.

use super::*;
use virt_core::{Error, ErrorKind, Outcome};
use virt_remote::protocol::error_code::ErrorCode;
use virt_remote::protocol::remote::domain::DomainLookupByNameRet;
use virt_remote::protocol::remote::domain_lifecycle::{DomainCreate, DomainCreateArgs};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::rpc::{Delivery, LibvirtError, RpcError};

const LOOK_UP: i32 = DomainLookupByName::INFO.number;
const CREATE: i32 = DomainCreate::INFO.number;

#[tokio::test]
async fn a_call_is_answered_with_what_the_daemon_returns() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    let dom = Domain {
        name: "web".into(),
        id: 7,
        ..Domain::default()
    };
    let ret = encoded(&DomainLookupByNameRet { dom: dom.clone() });
    daemon.on(REMOTE, LOOK_UP, move |_| FakeReply::Return(ret.clone()));
    assert_eq!(look_up(&connection, "web", soon()).await.expect("a domain"), dom);
    let sent = daemon.calls().pop().expect("a call");
    assert_eq!(sent.args, encoded(&DomainLookupByNameArgs { name: "web".into() }));
}

#[tokio::test]
async fn a_refusal_has_the_daemons_code_and_the_sdks_kind() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.once(
        REMOTE,
        LOOK_UP,
        FakeReply::error(42, 10, "Domain not found: no domain with matching name 'web'"),
    );
    let error = look_up(&connection, "web", soon()).await.expect_err("an error");
    assert_eq!(error.code(), Some(ErrorCode::NO_DOMAIN));
    let error = Error::from(error);
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::NotFound, Outcome::NotApplied)
    );
    let native = error.native::<LibvirtError>().expect("libvirt's error");
    assert!(native.message.contains("matching name 'web'"), "{native}");
    // Later calls are not disturbed.
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_procedure_the_daemon_does_not_know_is_unsupported() {
    let (_daemon, connection, _events) = connected(RpcOptions::default());
    let raw = connection
        .call_raw(remote::PROGRAM, 99_999, Vec::new(), soon())
        .await
        .expect_err("an error");
    assert_eq!(raw.to_string(), "the daemon refused procedure 99999 of remote");
    assert_eq!(Error::from(raw).kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn answers_come_in_any_order_and_find_their_calls() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    for (name, delay) in [("slow", 40), ("quick", 1), ("middling", 20)] {
        let reply = FakeReply::Return(named(name)).after(Duration::from_millis(delay));
        daemon.once(REMOTE, hostname().number, reply);
    }
    let answers = futures::future::join_all((0..3).map(|_| ask(&connection))).await;
    let names: Vec<String> = answers
        .into_iter()
        .map(|answer| answer.expect("a name"))
        .collect();
    assert_eq!(names, ["slow", "quick", "middling"]);
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_the_daemon_takes() {
    for limit in [1, 4, 9] {
        let (daemon, connection, _events) = connected(RpcOptions::default().with_calls_in_flight(limit));
        daemon.on(REMOTE, hostname().number, |_| {
            FakeReply::Return(named("host")).after(Duration::from_millis(2))
        });
        let answers = futures::future::join_all((0..40).map(|_| ask(&connection))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(daemon.most_in_flight(), limit);
    }
}

#[tokio::test]
async fn guests_that_hang_do_not_keep_anybody_from_looking_around() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.on(REMOTE, CREATE, |_| FakeReply::Silence);
    let deadline = Instant::now() + Duration::from_secs(1);
    let args = DomainCreateArgs::default();
    let hanging =
        futures::future::join_all((0..20).map(|_| connection.call::<DomainCreate>(&args, deadline)));
    let looking = async {
        until("the calls are there", || daemon.calls().len() == 3).await;
        for _ in 0..20 {
            assert_eq!(ask(&connection).await.expect("a name"), "host");
        }
        Instant::now()
    };
    let (starts, looked) = tokio::join!(hanging, looking);
    assert!(looked < deadline);
    assert!(starts.iter().all(Result::is_err));
    let sent = daemon.calls().iter().filter(|call| call.number == CREATE).count();
    assert_eq!(sent, 3);
}

#[tokio::test]
async fn the_number_in_flight_can_be_changed() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.on(REMOTE, hostname().number, |_| {
        FakeReply::Return(named("host")).after(Duration::from_millis(2))
    });
    connection.set_calls_in_flight(7);
    let answers = futures::future::join_all((0..40).map(|_| ask(&connection))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(daemon.most_in_flight(), 7);
}

#[tokio::test]
async fn the_reply_of_a_cancelled_call_disturbs_nobody() {
    let (daemon, connection, _events) = connected(RpcOptions::default().with_calls_in_flight(1));
    let late = FakeReply::Return(named("late")).after(Duration::from_millis(200));
    daemon.once(REMOTE, hostname().number, late);
    let cancelled = tokio::time::timeout(Duration::from_millis(50), ask(&connection)).await;
    assert!(cancelled.is_err());
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert_eq!(daemon.calls().len(), 2);
    // It held its place until it was answered.
    assert_eq!(daemon.most_in_flight(), 1);
}

#[tokio::test]
async fn ten_thousand_cancelled_calls_leave_nothing_behind() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    for _ in 0..10_000 {
        // Polled once and dropped: some are sent, others are not.
        let mut asking = Box::pin(ask(&connection));
        let _pending = futures::poll!(asking.as_mut());
    }
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert!(daemon.most_in_flight() <= 4);
}

#[tokio::test]
async fn a_call_that_was_not_sent_at_its_deadline_never_is() {
    let (daemon, connection, _events) = connected(RpcOptions::default().with_calls_in_flight(1));
    daemon.once(
        REMOTE,
        CREATE,
        FakeReply::done().after(Duration::from_millis(300)),
    );
    let args = DomainCreateArgs::default();
    let hanging = connection.call::<DomainCreate>(&args, soon());
    let impatient = async {
        until("the first call is there", || daemon.calls().len() == 1).await;
        let deadline = Instant::now() + Duration::from_millis(20);
        connection.call::<DomainCreate>(&args, deadline).await
    };
    let (first, second) = tokio::join!(hanging, impatient);
    first.expect("an answer");
    let error = second.expect_err("a timeout");
    assert!(matches!(
        error,
        RpcError::Timeout {
            delivery: Delivery::NotSent,
            ..
        }
    ));
    assert_eq!(Error::from(error).outcome(), Outcome::NotApplied);
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert_eq!(daemon.calls().len(), 2);
}

#[tokio::test]
async fn a_deadline_says_what_became_of_the_work() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    daemon.once(REMOTE, CREATE, FakeReply::Silence);
    daemon.once(REMOTE, hostname().number, FakeReply::Silence);
    let deadline = Instant::now() + Duration::from_millis(200);
    let args = DomainCreateArgs::default();
    let (changing, reading) = tokio::join!(
        connection.call::<DomainCreate>(&args, deadline),
        ask_until(&connection, deadline)
    );
    let changing = Error::from(changing.expect_err("a timeout"));
    assert_eq!(
        (changing.kind(), changing.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown)
    );
    // Where nothing is changed, nothing can be left behind.
    let reading = Error::from(reading.expect_err("a timeout"));
    assert_eq!(
        (reading.kind(), reading.outcome()),
        (ErrorKind::Timeout, Outcome::NotApplied)
    );
}

#[tokio::test]
async fn arguments_beyond_the_limits_are_not_sent() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let name = "x".repeat(4_194_305);
    let error = look_up(&connection, &name, soon()).await.expect_err("an error");
    assert!(matches!(error, RpcError::Encode { .. }), "{error}");
    assert!(daemon.calls().is_empty());
}
