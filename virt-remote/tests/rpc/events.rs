//! Events: before and between replies, for every reader, and the word when some were lost.

use super::*;
use virt_remote::protocol::Event;
use virt_remote::protocol::remote::domain_event::DomainEventRebootMsg;
use virt_remote::protocol::remote::domain_event_callback::{
    DomainEventCallbackLifecycle, DomainEventCallbackReboot, DomainEventCallbackRebootMsg,
};
use virt_remote::rpc::RpcEventItem;

const REBOOT: i32 = DomainEventCallbackReboot::INFO.number;

fn reboot(callback_id: i32) -> Vec<u8> {
    encoded(&DomainEventCallbackRebootMsg {
        callback_id,
        msg: DomainEventRebootMsg::default(),
    })
}

async fn next<E: Event>(events: &mut RpcEvents) -> E::Message {
    match events.next().await {
        Some(RpcEventItem::Event(event)) => event.decode::<E>().expect("this event").expect("a message"),
        other => panic!("not an event: {other:?}"),
    }
}

#[tokio::test]
async fn events_come_before_and_between_replies() {
    let (daemon, connection, mut events) = connected(RpcOptions::default());
    daemon.emit(REMOTE, REBOOT, reboot(1));
    daemon.once(
        REMOTE,
        hostname().number,
        FakeReply::Return(named("host")).with_event(REMOTE, REBOOT, reboot(2)),
    );
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    daemon.emit(REMOTE, REBOOT, reboot(3));
    for id in 1..=3 {
        let message = next::<DomainEventCallbackReboot>(&mut events).await;
        assert_eq!(message.callback_id, id);
    }
}

#[tokio::test]
async fn every_reader_has_every_event_and_one_of_another_type_is_none() {
    let (daemon, connection, mut first) = connected(RpcOptions::default());
    let mut second = connection.events();
    daemon.emit(REMOTE, REBOOT, reboot(9));
    assert_eq!(next::<DomainEventCallbackReboot>(&mut first).await.callback_id, 9);
    let Some(RpcEventItem::Event(event)) = second.next().await else {
        panic!("no event");
    };
    assert!(event.decode::<DomainEventCallbackLifecycle>().is_none());
    assert_eq!(
        event.info().map(|info| info.name),
        Some("REMOTE_PROC_DOMAIN_EVENT_CALLBACK_REBOOT")
    );
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_how_much_it_lost() {
    let (daemon, connection, mut events) = connected(RpcOptions::default().with_event_capacity(8));
    for id in 0..20 {
        daemon.emit(REMOTE, REBOOT, reboot(id));
    }
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    assert_eq!(events.next().await, Some(RpcEventItem::Lagged(12)));
    assert_eq!(
        next::<DomainEventCallbackReboot>(&mut events).await.callback_id,
        12
    );
}

#[tokio::test]
async fn an_event_newer_than_the_types_is_delivered_raw() {
    let (daemon, _connection, mut events) = connected(RpcOptions::default());
    daemon.emit(REMOTE, 12_345, vec![1, 2, 3, 4]);
    let Some(RpcEventItem::Event(event)) = events.next().await else {
        panic!("no event");
    };
    assert_eq!((event.number, event.info()), (12_345, None));
    assert_eq!(event.payload.as_ref(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn events_end_with_the_connection_but_not_before_they_are_read() {
    let (daemon, connection, mut events) = connected(RpcOptions::default());
    daemon.emit(REMOTE, REBOOT, reboot(1));
    daemon.close();
    connection.ended().await;
    assert_eq!(
        next::<DomainEventCallbackReboot>(&mut events).await.callback_id,
        1
    );
    assert_eq!(events.next().await, None);
    assert_eq!(connection.events().next().await, None);
}
