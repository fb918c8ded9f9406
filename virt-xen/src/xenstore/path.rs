//! Which paths there can be.

use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

/// The longest path from the root, in bytes (`XENSTORE_ABS_PATH_MAX`).
pub const ABSOLUTE_PATH_MAX: usize = 3072;
/// The longest path from a domain's own directory, in bytes (`XENSTORE_REL_PATH_MAX`).
pub const RELATIVE_PATH_MAX: usize = 2048;

/// Refuses what xenstored would refuse as a path, and says why.
pub(super) fn check(path: &str) -> Result<()> {
    let problem = problem_of(path);
    problem.map_or(Ok(()), |problem| Err(refused(path, problem)))
}

/// The same of what is watched: special events as well (`@releaseDomain`).
pub(super) fn check_watched(path: &str) -> Result<()> {
    match path.strip_prefix('@') {
        Some(event) if !event.is_empty() && event.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(()),
        Some(_) => Err(refused(path, "a special event is @ and letters")),
        None => check(path),
    }
}

fn problem_of(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    let longest = if path.starts_with('/') {
        ABSOLUTE_PATH_MAX
    } else {
        RELATIVE_PATH_MAX
    };
    if path.len() > longest {
        return Some("it is too long: 3072 bytes from the root at most, or 2048 from a domain's directory");
    }
    if path == "/" {
        return None;
    }
    if path.ends_with('/') || path.contains("//") {
        return Some("a part of it has no name");
    }
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_' | b'@');
    (!path.bytes().all(is_known)).then_some("names are of letters, digits, -, _ and @")
}

fn refused(path: &str, problem: &'static str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{path:?} is no path of xenstore: {problem}"),
    )
    .with_subject(Subject::Other(format!("xenstore path {path:?}")))
    .with_outcome(Outcome::NotApplied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_from_what_is_none() {
        for good in [
            "/",
            "/local/domain/0/name",
            "name",
            "/a-b_c@d/51712",
            "device/vif/0",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "/a".repeat(ABSOLUTE_PATH_MAX);
        for bad in [
            "",
            "/local/",
            "//",
            "a//b",
            "/a b",
            "/ä",
            "/a\0b",
            "@releaseDomain/x y",
            long.as_str(),
        ] {
            assert_eq!(
                check(bad).unwrap_err().kind(),
                ErrorKind::InvalidArgument,
                "{bad}"
            );
        }
    }

    #[test]
    fn special_events_can_be_watched() {
        assert!(check_watched("@releaseDomain").is_ok());
        assert!(check_watched("/local/domain").is_ok());
        for bad in ["@", "@release/Domain", ""] {
            assert!(check_watched(bad).is_err(), "{bad}");
        }
    }
}
