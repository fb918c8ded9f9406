//! Memory: of the next start, and of the running guest through its balloon.

use virt_core::domain::ConfigScope;
use virt_core::event::DomainChange;
use virt_core::model::ByteSize;
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "memory";
    the_memory_of_the_next_start_is_changed(None, PersistentDomains, SetMemory);
    more_than_the_maximum_is_refused(Machine, PersistentDomains, SetMemory, StartPaused);
    no_memory_is_refused(None, PersistentDomains, SetMemory);
    the_balloon_of_a_guest_moves(Booted, PersistentDomains, SetMemory, Agent, Events);
    live_and_inactive_memory_are_kept_apart(Booted, PersistentDomains, SetMemory, Agent);
}

async fn defined(env: &Env) -> Result<Domain, Failure> {
    let config = env.target().with_balloon(env.machine("sized")?);
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining a machine with a balloon")
}

async fn the_memory_of_the_next_start_is_changed(env: &Env) -> Result<(), Failure> {
    let domain = defined(env).await?;
    let before = domain.info().await.doing("asking for it")?;
    let half = ByteSize::bytes(before.max_memory.as_bytes() / 2);
    for scope in [ConfigScope::Config, ConfigScope::Current] {
        domain.set_memory(half, scope).await.doing("halving its memory")?;
        let info = domain.info().await.doing("asking for it again")?;
        ensure_eq!(info.memory, half, "its memory");
        ensure_eq!(info.max_memory, before.max_memory, "its maximum");
        domain
            .set_memory(before.max_memory, scope)
            .await
            .doing("giving it all its memory again")?;
    }
    Ok(())
}

async fn more_than_the_maximum_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = defined(env).await?;
    let before = domain.info().await.doing("asking for it")?;
    let more = ByteSize::bytes(before.max_memory.as_bytes() + (1 << 20));
    let set = domain.set_memory(more, ConfigScope::Config).await;
    let error = refused(set, ErrorKind::InvalidArgument, "more memory than the maximum")?;
    ensure!(
        !error.message().is_empty(),
        "the refusal does not say what the maximum is"
    );
    let paused = virt_core::domain::StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it")?;
    let set = domain.set_memory(more, ConfigScope::Live).await;
    refused(
        set,
        ErrorKind::InvalidArgument,
        "more live memory than the maximum",
    )?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.memory, before.memory, "its memory after the refusals");
    Ok(())
}

async fn no_memory_is_refused(env: &Env) -> Result<(), Failure> {
    let domain = defined(env).await?;
    let set = domain.set_memory(ByteSize::ZERO, ConfigScope::Config).await;
    refused(set, ErrorKind::InvalidArgument, "no memory at all")?;
    Ok(())
}

async fn the_balloon_of_a_guest_moves(env: &Env) -> Result<(), Failure> {
    let domain = env
        .boot(&env.target().with_balloon(env.guest("balloon")?))
        .await?;
    let before = domain.info().await.doing("asking for it")?;
    let less = ByteSize::bytes(before.max_memory.as_bytes() / 4 * 3);
    let mut watch = env.watch(&domain).await?;
    domain
        .set_memory(less, ConfigScope::Live)
        .await
        .doing("taking a quarter of its memory")?;
    let arrived = |change: &DomainChange| matches!(change, DomainChange::BalloonChanged { actual_bytes } if *actual_bytes == less.as_bytes());
    watch.until("that the balloon has that size", arrived).await?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.memory, less, "its memory once the balloon has moved");
    ensure_eq!(info.max_memory, before.max_memory, "its maximum");
    Ok(())
}

async fn live_and_inactive_memory_are_kept_apart(env: &Env) -> Result<(), Failure> {
    let domain = env.boot(&env.target().with_balloon(env.guest("apart")?)).await?;
    let before = domain.info().await.doing("asking for it")?;
    let less = ByteSize::bytes(before.max_memory.as_bytes() / 2);
    domain
        .set_memory(less, ConfigScope::Config)
        .await
        .doing("halving the memory of the next start")?;
    let info = domain.info().await.doing("asking for it again")?;
    ensure_eq!(info.memory, before.memory, "the memory of the running guest");
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it once it ended")?;
    ensure_eq!(info.memory, less, "the memory of the next start");
    Ok(())
}
