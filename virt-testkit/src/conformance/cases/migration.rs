//! Domains that move to another manager.

use std::time::Duration;

use virt_core::domain::{DomainFilter, StateReason};
use virt_core::event::{DomainChange, StoppedReason};
use virt_core::job::{JobKind, JobState};
use virt_core::migration::{MigrationOptions, StorageCopy, TimeoutAction};
use virt_core::model::ByteSize;
use virt_core::{Capability, Connection, Domain, DomainState, ErrorKind, Support};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "migration";
    what_says_no_is_unsupported(Machine, PersistentDomains);
    a_running_machine_moves(Machine, PersistentDomains, Migration, Events);
    a_machine_takes_its_definition_along(Machine, PersistentDomains, Migration);
    a_paused_machine_arrives_paused(Machine, PersistentDomains, Migration, StartPaused);
    a_machine_that_does_not_run_moves_offline_only(None, PersistentDomains, Migration);
    a_machine_gets_another_name(Machine, PersistentDomains, Migration);
    a_machine_that_runs_at_the_target_is_in_the_way(Machine, PersistentDomains, Migration);
    options_that_do_not_go_together_are_refused(Machine, PersistentDomains, Migration);
    a_migration_is_watched_and_aborted(Booted, PersistentDomains, Migration, JobStatistics, Agent);
    a_migration_that_takes_too_long_is_aborted(Booted, PersistentDomains, Migration, Agent);
    a_guest_goes_on_at_the_target(Booted, PersistentDomains, Migration, Agent);
    what_is_tuned_is_kept(Machine, PersistentDomains, Migration);
    the_manager_leads_a_migration(Machine, PersistentDomains, PeerToPeerMigration);
    the_managers_have_a_tunnel(Machine, PersistentDomains, PeerToPeerMigration);
    images_that_are_not_shared_are_copied(Machine, PersistentDomains, Migration);
    a_manager_that_is_not_there_is_told(Machine, PersistentDomains, PeerToPeerMigration);
}

/// The machines of a target may share their images in a way that a manager takes for unsafe.
fn options() -> MigrationOptions {
    MigrationOptions::default().allow_unsafe()
}

/// What takes so long that there is time to do something about it.
fn slow() -> MigrationOptions {
    options().bandwidth(ByteSize::mib(1))
}

async fn what_says_no_is_unsupported(env: &Env) -> Result<(), Failure> {
    let support = |capability| env.conn().capabilities().support(capability);
    let domain = env.running("tried").await?;
    if support(Capability::Migration) == Support::No {
        let tuned = domain.migration_max_downtime().await;
        refused(tuned, ErrorKind::Unsupported, "tuning a migration there is not")?;
        let moved = domain.migrate_to(env.conn(), &options()).await;
        refused(moved, ErrorKind::Unsupported, "a migration there is not")?;
    }
    if support(Capability::PeerToPeerMigration) == Support::No {
        let moved = match domain.migrate_to_uri("test:///default", &options()).await {
            Ok(job) => env.soon("a migration there is not", job.wait()).await?,
            Err(error) => Err(error),
        };
        refused(
            moved,
            ErrorKind::Unsupported,
            "a migration by the manager there is not",
        )?;
    }
    Ok(())
}

async fn arrive(
    env: &Env,
    domain: &Domain,
    target: &Connection,
    options: &MigrationOptions,
) -> Result<Domain, Failure> {
    let migration = domain
        .migrate_to(target, options)
        .await
        .doing("beginning to move it")?;
    ensure_eq!(migration.job().kind(), JobKind::Migration, "what the job does");
    let moved = env.soon("moving a domain", migration.wait()).await?;
    let moved = moved.doing("moving it")?;
    ensure_eq!(
        migration.progress().state,
        JobState::Completed,
        "where the job is"
    );
    ensure_eq!(moved.uuid(), domain.uuid(), "who has arrived");
    Ok(moved)
}

