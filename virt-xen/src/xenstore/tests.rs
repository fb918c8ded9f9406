//! The client against a xenstored in memory.

use std::time::Duration;

use virt_core::{CallClass, CallContext, ErrorKind};
use virt_testkit::fake_xenstored::FakeXenstored;

use super::{Access, DOMAIN_RELEASED, Permission, Xenstore};

fn call() -> CallContext {
    CallContext::new("test", CallClass::Query, Duration::from_secs(10))
}

fn opened() -> (FakeXenstored, Xenstore) {
    let fake = FakeXenstored::new();
    let store = Xenstore::over(fake.connect());
    (fake, store)
}

/// Waits until the far end has this many watches and transactions.
async fn until_held(fake: &FakeXenstored, held: (usize, usize)) {
    let waiting = async {
        while fake.held() != held {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(in_time.is_ok(), "it holds {:?}, not {held:?}", fake.held());
}

#[tokio::test]
async fn nodes_are_made_read_listed_and_removed() {
    let (fake, store) = opened();
    let call = call();
    store.write(&call, "/tool/a/b", b"one\0two").await.unwrap();
    assert_eq!(store.read(&call, "/tool/a/b").await.unwrap(), b"one\0two");
    store.make_directory(&call, "/tool/a/c").await.unwrap();
    assert_eq!(store.directory(&call, "/tool/a").await.unwrap(), ["b", "c"]);
    assert_eq!(store.directory(&call, "/").await.unwrap(), ["tool"]);
    assert_eq!(
        store.directory(&call, "/tool/a/c").await.unwrap(),
        Vec::<String>::new()
    );
    let permissions = [Permission::new(0, Access::None), Permission::new(3, Access::Read)];
    store
        .set_permissions(&call, "/tool/a", &permissions)
        .await
        .unwrap();
    assert_eq!(store.permissions(&call, "/tool/a").await.unwrap(), permissions);
    store.remove(&call, "/tool/a").await.unwrap();
    store.remove(&call, "/tool/a").await.unwrap();
    let error = store.read(&call, "/tool/a/b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(store.read_text(&call, "/tool/a/b").await.unwrap(), None);
    assert_eq!(fake.get("/tool/a/b"), None);
    assert_eq!(store.domain_path(&call, 3).await.unwrap(), "/local/domain/3");
    assert!(!store.is_domain_introduced(&call, 3).await.unwrap());
}

#[tokio::test]
async fn what_is_no_path_or_does_not_fit_is_not_sent() {
    let (fake, store) = opened();
    let call = call();
    for bad in ["", "/a/", "/a b"] {
        let error = store.write(&call, bad, b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{bad:?}");
    }
    let error = store.write(&call, "/a", &[b'x'; 4096]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = store.set_permissions(&call, "/a", &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(fake.asked().is_empty(), "{:?}", fake.asked());
}

#[tokio::test]
async fn a_directory_that_does_not_fit_into_a_message_comes_in_parts() {
    let (fake, store) = opened();
    let names: Vec<String> = (0..900).map(|number| format!("node-{number:03}")).collect();
    for name in &names {
        fake.set(&format!("/many/{name}"), "");
    }
    assert_eq!(store.directory(&call(), "/many").await.unwrap(), names);
    assert!(fake.asked().iter().filter(|(kind, _)| *kind == 22).count() > 5);
}

#[tokio::test]
async fn a_tree_is_read_in_as_many_round_trips_as_it_is_deep() {
    let (fake, store) = opened();
    for domain in 1..=100 {
        fake.set(&format!("/local/domain/{domain}/name"), &format!("guest{domain}"));
        fake.set(&format!("/local/domain/{domain}/memory/target"), "131072");
    }
    let tree = store.tree(&call(), "/local/domain").await.unwrap();
    assert_eq!(tree.get("7/name").map(String::as_str), Some("guest7"));
    assert_eq!(tree.get("100/memory/target").map(String::as_str), Some("131072"));
    assert_eq!(tree.len(), 400);
    assert!(store.tree(&call(), "/no/such").await.unwrap().is_empty());
    let names: Vec<String> = (1..=3)
        .map(|domain| format!("/local/domain/{domain}/name"))
        .collect();
    let read = store.read_texts(&call(), &names).await.unwrap();
    assert_eq!(read.last().unwrap().as_deref(), Some("guest3"));
}

#[tokio::test]
async fn a_transaction_is_done_as_a_whole_and_again_where_others_get_between() {
    let (fake, store) = opened();
    let call = call();
    fake.set("/count", "1");
    let tries = std::sync::atomic::AtomicU32::new(0);
    let done = store
        .transact(&call, async |within| {
            let count: u32 = within.read_text(&call, "/count").await?.unwrap().parse().unwrap();
            if tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                fake.set("/count", "10");
            }
            within
                .write(&call, "/count", (count + 1).to_string().as_bytes())
                .await?;
            assert_ne!(fake.get("/count"), Some((count + 1).to_string()));
            Ok(count)
        })
        .await
        .unwrap();
    assert_eq!((done, fake.get("/count").as_deref()), (10, Some("11")));
    // One that fails, and one that is dropped, change nothing and leave nothing.
    let failed = store
        .transact(&call, async |within| {
            within.write(&call, "/count", b"99").await?;
            within.read(&call, "/none").await
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotFound);
    until_held(&fake, (0, 0)).await;
    assert_eq!(fake.get("/count").as_deref(), Some("11"));
}

#[tokio::test]
async fn a_transaction_that_nobody_waits_for_any_more_is_ended() {
    let (fake, store) = opened();
    let call = call();
    {
        let mut begun = std::pin::pin!(store.begin(&call));
        // Sent, but not answered.
        assert!(futures::poll!(begun.as_mut()).is_pending());
    }
    store.write(&call, "/a", b"b").await.unwrap();
    until_held(&fake, (0, 0)).await;
    assert!(
        fake.asked()
            .iter()
            .any(|(kind, payload)| *kind == 7 && payload == "F|")
    );
}

#[tokio::test]
async fn a_transaction_whose_answer_nobody_took_is_ended() {
    let (fake, store) = opened();
    let call = call();
    {
        let mut begun = std::pin::pin!(store.begin(&call));
        assert!(futures::poll!(begun.as_mut()).is_pending());
        // Answered, and the answer has come before that of what was asked later.
        store.write(&call, "/a", b"b").await.unwrap();
        assert_eq!(fake.held(), (0, 1));
    }
    until_held(&fake, (0, 0)).await;
}

#[tokio::test]
async fn what_is_followed_is_told_and_no_more_when_dropped() {
    let (fake, store) = opened();
    let call = call();
    let mut watch = store.watch(&call, "/local/domain").await.unwrap();
    let mut released = store.watch(&call, DOMAIN_RELEASED).await.unwrap();
    assert!(watch.changed().await.unwrap().contains("/local/domain"));
    assert!(released.changed().await.unwrap().contains(DOMAIN_RELEASED));
    fake.set("/local/domain/3/name", "web");
    fake.set("/local/domain/3/name", "web2");
    fake.set("/elsewhere", "x");
    fake.fire(DOMAIN_RELEASED);
    let mut told = std::collections::BTreeSet::new();
    while !told.contains("/local/domain/3/name") {
        told.extend(watch.changed().await.unwrap());
    }
    assert!(
        told.iter().all(|path| path.starts_with("/local/domain")),
        "{told:?}"
    );
    assert!(released.changed().await.unwrap().contains(DOMAIN_RELEASED));
    assert_eq!(fake.held(), (2, 0));
    drop((watch, released));
    until_held(&fake, (0, 0)).await;
}

#[tokio::test]
async fn errors_are_told_by_kind() {
    let (fake, store) = opened();
    fake.refuse_next(11, "EACCES");
    let error = store.write(&call(), "/a", b"b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.native::<super::XenstoreErrno>().unwrap().0, "EACCES");
    fake.refuse_next(4, "ENOSPC");
    let error = store.watch(&call(), "/a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
}

#[tokio::test]
async fn a_xenstored_that_ends_or_says_nonsense_ends_all_that_waits() {
    for words in [
        b"\x02\0\0\0".to_vec(),
        b"\xff".repeat(64),
        Vec::new(),
        b"\x0f\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x".to_vec(),
    ] {
        let (fake, store) = opened();
        let mut watch = store.watch(&call(), "/a").await.unwrap();
        assert!(watch.changed().await.is_some());
        fake.end_with(words.clone());
        let error = store.read(&call(), "/a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{words:?}");
        assert_eq!(watch.changed().await, None);
        store.ended().await;
        assert!(!store.is_open());
        let error = store.read(&call(), "/a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    }
    let (fake, store) = opened();
    store.write(&call(), "/a", b"b").await.unwrap();
    fake.restart();
    store.ended().await;
    let again = Xenstore::over(fake.connect());
    assert_eq!(again.read(&call(), "/a").await.unwrap(), b"b");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_costs_no_more_than_the_deadline() {
    let (near, _far) = tokio::io::duplex(64);
    let store = Xenstore::over(near);
    let short = CallContext::new("test", CallClass::Query, Duration::from_millis(50));
    let error = store.write(&short, "/a", b"b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.outcome(), virt_core::Outcome::Unknown);
}
