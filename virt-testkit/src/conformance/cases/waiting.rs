//! Waiting: for a state, an agent, an address, anything that is known.

use std::time::Duration;

use virt_core::domain::StartOptions;
use virt_core::{DomainState, ErrorKind, Outcome};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "waiting";
    a_state_that_is_there_is_not_waited_for(None, PersistentDomains);
    a_state_that_comes_ends_the_waiting(Machine, PersistentDomains, Suspend, StartPaused);
    a_state_that_does_not_come_is_given_up_in_time(None, PersistentDomains);
    the_end_of_a_transient_domain_is_its_being_shut_off(Machine, TransientDomains, StartPaused);
    a_domain_that_vanishes_ends_the_waiting(None, PersistentDomains);
    a_closed_connection_ends_the_waiting(None, PersistentDomains);
    anything_that_is_known_can_be_waited_for(None, PersistentDomains, Autostart);
    an_agent_is_waited_for_from_the_start(Booted, PersistentDomains, Agent);
    an_agent_that_has_no_channel_is_not_waited_for(Machine, PersistentDomains, Agent);
    a_domain_that_does_not_run_has_no_agent_to_wait_for(None, PersistentDomains, Agent);
    an_address_is_waited_for_from_the_start(Booted, PersistentDomains, Agent);
}

async fn a_state_that_is_there_is_not_waited_for(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("there").await?;
    let waited = domain
        .with_deadline(Duration::from_secs(5))
        .wait_for(DomainState::ShutOff)
        .await;
    waited.doing("waiting for a state that is there")
}

async fn a_state_that_comes_ends_the_waiting(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("comes").await?;
    let waiter = domain.with_deadline(env.patience());
    let resuming = async {
        tokio::time::sleep(env.times().quiet).await;
        domain.resume().await
    };
    let (waited, resumed) = tokio::join!(waiter.wait_for(DomainState::Running), resuming);
    resumed.doing("resuming it")?;
    waited.doing("waiting until it runs")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state after the waiting");
    Ok(())
}

async fn a_state_that_does_not_come_is_given_up_in_time(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("never").await?;
    let limit = Duration::from_millis(300);
    let began = tokio::time::Instant::now();
    let waited = domain.with_deadline(limit).wait_for(DomainState::Running).await;
    let error = refused(waited, ErrorKind::Timeout, "waiting for what does not come")?;
    let took = began.elapsed();
    ensure!(took >= limit, "it was given up after {took:?} already");
    ensure!(took < limit * 10, "it was given up after {took:?} only");
    ensure_eq!(
        error.outcome(),
        Outcome::NotApplied,
        "the outcome of waiting in vain"
    );
    ensure_eq!(error.operation(), Some("wait_for"), "the operation in the error");
    ensure!(
        error.to_string().contains(domain.name()),
        "the domain is not named: {error}"
    );
    Ok(())
}

async fn the_end_of_a_transient_domain_is_its_being_shut_off(env: &Env) -> Result<(), Failure> {
    let config = env.machine("brief")?;
    let paused = StartOptions::default().paused();
    let created = env.conn().create_domain_with(&config, &paused).await;
    let domain = created.doing("creating a transient domain")?;
    let waiter = domain.with_deadline(env.patience());
    let destroying = async {
        tokio::time::sleep(env.times().quiet / 2).await;
        domain.destroy().await
    };
    let (waited, destroyed) = tokio::join!(waiter.wait_for(DomainState::ShutOff), destroying);
    destroyed.doing("destroying it")?;
    waited.doing("waiting for its end")
}

async fn a_domain_that_vanishes_ends_the_waiting(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("vanishes").await?;
    let waiter = domain.with_deadline(env.patience());
    let undefining = async {
        tokio::time::sleep(env.times().quiet / 2).await;
        domain.undefine().await
    };
    let (waited, undefined) = tokio::join!(waiter.wait_for(DomainState::Running), undefining);
    undefined.doing("undefining it")?;
    refused(waited, ErrorKind::NotFound, "waiting for a domain that vanishes")?;
    Ok(())
}

async fn a_closed_connection_ends_the_waiting(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("cut").await?;
    let waiter = domain.with_deadline(env.patience() * 2);
    let closing = async {
        tokio::time::sleep(env.times().quiet / 2).await;
        env.conn().close();
    };
    let both = async { tokio::join!(waiter.wait_for(DomainState::Running), closing).0 };
    let waited = env
        .soon("the end of waiting on a closed connection", both)
        .await?;
    refused(
        waited,
        ErrorKind::ConnectionLost,
        "waiting on a connection that is closed",
    )?;
    Ok(())
}

async fn anything_that_is_known_can_be_waited_for(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("known").await?;
    let waiter = domain.with_deadline(env.patience());
    let info = waiter
        .wait_until_info(|info| !info.autostart)
        .await
        .doing("waiting for what is so already")?;
    ensure_eq!(info.domain.uuid, domain.uuid(), "whose info it is");
    let limit = domain.with_deadline(Duration::from_millis(200));
    let waited = limit.wait_until_info(|info| info.autostart).await;
    refused(waited, ErrorKind::Timeout, "waiting for what does not become so")?;
    Ok(())
}

async fn an_agent_is_waited_for_from_the_start(env: &Env) -> Result<(), Failure> {
    let config = env.guest("agent")?;
    let domain = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining a guest")?;
    domain.start().await.doing("starting it")?;
    let brief = domain
        .with_deadline(Duration::from_millis(1))
        .wait_for_agent()
        .await;
    if let Err(error) = brief {
        let refusal: virt_core::Result<()> = Err(error);
        refused(refusal, ErrorKind::Timeout, "waiting for an agent for 1 ms")?;
    }
    env.agent_answers(&domain).await?;
    domain
        .agent()
        .ping()
        .await
        .doing("pinging the agent that was waited for")
}

async fn an_agent_that_has_no_channel_is_not_waited_for(env: &Env) -> Result<(), Failure> {
    env.agents_need_channels()?;
    let domain = env.running("bare").await?;
    let waited = domain.with_deadline(env.patience()).wait_for_agent().await;
    refused(
        waited,
        ErrorKind::AgentUnavailable,
        "waiting for the agent of a machine without a channel",
    )?;
    Ok(())
}

async fn a_domain_that_does_not_run_has_no_agent_to_wait_for(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let waiter = domain.with_deadline(env.patience());
    let waited = waiter.wait_for_agent().await;
    refused(
        waited,
        ErrorKind::InvalidState,
        "waiting for the agent of a domain that is shut off",
    )?;
    let waited = waiter.wait_for_address().await;
    refused(
        waited,
        ErrorKind::InvalidState,
        "waiting for the address of a domain that is shut off",
    )?;
    Ok(())
}

async fn an_address_is_waited_for_from_the_start(env: &Env) -> Result<(), Failure> {
    let config = env.guest("address")?;
    let domain = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining a guest")?;
    domain.start().await.doing("starting it")?;
    let waiter = domain.with_deadline(env.patience());
    let address = waiter.wait_for_address().await.doing("waiting for its address")?;
    ensure!(
        address.is_reachable(),
        "{} cannot be reached by others",
        address.ip
    );
    Ok(())
}
