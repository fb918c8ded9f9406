//! Names and places of containers: odd ones, renamed ones, those in whose directory their root file system is, and those
//! that were written by hand.

use virt_sdk::DomainState;
use virt_sdk::ErrorKind;
use virt_sdk::domain::{DomainName, StartOptions};
use virt_sdk::event::DomainChange;
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::{Init, Native, Rootfs};

use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, is, listens, run_in, states};

contained! { "lxc_names";
    a_container_with_an_odd_name_works_all_through;
    an_undefine_keeps_a_root_file_system_inside;
    a_rename_moves_what_names_the_directory;
    a_container_written_by_hand_in_old_words_keeps_its_uuid;
    a_broken_configuration_hides_no_other_container;
}

async fn a_container_with_an_odd_name_works_all_through(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    containers.rootfs("star-and-more", Init::Quick)?;
    containers.rootfs("odd", Init::Quick)?;
    for odd in [
        "two words",
        "it's",
        "star*",
        "a$(b)\"c\"",
        "[x]?",
        "ümläut",
        "-n",
        "&<>",
    ] {
        odd_name(containers, &conn, odd)
            .await
            .doing(&format!("a container named {odd:?}"))?;
    }
    conn.shutdown().await.doing("shutting down")
}

async fn odd_name(containers: &Containers, conn: &virt_sdk::Connection, odd: &str) -> Result<(), Failure> {
    // Beside one that its name taken for a pattern would fit, too.
    let name = containers.name("star-and-more");
    let config = containers.document_of(&name, &containers.place().join("star-and-more.root"), "")?;
    let plain = conn.define_domain(&config).await.doing("defining another one")?;
    plain.start().await.doing("starting another one")?;
    let name = containers.name(odd);
    let config = containers.document_of(&name, &containers.place().join("odd.root"), "")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    equal(
        containers.native(&name).state()?.as_str(),
        "RUNNING",
        "its state to lxc-info",
    )?;
    domain.suspend().await.doing("suspending it")?;
    domain.resume().await.doing("resuming it")?;
    equal(
        run_in(&domain, "hostname").await?.trim(),
        name.as_str(),
        "its host name",
    )?;
    let mut console = domain.console().await.doing("opening its console")?;
    tokio::io::AsyncWriteExt::write_all(&mut console, b"echo typed\n").await?;
    drop(console);
    let stats = domain
        .stats(virt_sdk::stats::StatsGroups::all())
        .await
        .doing("statistics")?;
    check(stats.stats.cpu.is_some(), "there are no statistics of its CPU")?;
    // It is found by another manager, too.
    conn.domain(name.as_str()).await.doing("looking it up")?;
    let mut events = domain.events().await.doing("listening")?;
    crate::checks::signal(containers.monitor_of(&name)?, "KILL")?;
    let ended = async {
        while let Some(event) = events.next().await {
            if let virt_sdk::event::Event::Domain(event) = event
                && matches!(event.change, DomainChange::Stopped(_))
            {
                return;
            }
        }
    };
    crate::checks::soon("its end", ended).await?;
    is(
        &plain,
        DomainState::Running,
        "of another one, after its monitor was killed",
    )
    .await?;
    listens(&plain).await?;
    domain.start().await.doing("starting it again")?;
    domain.destroy().await.doing("destroying it")?;
    let renamed = domain
        .rename(&DomainName::new(containers.name("plain"))?)
        .await
        .doing("renaming it")?;
    let back = renamed
        .rename(&DomainName::new(name.as_str())?)
        .await
        .doing("renaming it back")?;
    back.undefine().await.doing("undefining it")?;
    conn.create_domain(&config)
        .await
        .doing("creating it")?
        .destroy()
        .await
        .doing("ending it")?;
    plain.destroy().await.doing("destroying the other one")?;
    plain.undefine().await.doing("undefining the other one")?;
    containers.nothing_is_there().await
}

