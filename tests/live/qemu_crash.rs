//! The manager dies at every step that changes the machine, and the next one opens the root: guests go on, nothing is
//! lost, nothing is orphaned.

use std::pin::Pin;

use virt_sdk::domain::{
    ConfigScope, DomainName, LifecycleAction, LifecycleEvent, MetadataItem, StartOptions,
};
use virt_sdk::model::DomainConfig;
use virt_sdk::{Connection, Domain, DomainState};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::fake_host::FakeHost;

use crate::fixture::{Fixture, check, equal, infos, live};

live! { "qemu_crash";
    while_a_domain_is_defined;
    while_a_domain_is_defined_anew;
    while_a_domain_is_undefined;
    while_a_domain_is_renamed;
    while_metadata_autostart_and_actions_are_changed;
    while_a_domain_is_started;
    while_a_domain_is_started_paused;
    while_a_transient_domain_is_started;
    while_an_auto_destroy_domain_is_started;
    while_a_domain_is_destroyed;
    while_a_running_domain_is_undefined;
    while_the_root_is_opened;
    while_the_connection_is_shut_down;
}

/// More steps than any operation has.
const MANY: u64 = 60;

type Step<'a> = Pin<Box<dyn Future<Output = virt_sdk::Result<()>> + Send + 'a>>;

type Beginning<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// An operation to die in.
struct Story {
    /// Brings the domain to where the operation begins; `None` when there is none yet.
    before: for<'a> fn(&'a Fixture, &'a Connection, &'a DomainConfig) -> Beginning<'a>,
    /// The operation.
    operation: for<'a> fn(&'a Connection, &'a DomainConfig) -> Step<'a>,
    /// What the next manager may find: the state of before, or that of after, but nothing else.
    found: fn(Option<&virt_sdk::domain::DomainInfo>) -> bool,
}

/// Where in a step the manager dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Before(u64),
    After(u64),
}

async fn told(fixture: &Fixture, story: &Story) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let bystander = fixture.paused(&conn, "bystander").await?;
    let pid = fixture.pid_of("bystander")?;
    let id = bystander.id().await.doing("asking for its id")?;
    conn.shutdown().await.doing("shutting down")?;
    for step in 0..MANY {
        let mut crashed = false;
        for death in [Death::Before(step), Death::After(step + 1)] {
            let what = format!("dying {death:?}");
            crashed |= dies(fixture, story, death).await.doing(&what)?;
            equal(
                fixture.pid_of("bystander")?,
                pid,
                "the QEMU of a guest that has nothing to do with it",
            )?;
        }
        if !crashed {
            check(step > 0, "the operation changes nothing on the machine")?;
            let conn = fixture.open().await.doing("opening the root at the end")?;
            let bystander = conn.domain("bystander").await.doing("looking it up")?;
            equal(bystander.id().await.doing("asking for its id")?, id, "its id")?;
            return fixture.remove_all(&conn).await;
        }
    }
    Err(Failure::new(format!("the operation has more than {MANY} steps")))
}

/// Lets a manager die, and opens the root with the next; whether there was that step at all.
async fn dies(fixture: &Fixture, story: &Story, death: Death) -> Result<bool, Failure> {
    let host = FakeHost::local();
    let conn = fixture.open_on(&host).await.doing("opening the root")?;
    let config = fixture.machine("hero")?;
    (story.before)(fixture, &conn, &config).await?;
    host.forget();
    match death {
        Death::Before(step) => host.crash_after(step),
        Death::After(step) => host.crash_on_reply(step),
    }
    let done = tokio::time::timeout(crate::fixture::PATIENCE, (story.operation)(&conn, &config)).await;
    let done = done.map_err(|_| Failure::new("the call of a manager that died never ended"))?;
    let crashed = host.is_crashed();
    if !crashed {
        done.doing("the operation")?;
        host.crash();
    }
    conn.close();
    drop(conn);
    let again = fixture
        .open_on(&host.reborn())
        .await
        .doing("opening the root again")?;
    recovered(fixture, story, &again, &config).await?;
    again.shutdown().await.doing("shutting down")?;
    Ok(crashed)
}

