//! Consoles of containers, and what liblxc up to 5.0.2 at least does when a client of `/dev/console` goes away.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use virt_sdk::console::{ConsoleOptions, ConsoleStream};
use virt_sdk::event::DomainChange;
use virt_sdk::{Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::container::PROMPT;
use virt_testkit::live::leftovers;
use virt_testkit::live::lxc::Init;

use crate::checks::{check, equal, soon};
use crate::containers::{Containers, contained, is, rest, run_in, until};

contained! { "lxc_console";
    a_console_dropped_with_typed_text_unread_costs_no_container;
    a_reboot_with_an_open_console_is_one_reboot;
    a_container_that_ends_ends_its_console;
    every_byte_typed_is_the_containers;
    a_console_that_others_hold_is_refused;
}

/// Reads until this has come.
async fn expect(console: &mut ConsoleStream, wanted: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let reading = async {
        let mut bytes = [0; 4096];
        while !text.contains(wanted) {
            let count = console.read(&mut bytes).await.doing("reading a console")?;
            check(count > 0, format!("the console ended before {wanted:?}"))?;
            text.push_str(&String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()));
        }
        Ok::<_, Failure>(())
    };
    let read = soon(&format!("printing {wanted:?}"), reading).await?;
    read.doing(&format!("after {text:?}"))?;
    Ok(text)
}

async fn typed(console: &mut ConsoleStream, line: &str) -> Result<(), Failure> {
    console.write_all(line.as_bytes()).await.doing("typing")?;
    console.flush().await.doing("typing")
}

/// The programs that hold a container's console open.
fn clients(containers: &Containers) -> Result<usize, Failure> {
    let root = containers.root().display().to_string();
    let found = leftovers::processes_with(&root).doing("looking for lxc-console")?;
    let of_console = |program: &str| program.rsplit('/').next() == Some("lxc-console");
    Ok(found.iter().filter(|one| of_console(&one.program)).count())
}

/// liblxc ends the whole container when a client of its console goes away with what it typed unread.
async fn a_console_dropped_with_typed_text_unread_costs_no_container(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "typed", Init::Quick).await?;
    let id = domain.id().await.doing("asking for its number")?;
    let mut events = domain.events().await.doing("listening")?;
    for round in 0..20 {
        let mut console = domain.console().await.doing("opening its console")?;
        if round % 2 == 0 {
            typed(&mut console, &format!("echo round-$(({round}+100))\n")).await?;
        } else {
            // More than is read at a time, and no line's end.
            typed(&mut console, &"x".repeat(700)).await?;
            typed(&mut console, "\u{3}").await?;
        }
        drop(console);
        is(
            &domain,
            DomainState::Running,
            &format!("after console {round} was dropped"),
        )
        .await?;
    }
    equal(
        rest(&mut events, domain.name()).await,
        Vec::new(),
        "events of dropped consoles",
    )?;
    equal(domain.id().await.doing("asking again")?, id, "its init")?;
    // The program behind it goes with the connection.
    let name = domain.name().to_owned();
    drop((events, domain));
    conn.shutdown().await.doing("shutting down")?;
    for round in 0..20 {
        let conn = containers.open_soon().await?;
        let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
        is(&domain, DomainState::Running, &format!("before round {round}")).await?;
        let mut console = domain.console().await.doing("opening its console")?;
        typed(&mut console, "echo typed and left unread\n").await?;
        if round % 4 == 0 {
            // It has been let in, and more is typed right before it goes.
            expect(&mut console, "unread").await?;
        }
        typed(&mut console, &"y".repeat(200)).await?;
        conn.shutdown().await.doing("shutting down")?;
        equal(
            containers.native(&name).state()?.as_str(),
            "RUNNING",
            "its state to lxc-info",
        )?;
    }
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    equal(
        domain.id().await.doing("asking for its number")?,
        id,
        "its init after all that",
    )?;
    let mut console = domain.console().await.doing("opening its console")?;
    typed(&mut console, "\u{15}\necho all-$((40+2))\n").await?;
    expect(&mut console, "all-42").await?;
    drop(console);
    containers.remove_all(&conn).await?;
    let gone = async {
        while !matches!(clients(containers), Ok(0)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("the end of programs that hold consoles", gone).await
}

async fn a_reboot_with_an_open_console_is_one_reboot(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "again", Init::Quick).await?;
    for _ in 0..3 {
        let mut console = domain.console().await.doing("opening its console")?;
        typed(&mut console, "echo before-$((1+1))\n").await?;
        expect(&mut console, "before-2").await?;
        let id = domain.id().await.doing("asking for its number")?;
        let mut events = domain.events().await.doing("listening")?;
        domain.reboot().await.doing("rebooting it")?;
        until(&mut events, domain.name(), &DomainChange::Rebooted).await?;
        equal(
            rest(&mut events, domain.name()).await,
            Vec::new(),
            "events after a reboot",
        )?;
        is(&domain, DomainState::Running, "after a reboot").await?;
        let now = domain.id().await.doing("asking again")?;
        check(
            now.is_some() && now != id,
            format!("its init was {id:?} and is {now:?}"),
        )?;
        let mut console = domain.console().await.doing("opening its console again")?;
        typed(&mut console, "echo after-$((1+1))\n").await?;
        expect(&mut console, "after-2").await?;
    }
    containers.remove_all(&conn).await
}

