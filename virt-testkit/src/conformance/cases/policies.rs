//! What happens when a guest powers off, reboots or crashes.

use virt_core::domain::{
    ConfigScope, LifecycleAction, LifecycleEvent, RebootOptions, ShutdownOptions, StateReason, XmlOptions,
};
use virt_core::event::{DomainChange, PanicAction, StoppedReason};
use virt_core::model::DomainConfig;
use virt_core::model::domain::LifecycleAction as Written;
use virt_core::{Domain, DomainState};

use crate::conformance::{Doing, Env, Failure, Watch};

cases! { "policies";
    actions_are_changed_without_a_new_definition(None, PersistentDomains, LifecycleActions);
    live_and_inactive_actions_are_kept_apart(Machine, PersistentDomains, LifecycleActions, StartPaused);
    a_guest_that_powers_off_starts_again_when_told_so(Booted, PersistentDomains, Agent, Events);
    a_guest_that_powers_off_is_kept_when_told_so(Booted, PersistentDomains, PreserveOnPoweroff, ShutdownAcpi, Agent, Events);
    a_guest_that_reboots_ends_when_told_so(Booted, PersistentDomains, Reboot, Agent, Events);
    a_change_of_the_running_guests_action_counts(Booted, PersistentDomains, LifecycleActions, Reboot, Agent, Events);
    a_guest_that_powers_itself_off_is_shut_off(Booted, PersistentDomains, Agent, Events);
    a_guest_that_reboots_itself_goes_on(Booted, PersistentDomains, Agent, Events);
    a_guest_that_crashes_ends(Booted, PersistentDomains, Agent, Events);
    a_guest_that_crashes_is_kept_when_told_so(Booted, PersistentDomains, Agent, Events);
    a_guest_that_crashes_starts_again_when_told_so(Booted, PersistentDomains, Agent, Events);
}

fn written(config: &DomainConfig) -> [Option<Written>; 3] {
    [
        config.on_poweroff.clone(),
        config.on_reboot.clone(),
        config.on_crash.clone(),
    ]
}

async fn actions_are_changed_without_a_new_definition(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("told").await?;
    let current = ConfigScope::Current;
    let mut wanted = [Written::Destroy, Written::Restart, Written::Destroy];
    // Not a restart on poweroff and an end on reboot at the same time: libvirt's QEMU driver does not do both.
    let crash = if env.target().has_kernels() {
        (
            LifecycleEvent::Crash,
            2,
            LifecycleAction::Preserve,
            Written::Preserve,
        )
    } else {
        (
            LifecycleEvent::Crash,
            2,
            LifecycleAction::Restart,
            Written::Restart,
        )
    };
    for (event, index, action, word) in [
        (
            LifecycleEvent::Reboot,
            1,
            LifecycleAction::Destroy,
            Written::Destroy,
        ),
        (
            LifecycleEvent::Reboot,
            1,
            LifecycleAction::Restart,
            Written::Restart,
        ),
        (
            LifecycleEvent::Poweroff,
            0,
            LifecycleAction::Restart,
            Written::Restart,
        ),
        crash,
    ] {
        domain
            .set_lifecycle_action(event, action, current)
            .await
            .doing(&format!("setting {action:?} on {event:?}"))?;
        if let Some(place) = wanted.get_mut(index) {
            *place = word;
        }
        let config = domain.config().await.doing("reading it")?;
        let wanted = wanted.clone().map(Some);
        ensure_eq!(
            written(&config),
            wanted,
            "what happens on poweroff, reboot and crash"
        );
    }
    Ok(())
}

async fn live_and_inactive_actions_are_kept_apart(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("both").await?;
    let (event, live) = (LifecycleEvent::Reboot, ConfigScope::Live);
    domain
        .set_lifecycle_action(event, LifecycleAction::Destroy, live)
        .await
        .doing("changing the live one")?;
    let config = domain.config().await.doing("reading the live configuration")?;
    ensure_eq!(
        config.on_reboot,
        Some(Written::Destroy),
        "the live action on reboot"
    );
    let inactive = XmlOptions::default().inactive();
    let config = domain
        .config_with(&inactive)
        .await
        .doing("reading the inactive one")?;
    ensure!(
        config.on_reboot.is_none() || config.on_reboot == Some(Written::Restart),
        "the inactive action on reboot is {:?} after a change of the live one",
        config.on_reboot
    );
    Ok(())
}

/// A guest that has booted with these actions, and what happens to it from now on.
async fn with_actions(
    env: &Env,
    stem: &str,
    write: impl FnOnce(&mut DomainConfig),
) -> Result<(Domain, Watch), Failure> {
    let mut config = env.guest(stem)?;
    write(&mut config);
    let domain = env.boot(&config).await?;
    let watch = env.watch(&domain).await?;
    Ok((domain, watch))
}

async fn plain_shutdown(env: &Env, domain: &Domain) -> Result<(), Failure> {
    let options = ShutdownOptions::default().mode(env.plain_way());
    let asked = domain.shutdown_with(&options).await;
    asked.doing("asking the guest to shut down")
}

/// The guest is there again, and nothing told of an end.
async fn goes_on(env: &Env, domain: &Domain, watch: &mut Watch) -> Result<(), Failure> {
    let mut told = watch
        .until("that it rebooted", |change| *change == DomainChange::Rebooted)
        .await?;
    env.agent_answers(domain).await?;
    told.extend(watch.rest().await?);
    let stopped = told
        .iter()
        .find(|change| matches!(change, DomainChange::Stopped(_)));
    ensure!(stopped.is_none(), "it was told to have stopped: {told:?}");
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Running, "its state");
    Ok(())
}

