//! NUMA nodes of the guest.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{CellDistances, Numa, NumaCell, Sibling};
use virt_core::model::value::{ByteSize, CpuSet};

use super::super::problem::wrong_key;
use super::super::to_config::MOST_NODES;
use super::source::Source;
use crate::config_file::Value;

const KEY: &str = "vnuma";

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let Some(Value::List(nodes)) = source.value(KEY) else {
        return Ok(());
    };
    let most = domain.vcpu.as_ref().map_or(1, |vcpu| vcpu.count);
    match cells(&nodes, most) {
        Ok(cells) => {
            let mut numa = Numa::default();
            numa.cells = cells;
            domain.cpu.get_or_insert_default().numa = Some(numa);
            Ok(())
        }
        Err(error) => source.lenient::<()>(error).map(|_none| ()),
    }
}

fn cells(nodes: &[Value], most: u32) -> Result<Vec<NumaCell>> {
    if nodes.is_empty() {
        return Err(wrong_key(KEY, "there is no node in the list"));
    }
    if nodes.len() > MOST_NODES {
        return Err(wrong_key(KEY, format!("a guest has {MOST_NODES} nodes at most")));
    }
    let mut cells = Vec::with_capacity(nodes.len());
    let mut vcpus = 0;
    for (number, node) in nodes.iter().enumerate() {
        let cell = cell(number, node, nodes.len())?;
        vcpus += cell.cpus.as_ref().map_or(0, CpuSet::len);
        cells.push(cell);
    }
    if usize::try_from(most).is_ok_and(|most| vcpus > most) {
        let text = format!("the nodes have {vcpus} virtual CPUs, and there are only {most}");
        return Err(wrong_key(KEY, text));
    }
    Ok(cells)
}

fn cell(number: usize, node: &Value, count: usize) -> Result<NumaCell> {
    let refuse = |what: String| wrong_key(KEY, format!("node {number}: {what}"));
    let entries = node.as_list().ok_or_else(|| refuse("it is no list".to_owned()))?;
    let mut cell = NumaCell::default();
    cell.id = u32::try_from(number).ok();
    let mut has_pnode = false;
    for entry in entries {
        let text = entry
            .as_text()
            .ok_or_else(|| refuse(format!("{entry} is no string")))?;
        let (key, value) = text
            .rsplit_once('=')
            .ok_or_else(|| refuse(format!("{text:?} has no `=`")))?;
        let bad = || refuse(format!("{text:?} is not understood"));
        if value.is_empty() {
            continue;
        }
        match key.trim() {
            "pnode" => {
                let node: usize = value.parse().map_err(|_error| bad())?;
                if node >= count {
                    return Err(refuse(format!("there is no node {node} of {count}")));
                }
                has_pnode = true;
            }
            "size" => {
                let mib = value.parse().ok().filter(|mib: &u64| *mib > 0 && *mib < 1 << 40);
                cell.memory = Some(ByteSize::mib(mib.ok_or_else(bad)?));
            }
            "vcpus" => {
                let set: CpuSet = value.parse().map_err(|_error| bad())?;
                cell.cpus = Some(set).filter(|set| !set.is_empty());
            }
            "vdistances" => cell.distances = Some(distances(value, count).ok_or_else(bad)?),
            _ => return Err(bad()),
        }
    }
    match has_pnode && cell.memory.is_some() && cell.cpus.is_some() {
        true => Ok(cell),
        false => Err(refuse("it says not all of pnode, size and vcpus".to_owned())),
    }
}

fn distances(text: &str, count: usize) -> Option<CellDistances> {
    let values: Option<Vec<u32>> = text.split(',').map(|value| value.trim().parse().ok()).collect();
    let values = values.filter(|values| values.len() == count)?;
    let sibling = |(id, value): (usize, u32)| {
        let mut sibling = Sibling::default();
        sibling.id = u32::try_from(id).ok();
        sibling.value = Some(value);
        sibling
    };
    let mut distances = CellDistances::default();
    distances.siblings = values.into_iter().enumerate().map(sibling).collect();
    Some(distances)
}
