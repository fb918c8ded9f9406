//! The clock and its timers.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{ClockOffset, DomainType, Timer, TimerName, TimerTickPolicy, TimerTrack};

use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    let kvm = config.kind == DomainType::Kvm;
    let clock = config.clock.get_or_insert_default();
    match clock.offset.get_or_insert(ClockOffset::Utc) {
        ClockOffset::Utc | ClockOffset::Localtime => {}
        ClockOffset::Absolute if clock.start.is_some() => {}
        ClockOffset::Absolute => {
            return Err(refusal::invalid(
                "/domain/clock/@start",
                "offset=\"absolute\" needs the start in seconds since 1970",
            ));
        }
        other => {
            let other = other.as_str();
            return Err(refusal::unsupported(
                "/domain/clock/@offset",
                format!("{other:?} is not supported yet; choose \"utc\", \"localtime\" or \"absolute\""),
            ));
        }
    }
    if clock
        .adjustment
        .as_deref()
        .is_some_and(|adjustment| adjustment != "reset" && adjustment != "0")
    {
        return Err(refusal::unsupported(
            "/domain/clock/@adjustment",
            "an adjusted clock is not supported yet",
        ));
    }
    for (index, timer) in clock.timers.iter().enumerate() {
        let path = format!("/domain/clock/timer[{}]", index + 1);
        if clock
            .timers
            .iter()
            .take(index)
            .any(|earlier| earlier.name == timer.name)
        {
            return Err(refusal::invalid(path, "the timer is given twice"));
        }
        check(timer, kvm, path)?;
    }
    Ok(())
}

fn check(timer: &Timer, kvm: bool, path: String) -> Result<()> {
    let Some(name) = &timer.name else {
        return Err(refusal::invalid(path, "a timer needs a name"));
    };
    let refused = |what: &str| {
        Err(refusal::unsupported(
            path.clone(),
            format!("{what} of the timer {name} is not supported by QEMU"),
        ))
    };
    let policy = timer.tickpolicy.as_ref();
    let policy_fits = match name {
        TimerName::Rtc => matches!(
            policy,
            None | Some(TimerTickPolicy::Delay | TimerTickPolicy::Catchup)
        ),
        TimerName::Pit => matches!(
            policy,
            None | Some(TimerTickPolicy::Delay | TimerTickPolicy::Discard | TimerTickPolicy::Catchup)
        ),
        TimerName::Hpet => matches!(policy, None | Some(TimerTickPolicy::Catchup)),
        TimerName::Tsc | TimerName::Kvmclock | TimerName::Hypervclock => policy.is_none(),
        _ => {
            return Err(refusal::unsupported(
                path,
                format!("the timer {name} is not supported on x86"),
            ));
        }
    };
    if !policy_fits {
        return refused("this tick policy");
    }
    let track = matches!(
        (name, &timer.track),
        (_, None)
            | (
                TimerName::Rtc,
                Some(TimerTrack::Guest | TimerTrack::Wall | TimerTrack::Realtime)
            )
    );
    if !track {
        return refused("what to track");
    }
    if timer.frequency.is_some() && name != &TimerName::Tsc || timer.mode.is_some() {
        return refused("frequency or mode");
    }
    if timer.catchup.as_ref().is_some_and(|catchup| {
        catchup.threshold.is_some() || catchup.slew.is_some() || catchup.limit.is_some()
    }) {
        return refused("<catchup>");
    }
    if !kvm
        && matches!(name, TimerName::Kvmclock)
        && timer.present.is_none_or(virt_core::model::value::YesNo::is_set)
    {
        return Err(refusal::invalid(
            path,
            "kvmclock needs KVM; choose type=\"kvm\" or present=\"no\"",
        ));
    }
    Ok(())
}