/// The guest has ended, for this reason.
async fn ends(domain: &Domain, watch: &mut Watch, why: (StoppedReason, StateReason)) -> Result<(), Failure> {
    let told = watch
        .until("that it stopped", |change| {
            matches!(change, DomainChange::Stopped(_))
        })
        .await?;
    ensure_eq!(
        told.last(),
        Some(&DomainChange::Stopped(why.0)),
        "what was told last"
    );
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state");
    ensure_eq!(info.reason, why.1, "why it does not run");
    Ok(())
}

const BY_ITSELF: (StoppedReason, StateReason) = (StoppedReason::Shutdown, StateReason::Shutdown);

async fn a_guest_that_powers_off_starts_again_when_told_so(env: &Env) -> Result<(), Failure> {
    let restart = |config: &mut DomainConfig| config.on_poweroff = Some(Written::Restart);
    let (domain, mut watch) = with_actions(env, "restarted", restart).await?;
    plain_shutdown(env, &domain).await?;
    goes_on(env, &domain, &mut watch).await
}

async fn a_guest_that_powers_off_is_kept_when_told_so(env: &Env) -> Result<(), Failure> {
    let preserve = |config: &mut DomainConfig| config.on_poweroff = Some(Written::Preserve);
    let (domain, mut watch) = with_actions(env, "kept", preserve).await?;
    plain_shutdown(env, &domain).await?;
    watch
        .until("that the guest has shut down", |change| {
            *change == DomainChange::ShutdownFinished
        })
        .await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShuttingDown, "its state");
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it is destroyed");
    Ok(())
}

async fn a_guest_that_reboots_ends_when_told_so(env: &Env) -> Result<(), Failure> {
    let destroy = |config: &mut DomainConfig| config.on_reboot = Some(Written::Destroy);
    let (domain, mut watch) = with_actions(env, "ended", destroy).await?;
    let options = RebootOptions::default();
    domain
        .reboot_with(&options)
        .await
        .doing("asking the guest to reboot")?;
    ends(&domain, &mut watch, BY_ITSELF).await
}

async fn a_change_of_the_running_guests_action_counts(env: &Env) -> Result<(), Failure> {
    let (domain, mut watch) = with_actions(env, "changed", |_| {}).await?;
    let (event, live) = (LifecycleEvent::Reboot, ConfigScope::Live);
    domain
        .set_lifecycle_action(event, LifecycleAction::Destroy, live)
        .await
        .doing("changing the live action on reboot")?;
    env.target().guest_reboots(&domain).await?;
    ends(&domain, &mut watch, BY_ITSELF).await
}

async fn a_guest_that_powers_itself_off_is_shut_off(env: &Env) -> Result<(), Failure> {
    let (domain, mut watch) = with_actions(env, "itself", |_| {}).await?;
    env.target().guest_powers_off(&domain).await?;
    ends(&domain, &mut watch, BY_ITSELF).await
}

async fn a_guest_that_reboots_itself_goes_on(env: &Env) -> Result<(), Failure> {
    let (domain, mut watch) = with_actions(env, "itself", |_| {}).await?;
    env.target().guest_reboots(&domain).await?;
    goes_on(env, &domain, &mut watch).await
}

fn kernels(env: &Env) -> Result<(), Failure> {
    if env.target().has_kernels() {
        return Ok(());
    }
    Err(Failure::not_here("guests have no kernel of their own here"))
}

async fn panicked(watch: &mut Watch, action: PanicAction) -> Result<(), Failure> {
    let told = watch
        .until("of a panic", |change| {
            matches!(change, DomainChange::Panicked { .. })
        })
        .await?;
    match told.last() {
        Some(DomainChange::Panicked { action: found, .. }) => {
            ensure_eq!(*found, action, "what was done about the panic");
            Ok(())
        }
        other => Err(Failure::new(format!("{other:?} is no panic"))),
    }
}

async fn a_guest_that_crashes_ends(env: &Env) -> Result<(), Failure> {
    kernels(env)?;
    let (domain, mut watch) = with_actions(env, "crashed", |_| {}).await?;
    env.target().guest_panics(&domain).await?;
    panicked(&mut watch, PanicAction::PowerOff).await?;
    ends(
        &domain,
        &mut watch,
        (StoppedReason::Crashed, StateReason::Crashed),
    )
    .await
}

async fn a_guest_that_crashes_is_kept_when_told_so(env: &Env) -> Result<(), Failure> {
    kernels(env)?;
    let preserve = |config: &mut DomainConfig| config.on_crash = Some(Written::Preserve);
    let (domain, mut watch) = with_actions(env, "kept", preserve).await?;
    env.target().guest_panics(&domain).await?;
    panicked(&mut watch, PanicAction::Pause).await?;
    watch
        .until("that it crashed", |change| {
            matches!(change, DomainChange::Crashed(_))
        })
        .await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::Crashed, "its state");
    ensure_eq!(info.reason, StateReason::Panicked, "why it is in that state");
    domain.destroy().await.doing("destroying it")
}

async fn a_guest_that_crashes_starts_again_when_told_so(env: &Env) -> Result<(), Failure> {
    kernels(env)?;
    let restart = |config: &mut DomainConfig| config.on_crash = Some(Written::Restart);
    let (domain, mut watch) = with_actions(env, "restarted", restart).await?;
    env.target().guest_panics(&domain).await?;
    panicked(&mut watch, PanicAction::Pause).await?;
    goes_on(env, &domain, &mut watch).await
}
