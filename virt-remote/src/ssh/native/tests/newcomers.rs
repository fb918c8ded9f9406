//! Further connections are looked at before they are used.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use virt_core::credentials::CredentialSource;
use virt_core::host::StreamUse;
use virt_core::{Error, ErrorKind, Result};

use super::sshd::need_sshd;
use super::{Sshd, native, outcome};
use crate::ssh::link::{FarProgram, Link as _, Newcomers};

#[derive(Debug, Clone, Copy)]
enum Word {
    Yes,
    No,
    /// None is given.
    Silence,
}

/// Looks at connections, and says this of each.
#[derive(Debug)]
struct Gate {
    word: Mutex<Word>,
    looked: AtomicUsize,
}

#[async_trait]
impl Newcomers for Gate {
    fn line(&self) -> String {
        "echo looked at".to_owned()
    }

    async fn admit(&self, program: FarProgram) -> Result<()> {
        let (output, ..) = outcome(program, b"").await;
        assert_eq!(output, b"looked at\n");
        self.looked.fetch_add(1, Ordering::SeqCst);
        let word = *self.word.lock().unwrap();
        match word {
            Word::Yes => Ok(()),
            Word::No => Err(Error::new(ErrorKind::Denied, "not this one")),
            Word::Silence => std::future::pending().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_connection_is_used_by_nobody_before_it_was_admitted() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    let gate = Arc::new(Gate {
        word: Mutex::new(Word::No),
        looked: AtomicUsize::new(0),
    });
    link.on_newcomers(gate.clone());
    let place = sshd.path("listens");
    let listener = UnixListener::bind(&place).unwrap();
    let path = place.display().to_string();
    // One that was not admitted is not there for the next stream either.
    for attempts in 1..=2 {
        let error = link.connect_unix(&path, StreamUse::Bulk).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert_eq!(gate.looked.load(Ordering::SeqCst), attempts);
    }
    *gate.word.lock().unwrap() = Word::Silence;
    for attempts in 3..=4 {
        let waiting = link.connect_unix(&path, StreamUse::Bulk);
        let waited = tokio::time::timeout(Duration::from_secs(2), waiting).await;
        assert!(waited.is_err(), "a connection was used before it was admitted");
        assert_eq!(gate.looked.load(Ordering::SeqCst), attempts);
    }
    let nobody = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(
        nobody.is_err(),
        "somebody came by a connection that was not admitted"
    );
    // The first connection is none of the newcomers.
    drop(link.connect_unix(&path, StreamUse::Control).await.unwrap());
    listener.accept().await.unwrap();
    *gate.word.lock().unwrap() = Word::Yes;
    for _ in 0..2 {
        let mut stream = link.connect_unix(&path, StreamUse::Bulk).await.unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        accepted.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"hello");
        drop(accepted);
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        drop(stream);
        // The second comes by the same connection: it was looked at when it was new.
        until_one_session_and_one_kept(&sshd).await;
    }
    assert_eq!(gate.looked.load(Ordering::SeqCst), 5);
    link.close().await;
    sshd.until_without_sessions().await;
}

/// Waits until nothing is left of the connections that were not admitted: the first is there, and the one that was.
async fn until_one_session_and_one_kept(sshd: &Sshd) {
    for _ in 0..250 {
        if sshd.sessions().len() == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("sshd serves {:?}", sshd.sessions());
}
