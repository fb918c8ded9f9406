//! The state machine alone.

use proptest::prelude::{any, prop_oneof, proptest};
use proptest::strategy::Just;
use tokio::sync::Notify;

use super::*;

const ADDRESS: Address = Address {
    program: 0x2000_8086,
    version: 1,
    number: 16,
};

fn called() -> Called {
    Called {
        name: "REMOTE_PROC_DOMAIN_GET_INFO".into(),
        reads_only: true,
    }
}

fn send(machine: &mut Machine<u32>, token: u32, inbox: Option<Arc<Inbox>>) -> u32 {
    let call = Sent {
        address: ADDRESS,
        token,
        called: called(),
        priority: Priority::High,
        takes_fds: false,
        inbox,
    };
    machine.send(call).serial
}

fn packet(type_: MessageType, serial: u32, status: MessageStatus, payload: &[u8]) -> Packet {
    Packet {
        header: ADDRESS.header(type_, serial, status),
        payload: Bytes::copy_from_slice(payload),
        fds: 0,
    }
}

fn reply(machine: &mut Machine<u32>, serial: u32) -> Received<u32> {
    let packet = packet(MessageType::REPLY, serial, MessageStatus::OK, b"");
    machine.receive(packet).expect("a reply")
}

fn inbox() -> Arc<Inbox> {
    Arc::new(Inbox::new(Arc::new(Notify::new())))
}

#[test]
fn answers_find_their_calls_in_any_order_and_once() {
    let mut machine = Machine::new(2);
    let (first, second) = (send(&mut machine, 10, None), send(&mut machine, 20, None));
    assert!(!machine.has_room(Priority::High));
    assert!(matches!(
        reply(&mut machine, second),
        Received::Answered { token: 20, .. }
    ));
    assert!(machine.has_room(Priority::High));
    assert!(matches!(
        reply(&mut machine, first),
        Received::Answered { token: 10, .. }
    ));
    assert!(matches!(reply(&mut machine, first), Received::Stray));
    assert!(matches!(reply(&mut machine, 77), Received::Stray));
}

#[test]
fn one_place_is_left_to_calls_that_wait_for_no_guest() {
    let send_low = |machine: &mut Machine<u32>| {
        let call = Sent {
            address: ADDRESS,
            token: 0,
            called: called(),
            priority: Priority::Low,
            takes_fds: false,
            inbox: None,
        };
        machine.send(call).serial
    };
    let mut machine = Machine::new(3);
    let first = send_low(&mut machine);
    send_low(&mut machine);
    let rooms = |machine: &Machine<u32>| [Priority::Low, Priority::High].map(|of| machine.has_room(of));
    assert_eq!(rooms(&machine), [false, true]);
    send(&mut machine, 1, None);
    assert_eq!(rooms(&machine), [false, false]);
    reply(&mut machine, first);
    assert_eq!(rooms(&machine), [true, true]);
    // Where there is one place, it is everybody's.
    assert_eq!(rooms(&Machine::new(1)), [true, true]);
}

#[test]
fn a_reply_of_another_procedure_ends_the_connection() {
    let mut machine = Machine::new(4);
    let serial = send(&mut machine, 1, None);
    let mut packet = packet(MessageType::REPLY, serial, MessageStatus::OK, b"");
    packet.header.proc = 17;
    assert!(matches!(machine.receive(packet), Err(EndReason::Malformed(_))));
}

#[test]
fn a_stream_lives_from_its_reply_to_the_word_that_it_is_over() {
    let mut machine = Machine::new(4);
    let inbox = inbox();
    let serial = send(&mut machine, 1, Some(Arc::clone(&inbox)));
    let data = packet(MessageType::STREAM, serial, MessageStatus::CONTINUE, b"abc");
    let stray = packet(MessageType::STREAM, serial + 1, MessageStatus::CONTINUE, b"abc");
    assert!(matches!(machine.receive(stray), Ok(Received::Stray)));
    assert!(matches!(
        reply(&mut machine, serial),
        Received::Answered { opened: true, .. }
    ));
    assert!(machine.has_room(Priority::High));
    machine.receive(data).expect("data");
    assert_eq!(inbox.bytes(), 3);
    let finish =
        |machine: &mut Machine<u32>| machine.stream_header(serial, MessageType::STREAM, MessageStatus::OK);
    assert_eq!(finish(&mut machine).map(|header| header.serial), Some(serial));
    assert_eq!(finish(&mut machine), None);
    machine
        .receive(packet(MessageType::STREAM, serial, MessageStatus::OK, b""))
        .expect("the end");
    assert!(inbox.is_over());
    assert!(machine.stream(serial).is_none());
}

