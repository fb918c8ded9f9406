//! Volumes: made, cloned, resized, wiped, deleted, and found again.

use virt_core::ErrorKind;
use virt_core::model::volume::VolumeType;
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::{StorageVolumeSelector, VolumeResize, VolumeResizeOptions};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "volumes";
    a_volume_is_made_and_deleted(None, StorageVolumes);
    a_volume_is_found_by_name_key_and_path(None, StorageVolumes);
    the_volumes_of_a_pool_are_listed(None, StorageVolumes);
    a_name_that_is_taken_is_refused(None, StorageVolumes);
    a_missing_volume_is_not_found(None, StorageVolumes);
    a_document_that_makes_no_sense_is_refused_by_its_element(None, StorageVolumes);
    a_volume_that_has_no_room_is_refused(None, StorageVolumes);
    a_clone_is_as_large_as_its_origin_at_least(None, StorageVolumes);
    a_volume_of_a_pool_that_is_not_active_is_not_to_be_had(None, StorageVolumes);
    a_volume_grows_and_shrinks_only_when_told_so(None, StorageVolumes, VolumeResize);
    a_size_that_leads_nowhere_is_refused(None, StorageVolumes, VolumeResize);
    a_wiped_volume_reads_as_zeros(None, StorageVolumes, VolumeWipe, VolumeTransfer);
    a_clone_has_the_content_of_its_origin(None, StorageVolumes, VolumeTransfer);
}

async fn a_volume_is_made_and_deleted(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let config = env.volume("one", ByteSize::mib(4))?;
    let volume = pool.create_volume(&config).await.doing("making it")?;
    ensure_eq!(volume.name(), config.name.as_str(), "its name");
    let info = volume.info().await.doing("asking for it")?;
    ensure_eq!(info.kind, VolumeType::File, "what it is");
    ensure_eq!(info.capacity, ByteSize::mib(4), "its capacity");
    ensure!(
        info.allocation < ByteSize::mib(1),
        "{} are allocated, and nothing was to be",
        info.allocation
    );
    let read = volume.config().await.doing("reading it")?;
    ensure_eq!(read.name, config.name, "the name in its document");
    let capacity = read.capacity.and_then(|size| size.size);
    ensure_eq!(capacity, Some(ByteSize::mib(4)), "the capacity in its document");
    let path = read.target.and_then(|target| target.path);
    let told = volume.path().await.doing("asking for its path")?;
    ensure_eq!(path, Some(told), "the path in its document");
    volume.delete().await.doing("deleting it")?;
    refused(
        volume.info().await,
        ErrorKind::NotFound,
        "asking for it once it is deleted",
    )?;
    refused(
        volume.delete().await,
        ErrorKind::NotFound,
        "deleting it once more",
    )?;
    Ok(())
}

async fn a_volume_is_found_by_name_key_and_path(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(1)).await?;
    let path = volume.path().await.doing("asking for its path")?;
    let conn = env.conn();
    let found = [
        ("name", pool.volume(volume.name()).await),
        (
            "key",
            conn.storage_volume(StorageVolumeSelector::key(volume.key()))
                .await,
        ),
        (
            "path",
            conn.storage_volume(StorageVolumeSelector::path(path)).await,
        ),
    ];
    for (by, found) in found {
        let found = found.doing(&format!("looking it up by {by}"))?;
        ensure_eq!(found.reference(), volume.reference(), "what was found by {by}");
    }
    let its_pool = volume.pool().await.doing("asking for its pool")?;
    ensure_eq!(its_pool.uuid(), pool.uuid(), "the uuid of its pool");
    Ok(())
}

async fn the_volumes_of_a_pool_are_listed(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    ensure!(
        pool.volumes().await.doing("listing an empty pool")?.is_empty(),
        "there are volumes in an empty pool"
    );
    let mut made = Vec::new();
    for stem in ["b", "a", "c"] {
        let config = env.volume(stem, ByteSize::mib(1))?;
        let volume = pool.create_volume(&config).await.doing("making a volume")?;
        made.push(volume.name().to_owned());
    }
    made.sort();
    let listed = pool.volumes().await.doing("listing them")?;
    let names: Vec<&str> = listed.iter().map(|volume| volume.name()).collect();
    ensure_eq!(
        names,
        made.iter().map(String::as_str).collect::<Vec<_>>(),
        "the names listed"
    );
    let infos = pool.volume_infos().await.doing("asking for all")?;
    let names: Vec<&str> = infos.iter().map(|info| info.volume.name.as_str()).collect();
    ensure_eq!(
        names,
        made.iter().map(String::as_str).collect::<Vec<_>>(),
        "the names asked for"
    );
    ensure!(
        infos.iter().all(|info| info.capacity == ByteSize::mib(1)),
        "not all of them have 1 MiB: {infos:?}"
    );
    Ok(())
}

