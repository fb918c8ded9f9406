//! Shares, quotas and pinning.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::tuning::{BlkioTune, CpuTune};
use crate::model::value::CpuSet;
use crate::sorted::SortedSet;

/// The greatest quota, in µs: what is left of 64 bits of nanoseconds.
const QUOTA_LIMIT: i64 = 18_446_744_073_709_551;

pub(super) fn check(config: &DomainConfig) -> Checked {
    if let Some(tune) = &config.cputune {
        let at = At::the("/domain/cputune", &tune.rest);
        check_quotas(at, tune)?;
        check_pins(config, at, tune)?;
        check_schedulers(config, at, tune)?;
    }
    match &config.blkiotune {
        Some(tune) => check_blkio(tune),
        None => Ok(()),
    }
}

fn check_quotas(at: At<'_>, tune: &CpuTune) -> Checked {
    let periods = [
        ("period", tune.period),
        ("global_period", tune.global_period),
        ("emulator_period", tune.emulator_period),
        ("iothread_period", tune.iothread_period),
    ];
    for (name, period) in periods {
        if let Some(period) = period
            && period != 0
            && !(1000..=1_000_000).contains(&period)
        {
            return Err(at.wrong(
                &format!("/{name}"),
                format!("{period} µs are not from 1000 to 1000000"),
            ));
        }
    }
    let quotas = [
        ("quota", tune.quota),
        ("global_quota", tune.global_quota),
        ("emulator_quota", tune.emulator_quota),
        ("iothread_quota", tune.iothread_quota),
    ];
    for (name, quota) in quotas {
        if let Some(quota) = quota
            && quota > 0
            && !(1000..=QUOTA_LIMIT).contains(&quota)
        {
            return Err(at.wrong(
                &format!("/{name}"),
                format!("{quota} µs are not from 1000 to {QUOTA_LIMIT}"),
            ));
        }
    }
    Ok(())
}

fn check_set(at: At<'_>, below: &str, set: Option<&CpuSet>) -> Checked {
    let set = at.need(below, "the set of CPUs", set)?;
    at.refuse_if(set.is_empty(), below, "the set of CPUs is empty")
}

fn check_pins(config: &DomainConfig, at: At<'_>, tune: &CpuTune) -> Checked {
    let mut vcpus = SortedSet::new();
    for (number, pin) in tune.vcpupins.iter().enumerate() {
        let at = at.part("/vcpupin", number, &pin.rest);
        let vcpu = *at.need("/@vcpu", "the attribute 'vcpu'", pin.vcpu.as_ref())?;
        if !vcpus.insert(vcpu) {
            return Err(at.wrong("/@vcpu", format!("the virtual CPU {vcpu} is pinned twice")));
        }
        check_set(at, "/@cpuset", pin.cpuset.as_ref())?;
    }
    if let Some(pin) = &tune.emulatorpin {
        check_set(at.on(&pin.rest), "/emulatorpin/@cpuset", pin.cpuset.as_ref())?;
    }
    if tune
        .rest
        .elements()
        .any(|element| element.name.is("emulatorpin", None))
    {
        return Err(at.wrong("/emulatorpin", "the emulator is pinned twice"));
    }
    let known = super::iothreads::ids(config);
    let mut threads = SortedSet::new();
    for (number, pin) in tune.iothreadpins.iter().enumerate() {
        let at = at.part("/iothreadpin", number, &pin.rest);
        let id = *at.need("/@iothread", "the attribute 'iothread'", pin.iothread.as_ref())?;
        if !known.contains(&id) {
            return Err(at.wrong("/@iothread", format!("there is no I/O thread {id}")));
        }
        if !threads.insert(id) {
            return Err(at.wrong("/@iothread", format!("the I/O thread {id} is pinned twice")));
        }
        check_set(at, "/@cpuset", pin.cpuset.as_ref())?;
    }
    Ok(())
}

/// A scheduler, and its priority where it has one.
fn check_scheduler(at: At<'_>, below: &str, scheduler: Option<&String>, priority: Option<i32>) -> Checked {
    let word = format!("{below}/@scheduler");
    let name = at.need(&word, "the attribute 'scheduler'", scheduler)?;
    at.one_of(&word, Some(name), &["batch", "idle", "fifo", "rr"])?;
    match name.as_str() {
        "fifo" | "rr" => {
            at.need(
                &format!("{below}/@priority"),
                "the attribute 'priority'",
                priority.as_ref(),
            )?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn check_schedulers(config: &DomainConfig, at: At<'_>, tune: &CpuTune) -> Checked {
    let mut vcpus = SortedSet::new();
    for (number, one) in tune.vcpuscheds.iter().enumerate() {
        let at = at.part("/vcpusched", number, &one.rest);
        check_scheduler(at, "", one.scheduler.as_ref(), one.priority)?;
        check_members(at, "/@vcpus", one.vcpus.as_ref(), &mut vcpus)?;
    }
    let mut threads = SortedSet::new();
    let known = super::iothreads::ids(config);
    for (number, one) in tune.iothreadscheds.iter().enumerate() {
        let at = at.part("/iothreadsched", number, &one.rest);
        check_scheduler(at, "", one.scheduler.as_ref(), one.priority)?;
        check_members(at, "/@iothreads", one.iothreads.as_ref(), &mut threads)?;
        if let Some(id) = threads.iter().find(|id| !known.contains(id)) {
            return Err(at.wrong("/@iothreads", format!("there is no I/O thread {id}")));
        }
    }
    match &tune.emulatorsched {
        Some(one) => check_scheduler(
            at.on(&one.rest),
            "/emulatorsched",
            one.scheduler.as_ref(),
            one.priority,
        ),
        None => Ok(()),
    }
}

fn check_members(at: At<'_>, below: &str, set: Option<&CpuSet>, seen: &mut SortedSet<u32>) -> Checked {
    let set = at.need(below, "whom it is for", set)?;
    at.refuse_if(set.is_empty(), below, "the set is empty")?;
    for id in set.iter() {
        at.refuse_when(
            !seen.insert(id),
            below,
            format_args!("{id} has a scheduler already"),
        )?;
    }
    Ok(())
}

fn check_blkio(tune: &BlkioTune) -> Checked {
    let mut paths = SortedSet::new();
    for (index, device) in tune.devices.iter().enumerate() {
        let at = At::nth("/domain/blkiotune/device", index, &device.rest);
        let path = at.need_text("/path", "the path of the device", device.path.as_ref())?;
        if !paths.insert(path) {
            return Err(at.wrong("/path", format!("the device '{path}' is there twice")));
        }
    }
    Ok(())
}