async fn a_running_machine_moves(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.running("moving").await?;
    let mut watch = env.watch(&domain).await?;
    let moved = arrive(env, &domain, &target, &options()).await?;
    let gone = |change: &DomainChange| *change == DomainChange::Stopped(StoppedReason::Migrated);
    watch.until("that it has gone", gone).await?;
    let source = domain.info().await.doing("asking the source")?;
    ensure_eq!(source.state, DomainState::ShutOff, "its state at the source");
    ensure_eq!(
        source.reason,
        StateReason::Migrated,
        "why it does not run at the source"
    );
    ensure!(source.persistent, "the source has lost its definition");
    let there = moved.info().await.doing("asking the target")?;
    ensure_eq!(there.state, DomainState::Running, "its state at the target");
    ensure!(!there.persistent, "the target has a definition");
    Ok(())
}

async fn a_machine_takes_its_definition_along(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.running("along").await?;
    let options = options().persist_destination().undefine_source();
    let moved = arrive(env, &domain, &target, &options).await?;
    let source = domain.info().await;
    refused(
        source,
        ErrorKind::NotFound,
        "asking the source for a domain that has gone",
    )?;
    let there = moved.info().await.doing("asking the target")?;
    ensure!(
        there.persistent && there.state == DomainState::Running,
        "there it is {there:?}"
    );
    // And back again.
    let back = arrive(env, &moved, env.conn(), &options).await?;
    let back = back.info().await.doing("asking the source once it is back")?;
    ensure!(
        back.persistent && back.state == DomainState::Running,
        "back it is {back:?}"
    );
    let left = target
        .domain_infos(&DomainFilter::all())
        .await
        .doing("listing the target")?;
    ensure!(
        left.iter().all(|info| info.domain.uuid != domain.uuid()),
        "the target still has it"
    );
    Ok(())
}

async fn a_paused_machine_arrives_paused(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.paused("paused").await?;
    let moved = arrive(env, &domain, &target, &options()).await?;
    let there = moved.info().await.doing("asking the target")?;
    ensure_eq!(there.state, DomainState::Paused, "its state at the target");
    moved.resume().await.doing("letting it go on")?;
    Ok(())
}

async fn a_machine_that_does_not_run_moves_offline_only(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.defined("off").await?;
    let moved = domain.migrate_to(&target, &options()).await;
    refused(
        moved,
        ErrorKind::InvalidState,
        "moving a machine that does not run",
    )?;
    let options = options().offline().persist_destination();
    let moved = arrive(env, &domain, &target, &options).await?;
    let there = moved.info().await.doing("asking the target")?;
    ensure!(
        there.persistent && there.state == DomainState::ShutOff,
        "there it is {there:?}"
    );
    let source = domain.info().await.doing("asking the source")?;
    ensure!(source.persistent, "the source has lost its definition");
    Ok(())
}

async fn a_machine_gets_another_name(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.running("named").await?;
    let name = env.name("renamed");
    let options = options().destination_name(name.as_str());
    let moved = arrive(env, &domain, &target, &options).await?;
    let there = moved.info().await.doing("asking the target")?;
    ensure_eq!(there.domain.name, name, "its name at the target");
    Ok(())
}

async fn a_machine_that_runs_at_the_target_is_in_the_way(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let config = env.machine("twin")?;
    let there = target
        .create_domain(&config)
        .await
        .doing("creating it at the target")?;
    let domain = env.conn().define_domain(&config).await.doing("defining it")?;
    // Images are locked by who uses them first: the one here has none.
    let mut config = config;
    config.devices_mut().disks.clear();
    env.conn()
        .define_domain(&config)
        .await
        .doing("defining it without disks")?;
    domain.start().await.doing("starting it")?;
    let moved = domain.migrate_to(&target, &options()).await;
    let error = match moved {
        Err(error) => error,
        Ok(_) => return Err(Failure::new("it began to move to where it runs")),
    };
    ensure!(
        matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::InvalidState),
        "the error is {:?}: {error}",
        error.kind()
    );
    let here = domain.info().await.doing("asking the source")?;
    ensure_eq!(here.state, DomainState::Running, "its state at the source");
    domain
        .suspend()
        .await
        .doing("pausing it: nothing keeps it from changes")?;
    let there = there.info().await.doing("asking the target")?;
    ensure_eq!(there.state, DomainState::Running, "its state at the target");
    Ok(())
}

