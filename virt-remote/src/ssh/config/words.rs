//! How a line falls into words.
//!
//! OpenSSH has two ways, and both matter: the keyword and the criteria of `Match` are cut off one by one, where `=`
//! parts words and only `"` quotes; the arguments of everything else are split at once, where both quotes and the
//! backslash count and `=` is a character as any other.

/// What parts words.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Cuts the first word off `rest`. `None` where nothing is left, or where a quote is not closed; after it, `rest` is
/// `None` when the text is used up.
pub(super) fn cut(rest: &mut Option<&str>) -> Option<String> {
    let text = rest.take()?;
    let Some(at) = text.find(|c| BLANKS.contains(&c) || c == '"' || c == '=') else {
        return Some(text.to_owned());
    };
    let (before, after) = text.split_at(at);
    if let Some(quoted) = after.strip_prefix('"') {
        let (inside, tail) = quoted.split_once('"')?;
        *rest = Some(tail.trim_start_matches(BLANKS));
        return Some(format!("{before}{inside}"));
    }
    // Blanks around one `=` belong to it.
    let tail = match after.strip_prefix('=') {
        Some(tail) => tail.trim_start_matches(BLANKS),
        None => {
            let tail = after.trim_start_matches(BLANKS);
            tail.strip_prefix('=')
                .map_or(tail, |tail| tail.trim_start_matches(BLANKS))
        }
    };
    *rest = Some(tail);
    Some(before.to_owned())
}

/// Splits arguments. A `#` at the start of a word begins a comment. `None` where a quote is not closed.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if matches!(chars.peek(), None | Some('#')) {
            return Some(words);
        }
        let mut word = String::new();
        let mut quote = None;
        loop {
            let Some(c) = chars.next() else {
                if quote.is_some() {
                    return None;
                }
                break;
            };
            match (c, quote) {
                ('\\', _) => {
                    let escaped = chars.next_if(|next| {
                        matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' ')
                    });
                    word.push(escaped.unwrap_or('\\'));
                }
                (' ' | '\t', None) => break,
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, _) => word.push(c),
            }
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_all(text: &str) -> Vec<String> {
        let mut rest = Some(text);
        std::iter::from_fn(|| cut(&mut rest)).collect()
    }

    #[test]
    fn words_are_cut_off_at_blanks_quotes_and_one_equals_sign() {
        assert_eq!(cut_all("User root"), ["User", "root"]);
        assert_eq!(cut_all("User = root"), ["User", "root"]);
        assert_eq!(cut_all("User==root"), ["User", "", "root"]);
        assert_eq!(cut_all("host \"a b\" user=x"), ["host", "a b", "user", "x"]);
        assert_eq!(cut_all("  User"), ["", "User"]);
        assert_eq!(cut_all("us\"er\" x"), ["user", "x"]);
        assert!(cut_all("\"User x").is_empty());
    }

    #[test]
    fn arguments_know_both_quotes_escapes_and_comments() {
        assert_eq!(
            split("a 'b c' \"d e\""),
            Some(vec!["a".into(), "b c".into(), "d e".into()])
        );
        assert_eq!(
            split(r"a\ b \x \\ \'"),
            Some(vec!["a b".into(), r"\x".into(), r"\".into(), "'".into()])
        );
        assert_eq!(split(r#""a\ b" '\"'"#), Some(vec![r"a\ b".into(), "\"".into()]));
        assert_eq!(split("a#b c #d"), Some(vec!["a#b".into(), "c".into()]));
        assert_eq!(split("'' \"\""), Some(vec![String::new(), String::new()]));
        assert_eq!(split("a 'b"), None);
        assert_eq!(split("#only a 'comment"), Some(Vec::new()));
    }
}
