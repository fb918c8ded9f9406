//! The guest agent: programs, files, and what it tells of its guest.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use virt_core::agent::ExecRequest;
use virt_core::host::ExitStatus;
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "agents";
    an_agent_answers_and_tells_its_version(Booted, PersistentDomains, Agent);
    a_program_runs_and_its_output_and_exit_code_come_back(Booted, PersistentDomains, Agent);
    a_program_gets_input_and_environment(Booted, PersistentDomains, Agent);
    a_program_that_is_not_there_is_named(Booted, PersistentDomains, Agent);
    a_program_that_runs_too_long_is_given_up(Booted, PersistentDomains, Agent);
    a_file_is_written_read_and_replaced(Booted, PersistentDomains, Agent);
    a_file_that_is_not_there_is_named(Booted, PersistentDomains, Agent);
    a_guest_tells_its_system_its_name_and_its_users(Booted, PersistentDomains, Agent);
    a_guest_tells_its_interfaces(Booted, PersistentDomains, Agent);
    a_guests_clock_is_read_and_set(Booted, PersistentDomains, Agent);
    many_calls_at_a_time_are_all_answered(Booted, PersistentDomains, Agent);
    a_dropped_call_does_not_disturb_the_next(Booted, PersistentDomains, Agent);
    unused_blocks_are_discarded(Booted, PersistentDomains, Agent);
    a_machine_without_a_channel_has_no_agent(Machine, PersistentDomains, Agent);
}

async fn sh(domain: &Domain, script: &str) -> Result<(ExitStatus, String, String), Failure> {
    let request = ExecRequest::new("/bin/sh").args(["-c", script]);
    let output = domain.agent().exec(&request).await;
    let output = output.doing(&format!("running {script:?} in the guest"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status, text(&output.stdout), text(&output.stderr)))
}

async fn an_agent_answers_and_tells_its_version(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("agent").await?;
    domain.agent().ping().await.doing("pinging it")?;
    let info = domain.agent().info().await.doing("asking what it is")?;
    ensure!(!info.version.is_empty(), "the agent has no version");
    for command in ["guest-ping", "guest-info", "guest-exec"] {
        let has = info.commands.iter().any(|one| one == command);
        ensure!(has, "the agent does not list {command}: {:?}", info.commands);
    }
    Ok(())
}

async fn a_program_runs_and_its_output_and_exit_code_come_back(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("exec").await?;
    let (status, out, err) = sh(&domain, "echo to-output; exit 3").await?;
    ensure_eq!(status, ExitStatus::Code(3), "how it ended");
    ensure_eq!(out.as_str(), "to-output\n", "its standard output");
    ensure_eq!(err.as_str(), "", "its standard error");
    let request = ExecRequest::new("/bin/cat").arg("/no/such/file");
    let output = domain
        .agent()
        .exec(&request)
        .await
        .doing("running cat in the guest")?;
    ensure_eq!(output.status, ExitStatus::Code(1), "how a failing cat ended");
    ensure!(
        !output.stderr.is_empty(),
        "a failing cat wrote nothing to its standard error"
    );
    ensure!(
        output.stdout.is_empty(),
        "a failing cat wrote to its standard output"
    );
    Ok(())
}

async fn a_program_gets_input_and_environment(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("input").await?;
    let input: Vec<u8> = (0..=255_u8).cycle().take(200_000).collect();
    let request = ExecRequest::new("/bin/cat").stdin(input.clone());
    let output = domain
        .agent()
        .exec(&request)
        .await
        .doing("running cat in the guest")?;
    ensure_eq!(
        output.stdout.len(),
        input.len(),
        "how much of the input came back"
    );
    ensure!(output.stdout == input, "the input did not come back as it went");
    let request = ExecRequest::new("/bin/sh").args(["-c", "env"]);
    let request = request.env("VIRT_A", "1").env("VIRT_B", "two words");
    let output = domain
        .agent()
        .exec(&request)
        .await
        .doing("running env in the guest")?;
    let said = String::from_utf8_lossy(&output.stdout);
    for line in ["VIRT_A=1", "VIRT_B=two words"] {
        ensure!(
            said.lines().any(|one| one == line),
            "{line} is not in its environment: {said}"
        );
    }
    Ok(())
}

