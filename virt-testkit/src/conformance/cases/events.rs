//! Events: to all who listen, in order, honest about loss, and over when the connection is.

use std::time::{Duration, SystemTime};

use virt_core::event::{DomainChange, Event, EventFilter, ResumedReason, SuspendedReason};

use crate::conformance::{Doing, Env, Failure, Watch};

cases! { "events";
    all_streams_get_the_same_in_the_same_order(Machine, PersistentDomains, Suspend, Events);
    a_filter_keeps_other_domains_out(None, PersistentDomains, Events);
    a_stream_that_is_not_read_is_told_how_much_it_lost(Machine, PersistentDomains, Suspend, Events);
    an_event_tells_when_it_happened_and_to_whom(None, PersistentDomains, Events);
    streams_end_when_the_connection_is_closed(None, Events);
    nothing_from_before_the_subscription_comes(None, PersistentDomains, Events);
    a_dropped_stream_does_not_disturb_others(None, PersistentDomains, Events);
    the_agent_coming_and_going_is_told(Booted, PersistentDomains, Agent, Events);
}

async fn all_streams_get_the_same_in_the_same_order(env: &Env) -> Result<(), Failure> {
    let domain = env.running("told").await?;
    let mut one = env.watch(&domain).await?;
    let all = env
        .conn()
        .events(EventFilter::all())
        .await
        .doing("subscribing to all")?;
    let mut two = Watch::of(all, env.times(), env.patience());
    for _ in 0..5 {
        domain.suspend().await.doing("suspending it")?;
        domain.resume().await.doing("resuming it")?;
    }
    let pair = [
        DomainChange::Suspended(SuspendedReason::Paused),
        DomainChange::Resumed(ResumedReason::Unpaused),
    ];
    let wanted: Vec<DomainChange> = std::iter::repeat_n(pair, 5).flatten().collect();
    ensure_eq!(one.rest().await?, wanted, "what one stream got");
    ensure_eq!(two.rest().await?, wanted, "what the other stream got");
    Ok(())
}

async fn a_filter_keeps_other_domains_out(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("mine").await?;
    let mut watch = env.watch(&domain).await?;
    env.defined("other").await?;
    domain.undefine().await.doing("undefining mine")?;
    ensure_eq!(
        watch.rest().await?,
        vec![DomainChange::Undefined],
        "what came of one domain"
    );
    Ok(())
}

async fn a_stream_that_is_not_read_is_told_how_much_it_lost(env: &Env) -> Result<(), Failure> {
    let domain = env.running("slow").await?;
    let filter = EventFilter::domain(domain.uuid())
        .without_native()
        .with_capacity(2);
    let mut stream = env.conn().events(filter).await.doing("subscribing")?;
    let mut watch = env.watch(&domain).await?;
    for _ in 0..5 {
        domain.suspend().await.doing("suspending it")?;
        domain.resume().await.doing("resuming it")?;
    }
    // The one that is read in time tells when all of them are there.
    let all = watch.rest().await?;
    ensure_eq!(all.len(), 10, "how many events came");
    let first = env.soon("an event of a full stream", stream.next()).await?;
    ensure_eq!(first, Some(Event::Lagged(8)), "the first event of a full stream");
    for wanted in all.iter().skip(8) {
        match env.soon("an event of a full stream", stream.next()).await? {
            Some(Event::Domain(event)) => ensure_eq!(&event.change, wanted, "one of the newest events"),
            other => return Err(Failure::new(format!("{other:?} came instead of {wanted:?}"))),
        }
    }
    domain.suspend().await.doing("suspending it")?;
    match env.soon("an event after the loss", stream.next()).await? {
        Some(Event::Domain(event)) => {
            let wanted = DomainChange::Suspended(SuspendedReason::Paused);
            ensure_eq!(event.change, wanted, "the event after the loss");
            Ok(())
        }
        other => Err(Failure::new(format!("{other:?} came after the loss"))),
    }
}

async fn an_event_tells_when_it_happened_and_to_whom(env: &Env) -> Result<(), Failure> {
    let config = env.machine("dated")?;
    let filter = EventFilter::domain(config.uuid.unwrap_or_default());
    let mut events = env.conn().events(filter).await.doing("subscribing")?;
    let before = SystemTime::now();
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    match env.soon("the event of a definition", events.next()).await? {
        Some(Event::Domain(event)) => {
            ensure_eq!(event.domain.uuid, domain.uuid(), "whom it happened to");
            ensure_eq!(
                event.domain.name.as_str(),
                domain.name(),
                "the name it happened to"
            );
            let slack = Duration::from_secs(2);
            let (early, late) = (before - slack, SystemTime::now() + slack);
            ensure!(
                event.at >= early && event.at <= late,
                "it is dated {:?}, and happened between {before:?} and now",
                event.at
            );
            Ok(())
        }
        other => Err(Failure::new(format!("{other:?} came of a definition"))),
    }
}

async fn streams_end_when_the_connection_is_closed(env: &Env) -> Result<(), Failure> {
    let mut one = env.conn().events(EventFilter::all()).await.doing("subscribing")?;
    let mut two = env
        .conn()
        .events(EventFilter::all())
        .await
        .doing("subscribing again")?;
    env.conn().close();
    env.soon("the end of the events", async {
        while one.next().await.is_some() {}
        while two.next().await.is_some() {}
    })
    .await?;
    ensure_eq!(one.next().await, None, "what comes after the end");
    Ok(())
}

async fn nothing_from_before_the_subscription_comes(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("past").await?;
    let mut watch = env.watch(&domain).await?;
    let told = watch.rest().await?;
    ensure!(told.is_empty(), "{told:?} came from before the subscription");
    Ok(())
}

async fn a_dropped_stream_does_not_disturb_others(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("heard").await?;
    let mut watch = env.watch(&domain).await?;
    for _ in 0..50 {
        drop(env.conn().events(EventFilter::all()).await.doing("subscribing")?);
    }
    domain.undefine().await.doing("undefining it")?;
    ensure_eq!(watch.rest().await?, vec![DomainChange::Undefined], "what came");
    Ok(())
}

async fn the_agent_coming_and_going_is_told(env: &Env) -> Result<(), Failure> {
    env.agents_need_channels()?;
    use virt_core::event::AgentState;
    let config = env.guest("agent")?;
    let domain = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining a guest")?;
    let mut watch = env.watch(&domain).await?;
    domain.start().await.doing("starting it")?;
    watch
        .until("that the agent is there", |change| {
            *change == DomainChange::Agent(AgentState::Connected)
        })
        .await?;
    let info = domain.info().await.doing("asking for it")?;
    ensure_eq!(info.agent_connected, Some(true), "whether the agent is connected");
    domain.destroy().await.doing("destroying it")?;
    let info = domain.info().await.doing("asking for it once it ended")?;
    ensure!(
        info.agent_connected != Some(true),
        "the agent of a domain that is shut off is connected"
    );
    Ok(())
}
