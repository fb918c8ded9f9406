//! Whether a value that is not followed here is right: a file that OpenSSH refuses is refused.

use super::environment::Environment;
use super::pattern;
use super::tokens;
use super::value;

/// What a value has to look like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// `yes` or `no`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A time, or `none`.
    Seconds,
    /// A number.
    Count,
    /// One word.
    Word,
    /// At least and at most so many words.
    Words(usize, usize),
    /// The rest of the line, whatever it is.
    Line,
    AddKeysToAgent,
    Cnames,
    ControlPersist,
    Domains,
    EscapeChar,
    IpQos,
    Mask,
    RekeyLimit,
    SendEnv,
    SetEnv,
    SwitchOrAgent,
    TunnelDevice,
}

impl Check {
    /// Whether these arguments will do.
    pub(super) fn accepts(self, arguments: &[String], environment: &Environment) -> bool {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match (self, words.as_slice()) {
            (Self::Line, _) => true,
            (Self::Words(least, most), words) => {
                (least..=most).contains(&words.len()) && words.iter().all(|word| !word.is_empty())
            }
            (Self::AddKeysToAgent, words) => is_add_keys_to_agent(words),
            (Self::Cnames, ["none"]) => true,
            (Self::Cnames, words) => !words.is_empty() && words.iter().all(|word| is_cname_rule(word)),
            (Self::Domains, words) => {
                let alone = words.len() == 1 || !words.iter().any(|word| word.eq_ignore_ascii_case("none"));
                !words.is_empty() && alone && words.iter().all(|word| value::is_domain(word))
            }
            (Self::IpQos, words) => matches!(words.len(), 1 | 2) && words.iter().all(|word| is_ip_qos(word)),
            (Self::RekeyLimit, [size]) => is_rekey_size(size),
            (Self::RekeyLimit, [size, time]) => is_rekey_size(size) && is_time(time),
            (Self::SendEnv, words) => {
                !words.is_empty() && words.iter().all(|word| !word.is_empty() && !word.contains('='))
            }
            (Self::SetEnv, words) => !words.is_empty() && words.iter().all(|word| word.contains('=')),
            (_, [word]) => self.accepts_word(word, environment),
            _ => false,
        }
    }

    fn accepts_word(self, word: &str, environment: &Environment) -> bool {
        match self {
            Self::Switch => value::flag(word).is_some(),
            Self::Choice(choices) => value::is_one_of(word, choices),
            Self::Seconds => is_time(word),
            Self::Count => value::number(word).is_some(),
            Self::Word => !word.is_empty(),
            Self::ControlPersist => {
                ["yes", "true", "no", "false"].contains(&word) || value::seconds(word).is_some()
            }
            Self::EscapeChar => is_escape_char(word),
            Self::Mask => is_mask(word),
            Self::SwitchOrAgent => value::flag(word).is_some() || is_agent_path(word, environment),
            Self::TunnelDevice => is_tunnel_device(word),
            _ => false,
        }
    }
}

/// Whether it may be an agent's socket: its variables are set, and the old `$NAME` has a name.
pub(super) fn is_agent_path(word: &str, environment: &Environment) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let old_form_holds = match word.strip_prefix('$') {
        Some(name) if !name.starts_with('{') => is_name(name),
        _ => true,
    };
    !word.is_empty() && old_form_holds && tokens::check_variables(word, environment).is_ok()
}

fn is_time(word: &str) -> bool {
    word == "none" || value::seconds(word).is_some()
}

fn is_add_keys_to_agent(words: &[&str]) -> bool {
    match words {
        [word] => {
            value::is_one_of(word, &["yes", "true", "no", "false", "ask", "confirm"])
                || value::seconds(word).is_some()
        }
        [confirm, time] => confirm.eq_ignore_ascii_case("confirm") && value::seconds(time).is_some(),
        _ => false,
    }
}

fn is_cname_rule(word: &str) -> bool {
    word == "*"
        || word
            .split_once(':')
            .is_some_and(|(_, targets)| !targets.is_empty())
}

