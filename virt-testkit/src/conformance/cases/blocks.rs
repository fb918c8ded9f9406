//! Images of disks: their sizes told and changed.

use virt_core::domain::ConfigScope;
use virt_core::model::{ByteSize, Disk};
use virt_core::{Domain, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "blocks";
    an_image_is_as_large_as_it_is(Machine, PersistentDomains, DeviceAttach, BlockInfo);
    a_running_machine_sees_its_disk_grow(Machine, PersistentDomains, DeviceAttach, BlockInfo, BlockResize);
    a_disk_that_is_not_there_has_no_image(None, PersistentDomains, BlockInfo);
    an_image_is_not_resized_to_nothing_or_while_it_is_off(None, PersistentDomains, DeviceAttach, BlockResize);
}

async fn with_disk(env: &Env) -> Result<Domain, Failure> {
    let domain = env.running("image").await?;
    let disk = env.disk(env.target().disk_target())?.into();
    domain
        .attach_device(&disk, ConfigScope::Live)
        .await
        .doing("attaching a disk")?;
    Ok(domain)
}

async fn an_image_is_as_large_as_it_is(env: &Env) -> Result<(), Failure> {
    let domain = with_disk(env).await?;
    let info = domain
        .block_info(env.target().disk_target())
        .await
        .doing("asking for its image")?;
    ensure!(!info.capacity.is_zero(), "the image has no size");
    ensure!(
        info.allocation <= info.capacity,
        "more is in use than there is: {info:?}"
    );
    let config = domain.config().await.doing("reading its configuration")?;
    let mut disks = config.devices.iter().flat_map(|devices| &devices.disks);
    let called = |disk: &&Disk| {
        let target = disk.target.as_ref().and_then(|target| target.dev.as_deref());
        target == Some(env.target().disk_target())
    };
    let image = disks
        .find(called)
        .and_then(|disk| disk.source.as_ref()?.file.clone());
    let path = image.ok_or_else(|| Failure::new("its document does not say where its image is"))?;
    let by_path = domain
        .block_info(&path)
        .await
        .doing("asking for it by its path")?;
    ensure_eq!(by_path.capacity, info.capacity, "its size, asked for by path");
    Ok(())
}

async fn a_running_machine_sees_its_disk_grow(env: &Env) -> Result<(), Failure> {
    let domain = with_disk(env).await?;
    let before = domain
        .block_info(env.target().disk_target())
        .await
        .doing("asking for its image")?;
    let larger = ByteSize::bytes(before.capacity.as_bytes() * 2);
    domain
        .block_resize(env.target().disk_target(), larger)
        .await
        .doing("doubling its image")?;
    let after = domain
        .block_info(env.target().disk_target())
        .await
        .doing("asking for its image again")?;
    ensure_eq!(after.capacity, larger, "its size");
    let missing = domain.block_resize("vdy", larger).await;
    refused(missing, ErrorKind::NotFound, "resizing a disk that is not there")?;
    Ok(())
}

async fn a_disk_that_is_not_there_has_no_image(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("no-image").await?;
    let asked = domain.block_info("vdy").await;
    refused(
        asked,
        ErrorKind::NotFound,
        "the image of a disk that is not there",
    )?;
    Ok(())
}

async fn an_image_is_not_resized_to_nothing_or_while_it_is_off(env: &Env) -> Result<(), Failure> {
    let domain = env.defined("off").await?;
    let disk = env.disk(env.target().disk_target())?.into();
    domain
        .attach_device(&disk, ConfigScope::Config)
        .await
        .doing("attaching a disk")?;
    let nothing = domain
        .block_resize(env.target().disk_target(), ByteSize::ZERO)
        .await;
    refused(nothing, ErrorKind::InvalidArgument, "an image of no size")?;
    let off = domain
        .block_resize(env.target().disk_target(), ByteSize::gib(1))
        .await;
    refused(
        off,
        ErrorKind::InvalidState,
        "resizing the image of a machine that does not run",
    )?;
    Ok(())
}