async fn a_program_that_is_not_there_is_named(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("missing").await?;
    let request = ExecRequest::new("/no/such/program");
    let error = refused(
        domain.agent().exec(&request).await,
        ErrorKind::Failed,
        "running a program that is not there",
    )?;
    let whole = Failure::from(error).to_string();
    ensure!(
        whole.contains("/no/such/program"),
        "the program is not named: {whole}"
    );
    domain.agent().ping().await.doing("pinging it afterwards")
}

async fn a_program_that_runs_too_long_is_given_up(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("slow").await?;
    let limit = Duration::from_millis(700);
    let request = ExecRequest::new("/bin/sleep").arg("30").time_limit(limit);
    let began = tokio::time::Instant::now();
    let ran = domain.agent().exec(&request).await;
    refused(ran, ErrorKind::Timeout, "running a program that takes too long")?;
    let took = began.elapsed();
    ensure!(
        took < Duration::from_secs(15),
        "it was given up after {took:?} only"
    );
    domain.agent().ping().await.doing("pinging it afterwards")
}

async fn a_file_is_written_read_and_replaced(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("files").await?;
    let agent = domain.agent();
    let large: Vec<u8> = (0..=255_u8).rev().cycle().take(300_001).collect();
    for (what, content) in [
        ("a large file", large.as_slice()),
        ("a small one", b"small".as_slice()),
        ("an empty one", b"".as_slice()),
    ] {
        agent
            .write_file("/tmp/file", content)
            .await
            .doing(&format!("writing {what}"))?;
        let read = agent
            .read_file("/tmp/file")
            .await
            .doing(&format!("reading {what}"))?;
        ensure_eq!(read.len(), content.len(), "how many bytes are read of {what}");
        ensure!(read == content, "{what} does not read back as it was written");
    }
    Ok(())
}

async fn a_file_that_is_not_there_is_named(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("nofile").await?;
    let read = domain.agent().read_file("/no/such/file").await;
    let error = refused(read, ErrorKind::Failed, "reading a file that is not there")?;
    let whole = Failure::from(error).to_string();
    ensure!(whole.contains("/no/such/file"), "the file is not named: {whole}");
    let written = domain.agent().write_file("/no/such/directory/", b"x").await;
    refused(written, ErrorKind::Failed, "writing a file without a name")?;
    Ok(())
}

async fn a_guest_tells_its_system_its_name_and_its_users(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("told").await?;
    let agent = domain.agent();
    let os = agent.os().await.doing("asking for its system")?;
    ensure!(
        os.id.is_some() || os.name.is_some(),
        "its system has no name: {os:?}"
    );
    ensure!(os.machine.is_some(), "its system has no machine: {os:?}");
    let name = agent.host_name().await.doing("asking for its name")?;
    ensure!(!name.is_empty(), "it has no name");
    for user in agent.users().await.doing("asking for its users")? {
        ensure!(!user.name.is_empty(), "a user has no name");
        ensure!(
            user.login_time.is_finite(),
            "{} logged in at {}",
            user.name,
            user.login_time
        );
    }
    Ok(())
}

