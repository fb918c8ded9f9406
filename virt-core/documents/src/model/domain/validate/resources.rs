//! Resources of the host, ids inside and outside of a container, counters, keys, launch security.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::resource::IdRange;
use crate::sorted::SortedSet;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let partition = config
        .resource
        .as_ref()
        .and_then(|resource| resource.partition.as_deref());
    if let Some(partition) = partition
        && !partition.starts_with('/')
    {
        let at = At::the("/domain/resource/partition", &config.rest);
        return Err(at.wrong("", format!("'{partition}' does not begin with '/'")));
    }
    if let Some(map) = &config.idmap {
        check_ids("/domain/idmap/uid", &map.uids)?;
        check_ids("/domain/idmap/gid", &map.gids)?;
        let at = At::the("/domain/idmap", &map.rest);
        at.refuse_if(
            map.uids.is_empty() != map.gids.is_empty(),
            "",
            "ids of users and of groups are mapped together or not at all",
        )?;
    }
    check_perf(config)?;
    check_keys(config)?;
    check_launch(config)
}

fn check_ids(path: &'static str, ranges: &[IdRange]) -> Checked {
    let mut has_root = false;
    for (index, range) in ranges.iter().enumerate() {
        let at = At::nth(path, index, &range.rest);
        let start = *at.need("/@start", "the attribute 'start'", range.start.as_ref())?;
        at.need("/@target", "the attribute 'target'", range.target.as_ref())?;
        at.need("/@count", "the attribute 'count'", range.count.as_ref())?;
        has_root |= start == 0;
    }
    match ranges.first() {
        Some(first) if !has_root => {
            Err(At::nth(path, 0, &first.rest).wrong("/@start", "the root of the container is not mapped"))
        }
        _ => Ok(()),
    }
}

const EVENTS: &[&str] = &[
    "cmt",
    "mbmt",
    "mbml",
    "cpu_cycles",
    "instructions",
    "cache_references",
    "cache_misses",
    "branch_instructions",
    "branch_misses",
    "bus_cycles",
    "stalled_cycles_frontend",
    "stalled_cycles_backend",
    "ref_cpu_cycles",
    "cpu_clock",
    "task_clock",
    "page_faults",
    "context_switches",
    "cpu_migrations",
    "page_faults_min",
    "page_faults_maj",
    "alignment_faults",
    "emulation_faults",
];

fn check_perf(config: &DomainConfig) -> Checked {
    let Some(perf) = &config.perf else {
        return Ok(());
    };
    let mut seen = SortedSet::new();
    for (index, event) in perf.events.iter().enumerate() {
        let at = At::nth("/domain/perf/event", index, &event.rest);
        let name = at.need("/@name", "the attribute 'name'", event.name.as_ref())?;
        at.one_of("/@name", Some(name), EVENTS)?;
        at.need("/@enabled", "the attribute 'enabled'", event.enabled.as_ref())?;
        at.refuse_when(
            !seen.insert(name),
            "/@name",
            format_args!("the event '{name}' is there twice"),
        )?;
    }
    Ok(())
}

fn check_keys(config: &DomainConfig) -> Checked {
    let Some(keys) = &config.keywrap else {
        return Ok(());
    };
    let at = At::the("/domain/keywrap", &keys.rest);
    if keys.ciphers.is_empty() {
        return Err(at.missing("/cipher", "a cipher"));
    }
    let mut seen = SortedSet::new();
    for (index, cipher) in keys.ciphers.iter().enumerate() {
        let at = At::nth("/domain/keywrap/cipher", index, &cipher.rest);
        let name = at.need("/@name", "the attribute 'name'", cipher.name.as_ref())?;
        at.one_of("/@name", Some(name), &["aes", "dea"])?;
        at.need("/@state", "the attribute 'state'", cipher.state.as_ref())?;
        at.refuse_when(
            !seen.insert(name),
            "/@name",
            format_args!("the cipher '{name}' is there twice"),
        )?;
    }
    Ok(())
}

fn check_launch(config: &DomainConfig) -> Checked {
    let Some(launch) = &config.launch_security else {
        return Ok(());
    };
    let at = At::the("/domain/launchSecurity", &launch.rest);
    let kind = at.need("/@type", "the attribute 'type'", launch.kind.as_ref())?;
    at.one_of("/@type", Some(kind), &["sev", "sev-snp", "s390-pv", "tdx"])?;
    match kind.as_str() {
        "sev" | "sev-snp" if launch.policy.is_none() && launch.rest.elements().next().is_none() => {
            Err(at.missing("/policy", "the policy"))
        }
        _ => Ok(()),
    }
}
