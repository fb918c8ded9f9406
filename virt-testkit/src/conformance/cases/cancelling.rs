//! Cancel safety: whatever is dropped at whatever point, the object is consistent and the connection alive.

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use virt_core::domain::{
    ConfigScope, CoreDumpOptions, DomainFilter, DomainName, LifecycleAction, LifecycleEvent, MetadataItem,
    StartOptions,
};
use virt_core::event::EventFilter;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::stats::StatsGroups;
use virt_core::{Domain, DomainState, ErrorKind};

use crate::conformance::{Doing, Env, Failure};

cases! { "cancelling";
    reads_can_be_dropped(Machine, PersistentDomains, StartPaused);
    a_dropped_definition_is_whole_or_not_there(None, PersistentDomains);
    a_dropped_start_or_destroy_leaves_a_domain_that_can_be_used(Machine, PersistentDomains, StartPaused);
    dropped_changes_of_a_running_machine_leave_it_usable(Machine, PersistentDomains, StartPaused, Suspend);
    dropped_changes_of_a_definition_are_made_or_not(None, PersistentDomains, Metadata, Rename);
    a_dropped_core_dump_leaves_a_domain_that_can_be_used(Machine, PersistentDomains, CoreDump);
    a_dropped_open_leaves_the_place_free(None);
    a_dropped_console_is_given_back(Booted, PersistentDomains, Console);
}

/// Points at which something is dropped: after so many turns of the runtime, then after so many microseconds.
const TURNS: [u32; 6] = [0, 1, 2, 3, 5, 8];
const MICROSECONDS: [u64; 8] = [50, 150, 400, 1_000, 3_000, 8_000, 20_000, 60_000];

/// Drops `work` at each of the points, `again` being called for a new one each time.
async fn dropped_everywhere<F: Future>(mut again: impl FnMut() -> F) {
    for turns in TURNS {
        let work = pin!(again());
        let waiting = pin!(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
        // Polled first: it always gets as far as it can.
        let _ended = futures::future::select(work, waiting).await;
    }
    for micros in MICROSECONDS {
        let _ended = tokio::time::timeout(Duration::from_micros(micros), again()).await;
    }
}

type Work<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
type Again<'a> = Box<dyn Fn() -> Work<'a> + Send + Sync + 'a>;

async fn reads_can_be_dropped(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("read").await?;
    let conn = env.conn();
    let reads: Vec<Again<'_>> = vec![
        Box::new(|| Box::pin(async { drop(conn.domains().await) })),
        Box::new(|| Box::pin(async { drop(conn.domain_infos(&DomainFilter::all()).await) })),
        Box::new(|| Box::pin(async { drop(conn.domain(domain.name()).await) })),
        Box::new(|| Box::pin(async { drop(conn.node_info().await) })),
        Box::new(|| Box::pin(async { drop(conn.version().await) })),
        Box::new(|| Box::pin(async { drop(conn.events(EventFilter::all()).await) })),
        Box::new(|| Box::pin(async { drop(conn.domain_stats(StatsGroups::all()).await) })),
        Box::new(|| Box::pin(async { drop(domain.info().await) })),
        Box::new(|| Box::pin(async { drop(domain.xml().await) })),
        Box::new(|| Box::pin(async { drop(domain.stats(StatsGroups::all()).await) })),
        Box::new(|| Box::pin(async { drop(domain.job().await) })),
        Box::new(|| Box::pin(async { drop(domain.wait_for(DomainState::Running).await) })),
        Box::new(|| Box::pin(async { drop(domain.agent().ping().await) })),
    ];
    for read in &reads {
        dropped_everywhere(read).await;
        let info = domain.info().await.doing("asking for it after dropped reads")?;
        ensure_eq!(info.state, DomainState::Paused, "its state after dropped reads");
    }
    ensure!(
        env.conn().is_alive(),
        "the connection is not alive after dropped reads"
    );
    Ok(())
}

