//! Shutdown, reboot, reset and destroy.

use virt_core::domain::{DestroyOptions, RebootOptions, ShutdownMode, ShutdownOptions, StateReason};
use virt_core::event::{DomainChange, StoppedReason};
use virt_core::{Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "ending";
    a_guest_shuts_down_by_acpi(Booted, PersistentDomains, ShutdownAcpi, Events);
    a_guest_shuts_down_through_its_agent(Booted, PersistentDomains, ShutdownAgent, Events);
    a_guest_shuts_down_by_a_signal(Booted, PersistentDomains, ShutdownSignal, Events, Agent);
    a_guest_shuts_down_by_its_inits_control_pipe(Booted, PersistentDomains, ShutdownInitControl, Events, Agent);
    a_guest_shuts_down_when_nothing_is_said_about_how(Booted, PersistentDomains, Agent);
    a_guest_shuts_down_through_its_agent_and_then_by_acpi(Booted, PersistentDomains, ShutdownAgent, ShutdownAcpi);
    a_reboot_through_the_agent_is_one_event(Booted, PersistentDomains, Reboot, ShutdownAgent, Events, Agent);
    a_reboot_by_a_signal_is_one_event(Booted, PersistentDomains, Reboot, ShutdownSignal, Events, Agent);
    a_reboot_by_the_inits_control_pipe_is_one_event(Booted, PersistentDomains, Reboot, ShutdownInitControl, Events, Agent);
    a_reboot_by_acpi_is_one_event(Booted, PersistentDomains, Reboot, ShutdownAcpi, Events, Agent);
    a_reset_is_one_event_and_the_guest_boots_again(Booted, PersistentDomains, Reset, Events, Agent);
    a_reset_of_a_machine_leaves_it_running(Machine, PersistentDomains, Reset, Events);
    a_destroyed_domain_is_shut_off(Machine, PersistentDomains, Events);
    a_graceful_destroy_ends_a_machine_that_answers(Machine, PersistentDomains, DestroyGraceful);
    a_shutdown_through_an_agent_that_is_not_there_is_refused(Machine, PersistentDomains, ShutdownAgent);
}

async fn shuts_down(env: &Env, domain: &Domain, mode: ShutdownMode) -> Result<Vec<DomainChange>, Failure> {
    let mut watch = env.watch(domain).await?;
    let options = ShutdownOptions::default().mode(mode);
    domain
        .shutdown_with(&options)
        .await
        .doing("asking the guest to shut down")?;
    let told = watch
        .until("that it stopped", |change| {
            matches!(change, DomainChange::Stopped(_))
        })
        .await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it stopped");
    ensure_eq!(info.reason, StateReason::Shutdown, "why it does not run");
    ensure_eq!(info.id, None, "its id once it stopped");
    let after = watch.rest().await?;
    ensure!(after.is_empty(), "after it stopped there came {after:?}");
    Ok(told)
}

fn told_of_a_shutdown(told: &[DomainChange]) -> Result<(), Failure> {
    let life: Vec<&DomainChange> = told
        .iter()
        .filter(|change| !matches!(change, DomainChange::Agent(_) | DomainChange::RtcChanged { .. }))
        .collect();
    ensure_eq!(
        life,
        vec![
            &DomainChange::ShutdownFinished,
            &DomainChange::Stopped(StoppedReason::Shutdown)
        ],
        "what was told of a shutdown"
    );
    Ok(())
}

async fn a_guest_shuts_down_by_acpi(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("acpi").await?;
    let told = shuts_down(env, &domain, ShutdownMode::Acpi).await?;
    told_of_a_shutdown(&told)
}

async fn a_guest_shuts_down_by_a_signal(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("signal").await?;
    let told = shuts_down(env, &domain, ShutdownMode::Signal).await?;
    told_of_a_shutdown(&told)
}

async fn a_guest_shuts_down_by_its_inits_control_pipe(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("control").await?;
    let told = shuts_down(env, &domain, ShutdownMode::InitControl).await?;
    told_of_a_shutdown(&told)
}

async fn a_guest_shuts_down_through_its_agent(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("agent").await?;
    let told = shuts_down(env, &domain, ShutdownMode::Agent).await?;
    told_of_a_shutdown(&told)?;
    domain.start().await.doing("starting it again")?;
    env.agent_answers(&domain).await
}

async fn a_guest_shuts_down_when_nothing_is_said_about_how(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("auto").await?;
    domain.shutdown().await.doing("asking the guest to shut down")?;
    domain
        .with_deadline(env.patience())
        .wait_for(DomainState::ShutOff)
        .await
        .doing("waiting until it is shut off")
}