#[test]
fn what_a_stream_holds_may_come_before_the_reply_to_its_call() {
    let mut machine = Machine::new(4);
    let inbox = inbox();
    let serial = send(&mut machine, 1, Some(Arc::clone(&inbox)));
    let hole = xdr::to_bytes(&StreamHole { length: 7, flags: 0 }).expect("a hole");
    let early = [
        packet(MessageType::STREAM_HOLE, serial, MessageStatus::CONTINUE, &hole),
        packet(MessageType::STREAM, serial, MessageStatus::CONTINUE, b"abc"),
        packet(MessageType::STREAM, serial, MessageStatus::CONTINUE, b""),
    ];
    for piece in early {
        machine.receive(piece).expect("a piece");
    }
    assert!(
        machine
            .stream_header(serial, MessageType::STREAM, MessageStatus::OK)
            .is_none()
    );
    assert!(matches!(
        reply(&mut machine, serial),
        Received::Answered { opened: true, .. }
    ));
    let items = [StreamItem::Hole(7), StreamItem::Data(Bytes::from_static(b"abc"))];
    let mut read = std::pin::pin!(async {
        for item in items {
            assert_eq!(inbox.next().await.expect("a piece"), Some(item));
        }
        assert_eq!(inbox.next().await.expect("the end"), None);
    });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(read.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_stream_that_is_over_before_the_reply_to_its_call_is_not_opened() {
    let mut machine = Machine::new(4);
    let inbox = inbox();
    let serial = send(&mut machine, 1, Some(Arc::clone(&inbox)));
    machine
        .receive(packet(MessageType::STREAM, serial, MessageStatus::OK, b""))
        .expect("the end");
    assert!(inbox.is_over());
    assert!(matches!(
        reply(&mut machine, serial),
        Received::Answered { opened: false, .. }
    ));
    assert!(machine.stream(serial).is_none());
}

#[test]
fn a_flood_before_the_reply_ends_the_connection() {
    let mut machine = Machine::new(4);
    let serial = send(&mut machine, 1, Some(inbox()));
    let piece = packet(
        MessageType::STREAM,
        serial,
        MessageStatus::CONTINUE,
        &[0; 1 << 20],
    );
    let taken = std::iter::repeat_with(|| machine.receive(piece.clone())).take_while(Result::is_ok);
    assert_eq!(taken.take(1_000).count(), 65);
}

#[test]
fn a_serial_in_use_is_not_used_again() {
    let mut machine = Machine::new(4);
    let stream = send(&mut machine, 1, Some(inbox()));
    reply(&mut machine, stream);
    machine.last_serial = u32::MAX - 1;
    let serials = [2, 3, 4].map(|token| send(&mut machine, token, None));
    assert_eq!(serials, [u32::MAX, 2, 3]);
    assert_eq!(stream, 1);
}

proptest! {
    #[test]
    fn any_messages_leave_the_books_in_order(
        messages in proptest::collection::vec((0_i32..8, 0_u32..8, 0_i32..4, proptest::collection::vec(any::<u8>(), 0..24)), 0..60),
        sends in prop_oneof![Just(1_usize), Just(3), Just(6)],
    ) {
        let mut machine = Machine::new(sends);
        let mut unanswered: std::collections::HashSet<u32> = (0..).take(sends).collect();
        for token in 0..u32::try_from(sends).expect("a few") {
            send(&mut machine, token, (token % 2 == 0).then(inbox));
        }
        for (type_, serial, status, payload) in messages {
            let packet = packet(MessageType(type_), serial, MessageStatus(status), &payload);
            match machine.receive(packet) {
                Ok(Received::Answered { token, .. }) => assert!(unanswered.remove(&token)),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let left = machine.end(|procedure| RpcError::StreamAborted { procedure });
        assert!(left.iter().all(|token| unanswered.contains(token)));
        assert_eq!(machine.in_flight(), 0);
    }
}
