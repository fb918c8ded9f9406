//! Points in time, as XML Schema spells them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use virt_core::xml::Element;

use super::error::VimError;
use super::scalar;
use super::value::Value;

/// A point in time (`xsd:dateTime`): it keeps its text, `2024-05-01T10:20:30.123456Z`.
///
/// Servers compare some of them as texts, so what was read is written back letter by letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DateTime {
    text: String,
}

impl DateTime {
    /// A point in time that is spelled so; the text is not looked at.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// When that is; `None` when the text does not say so. Without an offset it is taken as UTC, which is what
    /// servers use.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let (date, rest) = self.text.trim().split_once('T')?;
        let (clock, offset) = split_offset(rest)?;
        let [year, month, day] = numbers(date, '-')?;
        let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let [hour, minute, second] = numbers(whole, ':')?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
            return None;
        }
        let days = days_since_1970(year, month, day)?;
        let seconds = days
            .checked_mul(86_400)?
            .checked_add(hour * 3_600 + minute * 60 + second - offset)?;
        let nanoseconds = nanoseconds(fraction)?;
        let part = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 {
            UNIX_EPOCH.checked_sub(part)
        } else {
            UNIX_EPOCH.checked_add(part)
        };
        whole?.checked_add(Duration::from_nanos(nanoseconds))
    }
}

/// `10:20:30+02:00` as the clock and the seconds it is ahead of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let (clock, offset) = text.split_at_checked(at)?;
    let ahead = offset.starts_with('+');
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let seconds =
        i64::from(hours.parse::<u16>().ok()?) * 3_600 + i64::from(minutes.parse::<u16>().ok()?) * 60;
    Some((clock, if ahead { seconds } else { -seconds }))
}

fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let mut parts = text.split(between).map(|part| part.parse::<u32>().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three.map(i64::from))
}

fn nanoseconds(fraction: &str) -> Option<u64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    digits.parse().ok()
}

/// Days from the first of January 1970 to a day of the Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month > 2 { year } else { year.checked_sub(1)? };
    let month = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year.checked_mul(365)?
        .checked_add(leap_days + day_of_year - 719_468)
}

/// The day that many days after the first of January 1970: year, month, day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let cycle = days.div_euclid(146_097);
    let of_cycle = days.rem_euclid(146_097);
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + cycle * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// In UTC, with microseconds.
impl From<SystemTime> for DateTime {
    fn from(time: SystemTime) -> Self {
        let microseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |count| -count),
        };
        let seconds = microseconds.div_euclid(1_000_000);
        let (year, month, day) = date_of(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        let fraction = microseconds.rem_euclid(1_000_000);
        Self::from_text(format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z"
        ))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Value for DateTime {
    const TYPE: &'static str = "dateTime";

    fn read(element: &Element) -> Result<Self, VimError> {
        Ok(Self::from_text(element.text()))
    }

    fn write(&self, element: &mut Element) {
        scalar::write_text(&self.text, element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        let time = DateTime::from_text(text).to_system_time()?;
        Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
    }

    #[test]
    fn times_are_read_with_every_offset() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2024-02-29T23:59:60Z"), Some(1_709_251_200));
        assert_eq!(seconds("2024-05-01T10:20:30.123456Z"), Some(1_714_558_830));
        assert_eq!(seconds("2024-05-01T12:20:30+02:00"), Some(1_714_558_830));
        assert_eq!(seconds("2024-05-01T05:20:30.5-05:00"), Some(1_714_558_830));
        assert_eq!(seconds("2024-05-01T10:20:30"), Some(1_714_558_830));
        for wrong in [
            "",
            "2024-05-01",
            "2024-13-01T00:00:00Z",
            "2024-05-01T10:20Z",
            "x-y-zTa:b:c",
            "T",
            "99999999999-01-01T0:0:0Z",
        ] {
            assert_eq!(DateTime::from_text(wrong).to_system_time(), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00.000000Z",
            "1969-12-31T23:59:59.999999Z",
            "2000-02-29T12:00:00.000001Z",
            "2024-12-31T23:59:59.000000Z",
            "2100-03-01T00:00:00.250000Z",
        ] {
            let time = DateTime::from_text(text).to_system_time().expect(text);
            assert_eq!(DateTime::from(time).as_str(), text);
        }
    }
}
