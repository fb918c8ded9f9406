//! Storage pools: defined, built, started, found, and gone again.

use virt_core::model::{PoolConfig, PoolType};
use virt_core::storage::{
    PoolBuildOptions, PoolOverwrite, PoolStartOptions, StoragePoolFilter, StoragePoolSelector,
    StoragePoolState,
};
use virt_core::{ErrorKind, Support};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "pools";
    a_pool_goes_from_its_definition_to_its_end(None, StoragePools);
    a_pool_is_found_by_name_uuid_and_target(None, StoragePools);
    lists_show_what_the_filter_says(None, StoragePools);
    a_missing_pool_is_not_found_and_others_are_named(None, StoragePools);
    a_name_or_uuid_of_another_pool_is_refused(None, StoragePools);
    a_pool_without_its_directory_does_not_start(None, StoragePools);
    a_transient_pool_is_gone_when_it_is_destroyed(None, StoragePools);
    an_active_pool_is_neither_built_nor_undefined(None, StoragePools);
    an_inactive_pool_is_neither_destroyed_nor_refreshed(None, StoragePools);
    a_pool_starts_by_itself_when_told_so(None, StoragePools);
    its_document_is_the_one_it_was_defined_with(None, StoragePools);
    a_definition_is_replaced(None, StoragePools);
    sources_are_found_or_refused_by_name(None, StoragePools);
    capabilities_name_the_types_of_pools(None, StoragePools);
    a_document_that_makes_no_sense_is_refused_by_its_element(None, StoragePools);
}

async fn a_pool_goes_from_its_definition_to_its_end(env: &Env) -> Result<(), Failure> {
    let pool = env.defined_pool("pool").await?;
    let info = pool.info().await.doing("asking for it")?;
    ensure_eq!(info.state, StoragePoolState::Inactive, "its state once defined");
    ensure!(info.persistent, "it is not persistent");
    ensure!(!info.autostart, "it starts by itself, and nobody said so");
    ensure_eq!(info.pool.uuid, pool.uuid(), "its uuid");
    pool.build().await.doing("building it")?;
    pool.start().await.doing("starting it")?;
    let info = pool.info().await.doing("asking for it")?;
    ensure_eq!(info.state, StoragePoolState::Running, "its state once started");
    ensure!(!info.capacity.is_zero(), "there is nothing in it: {info:?}");
    ensure!(
        info.available <= info.capacity,
        "more is free than there is: {info:?}"
    );
    pool.refresh().await.doing("refreshing it")?;
    pool.destroy().await.doing("destroying it")?;
    let info = pool.info().await.doing("asking for it")?;
    ensure_eq!(info.state, StoragePoolState::Inactive, "its state once destroyed");
    pool.delete().await.doing("deleting what it stood on")?;
    pool.undefine().await.doing("undefining it")?;
    let gone = pool.info().await;
    refused(gone, ErrorKind::NotFound, "asking for it once it is undefined")?;
    Ok(())
}

async fn a_pool_is_found_by_name_uuid_and_target(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let conn = env.conn();
    let config = pool.config().await.doing("reading it")?;
    let target = config.target.and_then(|target| target.path);
    let target = target.ok_or_else(|| Failure::new("its document has no target"))?;
    let found = [
        ("name", conn.storage_pool(pool.name()).await),
        ("uuid", conn.storage_pool(pool.uuid()).await),
        (
            "target",
            conn.storage_pool(StoragePoolSelector::TargetPath(target)).await,
        ),
    ];
    for (by, found) in found {
        let found = found.doing(&format!("looking it up by {by}"))?;
        ensure_eq!(found.uuid(), pool.uuid(), "the uuid of what was found by {by}");
        ensure_eq!(found.name(), pool.name(), "the name of what was found by {by}");
    }
    Ok(())
}

async fn lists_show_what_the_filter_says(env: &Env) -> Result<(), Failure> {
    let active = env.active_pool("active").await?;
    let inactive = env.defined_pool("inactive").await?;
    let all = StoragePoolFilter::all;
    let expected = [
        ("all", all(), true, true),
        ("active", all().active(), true, false),
        ("inactive", all().inactive(), false, true),
        ("persistent", all().persistent(), true, true),
        ("transient", all().transient(), false, false),
        ("autostart", all().autostart(), false, false),
        ("dir", all().kind(PoolType::Dir), true, true),
        ("logical", all().kind(PoolType::Logical), false, false),
        (
            "logical or dir",
            all().kind(PoolType::Logical).kind(PoolType::Dir),
            true,
            true,
        ),
    ];
    for (what, filter, shows_active, shows_inactive) in expected {
        let infos = env.conn().storage_pool_infos(&filter).await;
        let infos = infos.doing(&format!("listing {what}"))?;
        let shown = |uuid| infos.iter().any(|info| info.pool.uuid == uuid);
        ensure_eq!(
            shown(active.uuid()),
            shows_active,
            "whether {what} shows the active pool"
        );
        ensure_eq!(
            shown(inactive.uuid()),
            shows_inactive,
            "whether {what} shows the inactive pool"
        );
        let names: Vec<&str> = infos.iter().map(|info| info.pool.name.as_str()).collect();
        ensure!(names.is_sorted(), "the list of {what} is not sorted: {names:?}");
    }
    Ok(())
}

