//! Commands as liblxc splits them: `lxc.init.cmd`.

/// The words of a command: what is between spaces. Quotes are letters like others, which is not what `lxc-execute` makes of
/// its own command.
pub(super) fn split(command: &str) -> Vec<String> {
    let words = command.split(' ').filter(|word| !word.is_empty());
    words.map(ToOwned::to_owned).collect()
}

/// Whether a word can be one of a command: nothing quotes a space, or no letter at all.
pub(super) fn is_word(word: &str) -> bool {
    !word.is_empty()
        && !word
            .chars()
            .any(|one| one == ' ' || (one.is_ascii_control() && one != '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_spaces_only() {
        assert_eq!(split(" /bin/sh  -c 'a b'\tc "), ["/bin/sh", "-c", "'a", "b'\tc"]);
    }

    #[test]
    fn what_is_a_word_comes_back() {
        for word in ["a", "'a'", "\"", "a\tb", "it's", "é", "#x", "a=b"] {
            assert!(is_word(word));
            assert_eq!(split(&format!("x {word} y")), ["x", word, "y"]);
        }
        for word in ["", "a b", "a\nb", "\0"] {
            assert!(!is_word(word), "{word:?}");
        }
    }
}
