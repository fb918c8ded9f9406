//! Answers that no server gives on demand: whatever comes, a call ends in a typed error, in time, and the next one is well.

use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use virt_core::event::EventFilter;
use virt_core::{CallClass, Connection, Error, ErrorKind, Outcome, Result};
use virt_testkit::fake_vsphere::{FakeVsphere, VsphereAnswer};

use crate::fixture::{builder_as, until_resync};

/// How long a call has whose answer never ends, and one whose does.
const HURRY: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(20);
/// How much longer it may take until whoever called hears.
const GRACE: Duration = Duration::from_secs(5);

/// How many tries there are at a time: each has a server that may send as fast as it can.
static AT_A_TIME: Semaphore = Semaphore::const_new(6);

async fn fake() -> FakeVsphere {
    FakeVsphere::start().await.expect("a port")
}

async fn open(server: &FakeVsphere, time: Duration) -> Result<Connection> {
    let builder = builder_as("root", "secret")
        .deadline(CallClass::Open, time)
        .deadline(CallClass::Query, time);
    builder.open(&server.uri()).await
}

/// How long a call has that may end so.
fn time_for(kinds: &[ErrorKind]) -> Duration {
    match kinds.contains(&ErrorKind::Timeout) {
        true => HURRY,
        false => PATIENCE,
    }
}

