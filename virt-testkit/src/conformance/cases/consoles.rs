//! Consoles: what is typed arrives, what was printed is still there, and a second reader follows its policy.

use virt_core::ErrorKind;
use virt_core::console::{ConsoleOptions, SecondReader};

use crate::conformance::{ConsoleReader, Doing, Env, Failure, refused};

cases! { "consoles";
    what_is_typed_comes_back(Booted, PersistentDomains, Console);
    what_was_printed_before_comes_first(Booted, PersistentDomains, Console, ConsoleScrollback);
    a_second_reader_is_refused(Booted, PersistentDomains, Console);
    a_second_reader_takes_over_when_told_so(Booted, PersistentDomains, Console);
    readers_share_when_told_so(Booted, PersistentDomains, Console);
    a_dropped_console_can_be_opened_again(Booted, PersistentDomains, Console);
    a_console_ends_when_its_guest_does(Booted, PersistentDomains, Console);
    a_console_ends_when_its_connection_does(Booted, PersistentDomains, Console);
    a_reader_that_does_not_read_does_not_stop_the_guest(Booted, PersistentDomains, Console, Agent);
    a_device_that_is_not_there_is_not_found_and_others_are_named(Booted, PersistentDomains, Console);
    a_machine_without_a_console_has_none(Machine, PersistentDomains, Console, StartPaused);
}

async fn what_is_typed_comes_back(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("typed").await?;
    let mut console = env.console(&domain).await?;
    ensure!(
        !console.stream().device().is_empty(),
        "the console's device has no alias"
    );
    for word in ["first-word", "second-word"] {
        console.write(&format!("{word}\n")).await?;
        console.until(word).await?;
    }
    Ok(())
}

async fn what_was_printed_before_comes_first(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("scroll").await?;
    let mut console = env.console(&domain).await?;
    console.write("left-behind\n").await?;
    console.until("left-behind").await?;
    // What the guest answers has to be there as well, or it is not from before.
    env.input_is_taken(&mut console).await?;
    console.within(env.times().quiet).await?;
    drop(console);
    let mut again = opened_again(env, &domain, &ConsoleOptions::default()).await?;
    again.until("left-behind").await?;
    // The guest's own answer to what was typed may still be on its way: it is no scrollback then.
    again.within(env.times().quiet).await?;
    drop(again);
    let nothing = ConsoleOptions::default().scrollback(0);
    let mut again = opened_again(env, &domain, &nothing).await?;
    let seen = again.within(env.times().quiet).await?;
    ensure!(
        !seen.contains("left-behind"),
        "what was printed before comes though nothing of it was wanted: {seen:?}"
    );
    drop(again);
    let little = ConsoleOptions::default().scrollback(5);
    let mut again = opened_again(env, &domain, &little).await?;
    let seen = again.within(env.times().quiet).await?;
    ensure!(seen.len() <= 5, "{seen:?} came, and 5 bytes were wanted");
    Ok(())
}

/// Opens a console that somebody has just dropped.
async fn opened_again(
    env: &Env,
    domain: &virt_core::Domain,
    options: &ConsoleOptions,
) -> Result<ConsoleReader, Failure> {
    let opening = async {
        loop {
            match domain.console_with(options).await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(env.times().quiet / 10).await
                }
                other => return other,
            }
        }
    };
    let opened = env.soon("giving the console back", opening).await?;
    let stream = opened.doing("opening the console again")?;
    Ok(ConsoleReader::new(stream, env.patience()))
}

async fn a_second_reader_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("mine").await?;
    let mut console = env.console(&domain).await?;
    let second = domain.console().await;
    refused(second, ErrorKind::Busy, "opening a console that is open")?;
    console.write("still-mine\n").await?;
    console.until("still-mine").await?;
    Ok(())
}

async fn a_second_reader_takes_over_when_told_so(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("taken").await?;
    let mut first = env.console(&domain).await?;
    let options = ConsoleOptions::default().second(SecondReader::TakeOver);
    let second = domain
        .console_with(&options)
        .await
        .doing("taking the console over")?;
    let mut second = ConsoleReader::new(second, env.patience());
    first.ends().await?;
    second.write("now-mine\n").await?;
    second.until("now-mine").await?;
    Ok(())
}

async fn readers_share_when_told_so(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("shared").await?;
    let options = ConsoleOptions::default().second(SecondReader::Share);
    let first = domain
        .console_with(&options)
        .await
        .doing("opening it to be shared")?;
    let mut first = ConsoleReader::new(first, env.patience());
    env.input_is_taken(&mut first).await?;
    let second = domain.console_with(&options).await.doing("sharing it")?;
    let mut second = ConsoleReader::new(second, env.patience());
    first.write("from-the-first\n").await?;
    first.until("from-the-first").await?;
    second.until("from-the-first").await?;
    second.write("from-the-second\n").await?;
    first.until("from-the-second").await?;
    second.until("from-the-second").await?;
    drop(first);
    second.write("alone\n").await?;
    second.until("alone").await?;
    Ok(())
}

async fn a_dropped_console_can_be_opened_again(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("again").await?;
    drop(env.console(&domain).await?);
    for round in 0..5 {
        let mut console = opened_again(env, &domain, &ConsoleOptions::default().scrollback(0)).await?;
        let word = format!("round-{round}");
        console.write(&format!("{word}\n")).await?;
        console.until(&word).await?;
    }
    Ok(())
}

async fn a_console_ends_when_its_guest_does(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("ended").await?;
    let mut console = env.console(&domain).await?;
    domain.destroy().await.doing("destroying it")?;
    console.ends().await
}

async fn a_console_ends_when_its_connection_does(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("ended").await?;
    let mut console = env.console(&domain).await?;
    env.conn().close();
    console.ends().await
}

async fn a_reader_that_does_not_read_does_not_stop_the_guest(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("unread").await?;
    let mut console = env.console(&domain).await?;
    // Whatever this prints, many times the buffers between the guest and us, nobody reads it.
    let loud = "for i in 1 2 3 4 5 6 7 8 9; do cat /proc/kallsyms | head -c 20000; done\n";
    console.write(loud).await?;
    for _ in 0..10 {
        domain
            .agent()
            .ping()
            .await
            .doing("pinging a guest whose console nobody reads")?;
        tokio::time::sleep(env.times().quiet / 3).await;
    }
    console.write("loud-enough\n").await?;
    console.until("loud-enough").await?;
    Ok(())
}

async fn a_device_that_is_not_there_is_not_found_and_others_are_named(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("named").await?;
    let console = env.console(&domain).await?;
    let alias = console.stream().device().to_owned();
    let options = ConsoleOptions::default().device("no-such-device");
    let opened = domain.console_with(&options).await;
    let error = refused(opened, ErrorKind::NotFound, "opening a device that is not there")?;
    let said = error.to_string();
    ensure!(
        said.contains("no-such-device"),
        "the error does not name the device: {said}"
    );
    ensure!(
        said.contains(&alias),
        "the error does not name {alias}, which is there: {said}"
    );
    Ok(())
}

async fn a_machine_without_a_console_has_none(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("bare").await?;
    refused(
        domain.console().await,
        ErrorKind::NotFound,
        "opening the console of a machine without one",
    )?;
    Ok(())
}
