//! Streams: read, written, with holes, finished, aborted, and not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_remote::protocol::error_code::ErrorCode;
use virt_remote::protocol::remote::storage_volume::{
    StorageVolDownload, StorageVolDownloadArgs, StorageVolUpload, StorageVolUploadArgs,
};
use virt_remote::rpc::{RpcError, RpcStream, StreamItem};
use virt_testkit::fake_daemon::FakePiece;

const DOWNLOAD: i32 = StorageVolDownload::INFO.number;
const UPLOAD: i32 = StorageVolUpload::INFO.number;

async fn download(daemon: &FakeDaemon, connection: &RpcConnection, pieces: Vec<FakePiece>) -> RpcStream {
    daemon.once(REMOTE, DOWNLOAD, FakeReply::Stream(Vec::new(), pieces));
    let args = StorageVolDownloadArgs::default();
    let opened = connection.open_stream::<StorageVolDownload>(&args, soon()).await;
    opened.expect("a stream").1
}

async fn upload(daemon: &FakeDaemon, connection: &RpcConnection) -> (RpcStream, u32) {
    daemon.once(REMOTE, UPLOAD, FakeReply::done());
    let args = StorageVolUploadArgs::default();
    let opened = connection.open_stream::<StorageVolUpload>(&args, soon()).await;
    let serial = daemon.calls().last().expect("a call").serial;
    (opened.expect("a stream").1, serial)
}

fn data(bytes: &'static [u8]) -> Option<StreamItem> {
    Some(StreamItem::Data(Bytes::from_static(bytes)))
}

#[tokio::test]
async fn a_volume_is_read_with_its_holes_to_its_end() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let pieces = vec![
        FakePiece::Data(b"abc".to_vec()),
        FakePiece::Hole(1 << 40),
        FakePiece::Data(b"def".to_vec()),
        FakePiece::End,
    ];
    let stream = download(&daemon, &connection, pieces).await;
    assert_eq!(stream.next().await.expect("data"), data(b"abc"));
    assert_eq!(
        stream.next().await.expect("a hole"),
        Some(StreamItem::Hole(1 << 40))
    );
    assert_eq!(stream.next().await.expect("data"), data(b"def"));
    assert_eq!(stream.next().await.expect("the end"), None);
    stream.finish(soon()).await.expect("finished");
    let serial = daemon.calls().last().expect("a call").serial;
    assert_eq!(daemon.pieces(serial), [FakePiece::Finish]);
}

#[tokio::test]
async fn a_volume_is_written_in_pieces_of_the_protocols_size_with_its_holes() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let (stream, serial) = upload(&daemon, &connection).await;
    stream.send(Bytes::from(vec![7; 300_000])).await.expect("sent");
    stream.send_hole(4096).await.expect("sent");
    stream.send(Bytes::from_static(b"end")).await.expect("sent");
    stream.finish(soon()).await.expect("finished");
    assert_eq!(
        daemon.pieces(serial),
        [
            FakePiece::Data(vec![7; 262_120]),
            FakePiece::Data(vec![7; 300_000 - 262_120]),
            FakePiece::Hole(4096),
            FakePiece::Data(b"end".to_vec()),
            FakePiece::Finish,
        ]
    );
    let error = stream
        .send(Bytes::from_static(b"more"))
        .await
        .expect_err("an error");
    assert!(matches!(error, RpcError::StreamAborted { .. }), "{error}");
}