async fn a_name_that_is_taken_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let config = env.volume("taken", ByteSize::mib(1))?;
    pool.create_volume(&config).await.doing("making it")?;
    let again = pool.create_volume(&config).await;
    let error = refused(again, ErrorKind::AlreadyExists, "making it once more")?;
    ensure!(
        error.to_string().contains(&config.name),
        "the error does not name the volume: {error}"
    );
    Ok(())
}

async fn a_missing_volume_is_not_found(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let name = env.name("missing");
    let error = refused(
        pool.volume(&name).await,
        ErrorKind::NotFound,
        "looking up a missing volume",
    )?;
    ensure!(
        error.to_string().contains(&name),
        "the error does not name the volume: {error}"
    );
    for selector in [
        StorageVolumeSelector::key("/nowhere/at/all"),
        StorageVolumeSelector::path("/nowhere/at/all"),
    ] {
        let found = env.conn().storage_volume(selector).await;
        refused(found, ErrorKind::NotFound, "looking up a volume that is nowhere")?;
    }
    Ok(())
}

async fn a_document_that_makes_no_sense_is_refused_by_its_element(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let mut config = env.volume("odd", ByteSize::mib(1))?;
    config.capacity = None;
    let made = pool.create_volume(&config).await;
    let error = refused(
        made,
        ErrorKind::InvalidConfig,
        "making a volume without a capacity",
    )?;
    let text = Failure::from(error).to_string();
    ensure!(
        text.contains("capacity"),
        "the error does not name the capacity: {text}"
    );
    let mut config = env.volume("odd", ByteSize::mib(1))?;
    config.name = "../outside".to_owned();
    let made = pool.create_volume(&config).await;
    refused(
        made,
        ErrorKind::InvalidConfig,
        "making a volume outside of its pool",
    )?;
    ensure!(
        pool.volumes().await.doing("listing what was made")?.is_empty(),
        "something was made by a document that was refused"
    );
    Ok(())
}

async fn a_volume_that_has_no_room_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    // All of its capacity is to be allocated, unless its document says otherwise.
    let config = VolumeConfig::builder(env.name("huge"))
        .capacity(ByteSize::tib(512))
        .build()?;
    let made = pool.create_volume(&config).await;
    refused(made, ErrorKind::ResourceExhausted, "allocating 512 TiB")?;
    ensure!(
        pool.volumes().await.doing("listing what was made")?.is_empty(),
        "something was made though there was no room"
    );
    Ok(())
}

async fn a_clone_is_as_large_as_its_origin_at_least(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let origin = env.empty_volume(&pool, ByteSize::mib(2)).await?;
    let xml = format!("<volume><name>{}</name></volume>", env.name("clone"));
    let config = VolumeConfig::from_xml(&xml).doing("parsing a document")?;
    let clone = pool.clone_volume(&config, &origin).await.doing("cloning it")?;
    let info = clone.info().await.doing("asking for the clone")?;
    ensure_eq!(
        info.capacity,
        ByteSize::mib(2),
        "the capacity of a clone that says none"
    );
    let config = env.volume("larger", ByteSize::mib(4))?;
    let clone = pool
        .clone_volume(&config, &origin)
        .await
        .doing("cloning it into more")?;
    let info = clone.info().await.doing("asking for the larger clone")?;
    ensure_eq!(
        info.capacity,
        ByteSize::mib(4),
        "the capacity of a clone that says more"
    );
    origin.delete().await.doing("deleting the origin")?;
    let config = env.volume("late", ByteSize::mib(2))?;
    let late = pool.clone_volume(&config, &origin).await;
    refused(late, ErrorKind::NotFound, "cloning what is gone")?;
    Ok(())
}

