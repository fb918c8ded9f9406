//! On which nodes of the host the memory lies.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::numatune::{NumaTune, NumaTuneMemory};
use crate::model::domain::vcpu::VcpuPlacement;
use crate::sorted::SortedSet;

const MODES: &[&str] = &["strict", "preferred", "interleave", "restrictive"];

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(tune) = &config.numatune else {
        return Ok(());
    };
    if let Some(memory) = &tune.memory {
        check_memory(config, memory)?;
    }
    check_nodes(config, tune)
}

fn is_auto(config: &DomainConfig, memory: &NumaTuneMemory) -> bool {
    let vcpus_auto = config
        .vcpu
        .as_ref()
        .is_some_and(|vcpu| vcpu.placement == Some(VcpuPlacement::Auto));
    match &memory.placement {
        Some(placement) => *placement == VcpuPlacement::Auto,
        None => memory.nodeset.is_none() && vcpus_auto,
    }
}

fn check_memory(config: &DomainConfig, memory: &NumaTuneMemory) -> Checked {
    let at = At::the("/domain/numatune/memory", &memory.rest);
    at.one_of("/@mode", memory.mode.as_ref(), MODES)?;
    if let Some(set) = &memory.nodeset {
        return at.refuse_if(set.is_empty(), "/@nodeset", "the set of nodes is empty");
    }
    let says_something = memory.mode.is_some() || memory.placement.is_some();
    if says_something && !is_auto(config, memory) {
        return Err(at.missing(
            "/@nodeset",
            "the set of nodes, needed unless the placement is auto,",
        ));
    }
    Ok(())
}

fn check_nodes(config: &DomainConfig, tune: &NumaTune) -> Checked {
    let cells = super::numa::cells(config).len();
    let mut seen = SortedSet::new();
    let memory_mode = tune.memory.as_ref().and_then(|memory| memory.mode.as_deref());
    for (index, node) in tune.memnodes.iter().enumerate() {
        let at = At::nth("/domain/numatune/memnode", index, &node.rest);
        at.refuse_if(cells == 0, "", "the guest has no NUMA cells to bind")?;
        let id = *at.need("/@cellid", "the attribute 'cellid'", node.cellid.as_ref())?;
        if usize::try_from(id).is_ok_and(|id| id >= cells) {
            return Err(at.wrong("/@cellid", format!("there is no cell {id} in the guest")));
        }
        at.refuse_when(
            !seen.insert(id),
            "/@cellid",
            format_args!("the cell {id} is bound twice"),
        )?;
        at.one_of("/@mode", node.mode.as_ref(), MODES)?;
        let nodes = at.need("/@nodeset", "the attribute 'nodeset'", node.nodeset.as_ref())?;
        at.refuse_if(nodes.is_empty(), "/@nodeset", "the set of nodes is empty")?;
        let mode = node.mode.as_deref().unwrap_or("strict");
        let restrictive = (memory_mode == Some("restrictive"), mode == "restrictive");
        if memory_mode.is_some() && restrictive.0 != restrictive.1 {
            let sentence = "the mode restrictive goes for all of the memory or for none";
            return Err(at.wrong("/@mode", sentence));
        }
        if tune.memory.as_ref().is_some_and(|memory| is_auto(config, memory)) {
            return Err(at.wrong("", "nodes can't be bound one by one when the placement is auto"));
        }
    }
    Ok(())
}