async fn a_container_that_ends_ends_its_console(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "ending", Init::Quick).await?;
    let ends: [fn(&Domain) -> _; 2] = [
        |domain| {
            let domain = domain.clone();
            tokio::spawn(async move { domain.destroy().await })
        },
        |domain| {
            let domain = domain.clone();
            tokio::spawn(async move { domain.shutdown().await })
        },
    ];
    for end in ends {
        let mut console = domain.console().await.doing("opening its console")?;
        typed(&mut console, "echo up-$((1+1))\n").await?;
        expect(&mut console, "up-2").await?;
        let ended = end(&domain)
            .await
            .map_err(|error| Failure::new(error.to_string()))?;
        ended.doing("ending it")?;
        let mut more = Vec::new();
        let read = soon("the end of the console", console.read_to_end(&mut more)).await?;
        drop(read);
        domain
            .wait_for(DomainState::ShutOff)
            .await
            .doing("waiting for its end")?;
        containers.nothing_runs().await?;
        equal(clients(containers)?, 0, "programs that hold its console")?;
        refused(
            domain.console().await.map(drop),
            ErrorKind::InvalidState,
            "opening the console of one that does not run",
        )?;
        domain.start().await.doing("starting it again")?;
        crate::containers::listens(&domain).await?;
    }
    containers.remove_all(&conn).await
}

async fn every_byte_typed_is_the_containers(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "bytes", Init::Quick).await?;
    let mut console = domain.console().await.doing("opening its console")?;
    typed(&mut console, "\n").await?;
    expect(&mut console, PROMPT).await?;
    typed(&mut console, "stty raw -echo; echo ready-$((1+1)); dd bs=1 count=256 of=/tmp/bytes 2>/dev/null; stty sane; echo done-$((1+1))\n").await?;
    expect(&mut console, "ready-2").await?;
    let bytes: Vec<u8> = (0..=255).collect();
    // As a person types, and not faster than its terminal has room.
    for part in bytes.chunks(64) {
        console.write_all(part).await.doing("typing bytes")?;
        console.flush().await.doing("typing bytes")?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    expect(&mut console, "done-2").await?;
    let came = domain
        .agent()
        .read_file("/tmp/bytes")
        .await
        .doing("reading what came")?;
    equal(came, bytes, "the bytes that were typed")?;
    run_in(&domain, "rm /tmp/bytes").await?;
    drop(console);
    containers.remove_all(&conn).await
}

async fn a_console_that_others_hold_is_refused(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "held", Init::Quick).await?;
    let mut holder = containers
        .native(domain.name())
        .tool("lxc-console")
        .args(["-t", "0", "-e", ""])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .doing("holding the console")?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // It opens, and ends: liblxc says nothing before.
    let tried = async {
        let mut console = domain.console_with(&ConsoleOptions::default()).await?;
        let mut bytes = [0; 64];
        loop {
            match console.read(&mut bytes).await {
                Ok(0) | Err(_) => return Ok::<_, virt_sdk::Error>(()),
                Ok(_) => {}
            }
        }
    };
    let ended = soon("the end of a console that others hold", tried).await?;
    holder.kill().doing("letting it go")?;
    holder.wait().doing("letting it go")?;
    if let Err(error) = ended {
        check(
            error.kind() == ErrorKind::Busy || error.kind() == ErrorKind::Failed,
            format!("a held console is refused as {error:?}"),
        )?;
    }
    is(&domain, DomainState::Running, "after its console was held").await?;
    // liblxc ends the container when its client was killed with something unread: there was nothing.
    let mut console = domain.console().await.doing("opening it once it is free")?;
    typed(&mut console, "echo free-$((1+1))\n").await?;
    expect(&mut console, "free-2").await?;
    drop(console);
    containers.remove_all(&conn).await
}
