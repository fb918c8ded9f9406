//! Freezing a guest's file systems: whatever becomes of the one who froze them, they are thawed again.

use std::time::Duration;

use virt_core::Domain;
use virt_core::agent::FrozenFilesystems;

use crate::conformance::{Doing, Env, Failure};

cases! { "freezing";
    what_is_frozen_is_thawed(Booted, PersistentDomains, Agent);
    a_dropped_guard_thaws(Booted, PersistentDomains, Agent);
    a_dropped_freeze_leaves_nothing_frozen(Booted, PersistentDomains, Agent);
    thawing_what_is_not_frozen_is_no_error(Booted, PersistentDomains, Agent);
}

async fn status(domain: &Domain) -> Result<FrozenFilesystems, Failure> {
    let status = domain.agent().fs_freeze_status().await;
    status.doing("asking whether file systems are frozen")
}

async fn thawed_before_long(env: &Env, domain: &Domain) -> Result<(), Failure> {
    let waiting = async {
        loop {
            match domain.agent().fs_freeze_status().await {
                Ok(FrozenFilesystems::Thawed) => return,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    env.soon("thawing the file systems", waiting).await
}

async fn what_is_frozen_is_thawed(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("frozen").await?;
    env.agent_has(&domain, "guest-fsfreeze-freeze").await?;
    ensure_eq!(
        status(&domain).await?,
        FrozenFilesystems::Thawed,
        "the state at first"
    );
    let guard = domain.agent().fs_freeze().await.doing("freezing")?;
    ensure!(guard.filesystems() > 0, "no file system was frozen");
    ensure_eq!(
        status(&domain).await?,
        FrozenFilesystems::Frozen,
        "the state once frozen"
    );
    let frozen = guard.filesystems();
    let thawed = guard.thaw().await.doing("thawing")?;
    ensure_eq!(thawed, frozen, "how many file systems were thawed");
    ensure_eq!(
        status(&domain).await?,
        FrozenFilesystems::Thawed,
        "the state once thawed"
    );
    Ok(())
}

async fn a_dropped_guard_thaws(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("guarded").await?;
    env.agent_has(&domain, "guest-fsfreeze-freeze").await?;
    let guard = domain.agent().fs_freeze().await.doing("freezing")?;
    ensure_eq!(
        status(&domain).await?,
        FrozenFilesystems::Frozen,
        "the state once frozen"
    );
    drop(guard);
    thawed_before_long(env, &domain).await
}

async fn a_dropped_freeze_leaves_nothing_frozen(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("dropped").await?;
    env.agent_has(&domain, "guest-fsfreeze-freeze").await?;
    for round in 0..6_u64 {
        let pause = Duration::from_micros(round * round * 500);
        let frozen = tokio::time::timeout(pause, domain.agent().fs_freeze()).await;
        drop(frozen);
        // Whatever was begun is over once something that stands behind it is answered.
        domain
            .agent()
            .fs_thaw()
            .await
            .doing("thawing behind a freeze that was dropped")?;
        thawed_before_long(env, &domain).await?;
    }
    Ok(())
}

async fn thawing_what_is_not_frozen_is_no_error(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("thawed").await?;
    env.agent_has(&domain, "guest-fsfreeze-freeze").await?;
    let thawed = domain
        .agent()
        .fs_thaw()
        .await
        .doing("thawing what is not frozen")?;
    ensure_eq!(thawed, 0, "how many file systems were thawed");
    Ok(())
}