/// What may come instead of an answer, and which kinds of errors that may be.
fn bad_answers() -> Vec<(&'static str, VsphereAnswer, &'static [ErrorKind])> {
    use VsphereAnswer::{Close, Endless, Fault, Raw, Silence, Soap, Stalls, Status, Text, Trickle};
    const CORRUPT: &[ErrorKind] = &[ErrorKind::Corrupt];
    const LOST: &[ErrorKind] = &[ErrorKind::ConnectionLost];
    const LATE: &[ErrorKind] = &[ErrorKind::Timeout];
    const ENDLESS: &[ErrorKind] = &[
        ErrorKind::Timeout,
        ErrorKind::ResourceExhausted,
        ErrorKind::ConnectionLost,
        ErrorKind::Corrupt,
    ];
    let text = |text: &str| Text(text.to_owned());
    let raw = |text: &str| Raw(text.as_bytes().to_vec());
    let packed = vec!["Content-Encoding: gzip".to_owned()];
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let elements = [b"10000\r\n".as_slice(), &b"<a/>".repeat(0x4000), b"\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let begun = "2a\r\n<Envelope xmlns='http://schemas.xmlsoap.or\r\n";
    vec![
        ("nothing", Close, LOST),
        ("an empty text", text(""), CORRUPT),
        ("no XML", text("hello"), CORRUPT),
        (
            "another document",
            text("<html><body>It works!</body></html>"),
            CORRUPT,
        ),
        (
            "half a document",
            text(
                "<?xml version='1.0'?><e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><Cre",
            ),
            CORRUPT,
        ),
        (
            "an entity",
            text("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            CORRUPT,
        ),
        ("elements inside each other", Soap(deep), CORRUPT),
        (
            "no UTF-8",
            Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<\xff\xfe/>".to_vec()),
            CORRUPT,
        ),
        (
            "what is not packed though it says so",
            Status(200, packed, "<a/>".to_owned()),
            CORRUPT,
        ),
        (
            "less than it says",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<a/>"),
            LOST,
        ),
        ("half of its head", raw("HTTP/1.1 200 OK\r\nContent-Le"), LOST),
        ("another protocol", raw("220 mail.example ESMTP\r\n"), LOST),
        ("a chunk that is none", raw(&format!("{head}zz\r\n<a/>")), LOST),
        (
            "a way elsewhere",
            Status(
                302,
                vec!["Location: http://127.0.0.1:1/".to_owned()],
                String::new(),
            ),
            CORRUPT,
        ),
        (
            "nothing there",
            Status(404, Vec::new(), "no such page".to_owned()),
            CORRUPT,
        ),
        (
            "a refusal",
            Status(403, Vec::new(), String::new()),
            &[ErrorKind::Denied],
        ),
        (
            "a server that is away",
            Status(503, Vec::new(), "soon".to_owned()),
            &[ErrorKind::Busy],
        ),
        (
            "a fault nobody knows",
            Fault("SomethingNew".to_owned(), "why not".to_owned()),
            &[ErrorKind::Failed],
        ),
        ("silence", Silence, LATE),
        (
            "the beginning",
            Stalls(format!("{head}{begun}").into_bytes()),
            LATE,
        ),
        ("a byte now and then", Trickle(Duration::from_millis(20)), LATE),
        (
            "headers without end",
            Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: and more\r\n".to_vec()),
            ENDLESS,
        ),
        (
            "blanks without end",
            Endless(head.as_bytes().to_vec(), chunk),
            ENDLESS,
        ),
        (
            "elements without end",
            Endless(head.as_bytes().to_vec(), elements),
            ENDLESS,
        ),
    ]
}

/// Checks how a call has ended.
fn judge(what: &str, began: Instant, ended: Result<()>, kinds: &[ErrorKind]) -> Error {
    let took = began.elapsed();
    let error = ended.expect_err(what);
    assert!(
        kinds.contains(&error.kind()),
        "{what}: {:?}: {error}",
        error.kind()
    );
    assert!(took < time_for(kinds) + GRACE, "{what} took {took:?}");
    assert!(error.to_string().len() < 500, "{what}: {error}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_while_it_opens_is_told() {
    let calls = [
        "RetrieveServiceContent",
        "Login",
        "CreateFilter",
        "WaitForUpdatesEx",
    ];
    let mut tries = tokio::task::JoinSet::new();
    for call in calls {
        for (what, answer, kinds) in bad_answers() {
            tries.spawn(async move {
                let _place = AT_A_TIME.acquire().await.expect("it is never closed");
                let server = fake().await;
                server.always(call, answer);
                let began = Instant::now();
                let opened = open(&server, time_for(kinds)).await.map(drop);
                let error = judge(&format!("{call}: {what}"), began, opened, kinds);
                if call == "RetrieveServiceContent" {
                    assert_ne!(error.outcome(), Outcome::Applied);
                }
                assert!(server.calls_of("Login") <= 1, "{call}: {what}");
            });
        }
    }
    while let Some(tried) = tries.join_next().await {
        tried.expect("no panic, and as it is to be");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_later_is_told_and_the_next_call_is_well() {
    let mut tries = tokio::task::JoinSet::new();
    for (what, answer, kinds) in bad_answers() {
        tries.spawn(async move {
            let _place = AT_A_TIME.acquire().await.expect("it is never closed");
            let server = fake().await;
            let conn = open(&server, PATIENCE).await.expect("it opens");
            server.always("RetrievePropertiesEx", answer);
            let began = Instant::now();
            let hurried = conn.with_deadline(time_for(kinds));
            let asked = hurried.node_info().await.map(drop);
            judge(what, began, asked, kinds);
            server.as_usual("RetrievePropertiesEx");
            let node = conn.node_info().await;
            assert_eq!(node.expect(what).memory_kib, 1 << 20, "{what}");
            conn.shutdown().await.expect("it ends");
        });
    }
    while let Some(tried) = tries.join_next().await {
        tried.expect("no panic, and as it is to be");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_told_instead_of_changes_all_is_looked_at_again() {
    let mut tries = tokio::task::JoinSet::new();
    for (what, answer, kinds) in bad_answers() {
        if kinds.contains(&ErrorKind::Timeout) {
            // A server that is slow to tell of changes is waited for.
            continue;
        }
        tries.spawn(async move {
            let _place = AT_A_TIME.acquire().await.expect("it is never closed");
            let server = fake().await;
            server.once("WaitForUpdatesEx", VsphereAnswer::AsUsual);
            server.once("WaitForUpdatesEx", answer);
            let conn = open(&server, PATIENCE).await.expect("it opens");
            let mut events = conn.events(EventFilter::all()).await.expect("its events");
            until_resync(&mut events).await;
            assert_eq!(conn.domains().await.expect("the machines").len(), 1, "{what}");
            conn.shutdown().await.expect("it ends");
        });
    }
    while let Some(tried) = tries.join_next().await {
        tried.expect("no panic, and as it is to be");
    }
}

#[tokio::test]
async fn a_server_that_gives_no_session_is_told_and_not_asked_again_and_again() {
    let server = fake().await;
    server.give_no_cookies();
    let began = Instant::now();
    let opened = open(&server, PATIENCE).await.map(drop);
    judge("no cookie", began, opened, &[ErrorKind::AuthenticationFailed]);
    assert!(server.calls_of("Login") <= 2, "{}", server.calls_of("Login"));
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_a_host_can_bear() {
    let server = fake().await;
    let conn = open(&server, PATIENCE).await.expect("it opens");
    let conn = conn.with_deadline(Duration::from_secs(30));
    server.always(
        "CreateContainerView",
        VsphereAnswer::Trickle(Duration::from_micros(100)),
    );
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let conn = conn.clone();
        calls.spawn(async move { conn.node_info().await.map(drop) });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("no panic").expect("it is answered");
    }
    // One more waits for changes.
    let most = server.most_at_once();
    assert!((2..=17).contains(&most), "{most} calls were under way at a time");
    conn.shutdown().await.expect("it ends");
}

/// An answer as servers pack them.
fn packed(inside: &str) -> VsphereAnswer {
    use std::io::Write as _;
    let text = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><e:Body>{inside}</e:Body></e:Envelope>"
    );
    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packing.write_all(text.as_bytes()).expect("it is packed");
    let body = packing.finish().expect("it is packed");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    VsphereAnswer::Raw([head.into_bytes(), body].concat())
}

#[tokio::test]
async fn answers_that_are_packed_are_unpacked() {
    let machine = |number: u32| {
        format!(
            "<objectSet><kind>enter</kind><obj type='VirtualMachine'>vm-{number}</obj>\
             <changeSet><name>name</name><op>assign</op><val xsi:type='xsd:string'>web &lt;{number}></val></changeSet>\
             <changeSet><name>config.uuid</name><op>assign</op>\
             <val xsi:type='xsd:string'>564d0000-0000-4000-8000-{number:012}</val></changeSet></objectSet>"
        )
    };
    let machines: String = (0..700).map(machine).collect();
    let server = fake().await;
    let told = format!(
        "<WaitForUpdatesExResponse xmlns='urn:vim25'><returnval><version>1</version><filterSet>\
         <filter type='PropertyFilter'>f</filter>{machines}</filterSet></returnval></WaitForUpdatesExResponse>"
    );
    server.once("WaitForUpdatesEx", packed(&told));
    let conn = builder_as("root", "secret").open(&server.uri()).await;
    let conn = conn.expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    assert_eq!(domains.len(), 700);
    conn.domain("web <7>").await.expect("it is there");
    let host = "<RetrievePropertiesExResponse xmlns='urn:vim25'><returnval><objects><obj type='HostSystem'>h</obj>\
                <propSet><name>name</name><val xsi:type='xsd:string'>packed</val></propSet></objects></returnval>\
                </RetrievePropertiesExResponse>";
    server.once("RetrievePropertiesEx", packed(host));
    assert_eq!(conn.node_info().await.expect("its host").hostname, "packed");
    conn.shutdown().await.expect("it ends");
}
