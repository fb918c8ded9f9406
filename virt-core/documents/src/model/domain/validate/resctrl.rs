//! Shares of caches and memory bandwidth.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::tuning::{CacheTune, CpuTune, MemoryTune};
use crate::model::value::CpuSet;
use crate::sorted::SortedSet;

/// A group of virtual CPUs with a share of its own.
struct Group {
    vcpus: CpuSet,
    has_caches: bool,
    nodes: SortedSet<u32>,
}

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(tune) = &config.cputune else {
        return Ok(());
    };
    let bound = super::vcpu::bound(config);
    let mut groups = Vec::new();
    check_caches(tune, bound, &mut groups)?;
    check_bandwidths(tune, bound, &mut groups)
}

/// The virtual CPUs of a group that exist; `None` when there is none and the group does not count.
fn members(at: At<'_>, vcpus: Option<&CpuSet>, bound: u32) -> Result<Option<CpuSet>, crate::xml::XmlError> {
    let said = at.need("/@vcpus", "the attribute 'vcpus'", vcpus)?;
    let members: CpuSet = said.iter().filter(|id| *id < bound).collect();
    Ok((!members.is_empty()).then_some(members))
}

fn overlap(one: &CpuSet, other: &CpuSet) -> bool {
    one.iter().any(|id| other.contains(id))
}

/// The group of those virtual CPUs; groups may not share some of them.
fn group<'g>(
    at: At<'_>,
    vcpus: CpuSet,
    groups: &'g mut Vec<Group>,
) -> Result<&'g mut Group, crate::xml::XmlError> {
    let clash = groups
        .iter()
        .any(|known| known.vcpus != vcpus && overlap(&known.vcpus, &vcpus));
    at.refuse_if(clash, "/@vcpus", "a virtual CPU is in two groups")?;
    let found = groups.iter().position(|known| known.vcpus == vcpus);
    let number = found.unwrap_or_else(|| {
        groups.push(Group {
            vcpus,
            has_caches: false,
            nodes: SortedSet::new(),
        });
        groups.len() - 1
    });
    groups
        .get_mut(number)
        .ok_or_else(|| at.wrong("/@vcpus", "the group is lost"))
}

fn check_caches(tune: &CpuTune, bound: u32, groups: &mut Vec<Group>) -> Checked {
    for (index, one) in tune.cachetunes.iter().enumerate() {
        let at = At::nth("/domain/cputune/cachetune", index, &one.rest);
        let Some(vcpus) = members(at, one.vcpus.as_ref(), bound)? else {
            continue;
        };
        check_shares(at, one)?;
        let monitors = one
            .monitors
            .iter()
            .map(|monitor| (&monitor.rest, monitor.vcpus.as_ref()));
        check_monitors(at, &vcpus, monitors)?;
        for (number, monitor) in one.monitors.iter().enumerate() {
            let at = at.part("/monitor", number, &monitor.rest);
            let level = *at.need("/@level", "the attribute 'level'", monitor.level.as_ref())?;
            at.refuse_if(level != 3, "/@level", "only the level 3 can be monitored")?;
        }
        let group = group(at, vcpus, groups)?;
        at.refuse_if(
            group.has_caches,
            "/@vcpus",
            "the same virtual CPUs have shares already",
        )?;
        group.has_caches = true;
    }
    Ok(())
}

fn check_shares(at: At<'_>, tune: &CacheTune) -> Checked {
    let mut seen: Vec<(u32, u32, &str)> = Vec::new();
    for (number, share) in tune.caches.iter().enumerate() {
        let at = at.part("/cache", number, &share.rest);
        let id = *at.need("/@id", "the attribute 'id'", share.id.as_ref())?;
        let level = *at.need("/@level", "the attribute 'level'", share.level.as_ref())?;
        let kind = at.need("/@type", "the attribute 'type'", share.kind.as_ref())?;
        at.one_of("/@type", Some(kind), &["both", "code", "data"])?;
        at.need("/@size", "the attribute 'size'", share.size.as_ref())?;
        let clash = seen.iter().any(|(other_level, other_id, other)| {
            let same = (*other_level, *other_id) == (level, id);
            same && (*other == kind.as_str() || *other == "both" || kind == "both")
        });
        at.refuse_if(clash, "/@type", "that cache is shared out already")?;
        seen.push((level, id, kind.as_str()));
    }
    Ok(())
}

fn check_monitors<'m>(
    at: At<'m>,
    group: &CpuSet,
    monitors: impl Iterator<Item = (&'m crate::xml::Rest, Option<&'m CpuSet>)>,
) -> Checked {
    let mut seen: Vec<&CpuSet> = Vec::new();
    for (number, (rest, vcpus)) in monitors.enumerate() {
        let at = at.part("/monitor", number, rest);
        let vcpus = at.need("/@vcpus", "the attribute 'vcpus'", vcpus)?;
        at.refuse_if(vcpus.is_empty(), "/@vcpus", "the set of CPUs is empty")?;
        at.refuse_if(
            vcpus.iter().any(|id| !group.contains(id)),
            "/@vcpus",
            "it has virtual CPUs the group does not have",
        )?;
        at.refuse_if(
            seen.contains(&vcpus),
            "/@vcpus",
            "the same virtual CPUs are monitored already",
        )?;
        let is_whole = |set: &CpuSet| set == group;
        let clash = seen
            .iter()
            .any(|other| !is_whole(other) && !is_whole(vcpus) && overlap(other, vcpus));
        at.refuse_if(clash, "/@vcpus", "a virtual CPU has two monitors")?;
        seen.push(vcpus);
    }
    Ok(())
}

fn check_bandwidths(tune: &CpuTune, bound: u32, groups: &mut Vec<Group>) -> Checked {
    for (index, one) in tune.memorytunes.iter().enumerate() {
        let at = At::nth("/domain/cputune/memorytune", index, &one.rest);
        let Some(vcpus) = members(at, one.vcpus.as_ref(), bound)? else {
            continue;
        };
        let monitors = one
            .monitors
            .iter()
            .map(|monitor| (&monitor.rest, monitor.vcpus.as_ref()));
        check_monitors(at, &vcpus, monitors)?;
        let group = group(at, vcpus, groups)?;
        check_nodes(at, one, group)?;
    }
    Ok(())
}

fn check_nodes(at: At<'_>, tune: &MemoryTune, group: &mut Group) -> Checked {
    for (number, node) in tune.nodes.iter().enumerate() {
        let at = at.part("/node", number, &node.rest);
        let id = *at.need("/@id", "the attribute 'id'", node.id.as_ref())?;
        let share = *at.need(
            "/@bandwidth",
            "the attribute 'bandwidth'",
            node.bandwidth.as_ref(),
        )?;
        at.refuse_if(share > 100, "/@bandwidth", "more than 100 per cent")?;
        at.refuse_when(
            !group.nodes.insert(id),
            "/@id",
            format_args!("the bandwidth of the node {id} is shared out already"),
        )?;
    }
    Ok(())
}
