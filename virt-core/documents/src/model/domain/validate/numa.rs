//! The NUMA cells of the guest.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::numa::{Numa, NumaCell};
use crate::sorted::SortedSet;

/// The cells, none when the guest has no NUMA.
pub(super) fn cells(config: &DomainConfig) -> &[NumaCell] {
    let numa = config.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref());
    numa.map(|numa| numa.cells.as_slice()).unwrap_or_default()
}

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(numa) = config.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref()) else {
        return Ok(());
    };
    let count = numa.cells.len();
    let mut ids = SortedSet::new();
    let mut cpus = SortedSet::new();
    for (index, cell) in numa.cells.iter().enumerate() {
        let at = At::nth("/domain/cpu/numa/cell", index, &cell.rest);
        let id = cell
            .id
            .map_or(index, |id| usize::try_from(id).unwrap_or(usize::MAX));
        if id >= count {
            return Err(at.wrong(
                "/@id",
                format!("the ids of {count} cells go from 0 without a gap; {id} does not fit"),
            ));
        }
        at.refuse_when(
            !ids.insert(id),
            "/@id",
            format_args!("the cell {id} is there twice"),
        )?;
        at.need("/@memory", "the attribute 'memory'", cell.memory.as_ref())?;
        if let Some(set) = &cell.cpus {
            at.refuse_if(set.is_empty(), "/@cpus", "the cell has no CPU")?;
            for cpu in set.iter() {
                at.refuse_when(
                    !cpus.insert(cpu),
                    "/@cpus",
                    format_args!("the CPU {cpu} is in two cells"),
                )?;
            }
        }
        check_distances(at, cell, id, count)?;
        check_caches(at, cell)?;
    }
    check_vcpus(config, numa, cpus.len())?;
    check_interconnects(numa, count)
}

fn check_vcpus(config: &DomainConfig, numa: &Numa, cpus: usize) -> Checked {
    let bound = super::vcpu::bound(config);
    let at = At::the("/domain/cpu/numa", &numa.rest);
    let too_many = usize::try_from(bound).is_ok_and(|bound| cpus > bound);
    at.refuse_when(
        too_many,
        "",
        format_args!("the cells have {cpus} CPUs, the guest {bound}"),
    )
}

fn check_distances(at: At<'_>, cell: &NumaCell, id: usize, count: usize) -> Checked {
    let Some(distances) = &cell.distances else {
        return Ok(());
    };
    let mut seen = SortedSet::new();
    for (number, sibling) in distances.siblings.iter().enumerate() {
        let at = at.part("/distances/sibling", number, &sibling.rest);
        let other = *at.need("/@id", "the attribute 'id'", sibling.id.as_ref())?;
        let value = *at.need("/@value", "the attribute 'value'", sibling.value.as_ref())?;
        let other = usize::try_from(other).unwrap_or(usize::MAX);
        if other >= count {
            return Err(at.wrong("/@id", format!("there is no cell {other}")));
        }
        at.refuse_if(!seen.insert(other), "/@id", "the distance is said twice")?;
        let is_self = other == id;
        let fits = (10..=255).contains(&value) && (is_self == (value == 10) || !is_self && value >= 10);
        if !fits {
            return Err(at.wrong(
                "/@value",
                format!("{value} is no distance: 10 to itself, up to 255 to others"),
            ));
        }
    }
    Ok(())
}

fn check_caches(at: At<'_>, cell: &NumaCell) -> Checked {
    let mut levels = SortedSet::new();
    for (number, cache) in cell.caches.iter().enumerate() {
        let at = at.part("/cache", number, &cache.rest);
        let level = *at.need("/@level", "the attribute 'level'", cache.level.as_ref())?;
        at.refuse_if(level == 0, "/@level", "the level is 0; it begins at 1")?;
        at.refuse_when(
            !levels.insert(level),
            "/@level",
            format_args!("the level {level} is there twice"),
        )?;
        at.need(
            "/@associativity",
            "the attribute 'associativity'",
            cache.associativity.as_ref(),
        )?;
        at.one_of(
            "/@associativity",
            cache.associativity.as_ref(),
            &["none", "direct", "full"],
        )?;
        at.need("/@policy", "the attribute 'policy'", cache.policy.as_ref())?;
        at.one_of(
            "/@policy",
            cache.policy.as_ref(),
            &["none", "writeback", "writethrough"],
        )?;
        at.need("/size", "the element <size>", cache.size.as_ref())?;
        at.need("/line", "the element <line>", cache.line.as_ref())?;
    }
    Ok(())
}

fn check_interconnects(numa: &Numa, count: usize) -> Checked {
    let Some(interconnects) = &numa.interconnects else {
        return Ok(());
    };
    let at = At::the("/domain/cpu/numa/interconnects", &interconnects.rest);
    let check_one = |at: At<'_>, ends: [Option<u32>; 2], kind: Option<&String>, has_value: bool| -> Checked {
        let [initiator, target] = ends;
        let ends = [
            ("/@initiator", "the attribute 'initiator'", initiator),
            ("/@target", "the attribute 'target'", target),
        ];
        for (below, what, end) in ends {
            let end = *at.need(below, what, end.as_ref())?;
            at.refuse_when(
                usize::try_from(end).is_ok_and(|end| end >= count),
                below,
                format_args!("there is no cell {end}"),
            )?;
        }
        at.need("/@type", "the attribute 'type'", kind)?;
        at.one_of("/@type", kind, &["access", "read", "write"])?;
        match has_value {
            true => Ok(()),
            false => Err(at.missing("/@value", "the attribute 'value'")),
        }
    };
    for (number, one) in interconnects.latencies.iter().enumerate() {
        let at = at.part("/latency", number, &one.rest);
        let ends = [one.initiator, one.target];
        check_one(at, ends, one.kind.as_ref(), one.value.is_some())?;
    }
    for (number, one) in interconnects.bandwidths.iter().enumerate() {
        let at = at.part("/bandwidth", number, &one.rest);
        let ends = [one.initiator, one.target];
        check_one(at, ends, one.kind.as_ref(), one.value.is_some())?;
    }
    Ok(())
}
