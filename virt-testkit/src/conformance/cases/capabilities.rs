//! Capabilities: what says Yes works, what says No is `Unsupported`.

mod facets;

use virt_core::domain::{
    ConfigScope, CoreDumpOptions, DestroyOptions, DomainName, LifecycleAction, LifecycleEvent, MetadataItem,
    RebootOptions, ShutdownMode, ShutdownOptions, StartOptions,
};
use virt_core::event::{DomainChange, EventFilter};
use virt_core::model::ByteSize;
use virt_core::model::domain::{Cpu, CpuModel};
use virt_core::model::network::{DhcpHost, NetworkUpdate, UpdateCommand};
use virt_core::node::HypervisorTarget;
use virt_core::stats::StatsGroups;
use virt_core::{Capability, Domain, Error, ErrorKind, Result as CallResult, Support};

use crate::conformance::{Doing, Env, Failure};

cases! { "capabilities";
    what_says_yes_works_and_what_says_no_is_unsupported_of_storage(None);
    what_says_yes_works_and_what_says_no_is_unsupported_of_machines(Machine);
    what_says_yes_works_and_what_says_no_is_unsupported_of_guests(Booted, PersistentDomains, Events);
    what_says_yes_works_and_what_says_no_is_unsupported_of_other_objects(None);
    every_capability_is_tried_by_this_suite(None);
}

/// What is tried without a guest that boots.
const OF_MACHINES: &[Capability] = &[
    Capability::PersistentDomains,
    Capability::TransientDomains,
    Capability::StartPaused,
    Capability::AutoDestroy,
    Capability::Suspend,
    Capability::Reset,
    Capability::DestroyGraceful,
    Capability::Rename,
    Capability::Autostart,
    Capability::Metadata,
    Capability::LifecycleActions,
    Capability::PreserveOnPoweroff,
    Capability::Statistics,
    Capability::Events,
    Capability::CoreDump,
    Capability::DeviceAttach,
    Capability::DeviceUpdate,
    Capability::BlockInfo,
    Capability::BlockResize,
    Capability::InterfaceAddresses,
    Capability::SetVcpus,
    Capability::SetMaxMemory,
    Capability::Snapshots,
    Capability::SaveImages,
    Capability::ManagedSave,
    Capability::JobStatistics,
    Capability::Screenshot,
    Capability::SendKeys,
    Capability::InjectNmi,
];

/// What is tried by the cases of its theme: it takes a second connection.
const OF_PAIRS: &[Capability] = &[Capability::Migration, Capability::PeerToPeerMigration];

/// What is tried with a guest that has booted; those that end it come last.
const OF_GUESTS: &[Capability] = &[
    Capability::SetMemory,
    Capability::Console,
    Capability::ConsoleScrollback,
    Capability::Agent,
    Capability::Reboot,
    Capability::ShutdownAgent,
    Capability::ShutdownAcpi,
    Capability::ShutdownSignal,
    Capability::ShutdownInitControl,
];

/// What is tried without any domain.
const OF_OBJECTS: &[Capability] = &[
    Capability::Networks,
    Capability::NetworkUpdate,
    Capability::NetworkMetadata,
    Capability::NetworkLeases,
    Capability::NetworkPorts,
    Capability::Secrets,
    Capability::HostCapabilities,
    Capability::DomainCapabilities,
    Capability::HostStatistics,
    Capability::CpuComparison,
];

/// What is tried with storage pools.
const OF_STORAGE: &[Capability] = &[
    Capability::StoragePools,
    Capability::StorageVolumes,
    Capability::VolumeResize,
    Capability::VolumeWipe,
    Capability::VolumeTransfer,
];

fn judge(env: &Env, capability: Capability, result: CallResult<()>) -> Result<(), Failure> {
    match (env.conn().capabilities().support(capability), result) {
        (Support::Yes, Err(error)) => Err(error).doing(&format!("{capability:?} says Yes, but")),
        (Support::No, Ok(())) => Err(Failure::new(format!("{capability:?} says No, but works"))),
        (Support::No, Err(error)) if error.kind() != ErrorKind::Unsupported => Err(Failure::new(format!(
            "{capability:?} says No, and is refused as {:?}: {error}",
            error.kind()
        ))),
        _ => Ok(()),
    }
}

async fn what_says_yes_works_and_what_says_no_is_unsupported_of_machines(env: &Env) -> Result<(), Failure> {
    for capability in OF_MACHINES {
        let tried = machine(env, *capability).await?;
        judge(env, *capability, tried)?;
    }
    Ok(())
}

/// A machine that runs, however this target lets machines run.
async fn some_machine(env: &Env) -> Result<Domain, Failure> {
    if env.has(Capability::PersistentDomains) {
        return env.running("tried").await;
    }
    let config = env.machine("tried")?;
    env.conn()
        .create_domain(&config)
        .await
        .doing("creating a machine")
}

