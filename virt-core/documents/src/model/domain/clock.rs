//! What the clock of the guest starts at, and its timers.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What the clock starts at.
    pub enum ClockOffset {
        /// Universal time.
        Utc = "utc",
        /// The local time of the host.
        Localtime = "localtime",
        /// The time of a zone.
        Timezone = "timezone",
        /// A distance from the basis, kept when the guest sets its clock.
        Variable = "variable",
        /// A point in time.
        Absolute = "absolute",
    }

    /// What a variable offset is counted from.
    pub enum ClockBasis {
        /// Universal time.
        Utc = "utc",
        /// The local time of the host.
        Localtime = "localtime",
    }

    /// Which timer.
    pub enum TimerName {
        /// The platform's.
        Platform = "platform",
        /// The real-time clock.
        Rtc = "rtc",
        /// The time stamp counter.
        Tsc = "tsc",
        /// The high precision event timer.
        Hpet = "hpet",
        /// The interval timer.
        Pit = "pit",
        /// Arm's virtual timer.
        Armvtimer = "armvtimer",
        /// KVM's clock.
        Kvmclock = "kvmclock",
        /// Hyper-V's reference time.
        Hypervclock = "hypervclock",
    }

    /// What happens to ticks the guest missed.
    pub enum TimerTickPolicy {
        /// Delivered later, at the normal rate.
        Delay = "delay",
        /// Delivered later, faster.
        Catchup = "catchup",
        /// Merged into one.
        Merge = "merge",
        /// Thrown away.
        Discard = "discard",
    }

    /// What a timer follows.
    pub enum TimerTrack {
        /// Time since boot.
        Boot = "boot",
        /// Time of the guest.
        Guest = "guest",
        /// Wall-clock time.
        Wall = "wall",
        /// Real time.
        Realtime = "realtime",
    }
}

/// `<clock>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Clock {
    /// What the clock starts at.
    #[xml(attr)]
    pub offset: Option<ClockOffset>,
    /// Seconds from the basis, or `reset`.
    #[xml(attr)]
    pub adjustment: Option<String>,
    /// What a variable offset is counted from.
    #[xml(attr)]
    pub basis: Option<ClockBasis>,
    /// The zone, as `Europe/Berlin`.
    #[xml(attr)]
    pub timezone: Option<String>,
    /// Seconds since 1970 of an absolute start.
    #[xml(attr)]
    pub start: Option<i64>,
    /// The timers.
    #[xml(child = "timer")]
    pub timers: Vec<Timer>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<timer>` of `<clock>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Timer {
    /// Which timer.
    #[xml(attr)]
    pub name: Option<TimerName>,
    /// Whether the guest has it.
    #[xml(attr)]
    pub present: Option<YesNo>,
    /// What happens to ticks the guest missed.
    #[xml(attr)]
    pub tickpolicy: Option<TimerTickPolicy>,
    /// What it follows.
    #[xml(attr)]
    pub track: Option<TimerTrack>,
    /// Its frequency in Hz.
    #[xml(attr)]
    pub frequency: Option<u64>,
    /// How the time stamp counter is presented: `auto`, `native`, `emulate`, `paravirt`, `smpsafe`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// The bounds of catching up.
    #[xml(child)]
    pub catchup: Option<TimerCatchup>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<catchup>` of a timer.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TimerCatchup {
    /// Catching up begins when it is this late.
    #[xml(attr)]
    pub threshold: Option<u32>,
    /// How much faster it runs.
    #[xml(attr)]
    pub slew: Option<u32>,
    /// Beyond this, ticks are lost.
    #[xml(attr)]
    pub limit: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
