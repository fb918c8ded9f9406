//! Deadlines: every call has one, and afterwards all is in a state that can be told.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use virt_core::domain::{DestroyOptions, StartOptions};
use virt_core::{CallClass, DomainState, ErrorKind, Outcome};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "deadlines";
    no_call_outlives_its_deadline(None, PersistentDomains);
    a_start_without_time_leaves_a_state_that_can_be_told(Machine, PersistentDomains, StartPaused);
    a_definition_without_time_is_whole_or_not_there(None, PersistentDomains);
    a_connections_deadlines_hold_for_its_domains(None, PersistentDomains);
    an_endless_deadline_is_fine(None, PersistentDomains);
}

/// Beyond its deadline a call has a little for its answer to come through.
const SLACK: Duration = Duration::from_secs(3);

type Call<'a> = Pin<Box<dyn Future<Output = virt_core::Result<()>> + Send + 'a>>;

async fn no_call_outlives_its_deadline(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("brief").await?;
    let now = Duration::ZERO;
    let conn = env.conn().with_deadline(now);
    let brief = domain.with_deadline(now);
    let calls: [(&str, Call<'_>); 8] = [
        ("domains", Box::pin(async { conn.domains().await.map(drop) })),
        ("node_info", Box::pin(async { conn.node_info().await.map(drop) })),
        ("version", Box::pin(async { conn.version().await.map(drop) })),
        ("info", Box::pin(async { brief.info().await.map(drop) })),
        ("config", Box::pin(async { brief.config().await.map(drop) })),
        ("set_autostart", Box::pin(brief.set_autostart(false))),
        ("wait_for", Box::pin(brief.wait_for(DomainState::Running))),
        ("undefine", Box::pin(brief.undefine())),
    ];
    for (what, call) in calls {
        let Ok(answer) = tokio::time::timeout(SLACK, call).await else {
            return Err(Failure::new(format!(
                "{what} without any time took more than {SLACK:?}"
            )));
        };
        if let Err(error) = answer {
            let refusal: virt_core::Result<()> = Err(error);
            let error = refused(refusal, ErrorKind::Timeout, &format!("{what} without any time"))?;
            ensure_eq!(error.operation(), Some(what), "the operation in the error");
        }
    }
    env.conn().domains().await.doing("listing afterwards")?;
    Ok(())
}

async fn a_start_without_time_leaves_a_state_that_can_be_told(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("hasty").await?;
    let paused = StartOptions::default().paused();
    for limit in [0, 1, 5, 20, 50] {
        let hasty = domain.with_deadline(Duration::from_millis(limit));
        let started = hasty.start_with(&paused).await;
        match started {
            Ok(()) => domain.destroy().await.doing("destroying what started in time")?,
            Err(error) => {
                let outcome = error.outcome();
                let refusal: virt_core::Result<()> = Err(error);
                refused(refusal, ErrorKind::Timeout, &format!("a start within {limit} ms"))?;
                settled(env, &domain, outcome).await?;
            }
        }
    }
    domain
        .start_with(&paused)
        .await
        .doing("starting it with time enough")
}

/// Whatever became of a start that was given up: before long it runs or it does not, as the outcome says.
async fn settled(env: &Env, domain: &virt_core::Domain, outcome: Outcome) -> Result<(), Failure> {
    // What stands behind it in the domain's lane is done after it.
    let destroyed = domain.destroy_with(&DestroyOptions::default()).await;
    match destroyed {
        Ok(()) => ensure!(
            outcome != Outcome::NotApplied,
            "the start was told not to have been applied, and the domain runs"
        ),
        Err(error) => {
            let refusal: virt_core::Result<()> = Err(error);
            refused(refusal, ErrorKind::InvalidState, "destroying what did not start")?;
            ensure!(
                outcome != Outcome::Applied,
                "the start was told to have been applied, and the domain does not run"
            );
        }
    }
    tokio::time::sleep(env.times().quiet).await;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it is settled");
    Ok(())
}

async fn a_definition_without_time_is_whole_or_not_there(env: &Env) -> Result<(), Failure> {
    for limit in [0, 1, 2, 5] {
        let config = env.machine("hasty")?;
        let hasty = env.conn().with_deadline(Duration::from_millis(limit));
        let defined = hasty.define_domain(&config).await;
        tokio::time::sleep(env.times().quiet).await;
        let found = env.conn().domain(config.name.as_str()).await;
        match (defined, found) {
            (Ok(_), found) => {
                let read = found.doing("looking up what was defined in time")?.config().await;
                ensure_eq!(read.doing("reading it")?.uuid, config.uuid, "its uuid");
            }
            (Err(error), found) => {
                let outcome = error.outcome();
                let refusal: virt_core::Result<()> = Err(error);
                refused(
                    refusal,
                    ErrorKind::Timeout,
                    &format!("a definition within {limit} ms"),
                )?;
                ensure!(
                    outcome == Outcome::Unknown || found.is_ok() == (outcome == Outcome::Applied),
                    "the outcome was {outcome:?}, and the domain is {}",
                    if found.is_ok() { "there" } else { "not there" }
                );
                if let Ok(found) = found {
                    let read = found.config().await.doing("reading what is there")?;
                    ensure_eq!(read.uuid, config.uuid, "its uuid");
                }
            }
        }
    }
    Ok(())
}

async fn a_connections_deadlines_hold_for_its_domains(env: &Env) -> Result<(), Failure> {
    env.conn()
        .shutdown()
        .await
        .doing("shutting the first connection down")?;
    let limit = Duration::from_millis(200);
    let conn = env
        .connect(|builder| builder.deadline(CallClass::Wait, limit))
        .await
        .doing("opening one whose waiting is limited")?;
    let config = env.machine("limited")?;
    let domain = conn.define_domain(&config).await.doing("defining a domain")?;
    let began = tokio::time::Instant::now();
    let waited = domain.wait_for(DomainState::Running).await;
    refused(waited, ErrorKind::Timeout, "waiting for what does not come")?;
    let took = began.elapsed();
    ensure!(took < limit + SLACK, "it was given up after {took:?} only");
    Ok(())
}

async fn an_endless_deadline_is_fine(env: &Env) -> Result<(), Failure> {
    let conn = env.conn().with_deadline(Duration::MAX);
    conn.domains().await.doing("listing with an endless deadline")?;
    let config = env.machine("endless")?;
    let domain = conn
        .define_domain(&config)
        .await
        .doing("defining with an endless deadline")?;
    domain.info().await.doing("asking with an endless deadline")?;
    Ok(())
}
