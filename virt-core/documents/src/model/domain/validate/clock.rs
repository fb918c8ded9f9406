//! The clock and its timers.

use super::at::{At, Checked};
use crate::model::domain::clock::{Clock, ClockOffset, Timer};
use crate::model::domain::config::DomainConfig;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(clock) = &config.clock else {
        return Ok(());
    };
    let at = At::the("/domain/clock", &clock.rest);
    check_offset(at, clock)?;
    for (number, timer) in clock.timers.iter().enumerate() {
        let at = at.part("/timer", number, &timer.rest);
        at.need("/@name", "the name of the timer", timer.name.as_ref())?;
        check_timer(at, timer)?;
    }
    Ok(())
}

fn check_offset(at: At<'_>, clock: &Clock) -> Checked {
    match &clock.offset {
        Some(ClockOffset::Timezone) => {
            at.need_text("/@timezone", "the time zone", clock.timezone.as_ref())?;
        }
        Some(ClockOffset::Absolute) => {
            at.need("/@start", "the start of the clock", clock.start.as_ref())?;
        }
        _ => {}
    }
    let number = |text: &String| text == "reset" || trimmed(text).parse::<i64>().is_ok();
    match &clock.adjustment {
        Some(adjustment) if !number(adjustment) => Err(at.wrong(
            "/@adjustment",
            format!("'{adjustment}' is neither a number of seconds nor 'reset'"),
        )),
        _ => Ok(()),
    }
}

fn check_timer(at: At<'_>, timer: &Timer) -> Checked {
    at.one_of(
        "/@mode",
        timer.mode.as_ref(),
        &["auto", "native", "emulate", "paravirt", "smpsafe"],
    )
}
