//! File descriptors both ways, against a peer that is no more than a socket.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use super::*;
use virt_remote::protocol::remote::domain_device::{
    DomainFdAssociate, DomainFdAssociateArgs, DomainOpenGraphicsFd, DomainOpenGraphicsFdArgs,
};
use virt_remote::rpc::RpcError;
use virt_remote::transport::unix::FdStream;

/// A connection over a unix socket, and the daemon's end of it.
fn unix() -> (RpcConnection, RpcEvents, UnixStream) {
    let (near, far) = UnixStream::pair().expect("a pair of sockets");
    near.set_nonblocking(true).expect("a socket");
    let near = tokio::net::UnixStream::from_std(near).expect("a socket");
    let (connection, events) = RpcConnection::start_unix(FdStream::new(near), RpcOptions::default());
    (connection, events, far)
}

/// Reads a message: its kind, its serial, and what follows the header.
fn read_message(far: &mut UnixStream) -> (u32, u32, Vec<u8>) {
    let word = |far: &mut UnixStream| {
        let mut word = [0; 4];
        far.read_exact(&mut word).expect("a word");
        u32::from_be_bytes(word)
    };
    let length = word(far);
    let header: Vec<u32> = (0..6).map(|_| word(far)).collect();
    let mut payload = vec![0; usize::try_from(length).expect("a length") - 28];
    far.read_exact(&mut payload).expect("a payload");
    (header[3], header[4], payload)
}

fn reply(kind: u32, number: i32, serial: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = u32::try_from(28 + payload.len()).expect("a length");
    for word in [length, REMOTE, 1, number.unsigned_abs(), kind, serial, 0] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(payload);
    bytes
}

/// Reads one byte and the descriptor that comes with it.
fn read_fd(far: &UnixStream) -> OwnedFd {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [7];
    let received = recvmsg(
        far,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::empty(),
    );
    assert_eq!((received.expect("a byte").bytes, byte), (1, [0]));
    match control.drain().next() {
        Some(RecvAncillaryMessage::ScmRights(mut fds)) => fds.next().expect("a descriptor"),
        _ => panic!("no descriptor came along"),
    }
}

fn send_fd(far: &UnixStream, fd: &impl AsFd) {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(far, &[IoSlice::new(&[0])], &mut control, SendFlags::empty()).expect("sent");
}

/// A file with this text in it.
fn file(text: &str) -> std::fs::File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    std::io::Seek::rewind(&mut file).expect("rewound");
    file
}

fn text_of(fd: OwnedFd) -> String {
    let mut text = String::new();
    let read = std::fs::File::from(fd).read_to_string(&mut text);
    read.expect("a text");
    text
}

#[tokio::test]
async fn descriptors_go_along_after_their_call_and_before_the_next() {
    let (connection, _events, mut far) = unix();
    let peer = std::thread::spawn(move || {
        let (kind, serial, payload) = read_message(&mut far);
        assert_eq!((kind, payload.first_chunk()), (4, Some(&[0, 0, 0, 2])));
        let texts = [read_fd(&far), read_fd(&far)].map(text_of);
        far.write_all(&reply(1, DomainFdAssociate::INFO.number, serial, &[]))
            .expect("sent");
        let (kind, serial, _) = read_message(&mut far);
        assert_eq!(kind, 0);
        far.write_all(&reply(1, DomainFdAssociate::INFO.number, serial, &[]))
            .expect("sent");
        texts
    });
    let args = DomainFdAssociateArgs::default();
    let fds = vec![file("first").into(), file("second").into()];
    let call = connection.call_with_fds::<DomainFdAssociate>(&args, fds, soon());
    let plain = connection.call::<DomainFdAssociate>(&args, soon());
    let (associated, next) = tokio::join!(call, plain);
    assert!(associated.expect("an answer").1.is_empty());
    next.expect("an answer");
    assert_eq!(peer.join().expect("texts"), ["first", "second"]);
}

#[tokio::test]
async fn descriptors_come_back_with_their_reply() {
    let (connection, _events, mut far) = unix();
    let peer = std::thread::spawn(move || {
        for text in ["one", "two"] {
            let (_, serial, _) = read_message(&mut far);
            far.write_all(&reply(
                5,
                DomainOpenGraphicsFd::INFO.number,
                serial,
                &[0, 0, 0, 1],
            ))
            .expect("sent");
            send_fd(&far, &file(text));
        }
        far
    });
    for text in ["one", "two"] {
        let args = DomainOpenGraphicsFdArgs::default();
        let ((), fds) = connection
            .call_with_fds::<DomainOpenGraphicsFd>(&args, Vec::new(), soon())
            .await
            .expect("an answer");
        let texts: Vec<String> = fds.into_iter().map(text_of).collect();
        assert_eq!(texts, [text]);
    }
    drop(peer.join().expect("the socket"));
}

#[tokio::test]
async fn a_descriptor_that_nobody_takes_is_not_given_to_the_next_who_does() {
    let (connection, _events, mut far) = unix();
    let number = DomainOpenGraphicsFd::INFO.number;
    let peer = std::thread::spawn(move || {
        for text in ["stray", "wanted"] {
            let (_, serial, _) = read_message(&mut far);
            far.write_all(&reply(5, number, serial, &[0, 0, 0, 1]))
                .expect("sent");
            send_fd(&far, &file(text));
        }
        far
    });
    let args = DomainOpenGraphicsFdArgs::default();
    let plain = connection.call::<DomainOpenGraphicsFd>(&args, soon());
    plain.await.expect("an answer");
    let ((), fds) = connection
        .call_with_fds::<DomainOpenGraphicsFd>(&args, Vec::new(), soon())
        .await
        .expect("an answer");
    let texts: Vec<String> = fds.into_iter().map(text_of).collect();
    assert_eq!(texts, ["wanted"]);
    drop(peer.join().expect("the socket"));
}

#[tokio::test]
async fn a_connection_that_cannot_pass_descriptors_says_so_and_survives_those_that_come() {
    let (daemon, connection, _events) = connected(RpcOptions::default());
    let args = DomainFdAssociateArgs::default();
    let refused = connection
        .call_with_fds::<DomainFdAssociate>(&args, vec![file("x").into()], soon())
        .await;
    assert!(matches!(refused, Err(RpcError::FdsNotPassed { .. })));
    assert!(daemon.calls().is_empty());
    // The descriptor's byte comes, the descriptor is lost on the way.
    let mut bytes = reply(
        5,
        hostname().number,
        1,
        &[&[0, 0, 0, 1], named("host").as_slice()].concat(),
    );
    bytes.push(0);
    daemon.once(REMOTE, hostname().number, FakeReply::Bytes(bytes));
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert_eq!(ask(&connection).await.expect("a name"), "host");
}