async fn a_dropped_definition_is_whole_or_not_there(env: &Env) -> Result<(), Failure> {
    let mut configs: Vec<DomainConfig> = Vec::new();
    for _ in 0..TURNS.len() + MICROSECONDS.len() {
        configs.push(env.machine("dropped")?);
    }
    let mut next = configs.iter();
    dropped_everywhere(|| {
        let config = next.next();
        async move {
            if let Some(config) = config {
                drop(env.conn().define_domain(config).await);
            }
        }
    })
    .await;
    for config in &configs {
        // Again: whatever became of the first, it can be defined now, and is there once.
        let domain = env.conn().define_domain(config).await;
        let domain = domain.doing("defining what was dropped before")?;
        let read = domain.config().await.doing("reading it")?;
        ensure_eq!(read.uuid, config.uuid, "its uuid");
        domain.undefine().await.doing("undefining it")?;
    }
    Ok(())
}

/// The domain, brought to an end and started anew: what was dropped before does not stand in the way.
async fn is_usable(env: &Env, domain: &Domain) -> Result<(), Failure> {
    let info = domain.info().await.doing("asking for it after a dropped call")?;
    ensure_eq!(
        info.state.is_active(),
        info.id.is_some(),
        "whether it has an id when it runs"
    );
    match domain.destroy().await {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::InvalidState => {}
        Err(error) => return Err(error).doing("destroying it after a dropped call"),
    }
    // A start that was dropped and waited behind something may still come: it is over when this one answers.
    let paused = StartOptions::default().paused();
    match domain.start_with(&paused).await {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::InvalidState => {}
        Err(error) => return Err(error).doing("starting it after a dropped call"),
    }
    domain.destroy().await.doing("destroying what was started")?;
    let info = domain.info().await.doing("asking for it once it is destroyed")?;
    ensure_eq!(info.state, DomainState::ShutOff, "its state once it is destroyed");
    ensure!(
        env.conn().is_alive(),
        "the connection is not alive after a dropped call"
    );
    Ok(())
}

async fn a_dropped_start_or_destroy_leaves_a_domain_that_can_be_used(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("dropped").await?;
    let paused = StartOptions::default().paused();
    for micros in MICROSECONDS.into_iter().chain([100_000, 150_000]) {
        let limit = Duration::from_micros(micros);
        let _given_up = tokio::time::timeout(limit, domain.start_with(&paused)).await;
        is_usable(env, &domain).await?;
        domain.start_with(&paused).await.doing("starting it")?;
        let _given_up = tokio::time::timeout(limit, domain.destroy()).await;
        is_usable(env, &domain).await?;
    }
    Ok(())
}

async fn dropped_changes_of_a_running_machine_leave_it_usable(env: &Env) -> Result<(), Failure> {
    let domain = env.paused("changed").await?;
    let live = ConfigScope::Live;
    let title = MetadataItem::Title(Some("new".to_owned()));
    let reboot = (LifecycleEvent::Reboot, LifecycleAction::Destroy);
    let changes: Vec<Again<'_>> = vec![
        Box::new(|| Box::pin(async { drop(domain.resume().await) })),
        Box::new(|| Box::pin(async { drop(domain.suspend().await) })),
        Box::new(|| Box::pin(async { drop(domain.reset().await) })),
        Box::new(|| Box::pin(async { drop(domain.set_memory(ByteSize::mib(48), live).await) })),
        Box::new(|| Box::pin(async { drop(domain.set_metadata(&title, live).await) })),
        Box::new(|| Box::pin(async { drop(domain.set_lifecycle_action(reboot.0, reboot.1, live).await) })),
    ];
    for change in &changes {
        dropped_everywhere(change).await;
        domain
            .suspend()
            .await
            .doing("suspending it after dropped changes")?;
        let info = domain.info().await.doing("asking for it after dropped changes")?;
        ensure_eq!(
            info.state,
            DomainState::Paused,
            "its state after it was suspended"
        );
    }
    is_usable(env, &domain).await
}