async fn a_volume_of_a_pool_that_is_not_active_is_not_to_be_had(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(1)).await?;
    pool.destroy().await.doing("destroying the pool")?;
    refused(
        volume.info().await,
        ErrorKind::InvalidState,
        "asking for a volume of an inactive pool",
    )?;
    refused(
        pool.volumes().await,
        ErrorKind::InvalidState,
        "listing an inactive pool",
    )?;
    let by_key = StorageVolumeSelector::key(volume.key());
    let found = env.conn().storage_volume(by_key).await;
    refused(found, ErrorKind::NotFound, "looking up a key of an inactive pool")?;
    pool.start().await.doing("starting the pool again")?;
    let info = volume.info().await.doing("asking for the volume")?;
    ensure_eq!(
        info.capacity,
        ByteSize::mib(1),
        "its capacity after the pool was started again"
    );
    Ok(())
}

async fn a_volume_grows_and_shrinks_only_when_told_so(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(2)).await?;
    let capacity = async || Ok::<_, Failure>(volume.info().await.doing("asking for it")?.capacity);
    volume.resize(ByteSize::mib(4)).await.doing("growing it")?;
    ensure_eq!(capacity().await?, ByteSize::mib(4), "its capacity once grown");
    volume
        .resize(VolumeResize::GrowBy(ByteSize::mib(2)))
        .await
        .doing("growing it by 2 MiB")?;
    ensure_eq!(
        capacity().await?,
        ByteSize::mib(6),
        "its capacity once grown by 2 MiB"
    );
    let smaller = volume.resize(ByteSize::mib(1)).await;
    refused(smaller, ErrorKind::InvalidArgument, "shrinking it without leave")?;
    ensure_eq!(
        capacity().await?,
        ByteSize::mib(6),
        "its capacity after a refusal"
    );
    let leave = VolumeResizeOptions::default().shrink();
    volume
        .resize_with(ByteSize::mib(3), &leave)
        .await
        .doing("shrinking it")?;
    ensure_eq!(capacity().await?, ByteSize::mib(3), "its capacity once shrunk");
    volume
        .resize(VolumeResize::ShrinkBy(ByteSize::mib(1)))
        .await
        .doing("shrinking it by 1 MiB")?;
    ensure_eq!(
        capacity().await?,
        ByteSize::mib(2),
        "its capacity once shrunk by 1 MiB"
    );
    let allocated = VolumeResizeOptions::default().allocate();
    volume
        .resize_with(ByteSize::mib(4), &allocated)
        .await
        .doing("growing it with allocation")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure!(
        info.allocation >= ByteSize::mib(2),
        "nothing was allocated: {info:?}"
    );
    Ok(())
}

async fn a_size_that_leads_nowhere_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(2)).await?;
    let nowhere = [
        VolumeResize::ShrinkBy(ByteSize::mib(3)),
        VolumeResize::GrowBy(ByteSize::bytes(u64::MAX)),
    ];
    for size in nowhere {
        let resized = volume.resize(size).await;
        refused(
            resized,
            ErrorKind::InvalidArgument,
            &format!("changing its capacity {size:?}"),
        )?;
    }
    let info = volume.info().await.doing("asking for it")?;
    ensure_eq!(info.capacity, ByteSize::mib(2), "its capacity afterwards");
    Ok(())
}

async fn a_wiped_volume_reads_as_zeros(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[7; 1 << 17]).await?;
    volume.wipe().await.doing("wiping it")?;
    let mut read = Vec::new();
    let options = virt_core::storage::DownloadOptions::default();
    volume
        .download_to(&mut read, &options)
        .await
        .doing("reading it")?;
    ensure_eq!(read.len(), 1 << 17, "how many bytes are read");
    ensure!(
        read.iter().all(|byte| *byte == 0),
        "something is left of what was wiped"
    );
    Ok(())
}

async fn a_clone_has_the_content_of_its_origin(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let origin = env.filled_volume(&pool, &content).await?;
    let config = env.volume("clone", ByteSize::bytes(800_000))?;
    let clone = pool.clone_volume(&config, &origin).await.doing("cloning it")?;
    origin.wipe().await.ok();
    let mut read = Vec::new();
    let options = virt_core::storage::DownloadOptions::default();
    clone
        .download_to(&mut read, &options)
        .await
        .doing("reading the clone")?;
    ensure!(read == content, "the clone has another content than its origin");
    Ok(())
}