async fn machine(env: &Env, capability: Capability) -> Result<CallResult<()>, Failure> {
    let conn = env.conn();
    let config = env.machine("tried")?;
    let start = StartOptions::default();
    let current = ConfigScope::Current;
    Ok(match capability {
        Capability::PersistentDomains => conn.define_domain(&config).await.map(drop),
        Capability::TransientDomains => conn.create_domain(&config).await.map(drop),
        Capability::StartPaused => conn.create_domain_with(&config, &start.paused()).await.map(drop),
        Capability::AutoDestroy => conn
            .create_domain_with(&config, &start.auto_destroy())
            .await
            .map(drop),
        Capability::Events => conn.events(EventFilter::all()).await.map(drop),
        Capability::Statistics => conn.domain_stats(StatsGroups::all()).await.map(drop),
        Capability::Suspend => some_machine(env).await?.suspend().await,
        Capability::Reset => some_machine(env).await?.reset().await,
        Capability::DestroyGraceful => {
            let graceful = DestroyOptions::default().graceful();
            some_machine(env).await?.destroy_with(&graceful).await
        }
        Capability::CoreDump => {
            let path = env.path("core").to_string_lossy().into_owned();
            let options = CoreDumpOptions::default();
            match some_machine(env).await?.core_dump(&path, &options).await {
                Ok(job) => env.soon("a core dump", job.wait()).await?,
                Err(error) => Err(error),
            }
        }
        Capability::Rename => {
            let name = DomainName::new(env.name("renamed")).doing("making a name")?;
            env.defined("tried").await?.rename(&name).await.map(drop)
        }
        Capability::Autostart => env.defined("tried").await?.set_autostart(true).await,
        Capability::Metadata => {
            let title = MetadataItem::Title(Some("tried".to_owned()));
            env.defined("tried").await?.set_metadata(&title, current).await
        }
        Capability::PreserveOnPoweroff => {
            let mut config = env.machine("tried")?;
            config.on_poweroff = Some(virt_core::model::domain::LifecycleAction::Preserve);
            conn.define_domain(&config).await.map(drop)
        }
        Capability::LifecycleActions => {
            let (event, action) = (LifecycleEvent::Reboot, LifecycleAction::Destroy);
            let domain = env.defined("tried").await?;
            domain.set_lifecycle_action(event, action, current).await
        }
        other => return Box::pin(facets::machine(env, other)).await,
    })
}

async fn what_says_yes_works_and_what_says_no_is_unsupported_of_guests(env: &Env) -> Result<(), Failure> {
    let config = env.guest("tried")?;
    let domain = env
        .conn()
        .define_domain(&config)
        .await
        .doing("defining a guest")?;
    domain.start().await.doing("starting it")?;
    if env.has(Capability::Agent) {
        env.agent_answers(&domain).await?;
    }
    for capability in OF_GUESTS {
        let tried = guest(env, &domain, *capability).await?;
        judge(env, *capability, tried)?;
    }
    Ok(())
}

async fn guest(env: &Env, domain: &Domain, capability: Capability) -> Result<CallResult<()>, Failure> {
    let shutdown = ShutdownOptions::default();
    Ok(match capability {
        Capability::SetMemory => {
            let maximum = domain.info().await.doing("asking for it")?.max_memory;
            let half = ByteSize::bytes(maximum.as_bytes() / 2);
            domain.set_memory(half, ConfigScope::Config).await
        }
        Capability::Console => domain.console().await.map(drop),
        Capability::ConsoleScrollback => {
            // Where it says No, the console itself is what there is.
            if env.conn().capabilities().support(capability) == Support::No {
                Err(Error::unsupported("no scrollback"))
            } else {
                let options = virt_core::console::ConsoleOptions::default()
                    .scrollback(1024)
                    .second(virt_core::console::SecondReader::TakeOver);
                domain.console_with(&options).await.map(drop)
            }
        }
        Capability::Agent => domain.agent().ping().await,
        Capability::Reboot => {
            let options = RebootOptions::default().mode(ShutdownMode::Auto);
            let mut watch = env.watch(domain).await?;
            match domain.reboot_with(&options).await {
                Ok(()) => {
                    // The agent that answers next is that of the new boot.
                    let rebooted = |change: &DomainChange| *change == DomainChange::Rebooted;
                    watch.until("that it rebooted", rebooted).await?;
                    if env.has(Capability::Agent) {
                        env.agent_answers(domain).await?;
                    }
                    Ok(())
                }
                refused => refused,
            }
        }
        Capability::ShutdownAgent => ends(env, domain, &shutdown.mode(ShutdownMode::Agent)).await?,
        Capability::ShutdownSignal => ends(env, domain, &shutdown.mode(ShutdownMode::Signal)).await?,
        Capability::ShutdownInitControl => {
            ends(env, domain, &shutdown.mode(ShutdownMode::InitControl)).await?
        }
        Capability::ShutdownAcpi => ends(env, domain, &shutdown.mode(ShutdownMode::Acpi)).await?,
        other => return Err(Failure::new(format!("{other:?} is not tried with guests"))),
    })
}

