//! Pictures of screens, keys, the NMI button, tickets for consoles.

use std::time::Duration;

use virt_core::domain::KeyCodes;
use virt_core::{Connection, Domain, ErrorKind};
use virt_esx::{TicketKind, console_ticket};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{open, simulator};

const PNG: &[u8] = b"\x89PNG";
const HOLD: Duration = Duration::from_millis(20);

/// A simulator with a connection to it, and one of its machines, which runs.
async fn opened(options: SimulatorOptions) -> Option<(Simulator, Connection, Domain)> {
    let simulator = simulator(options).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    Some((simulator, conn, domain))
}

async fn picture_of(domain: &Domain) -> Vec<u8> {
    let picture = domain.screenshot(0).await.expect("a picture");
    assert_eq!(picture.mime_type(), "image/png");
    picture.read_all(1 << 20).await.expect("all of it")
}

#[tokio::test]
async fn a_picture_is_taken_by_url_or_through_a_file_that_is_removed() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    let picture = picture_of(&domain).await;
    assert!(picture.starts_with(PNG));
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(calls.of("CreateScreenshot_Task"), 0);
    let error = domain.screenshot(1).await.expect_err("there is one screen");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");

    simulator
        .control()
        .take_no_pictures_by_url()
        .await
        .expect("no more by URL");
    assert_eq!(picture_of(&domain).await, picture, "the same picture");
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(calls.of("CreateScreenshot_Task"), 1);
    // The next one has the same name, which is free again.
    assert_eq!(picture_of(&domain).await, picture);
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(calls.of("DeleteDatastoreFile_Task"), 2);

    domain.destroy().await.expect("it ends");
    let error = domain.screenshot(0).await.expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn keys_of_every_set_reach_the_machines_keyboard() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    // Control, Alt, Delete; A three times; the left Windows key by itself.
    let sent: [(KeyCodes, &[u32]); 5] = [
        (KeyCodes::Linux, &[29, 56, 111]),
        (KeyCodes::Usb, &[0x04]),
        (KeyCodes::Win32, &[0x41]),
        (KeyCodes::Osx, &[0]),
        (KeyCodes::Qnum, &[0xdb]),
    ];
    for (codes, keys) in sent {
        domain
            .send_keys(codes, keys, HOLD)
            .await
            .expect("they are struck");
    }
    domain.inject_nmi().await.expect("the button is pressed");
    let struck = simulator
        .control()
        .keys(domain.name())
        .await
        .expect("what was struck");
    assert_eq!(
        struck,
        ["leftControl+leftAlt+0x4c", "0x04", "0x04", "0x04", "0xe3", "nmi"]
    );
    let error = domain
        .send_keys(KeyCodes::Linux, &[30, 0xffff], HOLD)
        .await
        .expect_err("there is no such key");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let struck = simulator
        .control()
        .keys(domain.name())
        .await
        .expect("what was struck");
    assert_eq!(struck.len(), 6, "nothing of what was refused is struck");

    domain.destroy().await.expect("it ends");
    let error = domain
        .send_keys(KeyCodes::Linux, &[30], HOLD)
        .await
        .expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    let error = domain.inject_nmi().await.expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_ticket_for_a_console_is_told_and_not_shown() {
    let Some((simulator, conn, domain)) = opened(SimulatorOptions::esx()).await else {
        return;
    };
    let ticket = console_ticket(&domain, TicketKind::WebMks)
        .await
        .expect("a ticket");
    assert_eq!(ticket.port, simulator.port());
    let thumbprint = ticket.ssl_thumbprint.clone().unwrap_or_default().replace(':', "");
    let own = simulator.certificate().sha1_thumbprint().replace(':', "");
    assert!(thumbprint.eq_ignore_ascii_case(&own), "{thumbprint} {own}");
    let secret = ticket.ticket.expose();
    let url = ticket.url.as_ref().map(|url| url.expose()).unwrap_or_default();
    assert!(url.starts_with("wss://") && url.ends_with(secret), "{url}");
    assert!(!format!("{ticket:?}").contains(secret));
    let plain = console_ticket(&domain, TicketKind::Mks).await.expect("a ticket");
    assert!(plain.url.is_none() && plain.ticket != ticket.ticket);
    assert!(plain.config_file.ends_with(".vmx"), "{}", plain.config_file);

    domain.destroy().await.expect("it ends");
    let error = console_ticket(&domain, TicketKind::WebMks)
        .await
        .expect_err("it does not run");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}