async fn recovered(
    fixture: &Fixture,
    story: &Story,
    conn: &Connection,
    config: &DomainConfig,
) -> Result<(), Failure> {
    fixture.is_consistent(conn).await?;
    let all = infos(conn).await?;
    let bystander = all.iter().find(|info| info.domain.name == "bystander");
    let state = bystander.map(|info| info.state);
    equal(
        state,
        Some(DomainState::Paused),
        "the state of a guest that has nothing to do with it",
    )?;
    let report = virt_sdk::qemu::recovery_report(conn).doing("reading the recovery report")?;
    check(
        report.corrupt.is_empty(),
        format!("files are corrupt: {:?}", report.corrupt),
    )?;
    let hero = all.iter().find(|info| Some(info.domain.uuid) == config.uuid);
    check(
        (story.found)(hero),
        format!("what is found afterwards is {hero:?}"),
    )?;
    check(all.len() <= 2, format!("there are too many domains: {all:?}"))?;
    if let Some(hero) = hero {
        let domain = conn.domain(hero.domain.uuid).await.doing("looking it up")?;
        fixture.is_usable(&domain).await?;
    }
    let again = conn.define_domain(config).await.doing("defining it once more")?;
    again.undefine().await.doing("undefining it")?;
    fixture.is_consistent(conn).await
}

async fn define(conn: &Connection, config: &DomainConfig) -> Result<Domain, Failure> {
    conn.define_domain(config).await.doing("defining it")
}

async fn start(domain: &Domain) -> Result<(), Failure> {
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it")
}

async fn hero(conn: &Connection, config: &DomainConfig) -> virt_sdk::Result<Domain> {
    conn.domain(config.uuid.unwrap_or_default()).await
}

async fn while_a_domain_is_defined(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, _, _| Box::pin(async { Ok(()) }),
        operation: |conn, config| Box::pin(async { conn.define_domain(config).await.map(drop) }),
        found: |hero| hero.is_none_or(|info| info.persistent && info.state == DomainState::ShutOff),
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_defined_anew(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| Box::pin(async { define(conn, config).await.map(drop) }),
        operation: |conn, config| {
            Box::pin(async {
                let mut config = config.clone();
                config.title = Some("anew".to_owned());
                conn.define_domain(&config).await.map(drop)
            })
        },
        found: |hero| {
            hero.is_some_and(|info| info.persistent && matches!(info.title.as_deref(), None | Some("anew")))
        },
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_undefined(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| {
            Box::pin(async {
                let domain = define(conn, config).await?;
                domain.set_autostart(true).await.doing("setting autostart")
            })
        },
        operation: |conn, config| Box::pin(async { hero(conn, config).await?.undefine().await }),
        found: |hero| hero.is_none_or(|info| info.persistent && info.state == DomainState::ShutOff),
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_renamed(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| Box::pin(async { define(conn, config).await.map(drop) }),
        operation: |conn, config| {
            Box::pin(async {
                let name = DomainName::new("heroine")?;
                hero(conn, config).await?.rename(&name).await.map(drop)
            })
        },
        found: |hero| {
            hero.is_some_and(|info| {
                matches!(info.domain.name.as_str(), "hero" | "heroine") && info.persistent
            })
        },
    };
    told(fixture, &story).await
}

async fn while_metadata_autostart_and_actions_are_changed(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| {
            Box::pin(async {
                let domain = define(conn, config).await?;
                start(&domain).await
            })
        },
        operation: |conn, config| {
            Box::pin(async {
                let domain = hero(conn, config).await?;
                let title = MetadataItem::Title(Some("anew".to_owned()));
                let (event, action) = (LifecycleEvent::Reboot, LifecycleAction::Destroy);
                domain.set_autostart(true).await?;
                domain.set_metadata(&title, ConfigScope::Both).await?;
                domain
                    .set_lifecycle_action(event, action, ConfigScope::Both)
                    .await
            })
        },
        found: |hero| hero.is_some_and(|info| info.persistent && info.state == DomainState::Paused),
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_started(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| Box::pin(async { define(conn, config).await.map(drop) }),
        operation: |conn, config| Box::pin(async { hero(conn, config).await?.start().await }),
        // Rolled back, or carried to its end: never left half-way, with its vCPUs stopped.
        found: |hero| {
            hero.is_some_and(|info| {
                info.persistent && matches!(info.state, DomainState::ShutOff | DomainState::Running)
            })
        },
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_started_paused(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| Box::pin(async { define(conn, config).await.map(drop) }),
        operation: |conn, config| {
            Box::pin(async {
                let paused = StartOptions::default().paused();
                hero(conn, config).await?.start_with(&paused).await
            })
        },
        found: |hero| {
            hero.is_some_and(|info| {
                info.persistent && matches!(info.state, DomainState::ShutOff | DomainState::Paused)
            })
        },
    };
    told(fixture, &story).await
}

async fn while_a_transient_domain_is_started(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, _, _| Box::pin(async { Ok(()) }),
        operation: |conn, config| Box::pin(async { conn.create_domain(config).await.map(drop) }),
        found: |hero| hero.is_none_or(|info| !info.persistent && info.state == DomainState::Running),
    };
    told(fixture, &story).await
}

async fn while_an_auto_destroy_domain_is_started(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| Box::pin(async { define(conn, config).await.map(drop) }),
        operation: |conn, config| {
            Box::pin(async {
                let options = StartOptions::default().auto_destroy();
                hero(conn, config).await?.start_with(&options).await
            })
        },
        // The manager it was tied to is gone, so it is too.
        found: |hero| hero.is_some_and(|info| info.persistent && info.state == DomainState::ShutOff),
    };
    told(fixture, &story).await
}

async fn while_a_domain_is_destroyed(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| {
            Box::pin(async {
                let domain = define(conn, config).await?;
                start(&domain).await
            })
        },
        operation: |conn, config| Box::pin(async { hero(conn, config).await?.destroy().await }),
        found: |hero| {
            hero.is_some_and(|info| {
                info.persistent && matches!(info.state, DomainState::ShutOff | DomainState::Paused)
            })
        },
    };
    told(fixture, &story).await
}

