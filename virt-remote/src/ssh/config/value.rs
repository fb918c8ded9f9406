//! Values: numbers, times, ports, choices.

/// `yes` and `no`, as nearly every switch takes them.
pub(super) fn flag(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("yes") || is("true") {
        Some(true)
    } else if is("no") || is("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether the text is one of the choices; case does not matter.
pub(super) fn is_one_of(text: &str, choices: &[&str]) -> bool {
    choices.iter().any(|choice| text.eq_ignore_ascii_case(choice))
}

/// A number from 0 to 2147483647.
pub(super) fn number(text: &str) -> Option<u32> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    digits
        .parse::<u32>()
        .ok()
        .filter(|number| i32::try_from(*number).is_ok())
}

/// A time in seconds: `90`, `90s`, `1h30m`; units are s, m, h, d and w.
pub(super) fn seconds(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let mut total: u32 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, tail) = rest.split_at(digits);
        let count: u32 = count.parse().ok()?;
        let mut tail = tail.chars();
        let unit = match tail.next().map(|unit| unit.to_ascii_lowercase()) {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            Some('w') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = tail.as_str();
    }
    i32::try_from(total).is_ok().then_some(total)
}

/// A port other than 0: a number, or the name of a service in `/etc/services`.
pub(super) fn port(text: &str) -> Option<u16> {
    let port = match number(text) {
        Some(port) => u16::try_from(port).ok()?,
        None => service_port(&std::fs::read_to_string("/etc/services").ok()?, text)?,
    };
    (port != 0).then_some(port)
}

/// The TCP port of a service, by its name or another name of it.
fn service_port(services: &str, name: &str) -> Option<u16> {
    services.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let first = words.next()?;
        let port = words.next()?.strip_suffix("/tcp")?.parse().ok()?;
        (first == name || words.any(|alias| alias == name)).then_some(port)
    })
}

/// Whether it is an amount of data: digits, perhaps a fraction, perhaps one of B, K, M, G, T, P, E. Gives its size.
pub(super) fn scaled(text: &str) -> Option<u64> {
    let unit = text.chars().last().filter(char::is_ascii_alphabetic);
    let exponent = match unit.map(|unit| unit.to_ascii_uppercase()) {
        None | Some('B') => 0,
        Some(unit) => "KMGTPE".find(unit)? + 1,
    };
    let number = unit.map_or(text, |unit| text.strip_suffix(unit).unwrap_or(text));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let factor = 1024_u64.checked_pow(u32::try_from(exponent).ok()?)?;
    whole.parse::<u64>().ok()?.checked_mul(factor)
}

/// Whether it may be the name of a machine or a domain: letters, digits, `-`, `_`, and single dots, beginning with a
/// letter or a digit.
pub(super) fn is_domain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains("..")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_have_their_limits() {
        assert_eq!(seconds("1h30m5"), Some(5405));
        assert_eq!(seconds("2W"), Some(1_209_600));
        assert_eq!(seconds("2147483647"), Some(2_147_483_647));
        for wrong in ["", "s", "5x", "-1", "2147483648", "4000w", "1 h"] {
            assert_eq!(seconds(wrong), None, "{wrong:?}");
        }
        assert_eq!(number("+7"), Some(7));
        assert_eq!(number(" 7"), Some(7));
        for wrong in ["", "-1", "7x", "2147483648", "+"] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn ports_are_numbers_or_services() {
        assert_eq!(port("22"), Some(22));
        assert_eq!(port("0"), None);
        assert_eq!(port("65536"), None);
        let services = "# comment\nssh\t\t22/tcp\ndomain 53/udp\nsmtp 25/tcp mail # Mail\n";
        assert_eq!(service_port(services, "ssh"), Some(22));
        assert_eq!(service_port(services, "mail"), Some(25));
        assert_eq!(service_port(services, "domain"), None);
    }

    #[test]
    fn amounts_of_data() {
        assert_eq!(scaled("1G"), Some(1 << 30));
        assert_eq!(scaled("512"), Some(512));
        assert_eq!(scaled("1.5k"), Some(1024));
        assert_eq!(scaled("k"), None);
        assert_eq!(scaled("1x"), None);
    }
}
