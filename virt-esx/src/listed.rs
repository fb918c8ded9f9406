//! What there is instead of what was asked for, as errors tell it.

/// How many names an error lists.
const LISTED: usize = 8;

/// A few names, as an error tells them.
pub(crate) fn listed(mut names: Vec<String>) -> String {
    names.sort_unstable();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let mut listed = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    if more > 0 {
        listed.push_str(&format!(" and {more} more"));
    }
    listed
}
