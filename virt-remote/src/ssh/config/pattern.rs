//! Patterns: `*`, `?`, and lists of them with `!`.

/// Whether the whole of `text` fits `pattern`, in which `*` stands for any characters and `?` for one.
pub(super) fn fits(text: &str, pattern: &str) -> bool {
    let text: Vec<u8> = text.bytes().collect();
    let pattern: Vec<u8> = pattern.bytes().collect();
    let (mut at, mut within) = (0, 0);
    // Where to go on after the last star, should what follows it not fit.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(within) {
            Some(b'*') => {
                within += 1;
                retry = Some((within, at));
            }
            Some(c) if *c == b'?' || Some(c) == text.get(at) => {
                within += 1;
                at += 1;
            }
            _ => match &mut retry {
                None => return false,
                Some((after_star, from)) => {
                    *from += 1;
                    (within, at) = (*after_star, *from);
                }
            },
        }
    }
    pattern.iter().skip(within).all(|c| *c == b'*')
}

/// Whether `text` fits a list of patterns, parted by commas: one of them has to fit, and none that begins with `!`.
pub(super) fn fits_list(text: &str, patterns: &str) -> bool {
    let mut found = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if fits(text, pattern) => return false,
            None if fits(text, pattern) => found = true,
            _ => {}
        }
    }
    found
}

/// [`fits_list`] for host names, whose case does not matter.
pub(super) fn host_fits_list(host: &str, patterns: &str) -> bool {
    fits_list(&host.to_ascii_lowercase(), &patterns.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (text, pattern, expected) in [
            ("web1", "web?", true),
            ("web", "web?", false),
            ("web12", "web*", true),
            ("a.b.c", "*.c", true),
            ("a.b.c", "*.b", false),
            ("abcbc", "a*bc", true),
            ("", "*", true),
            ("", "", true),
            ("x", "", false),
            ("Web", "web", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*a*a*b", false),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn a_negated_pattern_of_a_list_wins() {
        assert!(fits_list("web", "db,web"));
        assert!(!fits_list("web", "*,!web"));
        assert!(!fits_list("web", "!db"));
        assert!(host_fits_list("WEB.example", "*.Example"));
    }
}