async fn a_guest_tells_its_interfaces(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("net").await?;
    let patient = domain.with_deadline(env.patience());
    let address = patient
        .wait_for_address()
        .await
        .doing("waiting for its address")?;
    ensure!(address.is_reachable(), "{} cannot be reached", address.ip);
    let config = domain.config().await.doing("reading its configuration")?;
    let wanted = config
        .devices
        .as_ref()
        .and_then(|devices| devices.interfaces.first())
        .and_then(|interface| interface.mac.as_ref())
        .and_then(|mac| mac.address.as_ref())
        .map(|mac| mac.to_string().to_lowercase());
    let wanted = wanted.ok_or_else(|| Failure::new("its configuration has no hardware address"))?;
    let interfaces = domain
        .agent()
        .interfaces()
        .await
        .doing("asking for its interfaces")?;
    let ours = interfaces
        .iter()
        .find(|one| one.mac.as_ref().map(|mac| mac.to_lowercase()).as_deref() == Some(wanted.as_str()));
    let ours = ours.ok_or_else(|| {
        Failure::new(format!(
            "no interface has the hardware address {wanted}: {interfaces:?}"
        ))
    })?;
    ensure!(
        ours.addresses.contains(&address),
        "{} is not among the addresses of {}: {:?}",
        address.ip,
        ours.name,
        ours.addresses
    );
    Ok(())
}

async fn a_guests_clock_is_read_and_set(env: &Env) -> Result<(), Failure> {
    const HOUR_NS: i64 = 3_600_000_000_000;
    let domain = env.booted("clock").await?;
    env.agent_has(&domain, "guest-set-time").await?;
    let agent = domain.agent();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
    let told = agent.time().await.doing("reading its clock")?;
    ensure!((told - now).abs() < HOUR_NS, "its clock says {told}, ours {now}");
    let wanted = now + 2 * HOUR_NS;
    agent
        .set_time(Some(wanted))
        .await
        .doing("setting its clock two hours ahead")?;
    let told = agent.time().await.doing("reading its clock again")?;
    ensure!(
        (told - wanted).abs() < HOUR_NS / 6,
        "its clock says {told}, and was set to {wanted}"
    );
    Ok(())
}

async fn many_calls_at_a_time_are_all_answered(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("busy").await?;
    let calls = (0..20).map(|number| {
        let domain = domain.with_deadline(env.patience());
        async move { (number, sh(&domain, &format!("echo answer-{number}")).await) }
    });
    for (number, answer) in futures::future::join_all(calls).await {
        let (_, out, _) = answer?;
        ensure_eq!(
            out.trim(),
            format!("answer-{number}"),
            "the answer of one of 20 calls at a time"
        );
    }
    Ok(())
}

async fn a_dropped_call_does_not_disturb_the_next(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("dropped").await?;
    for number in 0..20_u64 {
        let pause = Duration::from_micros(number * 400);
        // Given up somewhere on its way.
        let _given_up = tokio::time::timeout(pause, sh(&domain, "echo given-up")).await;
        let (_, out, _) = sh(&domain, &format!("echo kept-{number}")).await?;
        ensure_eq!(
            out.trim(),
            format!("kept-{number}"),
            "the answer after a dropped call"
        );
    }
    Ok(())
}

async fn unused_blocks_are_discarded(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("trim").await?;
    match domain.agent().fs_trim(0).await {
        Ok(report) => {
            let nameless = report.filesystems.iter().find(|one| one.path.is_empty());
            ensure!(nameless.is_none(), "a file system without a name was trimmed");
            Ok(())
        }
        // A guest whose file systems are all in memory has nothing to trim, and says so.
        Err(error) => {
            ensure!(
                matches!(error.kind(), ErrorKind::Failed | ErrorKind::Unsupported),
                "trimming is {:?}: {error}",
                error.kind()
            );
            Ok(())
        }
    }
}

async fn a_machine_without_a_channel_has_no_agent(env: &Env) -> Result<(), Failure> {
    env.agents_need_channels()?;
    let domain = env.running("bare").await?;
    let error = refused(
        domain.agent().ping().await,
        ErrorKind::AgentUnavailable,
        "pinging the agent of a machine without a channel",
    )?;
    let said = error.to_string();
    ensure!(
        said.contains("channel"),
        "the error does not say that a channel is missing: {said}"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.agent_connected, None, "whether its agent is connected");
    Ok(())
}