async fn a_missing_pool_is_not_found_and_others_are_named(env: &Env) -> Result<(), Failure> {
    let there = env.defined_pool("there").await?;
    let name = env.name("missing");
    let found = env.conn().storage_pool(name.as_str()).await;
    let error = refused(found, ErrorKind::NotFound, "looking up a pool that is not there")?;
    let text = error.to_string();
    ensure!(text.contains(&name), "the error does not name the pool: {text}");
    let _ = there;
    let found = env.conn().storage_pool(uuid::Uuid::new_v4()).await;
    refused(found, ErrorKind::NotFound, "looking up a uuid that is not there")?;
    Ok(())
}

async fn a_name_or_uuid_of_another_pool_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.defined_pool("first").await?;
    let mut namesake = env.pool("second")?;
    namesake.name = Some(pool.name().to_owned());
    let defined = env.conn().define_storage_pool(&namesake).await;
    refused(
        defined,
        ErrorKind::AlreadyExists,
        "defining a pool of another's name",
    )?;
    let mut twin = env.pool("third")?;
    twin.uuid = Some(pool.uuid());
    let defined = env.conn().define_storage_pool(&twin).await;
    refused(
        defined,
        ErrorKind::AlreadyExists,
        "defining a pool of another's uuid",
    )?;
    let mut neighbour = env.pool("fourth")?;
    neighbour.target = pool.config().await.doing("reading the first")?.target;
    let defined = env.conn().define_storage_pool(&neighbour).await;
    refused(
        defined,
        ErrorKind::AlreadyExists,
        "defining a pool at another's place",
    )?;
    Ok(())
}

async fn a_pool_without_its_directory_does_not_start(env: &Env) -> Result<(), Failure> {
    if !env.target().has_directories() {
        return Err(Failure::not_here("pools stand on nothing here"));
    }
    let pool = env.defined_pool("unbuilt").await?;
    refused(
        pool.start().await,
        ErrorKind::Failed,
        "starting a pool that is not built",
    )?;
    let info = pool.info().await.doing("asking for it")?;
    ensure_eq!(
        info.state,
        StoragePoolState::Inactive,
        "its state after a start that failed"
    );
    let config = env.pool("transient")?;
    let created = env.conn().create_storage_pool(&config).await;
    refused(created, ErrorKind::Failed, "creating a pool that is not built")?;
    let left = env.conn().storage_pool(config.name().unwrap_or_default()).await;
    refused(
        left,
        ErrorKind::NotFound,
        "looking up a pool whose creation failed",
    )?;
    Ok(())
}

async fn a_transient_pool_is_gone_when_it_is_destroyed(env: &Env) -> Result<(), Failure> {
    let config = env.pool("transient")?;
    let built = PoolStartOptions::default().build(PoolOverwrite::Default);
    let created = env.conn().create_storage_pool_with(&config, &built).await;
    let pool = created.doing("creating a pool")?;
    let info = pool.info().await.doing("asking for it")?;
    ensure!(!info.persistent, "it is persistent");
    ensure_eq!(info.state, StoragePoolState::Running, "its state");
    let autostart = pool.set_autostart(true).await;
    refused(
        autostart,
        ErrorKind::InvalidState,
        "having a transient pool start by itself",
    )?;
    pool.destroy().await.doing("destroying it")?;
    refused(
        pool.info().await,
        ErrorKind::NotFound,
        "asking for it once it is destroyed",
    )?;
    Ok(())
}

async fn an_active_pool_is_neither_built_nor_undefined(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("busy").await?;
    let tried = [
        ("starting", pool.start().await),
        ("building", pool.build().await),
        ("deleting", pool.delete().await),
        ("undefining", pool.undefine().await),
    ];
    for (what, result) in tried {
        refused(result, ErrorKind::InvalidState, &format!("{what} an active pool"))?;
    }
    let info = pool.info().await.doing("asking for it")?;
    ensure_eq!(info.state, StoragePoolState::Running, "its state afterwards");
    Ok(())
}

