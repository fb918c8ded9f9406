//! Lists of algorithms as the configuration has them: whole ones, and changes to the usual one.

/// The list that `wanted` makes of the `usual` one: names parted by commas; `+` adds, `-` takes away (patterns count),
/// `^` puts in front; without one of them, they are all there is.
pub(super) fn apply(wanted: Option<&str>, usual: Vec<String>) -> Vec<String> {
    let Some(wanted) = wanted else { return usual };
    let names = |list: &str| -> Vec<String> {
        list.split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    let without = |list: Vec<String>, patterns: &[String]| -> Vec<String> {
        list.into_iter()
            .filter(|name| {
                !patterns
                    .iter()
                    .any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
            })
            .collect()
    };
    if let Some(more) = wanted.strip_prefix('+') {
        let more = without(names(more), &usual);
        return usual.into_iter().chain(more).collect();
    }
    if let Some(less) = wanted.strip_prefix('-') {
        return without(usual, &names(less));
    }
    if let Some(first) = wanted.strip_prefix('^') {
        let first = names(first);
        let rest = without(usual, &first);
        return first.into_iter().chain(rest).collect();
    }
    names(wanted)
}

/// Whether a list lets `name` be used, where usually everything is.
pub(super) fn allows(wanted: Option<&str>, name: &str) -> bool {
    match wanted {
        // Adding, and an order, forbid nothing.
        None => true,
        Some(list) if list.starts_with(['+', '^']) => true,
        Some(list) => match list.strip_prefix('-') {
            Some(less) => !any_matches(less, name),
            None => any_matches(list, name),
        },
    }
}

fn any_matches(list: &str, name: &str) -> bool {
    list.split(',')
        .any(|pattern| matches(pattern.trim().as_bytes(), name.as_bytes()))
}

/// `*` is any text, `?` one character.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => matches(rest, name),
        (Some((b'*', rest)), Some((_, shorter))) => matches(rest, name) || matches(pattern, shorter),
        (Some((b'?', rest)), Some((_, shorter))) => matches(rest, shorter),
        (Some((wanted, rest)), Some((byte, shorter))) => wanted == byte && matches(rest, shorter),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_add_take_away_and_order() {
        for (wanted, expected) in [
            (None, "a1,a2,b"),
            (Some("b,c"), "b,c"),
            (Some("+c,b"), "a1,a2,b,c"),
            (Some("-a*"), "b"),
            (Some("-a?,b"), ""),
            (Some("^b,c"), "b,c,a1,a2"),
        ] {
            let usual = ["a1", "a2", "b"].map(str::to_owned).into();
            assert_eq!(apply(wanted, usual).join(","), expected, "{wanted:?}");
        }
        assert!(allows(None, "x") && allows(Some("+y"), "x") && allows(Some("x*"), "xy"));
        assert!(!allows(Some("-x*"), "xy") && !allows(Some("y"), "x"));
    }
}