async fn a_guest_shuts_down_through_its_agent_and_then_by_acpi(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("both").await?;
    shuts_down(env, &domain, ShutdownMode::AgentThenAcpi).await?;
    Ok(())
}

/// Exactly one event tells of a reboot, none of a stop or a start, and the guest is there again.
async fn booted_anew(
    env: &Env,
    domain: &Domain,
    mut watch: crate::conformance::Watch,
) -> Result<(), Failure> {
    let mut told = watch
        .until("that it rebooted", |change| *change == DomainChange::Rebooted)
        .await?;
    env.agent_answers(domain).await?;
    told.extend(watch.rest().await?);
    let reboots = told
        .iter()
        .filter(|change| **change == DomainChange::Rebooted)
        .count();
    ensure_eq!(reboots, 1, "how many events told of one reboot ({told:?})");
    let wrong = told.iter().find(|change| {
        matches!(
            change,
            DomainChange::Stopped(_) | DomainChange::Started(_) | DomainChange::ShutdownFinished
        )
    });
    ensure!(wrong.is_none(), "a reboot was told as {wrong:?} too");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state after the reboot");
    Ok(())
}

async fn reboots(env: &Env, stem: &str, mode: ShutdownMode) -> Result<(), Failure> {
    let domain = env.booted(stem).await?;
    let id = domain.id().await.doing("asking for the id")?;
    let watch = env.watch(&domain).await?;
    let options = RebootOptions::default().mode(mode);
    domain
        .reboot_with(&options)
        .await
        .doing("asking the guest to reboot")?;
    booted_anew(env, &domain, watch).await?;
    if env.target().keeps_id_over_reboots() {
        ensure_eq!(
            domain.id().await.doing("asking for the id")?,
            id,
            "the id after a reboot"
        );
    }
    // An end that follows is an end: the reboot that was asked for is over.
    shuts_down(env, &domain, env.plain_way()).await?;
    Ok(())
}

async fn a_reboot_through_the_agent_is_one_event(env: &Env) -> Result<(), Failure> {
    reboots(env, "reboot-agent", ShutdownMode::Agent).await
}

async fn a_reboot_by_acpi_is_one_event(env: &Env) -> Result<(), Failure> {
    reboots(env, "reboot-acpi", ShutdownMode::Acpi).await
}

async fn a_reboot_by_a_signal_is_one_event(env: &Env) -> Result<(), Failure> {
    reboots(env, "reboot-signal", ShutdownMode::Signal).await
}

async fn a_reboot_by_the_inits_control_pipe_is_one_event(env: &Env) -> Result<(), Failure> {
    reboots(env, "reboot-control", ShutdownMode::InitControl).await
}

async fn a_reset_is_one_event_and_the_guest_boots_again(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("reset").await?;
    let watch = env.watch(&domain).await?;
    domain.reset().await.doing("resetting it")?;
    booted_anew(env, &domain, watch).await
}

async fn a_reset_of_a_machine_leaves_it_running(env: &Env) -> Result<(), Failure> {
    let domain = env.running("reset").await?;
    let id = domain.id().await.doing("asking for the id")?;
    let mut watch = env.watch(&domain).await?;
    domain.reset().await.doing("resetting it")?;
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Rebooted],
        "what was told of a reset"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state after the reset");
    ensure_eq!(info.id, id, "its id after the reset");
    Ok(())
}

async fn a_destroyed_domain_is_shut_off(env: &Env) -> Result<(), Failure> {
    let domain = env.running("destroyed").await?;
    let mut watch = env.watch(&domain).await?;
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    ensure_eq!(info.reason, StateReason::Destroyed, "why it does not run");
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Stopped(StoppedReason::Destroyed)],
        "what was told"
    );
    Ok(())
}

async fn a_graceful_destroy_ends_a_machine_that_answers(env: &Env) -> Result<(), Failure> {
    let domain = env.running("graceful").await?;
    let graceful = DestroyOptions::default().graceful();
    domain
        .destroy_with(&graceful)
        .await
        .doing("destroying it gracefully")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    ensure_eq!(info.reason, StateReason::Destroyed, "why it does not run");
    Ok(())
}

async fn a_shutdown_through_an_agent_that_is_not_there_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = env.running("agentless").await?;
    let options = ShutdownOptions::default().mode(ShutdownMode::Agent);
    let asked = domain.shutdown_with(&options).await;
    refused(
        asked,
        ErrorKind::AgentUnavailable,
        "a shutdown through an agent that is not there",
    )?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state after the refusal");
    Ok(())
}