async fn an_undefine_keeps_a_root_file_system_inside(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let name = containers.name("full");
    let inside = containers.root().join(&name).join("rootfs");
    let rootfs = Rootfs::make(&inside)?;
    let config = containers.document_of(&name, rootfs.path(), "")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    domain.start().await.doing("starting it")?;
    domain.destroy().await.doing("destroying it")?;
    domain.undefine().await.doing("undefining it")?;
    equal(
        entries(&containers.root().join(&name)),
        vec!["rootfs".to_owned()],
        "what is left in its directory",
    )?;
    check(
        inside.join("bin/sh").exists(),
        "its root file system is not whole",
    )?;
    equal(states(&conn).await?.len(), 0, "how many containers there are")?;
    // It can be had again, and as a transient one as well.
    let again = conn.define_domain(&config).await.doing("defining it again")?;
    again.start().await.doing("starting it")?;
    again.undefine().await.doing("undefining it while it runs")?;
    again.destroy().await.doing("destroying it")?;
    conn.create_domain_with(&config, &StartOptions::default())
        .await
        .doing("creating it")?
        .destroy()
        .await
        .doing("destroying the transient one")?;
    check(
        inside.join("bin/sh").exists(),
        "its root file system is not whole",
    )?;
    containers.nothing_runs().await?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_rename_moves_what_names_the_directory(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let (name, other) = (containers.name("before"), containers.name("after"));
    let inside = containers.root().join(&name).join("rootfs");
    Rootfs::make(&inside)?;
    let config = containers.document_of(&name, &inside, "")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    domain.start().await.doing("starting it")?;
    let running = domain.rename(&DomainName::new(other.as_str())?).await;
    refused(running, ErrorKind::InvalidState, "renaming one that runs")?;
    domain.destroy().await.doing("destroying it")?;
    let renamed = domain
        .rename(&DomainName::new(other.as_str())?)
        .await
        .doing("renaming it")?;
    renamed.start().await.doing("starting it by its new name")?;
    listens(&renamed).await?;
    equal(
        run_in(&renamed, "hostname").await?.trim(),
        other.as_str(),
        "its host name",
    )?;
    let xml = renamed.config().await.doing("reading its document")?.to_xml();
    check(
        !xml.contains(&name),
        format!("the old name is still there: {xml}"),
    )?;
    renamed.destroy().await.doing("destroying it")?;
    // A directory that is there is not written over.
    let taken = containers.root().join(&name);
    std::fs::create_dir(&taken).doing("making a directory")?;
    std::fs::write(taken.join("precious"), "x").doing("writing a file")?;
    let back = renamed.rename(&DomainName::new(name.as_str())?).await;
    refused(
        back,
        ErrorKind::AlreadyExists,
        "renaming it to a directory that is there",
    )?;
    check(taken.join("precious").exists(), "a file of others is gone")?;
    conn.shutdown().await.doing("shutting down")?;
    let conn = containers.open_soon().await?;
    let again = conn
        .domain(config.uuid.unwrap_or_default())
        .await
        .doing("looking it up")?;
    equal(again.name(), other.as_str(), "its name at the next opening")?;
    containers.remove_all(&conn).await
}

async fn a_container_written_by_hand_in_old_words_keeps_its_uuid(
    containers: &Containers,
) -> Result<(), Failure> {
    let name = containers.name("old");
    let rootfs = containers.rootfs("old", Init::Quick)?;
    let text = format!(
        "# Made in 2016\nlxc.utsname = {name}\nlxc.arch = x86_64\nlxc.rootfs = {}\nlxc.network.type = empty\n\
         lxc.cgroup.memory.limit_in_bytes = 64M\n",
        rootfs.path().display()
    );
    Native::define_as(&containers.root(), &name, &text)?;
    let mut uuids = Vec::new();
    for _ in 0..3 {
        let conn = containers.open_soon().await?;
        let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
        uuids.push(domain.uuid());
        is(&domain, DomainState::ShutOff, "of one written by hand").await?;
        let config = domain.config().await.doing("reading its document")?;
        check(
            config.to_xml().contains(&rootfs.path().display().to_string()),
            "its root file system is not in its document",
        )?;
        conn.shutdown().await.doing("shutting down")?;
    }
    uuids.dedup();
    equal(uuids.len(), 1, "how many uuids it had in three openings")?;
    let now = std::fs::read_to_string(containers.native(&name).config()).doing("reading it")?;
    equal(now, text, "its configuration after three openings")?;
    // liblxc itself starts no such configuration any more, and says how it is brought up to date.
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    let started = domain.start().await;
    if let Err(error) = started {
        let error = refused::<()>(Err(error), ErrorKind::InvalidConfig, "starting it")?;
        check(
            error.to_string().contains("lxc."),
            format!("the key is not named: {error}"),
        )?;
    }
    is(&domain, DomainState::ShutOff, "of one in old words").await?;
    containers.remove_all(&conn).await
}

async fn a_broken_configuration_hides_no_other_container(containers: &Containers) -> Result<(), Failure> {
    let broken = containers.name("broken");
    Native::define_as(
        &containers.root(),
        &broken,
        "lxc.rootfs.path = dir:/x\nthis is no line\n",
    )?;
    let binary = containers.name("binary");
    let native = Native::define_as(&containers.root(), &binary, "")?;
    std::fs::write(native.config(), [0xff, 0xfe, 0]).doing("writing what is no text")?;
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "whole", Init::Quick).await?;
    let report = virt_sdk::lxc::extension::recovery_report(&conn).doing("reading the report")?;
    for name in [&broken, &binary] {
        check(
            report
                .corrupt
                .iter()
                .any(|(path, _)| path.contains(name.as_str())),
            format!("{name} is not in the report: {:?}", report.corrupt),
        )?;
    }
    equal(states(&conn).await?.len(), 1, "how many containers there are")?;
    check(native.config().exists(), "what nobody understands was removed")?;
    is(&domain, DomainState::Running, "of the one that is whole").await?;
    containers.remove_all(&conn).await
}
