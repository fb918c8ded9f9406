//! The fake host: what it counts, what it records, and the faults it injects.

#![expect(clippy::expect_used, reason = "a test that cannot begin says why")]

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_core::host::{
    BatchMode, Command, CommandOutput, ExitStatus, Host, HostOp, HostReply, LeaseRequest, StreamUse,
};
use virt_core::{Error, ErrorKind, Outcome, Result};
use virt_testkit::fake_host::{Absence, FakeHost, Fate, Fault};

struct Place {
    host: FakeHost,
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            host: FakeHost::local(),
            directory: tempfile::tempdir().expect("tests need a directory for temporary files"),
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.directory.path().display())
    }

    fn has(&self, name: &str) -> bool {
        self.directory.path().join(name).exists()
    }

    fn write(&self, name: &str) -> HostOp {
        HostOp::WriteAtomic {
            path: self.at(name),
            content: b"x".to_vec(),
            mode: 0o600,
        }
    }

    async fn batch(&self, mode: BatchMode, names: &[&str]) -> Vec<Result<HostReply>> {
        let ops = names.iter().map(|name| self.write(name)).collect();
        self.host.batch(mode, ops).await
    }
}

fn kinds(results: &[Result<HostReply>]) -> Vec<Option<ErrorKind>> {
    let kind = |result: &Result<HostReply>| result.as_ref().err().map(Error::kind);
    results.iter().map(kind).collect()
}

fn request() -> LeaseRequest {
    LeaseRequest { owner: "test".into() }
}

async fn is_pending<T>(future: impl Future<Output = T>) -> bool {
    let future = std::pin::pin!(future);
    futures::poll!(future).is_pending()
}

#[tokio::test]
async fn a_batch_of_any_length_is_one_and_so_is_a_single_call() {
    let place = Place::new();
    let results = place.batch(BatchMode::StopAtError, &["a", "b", "c"]).await;
    assert_eq!(kinds(&results), [None, None, None]);
    assert_eq!((place.host.batches(), place.host.writes()), (1, 3));
    place.host.files().read(&place.at("a")).await.unwrap();
    place.host.facts().await.unwrap();
    place.host.facts().await.unwrap();
    assert_eq!((place.host.batches(), place.host.writes()), (3, 3));
    let record = place.host.record();
    let record: Vec<_> = record.iter().map(|r| (r.batch, r.op.name())).collect();
    let write = "write_atomic";
    assert_eq!(
        record,
        [(1, write), (1, write), (1, write), (2, "read"), (3, "facts")]
    );
    place.host.forget();
    assert_eq!((place.host.batches(), place.host.record().len()), (0, 0));
}

#[tokio::test]
async fn a_fault_strikes_where_it_is_told_to() {
    let place = Place::new();
    let full = Fault::on("write_atomic")
        .path_containing("/b")
        .fail(ErrorKind::ResourceExhausted);
    place.host.inject(full.times(1));
    let results = place.batch(BatchMode::All, &["a", "b", "c"]).await;
    assert_eq!(kinds(&results), [None, Some(ErrorKind::ResourceExhausted), None]);
    assert!(place.has("a") && !place.has("b") && place.has("c"));
    let error = results[1].as_ref().unwrap_err();
    let io = error.native::<std::io::Error>().unwrap();
    assert_eq!(io.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(
        place.host.record()[1].fate,
        Fate::Refused(ErrorKind::ResourceExhausted)
    );
    let results = place.batch(BatchMode::StopAtError, &["b"]).await;
    assert_eq!(kinds(&results), [None]);
}

#[tokio::test]
async fn a_failure_stops_a_batch_that_stops_at_failures() {
    let place = Place::new();
    place.host.inject(Fault::any().nth(2).fail(ErrorKind::Denied));
    let results = place.batch(BatchMode::StopAtError, &["a", "b", "c"]).await;
    assert_eq!(
        kinds(&results),
        [None, Some(ErrorKind::Denied), Some(ErrorKind::Cancelled)]
    );
    assert!(!place.has("c"));
}

#[tokio::test]
async fn a_broken_batch_answers_nothing_and_has_done_its_first_part() {
    let place = Place::new();
    place.host.inject(Fault::any().nth(2).break_batch());
    let results = place.batch(BatchMode::All, &["a", "b", "c"]).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::ConnectionLost); 3]);
    assert!(
        results
            .iter()
            .all(|r| r.as_ref().unwrap_err().outcome() == Outcome::Unknown)
    );
    assert!(place.has("a") && !place.has("b") && !place.has("c"));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_work_done() {
    let place = Place::new();
    place.host.inject(Fault::any().nth(1).lose_answer());
    let written = place.host.files().write_atomic(&place.at("a"), b"x", 0o600).await;
    let error = written.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ConnectionLost, Outcome::Unknown)
    );
    assert!(place.has("a"));
    assert_eq!(place.host.record()[0].fate, Fate::AnswerLost);
}

