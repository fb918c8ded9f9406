//! Prints what happens to objects of every kind, as it happens: `watch_all_events [URI [SECONDS]]`, until the time is
//! over or Ctrl-C is pressed.
//!
//! In `test:///default` nothing happens by itself, so this example makes something happen there. `watch_events` is about
//! domains only.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::fmt::{Debug, Display};
use std::process::ExitCode;
use std::time::Duration;

use virt_sdk::Connection;
use virt_sdk::event::{Event, EventFilter, EventStream};
use virt_sdk::model::SecretConfig;
use virt_sdk::test::TestControl;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(watch_all_events).await
}

async fn watch_all_events(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = virt_sdk::connect(&arguments.uri).await?;
    let seconds = arguments.next_number("SECONDS")?;
    let events = conn.events(EventFilter::all().without_native()).await?;
    if TestControl::of(&conn).is_ok() {
        show_something(&conn).await?;
        // Nothing more will come from a world that is ours alone.
        conn.shutdown().await?;
        print_events(events).await;
        return Ok(());
    }
    println!("watching {} (Ctrl-C ends)", conn.uri());
    let watching = async {
        print_events(events).await;
        println!("the connection was closed");
    };
    tokio::select! {
        // Without a number of seconds, about for ever.
        _ = tokio::time::timeout(Duration::from_secs(seconds.unwrap_or(u64::MAX)), watching) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    conn.shutdown().await?;
    Ok(())
}

async fn print_events(mut events: EventStream) {
    while let Some(event) = events.next().await {
        match event {
            Event::Domain(event) => print_event("domain", event.domain, event.change),
            Event::Network(event) => print_event("network", event.network, event.change),
            Event::StoragePool(event) => print_event("storage pool", event.pool, event.change),
            Event::Secret(event) => print_event("secret", event.secret, event.change),
            Event::NodeDevice(event) => print_event("device", event.device, event.change),
            Event::Lagged(lost) => println!("({lost} events were lost: look again)"),
            Event::Resync => println!("(the connection was interrupted: look again)"),
            other => println!("{other:?}"),
        }
    }
}

fn print_event(kind: &str, object: impl Display, change: impl Debug) {
    println!("{kind:<13} {object:<24} {change:?}");
}

async fn show_something(conn: &Connection) -> cli::Outcome {
    conn.domain("test").await?.suspend().await?;
    let network = conn.network("default").await?;
    network.destroy().await?;
    network.start().await?;
    let secret = conn
        .define_secret(&SecretConfig::ceph("client.admin").build()?)
        .await?;
    secret.set_value(&"open sesame".into()).await?;
    secret.undefine().await?;
    Ok(())
}