async fn while_a_running_domain_is_undefined(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| {
            Box::pin(async {
                let domain = define(conn, config).await?;
                start(&domain).await
            })
        },
        operation: |conn, config| Box::pin(async { hero(conn, config).await?.undefine().await }),
        found: |hero| hero.is_some_and(|info| info.state == DomainState::Paused),
    };
    told(fixture, &story).await
}

/// Dies while it opens a root with work to do: a start and a destroy that were cut half-way.
async fn while_the_root_is_opened(fixture: &Fixture) -> Result<(), Failure> {
    for step in 0..MANY {
        let host = FakeHost::local();
        let conn = fixture.open_on(&host).await.doing("opening the root")?;
        let config = fixture.machine("hero")?;
        let domain = define(&conn, &config).await?;
        let tied = fixture.machine("tied")?;
        define(&conn, &tied)
            .await?
            .start_with(&StartOptions::default().auto_destroy())
            .await
            .doing("starting one that goes with the manager")?;
        start(&domain).await?;
        host.crash();
        conn.close();
        drop((domain, conn));
        let second = host.reborn();
        second.crash_after(step);
        let opened = fixture.open_on(&second).await;
        let crashed = second.is_crashed();
        if !crashed {
            opened
                .as_ref()
                .map(drop)
                .map_err(|error| Failure::new(format!("opening it: {error}")))?;
            second.crash();
        }
        drop(opened);
        let third = fixture.open_on(&second.reborn()).await;
        let third = third.doing(&format!("opening it after dying at step {step} of opening"))?;
        fixture.is_consistent(&third).await?;
        let all = infos(&third).await?;
        let state = |name: &str| {
            all.iter()
                .find(|info| info.domain.name == name)
                .map(|info| info.state)
        };
        equal(
            state("hero"),
            Some(DomainState::Paused),
            "the state of a guest that ran",
        )?;
        equal(
            state("tied"),
            Some(DomainState::ShutOff),
            "the state of a guest tied to its manager",
        )?;
        fixture.remove_all(&third).await?;
        if !crashed {
            return check(step > 0, "opening such a root changes nothing on the machine");
        }
    }
    Err(Failure::new(format!("opening a root has more than {MANY} steps")))
}

async fn while_the_connection_is_shut_down(fixture: &Fixture) -> Result<(), Failure> {
    let story = Story {
        before: |_, conn, config| {
            Box::pin(async {
                let domain = define(conn, config).await?;
                let options = StartOptions::default().auto_destroy();
                domain.start_with(&options).await.doing("starting it")
            })
        },
        operation: |conn, _| Box::pin(async { conn.shutdown().await }),
        found: |hero| hero.is_some_and(|info| info.persistent && info.state == DomainState::ShutOff),
    };
    told(fixture, &story).await
}
