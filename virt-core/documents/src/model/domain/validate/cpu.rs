//! The CPU the guest sees.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::cpu::{Cpu, CpuCacheMode, CpuFeature, CpuFeaturePolicy, CpuMode};
use crate::sorted::SortedSet;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(cpu) = &config.cpu else {
        return Ok(());
    };
    let at = At::the("/domain/cpu", &cpu.rest);
    check_model(at, cpu)?;
    check_topology(config, at, cpu)?;
    check_features(at, cpu)?;
    check_cache(config, at, cpu)?;
    check_address_bits(config, at, cpu)
}

fn is_hosts(cpu: &Cpu) -> bool {
    matches!(cpu.mode, Some(CpuMode::HostPassthrough | CpuMode::Maximum))
}

fn check_model(at: At<'_>, cpu: &Cpu) -> Checked {
    let name = cpu.model.as_ref().and_then(|model| model.name.as_deref());
    let has_model = name.is_some_and(|name| !trimmed(name).is_empty());
    let is_custom = matches!(cpu.mode, Some(CpuMode::Custom));
    at.refuse_if(
        cpu.migratable.is_some() && !is_hosts(cpu),
        "/@migratable",
        "'migratable' is only for the modes host-passthrough and maximum",
    )?;
    if is_custom && !has_model {
        return Err(at.missing("/model", "the model of the CPU"));
    }
    if cpu.vendor.is_some() && !has_model {
        return Err(at.wrong("/vendor", "there is a vendor but no model"));
    }
    let Some(model) = &cpu.model else {
        return Ok(());
    };
    let at = at.on(&model.rest);
    at.one_of("/model/@fallback", model.fallback.as_ref(), &["allow", "forbid"])?;
    match &model.vendor_id {
        Some(id) if id.len() != 12 => {
            Err(at.wrong("/model/@vendor_id", format!("'{id}' does not have 12 characters")))
        }
        Some(id) if id.contains(',') => Err(at.wrong("/model/@vendor_id", format!("'{id}' has a comma"))),
        _ => Ok(()),
    }
}

fn check_topology(config: &DomainConfig, at: At<'_>, cpu: &Cpu) -> Checked {
    let Some(topology) = &cpu.topology else {
        return Ok(());
    };
    let at = at.on(&topology.rest);
    let parts = [
        ("sockets", topology.sockets, true),
        ("dies", topology.dies, false),
        ("clusters", topology.clusters, false),
        ("cores", topology.cores, true),
        ("threads", topology.threads, true),
    ];
    let mut all = 1_u64;
    for (name, count, is_needed) in parts {
        let below = format!("/topology/@{name}");
        match count {
            Some(0) => return Err(at.wrong(&below, format!("the number of {name} is 0"))),
            Some(count) => all = all.saturating_mul(u64::from(count)),
            None if is_needed => return Err(at.missing(&below, format!("the number of {name}"))),
            None => {}
        }
    }
    let bound = super::vcpu::bound(config);
    at.refuse_when(
        u64::from(bound) > all,
        "/topology",
        format_args!("the topology has {all} CPUs, the guest {bound}"),
    )
}

fn check_features(at: At<'_>, cpu: &Cpu) -> Checked {
    let mut seen = SortedSet::new();
    let has_model = cpu.model.as_ref().is_some_and(|model| model.name.is_some());
    if let Some(feature) = cpu.features.first()
        && cpu.mode == Some(CpuMode::Custom)
        && !has_model
    {
        return Err(at
            .on(&feature.rest)
            .wrong("/feature[1]", "there are features but no model"));
    }
    for (number, feature) in cpu.features.iter().enumerate() {
        let at = at.part("/feature", number, &feature.rest);
        let name = at.need_text("/@name", "the name of the feature", feature.name.as_ref())?;
        if !seen.insert(name) {
            return Err(at.wrong("/@name", format!("the feature '{name}' is there twice")));
        }
    }
    check_vector_lengths(at, cpu)
}

/// ARM's scalable vectors have lengths only where they are enabled.
fn check_vector_lengths(at: At<'_>, cpu: &Cpu) -> Checked {
    let is_off = |feature: &CpuFeature| feature.policy == Some(CpuFeaturePolicy::Disable);
    let named = |feature: &CpuFeature, name: &str| feature.name.as_deref() == Some(name);
    if !cpu
        .features
        .iter()
        .any(|feature| named(feature, "sve") && is_off(feature))
    {
        return Ok(());
    }
    let is_length = |feature: &CpuFeature| {
        let digits = feature.name.as_deref().and_then(|name| name.strip_prefix("sve"));
        digits.is_some_and(|digits| digits.parse::<u32>().is_ok()) && !is_off(feature)
    };
    match cpu.features.iter().position(is_length) {
        Some(number) => Err(at.wrong(
            &format!("/feature[{}]", number + 1),
            "it is a length of vectors, but 'sve' is disabled",
        )),
        None => Ok(()),
    }
}

fn check_cache(config: &DomainConfig, at: At<'_>, cpu: &Cpu) -> Checked {
    let Some(cache) = &cpu.cache else {
        return Ok(());
    };
    let at = at.on(&cache.rest);
    let mode = at.need("/cache/@mode", "the attribute 'mode'", cache.mode.as_ref())?;
    at.refuse_if(
        cache.level.is_some_and(|level| !(1..=3).contains(&level)),
        "/cache/@level",
        "the level is not from 1 to 3",
    )?;
    if !config.is_run_by_qemu() {
        return Ok(());
    }
    let level = cache.level;
    match mode {
        CpuCacheMode::Passthrough if !is_hosts(cpu) => Err(at.wrong(
            "/cache/@mode",
            "the host's cache needs the CPU mode host-passthrough or maximum",
        )),
        CpuCacheMode::Passthrough | CpuCacheMode::Disable if level.is_some() => {
            Err(at.wrong("/cache/@level", format!("the mode {mode} is for all levels")))
        }
        CpuCacheMode::Emulate if level != Some(3) => {
            Err(at.wrong("/cache/@level", "only the level 3 can be emulated"))
        }
        _ => Ok(()),
    }
}

fn check_address_bits(config: &DomainConfig, at: At<'_>, cpu: &Cpu) -> Checked {
    let Some(bits) = &cpu.maxphysaddr else {
        return Ok(());
    };
    let at = at.on(&bits.rest);
    let mode = at.need("/maxphysaddr/@mode", "the attribute 'mode'", bits.mode.as_ref())?;
    if !config.is_run_by_qemu() {
        return Ok(());
    }
    match mode {
        CpuCacheMode::Passthrough if !is_hosts(cpu) => Err(at.wrong(
            "/maxphysaddr/@mode",
            "the host's number of bits needs the CPU mode host-passthrough or maximum",
        )),
        CpuCacheMode::Passthrough if bits.bits.is_some() => Err(at.wrong(
            "/maxphysaddr/@bits",
            "there is a number of bits, but the mode says that of the host",
        )),
        CpuCacheMode::Emulate if bits.limit.is_some() => Err(at.wrong(
            "/maxphysaddr/@limit",
            "the limit is only for the mode passthrough",
        )),
        _ => Ok(()),
    }
}