async fn options_that_do_not_go_together_are_refused(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.running("options").await?;
    for wrong in [
        options().tunnelled(),
        options().offline(),
        options().parallel(0),
        options().not_live().post_copy(),
    ] {
        let moved = domain.migrate_to(&target, &wrong).await;
        refused(moved, ErrorKind::InvalidArgument, &format!("{wrong:?}"))?;
    }
    Ok(())
}

async fn a_migration_is_watched_and_aborted(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.booted("aborted").await?;
    let mut migration = domain
        .migrate_to(&target, &slow())
        .await
        .doing("beginning to move it")?;
    let progress = async {
        loop {
            let progress = migration.progressed().await;
            if progress.done_bytes > 0 || progress.state != JobState::Running {
                return progress;
            }
        }
    };
    let progress = env.soon("a sign of a migration's progress", progress).await?;
    ensure_eq!(progress.state, JobState::Running, "where the job is");
    ensure!(
        progress
            .total_bytes
            .is_some_and(|total| total >= progress.done_bytes),
        "more is done than there is: {progress:?}"
    );
    let statistics = progress.statistics.as_deref();
    let memory = statistics.and_then(|statistics| statistics.memory);
    ensure!(
        memory.is_some_and(|memory| memory.total > 0),
        "there are no figures of memory: {statistics:?}"
    );
    let job = domain.job().await.doing("asking for its job")?;
    ensure_eq!(job.map(|job| job.kind()), Some(JobKind::Migration), "its job");
    migration.cancel().doing("aborting it")?;
    let ended = env
        .soon("the end of an aborted migration", migration.wait())
        .await?;
    refused(ended, ErrorKind::Cancelled, "an aborted migration")?;
    ensure_eq!(
        migration.progress().state,
        JobState::Cancelled,
        "where the job is"
    );
    let here = domain.info().await.doing("asking the source")?;
    ensure_eq!(here.state, DomainState::Running, "its state at the source");
    let there = target.domain(domain.uuid()).await;
    refused(there, ErrorKind::NotFound, "looking it up at the target")?;
    env.agent_answers(&domain).await
}

async fn a_migration_that_takes_too_long_is_aborted(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.booted("slow").await?;
    let options = slow().timeout(Duration::from_millis(300), TimeoutAction::Abort);
    let migration = domain
        .migrate_to(&target, &options)
        .await
        .doing("beginning to move it")?;
    let ended = env
        .soon("the end of a migration that takes too long", migration.wait())
        .await?;
    refused(ended, ErrorKind::Cancelled, "a migration that takes too long")?;
    let here = domain.info().await.doing("asking the source")?;
    ensure_eq!(here.state, DomainState::Running, "its state at the source");
    Ok(())
}

async fn a_guest_goes_on_at_the_target(env: &Env) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let domain = env.booted("guest").await?;
    domain
        .agent()
        .write_file("/tmp-note", b"in memory")
        .await
        .doing("writing a file of the guest")?;
    let moved = arrive(env, &domain, &target, &options()).await?;
    env.agent_answers(&moved).await?;
    let read = moved.agent().read_file("/tmp-note").await;
    let read = read.doing("reading the file of the guest at the target")?;
    ensure_eq!(
        String::from_utf8_lossy(&read),
        "in memory",
        "what is in the guest's file"
    );
    Ok(())
}

async fn what_is_tuned_is_kept(env: &Env) -> Result<(), Failure> {
    let domain = env.running("tuned").await?;
    let time = Duration::from_millis(123);
    domain
        .set_migration_max_downtime(time)
        .await
        .doing("changing the downtime")?;
    let read = domain
        .migration_max_downtime()
        .await
        .doing("reading the downtime")?;
    ensure_eq!(read, time, "the downtime");
    let none = domain.set_migration_max_downtime(Duration::ZERO).await;
    refused(none, ErrorKind::InvalidArgument, "no downtime at all")?;
    let speed = ByteSize::mib(77);
    domain
        .set_migration_max_speed(speed)
        .await
        .doing("changing the speed")?;
    let read = domain.migration_max_speed().await.doing("reading the speed")?;
    ensure_eq!(read, speed, "the speed");
    let hurried = domain.start_post_copy().await;
    refused(hurried, ErrorKind::InvalidState, "post-copy without a migration")?;
    Ok(())
}

