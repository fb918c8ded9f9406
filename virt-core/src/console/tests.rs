//! The hub, between a device that a test plays and those who have it open.

use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::{ConsoleHub, ConsoleOptions, ConsoleStream, Scrollback, SecondReader};
use crate::error::ErrorKind;
use crate::host::{Host, LocalHost};

/// A hub, and the other side of its device.
fn hub() -> (ConsoleHub, DuplexStream) {
    hub_with(Scrollback::default())
}

fn hub_with(scrollback: Scrollback) -> (ConsoleHub, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(64);
    (ConsoleHub::start(Box::new(ours), scrollback), theirs)
}

fn options(second: SecondReader, scrollback: u64) -> ConsoleOptions {
    ConsoleOptions::default().second(second).scrollback(scrollback)
}

fn share(hub: &ConsoleHub, scrollback: u64) -> ConsoleStream {
    hub.attach("serial0", &options(SecondReader::Share, scrollback))
        .unwrap()
}

async fn expect(stream: &mut (impl AsyncRead + Unpin), text: &[u8]) {
    let mut read = vec![0; text.len()];
    stream.read_exact(&mut read).await.unwrap();
    assert_eq!(read, text);
}

async fn rest(mut stream: ConsoleStream) -> Vec<u8> {
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn bytes_go_both_ways_and_scrollback_comes_first() {
    let (hub, mut guest) = hub_with(Scrollback::default().preloaded(b"old "));
    let mut probe = share(&hub, 4);
    expect(&mut probe, b"old ").await;
    guest.write_all(b"boot ").await.unwrap();
    expect(&mut probe, b"boot ").await;
    let mut late = share(&hub, 7);
    let mut latest = share(&hub, 0);
    guest.write_all(b"login").await.unwrap();
    expect(&mut late, b"d boot login").await;
    expect(&mut latest, b"login").await;
    late.write_all(b"root\n").await.unwrap();
    expect(&mut guest, b"root\n").await;
    assert_eq!(late.device(), "serial0");
}

#[tokio::test]
async fn a_second_reader_is_refused_taken_over_from_or_shared_with() {
    let (hub, mut guest) = hub();
    let refuse = options(SecondReader::Refuse, 0);
    let mut first = hub.attach("serial0", &refuse).unwrap();
    let error = hub.attach("serial0", &refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains("serial0"), "{error}");
    let shared = share(&hub, 0);
    guest.write_all(b"before").await.unwrap();
    expect(&mut first, b"before").await;
    let mut taker = hub
        .attach("serial0", &options(SecondReader::TakeOver, 3))
        .unwrap();
    guest.write_all(b" after").await.unwrap();
    expect(&mut taker, b"ore after").await;
    // Those who were sent away read what came before that, and type no more.
    assert_eq!(
        first.write(b"x").await.unwrap_err().kind(),
        std::io::ErrorKind::BrokenPipe
    );
    assert_eq!(rest(first).await, b"");
    assert_eq!(rest(shared).await, b"before");
    drop(taker);
    assert!(!hub.is_open());
    assert!(hub.attach("serial0", &refuse).is_ok());
}

#[tokio::test]
async fn the_end_of_the_device_is_the_end_of_all() {
    let (hub, mut guest) = hub();
    let reader = share(&hub, 0);
    let mut writer = share(&hub, 0);
    guest.write_all(b"bye").await.unwrap();
    drop(guest);
    assert_eq!(rest(reader).await, b"bye");
    assert!(hub.has_ended());
    assert_eq!(
        writer.write(b"x").await.unwrap_err().kind(),
        std::io::ErrorKind::BrokenPipe
    );
    let error = hub.attach("serial0", &ConsoleOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
}

#[tokio::test]
async fn a_guest_never_waits_for_readers() {
    let (hub, mut guest) = hub_with(Scrollback::new(8 * 1024));
    let slow = share(&hub, 0);
    let printed: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    guest.write_all(&printed).await.unwrap();
    drop(guest);
    let read = rest(slow).await;
    // The last 64 bytes may have been in the pipe still when it began.
    assert!((8 * 1024..=8 * 1024 + 64).contains(&read.len()), "{}", read.len());
    assert!(printed.ends_with(&read));
}

#[tokio::test]
async fn scrollback_is_true_when_nobody_has_it_open() {
    let (hub, mut guest) = hub_with(Scrollback::new(8 * 1024));
    drop(share(&hub, 0));
    let printed: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
    guest.write_all(&printed).await.unwrap();
    // All but what still is in the pipe was read; what comes now is seen whole.
    let mut late = share(&hub, 5000);
    guest.write_all(b"end").await.unwrap();
    drop(guest);
    let mut read = Vec::new();
    late.read_to_end(&mut read).await.unwrap();
    assert!(read.len() >= 5000 && [&printed[..], b"end"].concat().ends_with(&read));
}

#[tokio::test]
async fn a_device_that_takes_nothing_holds_up_writers_and_nobody_else() {
    let (hub, mut guest) = hub();
    let mut writer = share(&hub, 0);
    let mut reader = share(&hub, 0);
    let typed: Vec<u8> = (0..30_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut accepted = 0;
    {
        let typing = async {
            loop {
                accepted += writer.write(&typed[accepted..]).await.unwrap();
            }
        };
        let printing = async {
            for _ in 0..200 {
                guest.write_all(b"still here").await.unwrap();
                expect(&mut reader, b"still here").await;
            }
        };
        tokio::select! {
            () = typing => {}
            () = printing => {}
        }
    }
    assert!(
        accepted < typed.len(),
        "the device took {accepted} bytes, which nobody read"
    );
    // The write that was given up is no gap: what was accepted arrives, and then what is typed after it.
    let rest = async {
        writer.write_all(&typed[accepted..]).await.unwrap();
        writer.flush().await.unwrap();
        // What was accepted outlives its writer.
        writer.write_all(b"last").await.unwrap();
        drop(writer);
    };
    let mut read = vec![0; typed.len() + 4];
    let (_, received) = tokio::join!(rest, guest.read_exact(&mut read));
    received.unwrap();
    assert!(read.starts_with(&typed) && read.ends_with(b"last"));
}

#[tokio::test]
async fn writers_come_in_the_order_they_were_accepted() {
    let (hub, mut guest) = hub();
    let (mut one, mut two) = (share(&hub, 0), share(&hub, 0));
    for _ in 0..50 {
        one.write_all(b"one ").await.unwrap();
        two.write_all(b"two ").await.unwrap();
    }
    let typed = b"one two ".repeat(50);
    let (shut, ()) = tokio::join!(one.shutdown(), expect(&mut guest, &typed));
    shut.unwrap();
    // One that types no more still reads, and others type on.
    assert!(one.write(b"x").await.is_err());
    two.write_all(b"more").await.unwrap();
    expect(&mut guest, b"more").await;
    guest.write_all(b"ok").await.unwrap();
    expect(&mut one, b"ok").await;
}

#[tokio::test]
async fn dropping_the_hub_closes_the_device_and_ends_readers() {
    let (hub, mut guest) = hub();
    let reader = share(&hub, 0);
    drop(hub);
    assert_eq!(rest(reader).await, b"");
    let mut read = Vec::new();
    guest.read_to_end(&mut read).await.unwrap();
}

#[tokio::test]
async fn a_pty_whose_other_side_is_closed_ends() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let device = LocalHost::new().open_terminal(&path).await.unwrap();
    let hub = ConsoleHub::start(device, Scrollback::default());
    let mut reader = share(&hub, 0);
    rustix::io::write(&master, b"hello").unwrap();
    expect(&mut reader, b"hello").await;
    drop(master);
    assert_eq!(rest(reader).await, b"");
    let error = hub.attach("serial0", &ConsoleOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
}

#[derive(Debug, Clone)]
enum Act {
    Print(usize),
    Attach(u64),
    Read(usize, usize),
    Drop(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_usize..3000).prop_map(Act::Print),
        2 => prop_oneof![0_u64..10, 0_u64..9000].prop_map(Act::Attach),
        2 => (any::<usize>(), 1_usize..4000).prop_map(|(who, count)| Act::Read(who, count)),
        1 => any::<usize>().prop_map(Act::Drop),
    ]
}

/// A reader, and where it is to be in what was printed.
struct Follower {
    stream: ConsoleStream,
    position: usize,
}

const KEPT: usize = 6000;

async fn play(acts: Vec<Act>) {
    let (hub, mut guest) = hub_with(Scrollback::new(KEPT));
    // Reads all at once, and so tells when the hub has seen what was printed.
    let mut probe = share(&hub, 0);
    let mut printed: Vec<u8> = Vec::new();
    let mut followers: Vec<Follower> = Vec::new();
    for act in acts {
        let oldest = printed.len().saturating_sub(KEPT);
        match act {
            Act::Print(count) => {
                let chunk: Vec<u8> = (printed.len()..printed.len() + count).map(letter).collect();
                let mut seen = vec![0; count];
                let (written, read) = tokio::join!(guest.write_all(&chunk), probe.read_exact(&mut seen));
                written.unwrap();
                read.unwrap();
                assert_eq!(seen, chunk);
                printed.extend(chunk);
            }
            Act::Attach(scrollback) => {
                let back = usize::try_from(scrollback).unwrap();
                followers.push(Follower {
                    stream: share(&hub, scrollback),
                    position: printed.len().saturating_sub(back).max(oldest),
                });
            }
            Act::Read(who, count) if !followers.is_empty() => {
                let who = who % followers.len();
                let follower = &mut followers[who];
                follower.position = follower.position.max(oldest);
                let count = count.min(printed.len() - follower.position);
                expect(&mut follower.stream, &printed[follower.position..][..count]).await;
                follower.position += count;
            }
            Act::Drop(who) if !followers.is_empty() => {
                followers.swap_remove(who % followers.len());
            }
            Act::Read(..) | Act::Drop(_) => {}
        }
    }
    drop(guest);
    let oldest = printed.len().saturating_sub(KEPT);
    for follower in followers {
        let expected = &printed[follower.position.max(oldest)..];
        assert_eq!(rest(follower.stream).await, expected);
    }
}

/// Bytes that do not repeat with the size of any buffer.
fn letter(position: usize) -> u8 {
    u8::try_from(position % 251).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_reader_sees_exactly_the_end_of_what_was_printed(acts in prop::collection::vec(act(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(acts));
    }
}