#[tokio::test(start_paused = true)]
async fn a_delay_takes_its_time() {
    let place = Place::new();
    place
        .host
        .inject(Fault::on("stat").delay(Duration::from_secs(60)));
    let before = tokio::time::Instant::now();
    place.host.files().stat(&place.at("a")).await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_call_that_hangs_goes_on_when_faults_are_cleared() {
    let place = Place::new();
    place.host.inject(Fault::on("create_dir").hang());
    let path = place.at("d");
    let mut hanging = place.host.files().create_dir(&path, 0o700);
    assert!(is_pending(&mut hanging).await);
    assert!(!place.has("d"));
    place.host.clear_faults();
    hanging.await.unwrap();
    assert!(place.has("d"));
}

#[tokio::test]
async fn a_crash_can_be_put_before_and_after_every_write() {
    let names = ["a", "b", "c"];
    for writes in 0..=3u64 {
        let place = Place::new();
        place.host.crash_after(writes);
        for name in names {
            // What is only read does not bring the crash nearer.
            let _ = place.host.files().stat(&place.at(name)).await;
            let _ = place.batch(BatchMode::All, &[name]).await;
        }
        let there = names.iter().filter(|name| place.has(name)).count();
        assert_eq!(u64::try_from(there).unwrap(), writes);
        assert_eq!(
            (place.host.is_crashed(), place.host.writes()),
            (writes < 3, writes)
        );
    }
    for write in 1..=3u64 {
        let place = Place::new();
        place.host.crash_on_reply(write);
        let results = place.batch(BatchMode::All, &names).await;
        let there = names.iter().filter(|name| place.has(name)).count();
        assert_eq!(u64::try_from(there).unwrap(), write);
        assert_eq!(kinds(&results), [Some(ErrorKind::ConnectionLost); 3]);
    }
}

#[tokio::test]
async fn a_crash_frees_the_lease_for_the_next_manager() {
    let place = Place::new();
    let path = place.at("lease");
    let lease = place.host.lease(&path, request()).await.unwrap();
    let error = place.host.reborn().lease(&path, request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    place.host.crash();
    let next = place.host.reborn().lease(&path, request()).await.unwrap();
    assert_eq!(next.holder().epoch, lease.holder().epoch + 1);
    assert!(is_pending(lease.lost()).await);
    assert_eq!(
        lease.release().await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
}

#[tokio::test]
async fn a_lost_lease_says_so() {
    let place = Place::new();
    let path = place.at("lease");
    let lease = place.host.lease(&path, request()).await.unwrap();
    assert!(is_pending(lease.lost()).await);
    place.host.lose_leases();
    lease.lost().await;
    place
        .host
        .lease(&path, request())
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_crash_cuts_streams_and_ends_all_waiting() {
    let place = Place::new();
    let socket = place.at("socket");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let stream = place
        .host
        .sockets()
        .connect_unix(&socket, StreamUse::Control)
        .await
        .unwrap();
    let (mut peer, _) = listener.accept().await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut watch = place.host.files().watch(&place.at("a")).await.unwrap();
    let mut child = place.host.processes().spawn(Command::new("cat")).await.unwrap();
    let host = place.host.clone();
    let mut rest = Vec::new();
    let crash = async {
        writer.write_all(b"before").await.unwrap();
        host.crash();
        writer.write_all(b"after").await
    };
    let mut bytes = [0; 1];
    let (read, changed, ended, written, received) = tokio::join!(
        reader.read(&mut bytes),
        watch.changed(),
        child.wait(),
        crash,
        peer.read_to_end(&mut rest)
    );
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::ConnectionLost);
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionLost);
    received.unwrap();
    assert_eq!(rest, b"before");
    let error = place
        .host
        .sockets()
        .connect_unix(&socket, StreamUse::Control)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn a_program_that_runs_outlives_the_manager() {
    let place = Place::new();
    let (told, go) = (place.at("told"), place.at("go"));
    let script = format!("touch {told}; while [ ! -e {go} ]; do sleep 0.01; done; touch {told}.2");
    let running = place
        .host
        .processes()
        .run(Command::new("sh").args(["-c", &script]));
    let beneath = place.host.reborn();
    let mut watch = beneath.files().watch(&place.at("")).await.unwrap();
    let crash = async {
        while !place.has("told") {
            watch.changed().await.unwrap();
        }
        place.host.crash();
    };
    let (ran, ()) = tokio::join!(running, crash);
    assert_eq!(ran.unwrap_err().kind(), ErrorKind::ConnectionLost);
    beneath.files().write_atomic(&go, b"", 0o600).await.unwrap();
    while !place.has("told.2") {
        watch.changed().await.unwrap();
    }
}

#[tokio::test]
async fn programs_can_be_answered_for() {
    let host = FakeHost::local();
    host.answer_program("qemu-img", |command| {
        Ok(CommandOutput::new(
            ExitStatus::Code(0),
            command.args.join(" ").into(),
            Vec::new(),
        ))
    });
    let command = Command::new("/usr/bin/qemu-img").args(["info", "x"]);
    let alone = host.processes().run(command.clone()).await.unwrap();
    let results = host.batch(BatchMode::All, vec![HostOp::Run(command)]).await;
    assert_eq!(alone.stdout_text(), "info x");
    assert!(matches!(&results[0], Ok(HostReply::Output(output)) if *output == alone));
}

#[tokio::test]
async fn facts_can_be_made_up() {
    let host = FakeHost::local();
    let mut facts = (*host.facts().await.unwrap()).clone();
    facts.cpus = 1234;
    host.set_facts(facts);
    let given: Arc<dyn Host> = Arc::new(host.clone());
    assert_eq!(given.facts().await.unwrap().cpus, 1234);
}

/// A peer that says a word at once, and then says back what it hears.
fn echo_server(path: &str) {
    let listener = tokio::net::UnixListener::bind(path).expect("the path is free");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                drop(stream.write_all(b"hello").await);
                let (mut read, mut write) = stream.split();
                drop(tokio::io::copy(&mut read, &mut write).await);
            });
        }
    });
}

