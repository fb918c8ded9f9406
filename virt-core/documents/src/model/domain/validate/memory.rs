//! How much memory there is and what it lies in.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::memory::{HugePage, MemoryAccess, MemoryAllocation, MemoryBacking, MemorySource};
use crate::model::value::{ByteSize, CpuSet};

pub(super) fn check(config: &DomainConfig) -> Checked {
    check_size(config)?;
    match &config.memory_backing {
        Some(backing) => check_backing(config, backing),
        None => Ok(()),
    }
}

/// The memory the guest boots with: that of the NUMA cells when there are any, and no less than `<memory>` says.
fn initial(config: &DomainConfig) -> ByteSize {
    let cells: u64 = super::numa::cells(config)
        .iter()
        .filter_map(|cell| cell.memory)
        .fold(0, |sum, size| sum.saturating_add(size.as_bytes()));
    let said = config.memory.as_ref().map(|memory| memory.size);
    match cells {
        0 => said.unwrap_or_default(),
        cells => ByteSize::bytes(cells),
    }
}

fn check_size(config: &DomainConfig) -> Checked {
    let size = initial(config);
    if size.is_zero() {
        let at = At::the("/domain/memory", &config.rest);
        return Err(match &config.memory {
            Some(memory) => at.on(&memory.rest).wrong("", "the memory is 0"),
            None => at.missing("", "the element <memory>"),
        });
    }
    let Some(bound) = &config.max_memory else {
        return Ok(());
    };
    let at = At::the("/domain/maxMemory", &bound.rest);
    let allowed = config
        .memory
        .as_ref()
        .map_or(size, |memory| memory.size.min(size));
    at.refuse_when(
        bound.size < allowed,
        "",
        format_args!("the memory {allowed} is more than its bound {}", bound.size),
    )
}

fn check_backing(config: &DomainConfig, backing: &MemoryBacking) -> Checked {
    let at = At::the("/domain/memoryBacking", &backing.rest);
    let source = backing.source.as_ref().and_then(|source| source.kind.as_ref());
    let allocation = backing.allocation.as_ref().and_then(|one| one.mode.as_ref());
    let Some(huge) = &backing.huge_pages else {
        return Ok(());
    };
    at.refuse_if(
        allocation == Some(&MemoryAllocation::Ondemand),
        "/allocation/@mode",
        "huge pages can't be allocated on demand",
    )?;
    at.refuse_if(
        source == Some(&MemorySource::Anonymous),
        "/source/@type",
        "huge pages are not anonymous memory",
    )?;
    check_huge_pages(config, at, &huge.pages)
}

fn check_huge_pages(config: &DomainConfig, at: At<'_>, pages: &[HugePage]) -> Checked {
    let cells = super::numa::cells(config).len();
    let nodes = cells.max(1);
    // Without NUMA, the node 0 is the whole guest.
    let whole = CpuSet::from_iter([0]);
    let nodeset = |page: &'_ HugePage| page.nodeset.clone().filter(|set| cells > 0 || *set != whole);
    for (number, page) in pages.iter().enumerate() {
        let at = at.part("/hugepages/page", number, &page.rest);
        let size = page.size.unwrap_or_default();
        at.refuse_if(size.is_zero(), "/@size", "the size of the page is 0")?;
        for other in pages.iter().take(number) {
            let clash = match (nodeset(page), nodeset(other)) {
                (None, None) => "both are for all nodes without pages of their own",
                (Some(mine), Some(theirs)) if mine.iter().any(|node| theirs.contains(node)) => {
                    "both are for the same nodes"
                }
                _ => continue,
            };
            let sizes = format!(
                "pages of {} and of {size}: {clash}",
                other.size.unwrap_or_default()
            );
            return Err(at.wrong("", sizes));
        }
        let lost = page
            .nodeset
            .iter()
            .flat_map(|set| set.iter())
            .find(|node| usize::try_from(*node).is_ok_and(|node| node >= nodes));
        if let Some(node) = lost {
            return Err(at.wrong("/@nodeset", format!("there is no node {node} in the guest")));
        }
    }
    Ok(())
}

/// Refuses a device that another process works for, when QEMU's memory is not shared with that process.
pub(super) fn check_shared(config: &DomainConfig, at: At<'_>, below: &str) -> Checked {
    let backing = config.memory_backing.as_ref();
    let default = backing.and_then(|backing| backing.access.as_ref());
    let default = default.and_then(|access| access.mode.as_ref());
    let is_shared = |access: Option<&MemoryAccess>| access.or(default) == Some(&MemoryAccess::Shared);
    let cells = super::numa::cells(config);
    let all_shared = match cells {
        [] => is_shared(None),
        cells => cells.iter().all(|cell| is_shared(cell.mem_access.as_ref())),
    };
    at.refuse_if(
        config.is_run_by_qemu() && !all_shared,
        below,
        "it needs memory shared with the host: <memoryBacking> with <access mode='shared'/>",
    )
}
