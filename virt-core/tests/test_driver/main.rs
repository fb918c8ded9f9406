//! `test:///default`, through the public door.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cancel;
mod consoles;
mod control;
mod definitions;
mod devices;
mod lifecycle;
mod migration;
mod storage;

use virt_core::event::{DomainChange, Event, EventStream};
use virt_core::model::{ByteSize, Channel, Console, DomainConfig, Interface};
use virt_core::{Connection, Domain};

async fn open() -> Connection {
    Connection::builder().open("test:///default").await.unwrap()
}

fn config(name: &str) -> DomainConfig {
    DomainConfig::builder(name)
        .memory(ByteSize::gib(1))
        .vcpus(2)
        .interface(Interface::user())
        .console(Console::pty())
        .channel(Channel::guest_agent())
        .build()
        .unwrap()
}

/// A connection with one running domain beside `test`.
async fn running(name: &str) -> (Connection, Domain) {
    let conn = open().await;
    let domain = conn.define_domain(&config(name)).await.unwrap();
    domain.start().await.unwrap();
    (conn, domain)
}

/// What has happened so far.
fn changes(events: &mut EventStream) -> Vec<DomainChange> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| match event {
            Event::Domain(event) => event.change,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// What happens until this does, inclusively.
async fn changes_until(events: &mut EventStream, last: impl Fn(&DomainChange) -> bool) -> Vec<DomainChange> {
    let mut changes = Vec::new();
    loop {
        match events.next().await {
            Some(Event::Domain(event)) => {
                let is_last = last(&event.change);
                changes.push(event.change);
                if is_last {
                    return changes;
                }
            }
            other => panic!("{other:?} after {changes:?}"),
        }
    }
}
