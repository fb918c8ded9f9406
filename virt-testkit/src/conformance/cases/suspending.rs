//! Suspend and resume.

use virt_core::DomainState;
use virt_core::domain::StateReason;
use virt_core::event::{DomainChange, ResumedReason, SuspendedReason};

use crate::conformance::{Doing, Env, Failure};

cases! { "suspending";
    a_suspended_domain_is_paused_until_it_is_resumed(Machine, PersistentDomains, Suspend);
    suspending_and_resuming_twice_is_as_good_as_once(Machine, PersistentDomains, Suspend, Events);
    a_paused_domain_can_be_destroyed(Machine, PersistentDomains, Suspend);
    the_guest_stands_still_while_it_is_paused(Booted, PersistentDomains, Suspend, Agent);
}

async fn a_suspended_domain_is_paused_until_it_is_resumed(env: &Env) -> Result<(), Failure> {
    let domain = env.running("paused").await?;
    domain.suspend().await.doing("suspending it")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Paused, "its state");
    ensure_eq!(info.reason, StateReason::User, "why it is paused");
    domain.resume().await.doing("resuming it")?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.state, DomainState::Running, "its state once it is resumed");
    ensure_eq!(info.reason, StateReason::Unpaused, "why it runs");
    Ok(())
}

async fn suspending_and_resuming_twice_is_as_good_as_once(env: &Env) -> Result<(), Failure> {
    let domain = env.running("twice").await?;
    let mut watch = env.watch(&domain).await?;
    domain.suspend().await.doing("suspending it")?;
    domain.suspend().await.doing("suspending it once more")?;
    domain.resume().await.doing("resuming it")?;
    domain.resume().await.doing("resuming it once more")?;
    ensure_eq!(
        watch.rest().await?,
        vec![
            DomainChange::Suspended(SuspendedReason::Paused),
            DomainChange::Resumed(ResumedReason::Unpaused),
        ],
        "what was told"
    );
    Ok(())
}

async fn a_paused_domain_can_be_destroyed(env: &Env) -> Result<(), Failure> {
    let domain = env.running("ended").await?;
    domain.suspend().await.doing("suspending it")?;
    domain.destroy().await.doing("destroying it while it is paused")?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    Ok(())
}

async fn the_guest_stands_still_while_it_is_paused(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("still").await?;
    domain.suspend().await.doing("suspending it")?;
    let brief = domain.with_deadline(env.times().quiet.max(std::time::Duration::from_millis(500)));
    match brief.agent().ping().await {
        Ok(()) => return Err(Failure::new("the agent of a paused guest answered")),
        Err(error) => ensure!(
            matches!(
                error.kind(),
                virt_core::ErrorKind::AgentUnavailable | virt_core::ErrorKind::Timeout
            ),
            "the ping of a paused guest is {:?}: {error}",
            error.kind()
        ),
    }
    domain.resume().await.doing("resuming it")?;
    env.agent_answers(&domain).await
}