#[tokio::test]
async fn a_machine_that_goes_away_cuts_streams_and_calls_until_it_comes_back() {
    let place = Place::new();
    let path = place.at("socket");
    echo_server(&path);
    let mut stream = place
        .host
        .sockets()
        .connect_unix(&path, StreamUse::Control)
        .await
        .unwrap();
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).await.unwrap();
    let mut watch = place.host.files().watch(&place.at("")).await.unwrap();
    let running = tokio::spawn({
        let host = place.host.clone();
        async move { host.processes().run(Command::new("sleep").arg("30")).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    place.host.go_away();
    assert!(place.host.is_away());
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ConnectionLost, Outcome::Unknown)
    );
    assert!(stream.read_exact(&mut hello).await.is_err() && stream.write_all(b"x").await.is_err());
    let results = place.batch(BatchMode::All, &["a", "b"]).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::ConnectionLost); 2]);
    assert!(!place.has("a"));
    assert_eq!(
        watch.changed().await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    place.host.come_back();
    assert!(stream.read_exact(&mut hello).await.is_err(), "a stream stays cut");
    assert!(watch.changed().await.is_err(), "and so does a watch");
    let results = place.batch(BatchMode::All, &["a"]).await;
    assert_eq!(kinds(&results), [None]);
}

#[tokio::test]
async fn calls_may_wait_for_a_machine_that_is_away() {
    let place = Place::new();
    place.host.absence(Absence::Waits);
    place.host.go_away();
    let path = place.at("a");
    let mut writing = Box::pin(place.host.files().write_atomic(&path, b"x", 0o600));
    assert!(is_pending(&mut writing).await && !place.has("a"));
    place.host.come_back();
    writing.await.unwrap();
    assert!(place.has("a"));
}

#[tokio::test]
async fn the_way_is_cut_before_or_after_the_operation_that_was_named() {
    let place = Place::new();
    place.host.go_away_after(1);
    let results = place.batch(BatchMode::All, &["a", "b"]).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::ConnectionLost); 2]);
    assert!(place.has("a") && !place.has("b") && place.host.is_away());
    place.host.come_back();
    place.host.go_away_on_reply(1);
    let results = place.batch(BatchMode::All, &["b"]).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::ConnectionLost)]);
    assert!(place.has("b") && place.host.is_away());
    place.host.come_back();
    place.host.go_away_after(5);
    place.host.come_back();
    assert_eq!(kinds(&place.batch(BatchMode::All, &["c"; 9]).await), [None; 9]);
}

#[tokio::test]
async fn every_answer_takes_one_round_trip_and_what_is_under_way_together_takes_one() {
    const TRIP: Duration = Duration::from_millis(200);
    let trips = |since: tokio::time::Instant| since.elapsed().as_millis() / TRIP.as_millis();
    let place = Place::new();
    let path = place.at("socket");
    echo_server(&path);
    place.host.latency(TRIP);
    let since = tokio::time::Instant::now();
    let results = place.batch(BatchMode::All, &["a", "b", "c"]).await;
    assert_eq!((kinds(&results), trips(since)), (vec![None; 3], 1));
    let since = tokio::time::Instant::now();
    let mut stream = place
        .host
        .sockets()
        .connect_unix(&path, StreamUse::Control)
        .await
        .unwrap();
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).await.unwrap();
    assert_eq!(trips(since), 1, "a greeting comes with the connection");
    let since = tokio::time::Instant::now();
    for _ in 0..8 {
        stream.write_all(b"hello").await.unwrap();
    }
    for _ in 0..8 {
        stream.read_exact(&mut hello).await.unwrap();
    }
    assert_eq!((trips(since), &hello), (1, b"hello"));
}
