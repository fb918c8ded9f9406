//! The CPU and its nodes.

use crate::model::domain::config::DomainConfig;
use crate::model::domain::cpu::{Cpu, CpuFeaturePolicy, CpuMatch, CpuMode};
use crate::sorted::sort_by_rank;

pub(super) fn fill(config: &mut DomainConfig) {
    if let Some(cpu) = &mut config.cpu {
        fill_cpu(cpu);
    }
    if let Some(tune) = &mut config.numatune
        && let Some(memory) = &mut tune.memory
    {
        memory.mode.get_or_insert_with(|| "strict".to_owned());
        if memory.nodeset.is_some() {
            memory.placement = None;
        }
    }
}

fn fill_cpu(cpu: &mut Cpu) {
    if let Some(model) = &mut cpu.model {
        let mode = cpu.mode.get_or_insert(CpuMode::Custom);
        if *mode == CpuMode::Custom {
            cpu.matching.get_or_insert(CpuMatch::Exact);
            model.fallback.get_or_insert_with(|| "allow".to_owned());
        }
    }
    if let Some(topology) = &mut cpu.topology {
        topology.dies.get_or_insert(1);
        topology.clusters.get_or_insert(1);
    }
    for feature in &mut cpu.features {
        feature.policy.get_or_insert(CpuFeaturePolicy::Require);
    }
    if let Some(numa) = &mut cpu.numa {
        for (number, cell) in numa.cells.iter_mut().enumerate() {
            if cell.id.is_none() {
                cell.id = u32::try_from(number).ok();
            }
        }
        sort_by_rank(&mut numa.cells, |cell| cell.id);
    }
}
