//! Numbers of virtual CPUs.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::vcpu::{Vcpu, Vcpus};
use crate::sorted::SortedSet;

pub(super) fn check(config: &DomainConfig) -> Checked {
    if let Some(vcpu) = &config.vcpu {
        check_count(vcpu)?;
    }
    match &config.vcpus {
        Some(vcpus) => check_each(vcpus, bound(config)),
        None => Ok(()),
    }
}

/// How many virtual CPUs there can be.
pub(super) fn bound(config: &DomainConfig) -> u32 {
    config.vcpu.as_ref().map_or(1, |vcpu| vcpu.count)
}

fn check_count(vcpu: &Vcpu) -> Checked {
    let at = At::the("/domain/vcpu", &vcpu.rest);
    at.refuse_if(vcpu.count == 0, "", "the number of virtual CPUs is 0")?;
    if vcpu.count > 65_535 {
        return Err(at.wrong("", format!("{} virtual CPUs are more than 65535", vcpu.count)));
    }
    at.refuse_if(
        vcpu.cpuset.as_ref().is_some_and(|set| set.is_empty()),
        "/@cpuset",
        "the set of CPUs is empty",
    )?;
    match vcpu.current {
        Some(0) => Err(at.wrong("/@current", "the current number of virtual CPUs is 0")),
        Some(current) if current > vcpu.count => {
            let sentence = format!(
                "the current number of virtual CPUs {current} is more than their bound {}",
                vcpu.count
            );
            Err(at.wrong("/@current", sentence))
        }
        _ => Ok(()),
    }
}

fn check_each(vcpus: &Vcpus, bound: u32) -> Checked {
    let mut seen = SortedSet::new();
    for (index, one) in vcpus.entries.iter().enumerate() {
        let at = At::nth("/domain/vcpus/vcpu", index, &one.rest);
        if one.id >= bound {
            return Err(at.wrong("/@id", format!("there is no virtual CPU {} of {bound}", one.id)));
        }
        at.refuse_when(
            !seen.insert(one.id),
            "/@id",
            format_args!("the virtual CPU {} is there twice", one.id),
        )?;
        at.need("/@enabled", "the attribute 'enabled'", one.enabled.as_ref())?;
        at.refuse_if(one.order == Some(0), "/@order", "the order is 0; it begins at 1")?;
    }
    Ok(())
}
