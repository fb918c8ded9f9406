//! `key=value,key=value` in a string.

/// The parts of a string, each with its key; none for the value of one that has no `=`. Blanks before a key do not count.
pub(super) fn fields(text: &str) -> Vec<(&str, Option<&str>)> {
    let parts = text.split(',').map(|part| part.trim_start_matches([' ', '\t']));
    let parts = parts.map(|part| match part.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (part, None),
    });
    parts.collect()
}

/// The last value of a key.
pub(super) fn last<'t>(fields: &[(&'t str, Option<&'t str>)], key: &str) -> Option<&'t str> {
    let mut found = fields.iter().rev().filter(|(known, _)| *known == key);
    found.find_map(|(_, value)| *value)
}