/// Has the guest shut down and waits until it has; starts it first when it does not run.
async fn ends(env: &Env, domain: &Domain, options: &ShutdownOptions) -> Result<CallResult<()>, Failure> {
    if !domain.info().await.doing("asking for it")?.state.is_active() {
        domain.start().await.doing("starting it again")?;
        if env.has(Capability::Agent) {
            env.agent_answers(domain).await?;
        }
    }
    if let Err(error) = domain.shutdown_with(options).await {
        return Ok(Err(error));
    }
    let waiter = domain.with_deadline(env.patience());
    Ok(waiter.wait_for(virt_core::DomainState::ShutOff).await)
}

async fn what_says_yes_works_and_what_says_no_is_unsupported_of_other_objects(
    env: &Env,
) -> Result<(), Failure> {
    for capability in OF_OBJECTS {
        let tried = object(env, *capability).await?;
        judge(env, *capability, tried)?;
    }
    Ok(())
}

async fn what_says_yes_works_and_what_says_no_is_unsupported_of_storage(env: &Env) -> Result<(), Failure> {
    for capability in OF_STORAGE {
        let tried = storage(env, *capability).await?;
        judge(env, *capability, tried)?;
    }
    Ok(())
}

async fn object(env: &Env, capability: Capability) -> Result<CallResult<()>, Failure> {
    let node = env.conn().node();
    let network = match capability {
        Capability::Networks => {
            let config = env.network("tried")?;
            return Ok(env.conn().define_network(&config).await.map(drop));
        }
        Capability::Secrets => {
            let secret = env.secret("tried")?;
            return Ok(env.conn().define_secret(&secret).await.map(drop));
        }
        Capability::HostCapabilities => return Ok(node.capabilities().await.map(drop)),
        Capability::DomainCapabilities => {
            let target = HypervisorTarget::default();
            return Ok(node.domain_capabilities(&target).await.map(drop));
        }
        Capability::HostStatistics => return Ok(node.memory_stats(None).await.map(drop)),
        Capability::CpuComparison => {
            let mut model = CpuModel::default();
            model.name = Some("Nehalem".to_owned());
            let mut cpu = Cpu::default();
            cpu.arch = Some("x86_64".to_owned());
            cpu.model = Some(model);
            return Ok(node.compare_cpu(&cpu).await.map(drop));
        }
        // Where networks cannot be made as they are here, there may be some.
        _ if !env.has(Capability::Networks) => match env.conn().networks().await {
            Err(error) => return Ok(Err(error)),
            Ok(networks) => match networks.into_iter().next() {
                Some(network) => network,
                None => return Ok(Err(Error::unsupported("there are no networks"))),
            },
        },
        _ => env.active_network("tried").await?,
    };
    let current = ConfigScope::Current;
    Ok(match capability {
        Capability::NetworkLeases => network.dhcp_leases().await.map(drop),
        Capability::NetworkPorts => network.ports().await.map(drop),
        Capability::NetworkMetadata => {
            let title = MetadataItem::Title(Some("tried".to_owned()));
            network.set_metadata(&title, current).await
        }
        Capability::NetworkUpdate => {
            let mut host = DhcpHost::default();
            host.name = Some("tried".to_owned());
            let config = network.config().await.doing("reading it")?;
            let dhcp = config.ips.first().and_then(|ip| ip.dhcp.as_ref());
            host.ip = dhcp.and_then(|dhcp| dhcp.ranges.first()?.start);
            let update = NetworkUpdate::new(UpdateCommand::AddLast, host);
            network.update(&update, current).await
        }
        other => return Err(Failure::new(format!("{other:?} is not tried without a domain"))),
    })
}

async fn storage(env: &Env, capability: Capability) -> Result<CallResult<()>, Failure> {
    let defined = env.conn().define_storage_pool(&env.pool("tried")?).await;
    let pool = match (capability, defined) {
        (Capability::StoragePools, defined) => return Ok(defined.map(drop)),
        // Without pools there are no volumes, and what refuses the one refuses the other.
        (_, Err(error)) => return Ok(Err(error)),
        (_, Ok(pool)) => pool,
    };
    pool.build().await.doing("building a pool")?;
    pool.start().await.doing("starting it")?;
    let config = env.volume("tried", ByteSize::mib(1))?;
    let volume = match (capability, pool.create_volume(&config).await) {
        (Capability::StorageVolumes, made) => return Ok(made.map(drop)),
        (_, Err(error)) => return Ok(Err(error)),
        (_, Ok(volume)) => volume,
    };
    Ok(match capability {
        Capability::VolumeResize => volume.resize(ByteSize::mib(2)).await,
        Capability::VolumeWipe => volume.wipe().await,
        Capability::VolumeTransfer => match volume.upload().await {
            Ok(upload) => upload.finish().await,
            Err(error) => Err(error),
        },
        other => return Err(Failure::new(format!("{other:?} is not tried with storage"))),
    })
}

async fn every_capability_is_tried_by_this_suite(_env: &Env) -> Result<(), Failure> {
    for capability in Capability::ALL {
        let tried = [OF_MACHINES, OF_GUESTS, OF_PAIRS, OF_OBJECTS, OF_STORAGE]
            .iter()
            .any(|tried| tried.contains(capability));
        ensure!(tried, "{capability:?} is tried by no case");
    }
    Ok(())
}
