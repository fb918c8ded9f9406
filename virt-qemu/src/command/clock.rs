//! `-rtc` and the timers.

use virt_core::Result;
use virt_core::model::domain::{ClockOffset, DomainType, Timer, TimerName, TimerTickPolicy, TimerTrack};

use super::context::Context;
use super::line::Arguments;
use super::machine::hpet;
use super::option_text::OptionText;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    let Some(clock) = &context.config.clock else {
        return Ok(());
    };
    let mut option = match (&clock.offset, clock.start) {
        (Some(ClockOffset::Localtime), _) => OptionText::pair("base", "localtime"),
        (Some(ClockOffset::Absolute), Some(start)) => OptionText::pair("base", time_text(start)?),
        _ => OptionText::pair("base", "utc"),
    };
    let timer = |name: TimerName| {
        clock
            .timers
            .iter()
            .find(|timer| timer.name.as_ref() == Some(&name))
    };
    if let Some(rtc) = timer(TimerName::Rtc) {
        option = with_rtc(rtc, option);
    }
    args.option("-rtc", option);
    if context.config.kind == DomainType::Kvm || timer(TimerName::Pit).is_some() {
        pit(timer(TimerName::Pit), args);
    }
    if !context.abilities.gates.machine_hpet && hpet(context) == Some(false) {
        args.flag("-no-hpet");
    }
    Ok(())
}

fn with_rtc(rtc: &Timer, mut option: OptionText) -> OptionText {
    option = option.with_some(
        "clock",
        match rtc.track {
            Some(TimerTrack::Guest) => Some("vm"),
            Some(TimerTrack::Wall) => Some("host"),
            Some(TimerTrack::Realtime) => Some("rt"),
            _ => None,
        },
    );
    if rtc.tickpolicy == Some(TimerTickPolicy::Catchup) {
        option = option.with("driftfix", "slew");
    }
    option
}

/// What the kernel's interval timer does with ticks the guest missed.
fn pit(pit: Option<&Timer>, args: &mut Arguments) {
    let policy = match pit.and_then(|pit| pit.tickpolicy.as_ref()) {
        Some(TimerTickPolicy::Delay) => "delay",
        Some(TimerTickPolicy::Discard) => "discard",
        _ => return,
    };
    args.option("-global", format_args!("kvm-pit.lost_tick_policy={policy}"));
}

/// Seconds since 1970 as QEMU reads a date: `2009-02-15T09:49:06`.
fn time_text(seconds: i64) -> Result<String> {
    let refuse = || {
        refusal::invalid(
            "/domain/clock/@start",
            "the start is not a time between 1970 and 9999",
        )
    };
    let seconds = u64::try_from(seconds).map_err(|_| refuse())?;
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
        if year > 9999 {
            return Err(refuse());
        }
    }
    let mut month = 1;
    for length in [
        31,
        if leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    Ok(format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}",
        days + 1,
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    ))
}

#[cfg(test)]
mod tests {
    use super::time_text;

    #[test]
    fn seconds_become_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (1_234_567_890, "2009-02-13T23:31:30"),
            (951_782_400, "2000-02-29T00:00:00"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(time_text(seconds).unwrap(), text);
        }
        assert!(time_text(-1).is_err());
        assert!(time_text(i64::MAX).is_err());
    }
}