async fn an_inactive_pool_is_neither_destroyed_nor_refreshed(env: &Env) -> Result<(), Failure> {
    let pool = env.defined_pool("idle").await?;
    let tried = [
        ("destroying", pool.destroy().await),
        ("refreshing", pool.refresh().await),
        ("listing the volumes of", pool.volumes().await.map(drop)),
        ("looking for a volume in", pool.volume("none").await.map(drop)),
    ];
    for (what, result) in tried {
        refused(
            result,
            ErrorKind::InvalidState,
            &format!("{what} an inactive pool"),
        )?;
    }
    Ok(())
}

async fn a_pool_starts_by_itself_when_told_so(env: &Env) -> Result<(), Failure> {
    let pool = env.defined_pool("early").await?;
    for autostart in [true, true, false] {
        pool.set_autostart(autostart).await.doing("setting autostart")?;
        let info = pool.info().await.doing("asking for it")?;
        ensure_eq!(info.autostart, autostart, "whether it starts by itself");
    }
    Ok(())
}

async fn its_document_is_the_one_it_was_defined_with(env: &Env) -> Result<(), Failure> {
    let config = env.pool("read")?;
    let defined = env.conn().define_storage_pool(&config).await;
    let pool = defined.doing("defining it")?;
    for (which, read) in [
        ("present", pool.config().await),
        ("inactive", pool.inactive_config().await),
    ] {
        let read = read.doing(&format!("reading the {which} document"))?;
        ensure_eq!(read.name(), config.name(), "the name in the {which} document");
        ensure_eq!(read.uuid, config.uuid, "the uuid in the {which} document");
        ensure_eq!(read.kind, config.kind, "the type in the {which} document");
        let path = |config: &PoolConfig| config.target.as_ref().and_then(|target| target.path.clone());
        ensure_eq!(path(&read), path(&config), "the target in the {which} document");
    }
    let xml = pool.xml().await.doing("reading its XML")?;
    let parsed = PoolConfig::from_xml(&xml).doing("parsing its XML")?;
    ensure_eq!(parsed.uuid, config.uuid, "the uuid in its XML");
    Ok(())
}

async fn a_definition_is_replaced(env: &Env) -> Result<(), Failure> {
    let mut config = env.pool("moved")?;
    let defined = env.conn().define_storage_pool(&config).await;
    let pool = defined.doing("defining it")?;
    let elsewhere = env.path("elsewhere").to_string_lossy().into_owned();
    config.target_mut().path = Some(elsewhere.clone());
    let again = env.conn().define_storage_pool(&config).await;
    let again = again.doing("defining it again")?;
    ensure_eq!(again.uuid(), pool.uuid(), "the uuid of the second definition");
    let read = pool.config().await.doing("reading it")?;
    let path = read.target.and_then(|target| target.path);
    ensure_eq!(path, Some(elsewhere), "the target after the second definition");
    Ok(())
}

async fn sources_are_found_or_refused_by_name(env: &Env) -> Result<(), Failure> {
    // A server is needed, and none is named.
    let found = env.conn().find_storage_pool_sources(&PoolType::Netfs, None).await;
    match found {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Unsupported) => {}
        Err(error) => return Err(error).doing("looking for the exports of no server"),
        Ok(_) => return Err(Failure::new("the exports of no server were found")),
    }
    let found = env.conn().find_storage_pool_sources(&PoolType::Dir, None).await;
    refused(found, ErrorKind::Unsupported, "looking for directories")?;
    Ok(())
}

async fn capabilities_name_the_types_of_pools(env: &Env) -> Result<(), Failure> {
    let capabilities = match env.conn().storage_pool_capabilities().await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return Err(Failure::not_here(error.to_string()));
        }
        capabilities => capabilities.doing("asking for them")?,
    };
    ensure!(
        capabilities.supports(&PoolType::Dir),
        "there can be no pools of directories"
    );
    let support = env
        .conn()
        .capabilities()
        .support(virt_core::Capability::StoragePools);
    ensure!(support != Support::No, "the connection says that it has no pools");
    Ok(())
}

async fn a_document_that_makes_no_sense_is_refused_by_its_element(env: &Env) -> Result<(), Failure> {
    let mut config = env.pool("odd")?;
    config.target = None;
    let defined = env.conn().define_storage_pool(&config).await;
    let error = refused(
        defined,
        ErrorKind::InvalidConfig,
        "defining a pool without a target",
    )?;
    let text = Failure::from(error).to_string();
    ensure!(
        text.contains("target"),
        "the error does not name the target: {text}"
    );
    let pool = env.defined_pool("whole").await?;
    let odd = PoolBuildOptions::default()
        .mode(virt_core::storage::PoolBuildMode::Resize)
        .overwrite(PoolOverwrite::Replace);
    refused(
        pool.build_with(&odd).await,
        ErrorKind::InvalidArgument,
        "resizing and overwriting at once",
    )?;
    Ok(())
}
