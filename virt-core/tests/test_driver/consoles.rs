//! Consoles: what the guest prints, and what is typed to it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use virt_core::ErrorKind;
use virt_core::console::{ConsoleOptions, SecondReader};
use virt_core::test::TestControl;

use super::{open, running};

async fn read_until(console: &mut (impl AsyncRead + Unpin), wanted: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 256];
    while !text.contains(wanted) {
        let count = console.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the console ended after {text:?}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_console_shows_what_came_before_and_gives_back_what_is_typed() {
    let (conn, web) = running("web").await;
    web.wait_for_agent().await.unwrap();
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let mut console = web.console().await.unwrap();
    assert_eq!(console.device(), "serial0");
    let before = read_until(&mut console, "web is up\r\n").await;
    assert!(before.starts_with("booting\r\n"), "{before:?}");
    console.write_all(b"hello\r").await.unwrap();
    assert_eq!(read_until(&mut console, "hello\r\n").await, "hello\r\n");
    assert_eq!(guest.typed("serial0").unwrap(), b"hello\r");
    guest.print("spoken").unwrap();
    assert_eq!(read_until(&mut console, "spoken").await, "spoken");
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_stands_still_reads_what_was_typed_when_it_goes_on() {
    let (_conn, web) = running("web").await;
    web.wait_for_agent().await.unwrap();
    let mut console = web
        .console_with(&ConsoleOptions::default().scrollback(0))
        .await
        .unwrap();
    web.suspend().await.unwrap();
    console.write_all(b"x").await.unwrap();
    let mut buffer = [0; 8];
    let silent = tokio::time::timeout(Duration::from_secs(1), console.read(&mut buffer)).await;
    assert!(silent.is_err());
    web.resume().await.unwrap();
    assert_eq!(read_until(&mut console, "x").await, "x");
}

#[tokio::test]
async fn a_console_that_is_open_is_refused_taken_over_or_shared() {
    let conn = open().await;
    let test = conn.domain("test").await.unwrap();
    let guest = TestControl::of(&conn).unwrap().guest(&test).unwrap();
    let mut first = test.console().await.unwrap();
    assert_eq!(test.console().await.unwrap_err().kind(), ErrorKind::Busy);
    let share = ConsoleOptions::default().second(SecondReader::Share);
    let mut second = test.console_with(&share).await.unwrap();
    guest.print("for all").unwrap();
    read_until(&mut first, "for all").await;
    read_until(&mut second, "for all").await;
    let take = ConsoleOptions::default()
        .second(SecondReader::TakeOver)
        .scrollback(0);
    let mut third = test.console_with(&take).await.unwrap();
    assert_eq!(first.read(&mut [0; 8]).await.unwrap(), 0);
    guest.print("for one").unwrap();
    assert_eq!(read_until(&mut third, "for one").await, "for one");
    drop(third);
    test.console().await.unwrap();
}

#[tokio::test]
async fn a_console_ends_with_its_guest_and_with_its_connection() {
    let conn = open().await;
    let test = conn.domain("test").await.unwrap();
    let guest = TestControl::of(&conn).unwrap().guest(&test).unwrap();
    let mut console = test.console().await.unwrap();
    guest.print("last words").unwrap();
    test.destroy().await.unwrap();
    let mut rest = String::new();
    console.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("last words"), "{rest:?}");
    assert_eq!(test.console().await.unwrap_err().kind(), ErrorKind::InvalidState);

    test.start().await.unwrap();
    let mut console = test.console().await.unwrap();
    conn.close();
    console.read_to_string(&mut rest).await.unwrap();
}

#[tokio::test]
async fn a_console_that_is_not_there_names_those_that_are() {
    let conn = open().await;
    let test = conn.domain("test").await.unwrap();
    let error = test
        .console_with(&ConsoleOptions::default().device("serial7"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("there are: serial0"), "{error}");
}
