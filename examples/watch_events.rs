//! Prints what happens, as it happens: `watch_events [URI [SECONDS]]`, until the time is over or Ctrl-C is pressed.
//!
//! In `test:///default` nothing happens by itself, so this example makes its guest do something.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use virt_sdk::Connection;
use virt_sdk::event::{Event, EventFilter, EventStream};
use virt_sdk::test::TestControl;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(watch_events).await
}

async fn watch_events(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let seconds = arguments.next_number("SECONDS")?;
    let events = conn.events(EventFilter::all()).await?;
    if let Ok(control) = TestControl::of(&conn) {
        show_something(&conn, &control).await?;
        // Nothing more will come from a world that is ours alone.
        conn.shutdown().await?;
        print_events(events).await;
        return Ok(());
    }
    println!("watching {} (Ctrl-C ends)", conn.uri());
    let over = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = print_events(events) => println!("the connection was closed"),
        () = over => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    conn.shutdown().await?;
    Ok(())
}

async fn print_events(mut events: EventStream) {
    while let Some(event) = events.next().await {
        match event {
            Event::Domain(event) => println!("{:<16} {:?}", event.domain.name, event.change),
            Event::Lagged(lost) => println!("({lost} events were lost: look at the domains again)"),
            Event::Resync => println!("(the connection was interrupted: look at the domains again)"),
            other => println!("{other:?}"),
        }
    }
}

async fn show_something(conn: &Connection, control: &TestControl) -> cli::Outcome {
    let domain = conn.domain("test").await?;
    domain.suspend().await?;
    domain.resume().await?;
    let guest = control.guest(&domain)?;
    guest.reboot()?;
    domain.wait_for_agent().await?;
    guest.power_off()?;
    Ok(())
}
