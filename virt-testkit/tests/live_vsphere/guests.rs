//! The pretend guests.

use crate::host;
use crate::soap::Client;

const PROCESSES: (&str, &str) = ("GuestProcessManager", "guestOperationsProcessManager");
const FILES: (&str, &str) = ("GuestFileManager", "guestOperationsFileManager");

fn login(machine: &str, password: &str) -> String {
    format!(
        "<vm type=\"VirtualMachine\">{machine}</vm><auth xsi:type=\"NamePasswordAuthentication\">\
         <interactiveSession>false</interactiveSession><username>guest</username><password>{password}</password></auth>"
    )
}

async fn run(client: &Client, machine: &str, program: &str, arguments: &str) -> String {
    let words = format!(
        "{}<spec xsi:type=\"GuestProgramSpec\"><programPath>{program}</programPath>\
         <arguments>{arguments}</arguments></spec>",
        login(machine, "guest")
    );
    let started = client.call("StartProgramInGuest", PROCESSES, &words).await;
    assert_eq!(started.status, 200, "{}", started.text());
    started.value("returnval")
}

async fn exit_code(client: &Client, machine: &str, process: &str) -> String {
    let words = format!("{}<pids>{process}</pids>", login(machine, "guest"));
    let listed = client.call("ListProcessesInGuest", PROCESSES, &words).await;
    assert_eq!(listed.value("pid"), process);
    listed.value("exitCode")
}

/// The path of a transfer, of the URL that was answered.
fn path_of(url: &str) -> String {
    let url = url.replace("&amp;", "&");
    let (_, rest) = url.split_once("://*:").expect("a URL with a star");
    let (_, path) = rest.split_once('/').expect("a path");
    format!("/{path}")
}

#[tokio::test]
async fn programs_run_and_tell_how_they_ended() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machine = client.machines().await.remove(0);
    let echo = run(
        &client,
        &machine,
        "/bin/echo",
        "one &quot;and two&quot; &gt; /tmp/out",
    )
    .await;
    assert_eq!(exit_code(&client, &machine, &echo).await, "0");
    let wrong = run(&client, &machine, "/bin/false", "").await;
    assert_eq!(exit_code(&client, &machine, &wrong).await, "1");
    let cat = run(&client, &machine, "/bin/cat", "/none 2&gt; /tmp/complaint").await;
    assert_eq!(exit_code(&client, &machine, &cat).await, "1");
    let sleep = run(&client, &machine, "/bin/sleep", "60").await;
    assert_eq!(exit_code(&client, &machine, &sleep).await, "");
    let words = format!("{}<pid>{sleep}</pid>", login(&machine, "guest"));
    client.call("TerminateProcessInGuest", PROCESSES, &words).await;
    assert_eq!(exit_code(&client, &machine, &sleep).await, "143");
    let words = format!(
        "{}<guestFilePath>/tmp/out</guestFilePath>",
        login(&machine, "guest")
    );
    let offered = client.call("InitiateFileTransferFromGuest", FILES, &words).await;
    assert_eq!(offered.value("size"), "12");
    let path = path_of(&offered.value("url"));
    let fetched = client.http("GET", &path, "", b"").await.expect("an answer");
    assert_eq!(fetched.text(), "one and two\n");
    // A token is good once.
    let again = client.http("GET", &path, "", b"").await.expect("an answer");
    assert_eq!(again.status, 404);
    drop(simulator);
}

#[tokio::test]
async fn files_are_sent_and_listed() {
    let Some((_simulator, client)) = host().await else {
        return;
    };
    let machine = client.machines().await.remove(0);
    let login = login(&machine, "guest");
    let words = format!(
        "{login}<guestFilePath>/tmp/sent</guestFilePath><fileAttributes xsi:type=\"GuestPosixFileAttributes\"/>\
         <fileSize>5</fileSize><overwrite>false</overwrite>"
    );
    let offered = client.call("InitiateFileTransferToGuest", FILES, &words).await;
    let path = path_of(&offered.value("returnval"));
    let sent = client.http("PUT", &path, "", b"hello").await.expect("an answer");
    assert_eq!(sent.status, 200);
    let exists = client.call("InitiateFileTransferToGuest", FILES, &words).await;
    assert_eq!(exists.fault(), "FileAlreadyExists");
    let words = format!("{login}<filePath>/tmp</filePath>");
    let listed = client.call("ListFilesInGuest", FILES, &words).await;
    assert_eq!(listed.values("path"), [".", "..", "sent"]);
}

#[tokio::test]
async fn a_guest_lets_in_only_who_may_and_only_while_it_runs() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machine = client.machines().await.remove(0);
    let refused = client
        .call("ListProcessesInGuest", PROCESSES, &login(&machine, "wrong"))
        .await;
    assert_eq!(refused.fault(), "InvalidGuestLogin");
    let control = simulator.control();
    control.remove_tools("ha-host_VM0").await.expect("a control");
    let without = client
        .call("ListProcessesInGuest", PROCESSES, &login(&machine, "guest"))
        .await;
    assert_eq!(without.fault(), "GuestOperationsUnavailable");
    client
        .task("PowerOffVM_Task", ("VirtualMachine", &machine), "")
        .await;
    let off = client
        .call("ListProcessesInGuest", PROCESSES, &login(&machine, "guest"))
        .await;
    assert_eq!(off.fault(), "InvalidPowerState");
}