async fn the_manager_leads_a_migration(env: &Env) -> Result<(), Failure> {
    led_by_the_manager(env, &options()).await
}

async fn the_managers_have_a_tunnel(env: &Env) -> Result<(), Failure> {
    led_by_the_manager(env, &options().tunnelled()).await
}

async fn led_by_the_manager(env: &Env, options: &MigrationOptions) -> Result<(), Failure> {
    let target = env.migration_target().await?;
    let Some(uri) = env.target().peer_uri(&target) else {
        return Err(Failure::not_here("a manager has no way to the other one"));
    };
    let domain = env.running("led").await?;
    let options = options.clone().persist_destination().undefine_source();
    let job = domain
        .migrate_to_uri(&uri, &options)
        .await
        .doing("beginning to move it")?;
    ensure_eq!(job.kind(), JobKind::Migration, "what the job does");
    env.soon("moving a domain", job.wait())
        .await?
        .doing("moving it")?;
    let there = target
        .domain(domain.uuid())
        .await
        .doing("looking it up at the target")?;
    let there = there.info().await.doing("asking the target")?;
    ensure!(
        there.persistent && there.state == DomainState::Running,
        "there it is {there:?}"
    );
    let source = domain.info().await;
    refused(
        source,
        ErrorKind::NotFound,
        "asking the source for a domain that has gone",
    )?;
    Ok(())
}

async fn images_that_are_not_shared_are_copied(env: &Env) -> Result<(), Failure> {
    if !env.target().needs_images() {
        return Err(Failure::not_here("machines have no images"));
    }
    let target = env.migration_target().await?;
    let domain = env.defined("copied").await?;
    let config = domain.config().await.doing("reading its document")?;
    let paths = config.devices.iter().flat_map(|devices| &devices.disks);
    let paths: Vec<String> = paths
        .filter_map(|disk| disk.source.as_ref()?.file.clone())
        .collect();
    ensure!(!paths.is_empty(), "the machine has no image");
    let other = |path: &str| format!("{path}.there");
    for path in &paths {
        let length = std::fs::metadata(path).doing("looking at an image")?.len();
        let content: Vec<u8> = (0..=250)
            .cycle()
            .take(usize::try_from(length).unwrap_or_default())
            .collect();
        std::fs::write(path, content).doing("filling an image")?;
        let empty = std::fs::File::create(other(path)).doing("making an image at the target")?;
        empty.set_len(length).doing("making it as long")?;
    }
    domain.start().await.doing("starting it")?;
    let mut there = config;
    for disk in &mut there.devices_mut().disks {
        if let Some(file) = disk.source.as_mut().and_then(|source| source.file.as_mut()) {
            *file = other(file);
        }
    }
    let options = options().storage(StorageCopy::Full).destination_config(there);
    let moved = arrive(env, &domain, &target, &options).await?;
    let config = moved.config().await.doing("reading its document at the target")?;
    let used = config.devices.iter().flat_map(|devices| &devices.disks);
    let used: Vec<_> = used
        .filter_map(|disk| disk.source.as_ref()?.file.clone())
        .collect();
    ensure_eq!(
        used,
        paths.iter().map(|path| other(path)).collect::<Vec<_>>(),
        "its images at the target"
    );
    moved.destroy().await.doing("ending it at the target")?;
    for path in &paths {
        let here = std::fs::read(path).doing("reading an image")?;
        let there = std::fs::read(other(path)).doing("reading the copy of an image")?;
        ensure!(here == there, "{path} and its copy differ");
    }
    Ok(())
}

async fn a_manager_that_is_not_there_is_told(env: &Env) -> Result<(), Failure> {
    let domain = env.running("nowhere").await?;
    let uri = "test+unix:///default?socket=/nowhere/at/all";
    let moved = match domain.migrate_to_uri(uri, &options()).await {
        Ok(job) => env.soon("a migration to nowhere", job.wait()).await?,
        Err(error) => Err(error),
    };
    ensure!(moved.is_err(), "it moved to nowhere");
    let here = domain.info().await.doing("asking the source")?;
    ensure_eq!(here.state, DomainState::Running, "its state at the source");
    domain
        .suspend()
        .await
        .doing("pausing it: nothing keeps it from changes")?;
    Ok(())
}
