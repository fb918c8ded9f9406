//! Paths in the spelling libvirt gives back.

/// The path without repeated and trailing slashes. Two slashes at the very beginning stay, as POSIX gives them a
/// meaning of their own; a URI is left alone.
pub(crate) fn tidy(path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let rest = path.trim_start_matches('/');
    let lead = match path.len() - rest.len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    format!("{lead}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn slashes_are_collapsed_where_they_mean_nothing() {
        for (path, tidied) in [
            ("/var//lib/", "/var/lib"),
            ("///var/////lib//", "/var/lib"),
            ("//server/share/", "//server/share"),
            ("/", "/"),
            ("//", "//"),
            ("share/", "share"),
            ("", ""),
            ("gluster://host//a/", "gluster://host//a/"),
        ] {
            assert_eq!(tidy(path), tidied, "{path}");
        }
    }
}