fn is_escape_char(word: &str) -> bool {
    match word.as_bytes() {
        _ if word == "none" => true,
        [_] => true,
        [b'^', control] => (64..128).contains(control),
        _ => false,
    }
}

fn is_ip_qos(word: &str) -> bool {
    let named = value::is_one_of(
        word,
        &["ef", "le", "lowdelay", "throughput", "reliability", "none"],
    );
    let lower = word.to_ascii_lowercase();
    let class = match lower.as_bytes() {
        [b'a', b'f', b'1'..=b'4', drop] => (b'1'..=b'3').contains(drop),
        [b'c', b's', class] => (b'0'..=b'7').contains(class),
        _ => false,
    };
    let number = if let Some(digits) = lower.strip_prefix("0x") {
        u32::from_str_radix(digits, 16).ok()
    } else if lower.len() > 1 && lower.starts_with('0') {
        u32::from_str_radix(&lower, 8).ok()
    } else {
        lower.parse().ok()
    };
    named || class || number.is_some_and(|number| number <= 255)
}

/// Octal digits at the start are the mask; what follows them is not looked at.
fn is_mask(word: &str) -> bool {
    let digits: String = word.chars().take_while(|c| ('0'..='7').contains(c)).collect();
    u32::from_str_radix(&digits, 8).is_ok_and(|mask| mask <= 0o777)
}

fn is_rekey_size(word: &str) -> bool {
    word == "default" || value::scaled(word).is_some_and(|size| size == 0 || size >= 16)
}

fn is_tunnel_device(word: &str) -> bool {
    let is_unit = |unit: &str| unit.eq_ignore_ascii_case("any") || value::number(unit).is_some();
    match word.split_once(':') {
        Some((local, remote)) => is_unit(local) && is_unit(remote),
        None => is_unit(word),
    }
}

/// Whether a value asks for nothing.
pub(super) fn is_off(arguments: &[String]) -> bool {
    let [word] = arguments else { return false };
    pattern::fits_list(&word.to_ascii_lowercase(), "no,false,none,any,internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_as_openssh_checks_them() {
        let environment = Environment::new("me", "/home/me").with_variable("SET", "x");
        for (check, good, wrong) in [
            (
                Check::AddKeysToAgent,
                &["yes", "5m", "confirm 5m"][..],
                &["maybe", "yes 5m", "confirm 5x"][..],
            ),
            (Check::Cnames, &["none", "*", "*.a:*.b"], &["none *", "a", "a:"]),
            (Check::ControlPersist, &["yes", "10m"], &["YES", "x"]),
            (Check::Domains, &["a.example b", "none"], &["none a", "-a"]),
            (Check::EscapeChar, &["~", "^A", "none"], &["ab", "^1"]),
            (
                Check::IpQos,
                &["af21 cs1", "0x10", "lowdelay none"],
                &["af51", "256", "a b c"],
            ),
            (Check::Mask, &["0177", "0177x"], &["x", "01777"]),
            (
                Check::RekeyLimit,
                &["default", "1G 1h", "1G none"],
                &["15", "1G x"],
            ),
            (Check::SendEnv, &["LANG LC_*", "-LANG"], &["A=B", ""]),
            (Check::SetEnv, &["A=B"], &["A", ""]),
            (
                Check::SwitchOrAgent,
                &["yes", "/run/x", "$SET", "${SET}/x"],
                &["$A-B", "${UNSET}"],
            ),
            (Check::TunnelDevice, &["any", "0:any"], &["x", "1:2:3"]),
            (Check::Words(1, 2), &["a", "a b"], &["", "a b c"]),
        ] {
            let accepts = |text: &str| {
                let words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
                check.accepts(&words, &environment)
            };
            for good in good {
                assert!(accepts(good), "{check:?} {good:?}");
            }
            for wrong in wrong {
                assert!(!accepts(wrong), "{check:?} {wrong:?}");
            }
        }
    }
}
