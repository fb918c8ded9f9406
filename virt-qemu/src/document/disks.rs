//! Disks: their images, and how QEMU's names for them become ours.

use std::time::Duration;

use virt_core::host::{BatchMode, Host, HostOp, HostReply};
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Disk, DiskDevice, StartupPolicy};
use virt_core::stats::BlockStats;
use virt_core::{Error, ErrorKind, Result, Subject};

use crate::qmp::commands::block::BlockStatistics;
use crate::qmp::event::BlockIoError;

fn disks(config: &DomainConfig) -> impl Iterator<Item = &Disk> {
    config.devices.iter().flat_map(|devices| &devices.disks)
}

pub(crate) fn has_disks(config: &DomainConfig) -> bool {
    disks(config).next().is_some()
}

/// The image on the host, where it is a file or a block device.
fn image(disk: &Disk) -> Option<&str> {
    let source = disk.source.as_ref()?;
    source.file.as_deref().or(source.dev.as_deref())
}

fn target(disk: &Disk) -> Option<&str> {
    disk.target.as_ref()?.dev.as_deref()
}

fn alias(disk: &Disk) -> Option<&str> {
    disk.alias.as_ref()?.name.as_deref()
}

/// Looks, in one batch, whether everything a guest is started from is there.
///
/// # Errors
/// `NotFound`, naming the file and the element that names it.
pub(crate) async fn check_images(host: &dyn Host, config: &DomainConfig) -> Result<()> {
    let mut wanted: Vec<(String, String)> = Vec::new();
    if let Some(os) = &config.os {
        for (element, path) in [("kernel", &os.kernel), ("initrd", &os.initrd), ("dtb", &os.dtb)] {
            wanted.extend(
                path.iter()
                    .map(|path| (path.clone(), format!("/domain/os/{element}"))),
            );
        }
    }
    for (index, disk) in disks(config).enumerate() {
        let policy = disk
            .source
            .as_ref()
            .and_then(|source| source.startup_policy.as_ref());
        let may_miss = policy == Some(&StartupPolicy::Optional) && disk.device == Some(DiskDevice::Cdrom);
        if let Some(path) = image(disk).filter(|_| !may_miss) {
            wanted.push((
                path.to_owned(),
                format!("/domain/devices/disk[{}]/source", index + 1),
            ));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let ops = wanted
        .iter()
        .map(|(path, _)| HostOp::Stat { path: path.clone() })
        .collect();
    let replies = host.batch(BatchMode::All, ops).await;
    for ((path, element), reply) in wanted.iter().zip(replies) {
        if let HostReply::Stat(None) = reply? {
            let message = format!("the file that {element} names is not there");
            return Err(Error::new(ErrorKind::NotFound, message).with_subject(Subject::Path(path.clone())));
        }
    }
    Ok(())
}

/// The alias of the disk an I/O error is about.
pub(crate) fn disk_of_event(live: &DomainConfig, error: &BlockIoError) -> Option<String> {
    let by_path = error.qom_path.as_deref().and_then(id_in_path);
    by_path
        .and_then(|id| disks(live).filter_map(alias).find(|alias| *alias == id))
        .or_else(|| {
            disks(live)
                .find(|disk| has_node(disk, error.node_name.as_deref()))
                .and_then(alias)
        })
        .map(str::to_owned)
}

/// `libvirt-3-format`, `libvirt-3-storage`: the number is the index of the disk's source.
fn has_node(disk: &Disk, node: Option<&str>) -> bool {
    let number = node.and_then(|node| {
        node.strip_prefix("libvirt-")?
            .split('-')
            .next()?
            .parse::<u32>()
            .ok()
    });
    number.is_some() && disk.source.as_ref().and_then(|source| source.index) == number
}

/// `/machine/peripheral/ID/virtio-backend`: a device of ours has its alias as its id.
fn id_in_path(path: &str) -> Option<&str> {
    path.strip_prefix("/machine/peripheral/")?.split('/').next()
}

/// What QEMU counts, by our disks.
pub(crate) fn block_stats(live: &DomainConfig, answered: &[BlockStatistics]) -> Vec<BlockStats> {
    disks(live)
        .filter_map(|disk| {
            let alias = alias(disk)?;
            let counted = answered.iter().find(|one| {
                one.qdev
                    .as_deref()
                    .is_some_and(|qdev| qdev == alias || id_in_path(qdev) == Some(alias))
            })?;
            let mut stats = BlockStats::default();
            stats.target = target(disk).unwrap_or_default().to_owned();
            stats.path = image(disk).map(str::to_owned);
            stats.read_requests = counted.stats.rd_operations;
            stats.read_bytes = counted.stats.rd_bytes;
            stats.read_time = Duration::from_nanos(counted.stats.rd_total_time_ns);
            stats.write_requests = counted.stats.wr_operations;
            stats.write_bytes = counted.stats.wr_bytes;
            stats.write_time = Duration::from_nanos(counted.stats.wr_total_time_ns);
            stats.flush_requests = counted.stats.flush_operations;
            stats.flush_time = Duration::from_nanos(counted.stats.flush_total_time_ns);
            stats.allocation = highest_offset(counted);
            Some(stats)
        })
        .collect()
}

/// The node that stores the data knows how far it was written.
fn highest_offset(counted: &BlockStatistics) -> Option<u64> {
    let storage = counted.parent.as_deref().unwrap_or(counted);
    Some(storage.stats.wr_highest_offset).filter(|offset| *offset > 0)
}