#[tokio::test]
async fn a_stream_that_fails_says_what_the_daemon_said_after_what_came_before() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let failure = FakePiece::Abort(38, 18, "cannot read: Input/output error".to_owned());
    let pieces = vec![FakePiece::Data(b"abc".to_vec()), failure];
    let stream = download(&daemon, &connection, pieces).await;
    assert_eq!(stream.next().await.expect("data"), data(b"abc"));
    for _ in 0..2 {
        let error = stream.next().await.expect_err("an error");
        assert_eq!(error.code(), Some(ErrorCode::SYSTEM_ERROR));
    }
    assert!(stream.finish(soon()).await.is_err());
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_aborted() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let (stream, serial) = upload(&daemon, &connection).await;
    stream.send(Bytes::from_static(b"abc")).await.expect("sent");
    drop(stream);
    let aborted = FakePiece::Abort(0, 0, String::new());
    until("the daemon was told", || daemon.pieces(serial).contains(&aborted)).await;
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_stream_whose_opener_has_gone_is_aborted() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let late = FakeReply::done().after(Duration::from_millis(200));
    daemon.once(REMOTE, UPLOAD, late);
    let args = StorageVolUploadArgs::default();
    let opening = connection.open_stream::<StorageVolUpload>(&args, soon());
    assert!(
        tokio::time::timeout(Duration::from_millis(50), opening)
            .await
            .is_err()
    );
    let serial = daemon.calls().last().expect("a call").serial;
    let aborted = FakePiece::Abort(0, 0, String::new());
    until("the daemon was told", || {
        daemon.pieces(serial) == [aborted.clone()]
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_slows_the_daemon_down_and_loses_nothing() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let mut pieces = vec![FakePiece::Data(vec![7; 262_120]); 100];
    pieces.push(FakePiece::End);
    let stream = download(&daemon, &connection, pieces).await;
    let mut read = 0;
    while let Some(StreamItem::Data(data)) = stream.next().await.expect("data") {
        read += data.len();
        if read % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    assert_eq!(read, 100 * 262_120);
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}

#[tokio::test]
async fn a_stream_that_nobody_reads_fails_alone() {
    let patience = Duration::from_millis(400);
    let (daemon, connection, _events) = connected(RpcOptions::default().with_patience(patience));
    let pieces = vec![FakePiece::Data(vec![7; 262_120]); 100];
    let stream = download(&daemon, &connection, pieces).await;
    // This has to wait for the stream, but once only, and not for every piece that is still on its way.
    let began = Instant::now();
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert!(began.elapsed() < 10 * patience, "{:?}", began.elapsed());
    let error = loop {
        match stream.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended as if nothing were lost"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, RpcError::StreamNotRead { .. }), "{error}");
}

#[tokio::test]
async fn a_stream_that_is_given_up_unread_holds_up_nothing() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    for finishes in [false, true] {
        let pieces = vec![FakePiece::Data(vec![7; 262_120]); 40];
        let stream = download(&daemon, &connection, pieces).await;
        let serial = daemon.calls().last().expect("a call").serial;
        // Long before the patience of 10 s is over, the daemon is waited for by the connection alone.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if finishes {
            stream.finish(soon()).await.expect("finished");
        } else {
            drop(stream);
        }
        assert_eq!(ask(&connection).await.expect("a name"), "host");
        assert_eq!(daemon.pieces(serial).len(), 1);
    }
}

#[tokio::test]
async fn calls_and_pongs_go_ahead_of_what_is_being_written() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let (stream, serial) = upload(&daemon, &connection).await;
    let (fake, before) = (daemon.clone(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&before);
    daemon.on(REMOTE, hostname().number, move |_| {
        seen.store(fake.pieces(serial).len(), Ordering::Relaxed);
        FakeReply::Return(named("host"))
    });
    daemon.freeze();
    let writing = async {
        for _ in 0..8 {
            stream.send(Bytes::from(vec![7; 262_120])).await?;
        }
        stream.finish(soon()).await
    };
    let asking = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        daemon.ping();
        daemon.thaw();
        ask(&connection).await.expect("a name")
    };
    let (written, name) = tokio::join!(writing, asking);
    written.expect("written");
    assert_eq!(name, "host");
    let before = before.load(Ordering::Relaxed);
    assert!(before <= 2, "{before} pieces went ahead of a call");
    assert_eq!(daemon.pongs(), 1);
}

#[tokio::test]
async fn a_stream_is_read_and_written_as_plain_bytes() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let pieces = vec![
        FakePiece::Data(b"abc".to_vec()),
        FakePiece::Hole(100_000),
        FakePiece::Data(b"def".to_vec()),
        FakePiece::End,
    ];
    let stream = download(&daemon, &connection, pieces).await;
    let mut io = stream.into_io(Duration::from_secs(5));
    let mut read = Vec::new();
    io.read_to_end(&mut read).await.expect("everything");
    assert_eq!(read, [b"abc".as_slice(), &[0; 100_000], b"def"].concat());
    let (stream, serial) = upload(&daemon, &connection).await;
    let mut io = stream.into_io(Duration::from_secs(5));
    io.write_all(&[7; 200_000]).await.expect("written");
    io.shutdown().await.expect("finished");
    let pieces = daemon.pieces(serial);
    let written: usize = pieces
        .iter()
        .map(|piece| match piece {
            FakePiece::Data(data) => data.len(),
            _ => 0,
        })
        .sum();
    assert_eq!((written, pieces.last()), (200_000, Some(&FakePiece::Finish)));
    assert!(io.write_all(b"more").await.is_err());
}

#[tokio::test]
async fn a_stream_of_plain_bytes_fails_with_what_the_daemon_said() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let failure = FakePiece::Abort(38, 18, "cannot read: Input/output error".to_owned());
    let stream = download(&daemon, &connection, vec![failure]).await;
    let mut io = stream.into_io(Duration::from_secs(5));
    let error = io.read_to_end(&mut Vec::new()).await.expect_err("an error");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<RpcError>());
    assert_eq!(inner.and_then(RpcError::code), Some(ErrorCode::SYSTEM_ERROR));
}

#[tokio::test]
async fn a_lost_connection_ends_its_streams() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let stream = download(&daemon, &connection, vec![FakePiece::Data(b"abc".to_vec())]).await;
    daemon.close();
    connection.ended().await;
    assert_eq!(stream.next().await.expect("data"), data(b"abc"));
    assert!(stream.next().await.expect_err("an error").is_disconnected());
}