async fn dropped_changes_of_a_definition_are_made_or_not(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("changed").await?;
    let old = domain.name().to_owned();
    let new = env.name("new");
    let title = MetadataItem::Title(Some("new".to_owned()));
    dropped_everywhere(|| domain.set_metadata(&title, ConfigScope::Config)).await;
    dropped_everywhere(|| domain.set_autostart(true)).await;
    let mut forth = false;
    dropped_everywhere(|| {
        forth = !forth;
        let name = DomainName::new(if forth { new.as_str() } else { old.as_str() });
        let domain = domain.clone();
        async move {
            if let Ok(name) = name {
                drop(domain.rename(&name).await);
            }
        }
    })
    .await;
    let set = domain.set_metadata(&title, ConfigScope::Config).await;
    set.doing("setting the title after dropped changes")?;
    let info = domain.info().await.doing("asking for it")?;
    let name = info.domain.name;
    ensure!(name == old || name == new, "its name is {name}");
    let found = env
        .conn()
        .domain(name.as_str())
        .await
        .doing("looking it up by the name it has")?;
    ensure_eq!(found.uuid(), domain.uuid(), "whose name it is");
    let other = if name == old { &new } else { &old };
    ensure!(
        env.conn().domain(other.as_str()).await.is_err(),
        "it is found by the name it does not have"
    );
    let config = domain.config().await.doing("reading it")?;
    ensure_eq!(config.name, name, "the name in its configuration");
    ensure_eq!(config.title.as_deref(), Some("new"), "its title");
    Ok(())
}

async fn a_dropped_core_dump_leaves_a_domain_that_can_be_used(env: &Env) -> Result<(), Failure> {
    let domain = env.running("dumped").await?;
    for (number, micros) in MICROSECONDS.into_iter().enumerate() {
        let path = env.path(&format!("core-{number}")).to_string_lossy().into_owned();
        let options = CoreDumpOptions::default();
        let dumping = domain.core_dump(&path, &options);
        // With the future goes its job, which then is worked off without us.
        drop(within(Duration::from_micros(micros), dumping).await);
        let over = async {
            loop {
                match domain.job().await {
                    Ok(Some(job)) => drop(job.wait().await),
                    other => return other.map(drop),
                }
            }
        };
        env.soon("the end of a dropped core dump", over)
            .await?
            .doing("asking for the job")?;
    }
    let path = env.path("core-last").to_string_lossy().into_owned();
    let options = CoreDumpOptions::default();
    let again = async {
        loop {
            match domain.core_dump(&path, &options).await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => return other,
            }
        }
    };
    let job = env
        .soon("a core dump", again)
        .await?
        .doing("dumping after dropped dumps")?;
    env.soon("a core dump", job.wait())
        .await?
        .doing("the dump after dropped dumps")?;
    is_usable(env, &domain).await
}

async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(limit, work).await.ok()
}

async fn a_dropped_open_leaves_the_place_free(env: &Env) -> Result<(), Failure> {
    env.conn()
        .shutdown()
        .await
        .doing("shutting the first connection down")?;
    let uri = env.target().uri(env.place());
    for micros in MICROSECONDS {
        let opening = async { env.target().builder().open(&uri).await };
        drop(within(Duration::from_micros(micros), opening).await);
        let opened = async {
            loop {
                match env.target().builder().open(&uri).await {
                    Err(error) if error.kind() == ErrorKind::Busy => {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    other => return other,
                }
            }
        };
        let conn = env.soon("opening after a dropped open", opened).await?;
        let conn = conn.doing("opening after a dropped open")?;
        conn.domains().await.doing("listing after a dropped open")?;
        conn.shutdown().await.doing("shutting it down")?;
    }
    Ok(())
}

async fn a_dropped_console_is_given_back(env: &Env) -> Result<(), Failure> {
    let domain = env.booted("console").await?;
    for micros in MICROSECONDS {
        drop(within(Duration::from_micros(micros), domain.console()).await);
    }
    let opened = async {
        loop {
            match domain.console().await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => return other,
            }
        }
    };
    let stream = env.soon("giving the console back", opened).await?;
    let stream = stream.doing("opening the console after dropped ones")?;
    let mut console = crate::conformance::ConsoleReader::new(stream, env.patience());
    env.input_is_taken(&mut console).await?;
    console.write("still-there\n").await?;
    console.until("still-there").await?;
    Ok(())
}
