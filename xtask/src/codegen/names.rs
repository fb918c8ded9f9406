//! From the protocol's names to Rust's.

/// `maxMem` and `nrVirtCpu` to `max_mem` and `nr_virt_cpu`; `devXML` to `dev_xml`.
pub(super) fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut result = String::new();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let after = characters.get(at + 1);
        let begins_word = character.is_ascii_uppercase()
            && before.is_some_and(|before| *before != '_')
            && (before.is_some_and(|before| !before.is_ascii_uppercase())
                || after.is_some_and(|after| after.is_ascii_lowercase() && *after != 's'));
        if begins_word {
            result.push('_');
        }
        result.push(character.to_ascii_lowercase());
    }
    result
}

/// The name of a field; a word of Rust's own gets an underscore.
pub(super) fn field(name: &str) -> String {
    let name = snake(name);
    if KEYWORDS.contains(&name.as_str()) {
        return name + "_";
    }
    name
}

/// Rust's own words that are names of something.
const KEYWORDS: &[&str] = &[
    "as", "async", "const", "enum", "extern", "final", "fn", "for", "impl", "in", "loop", "macro", "match",
    "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "type", "unsafe", "use", "virtual", "where", "while", "yield",
];

/// `domain_get_info` to `DomainGetInfo`.
pub(super) fn camel(name: &str) -> String {
    snake(name)
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}

/// A name without the prefix of its program: `remote_nonnull_domain` to `domain`, `virNetMessageError` to
/// `message_error`.
pub(super) fn own(name: &str) -> String {
    let name = snake(name);
    let prefixes = ["remote_", "qemu_", "lxc_", "admin_", "vir_net_"];
    let own = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
    own.unwrap_or(&name).replace("nonnull_", "")
}

/// A constant without the prefix of its program.
pub(super) fn constant(name: &str) -> &str {
    let prefixes = ["REMOTE_", "QEMU_", "LXC_", "ADMIN_", "VIR_NET_", "KEEPALIVE_"];
    prefixes
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rusts() {
        for (theirs, ours) in [
            ("maxMem", "max_mem"),
            ("nrVirtCpu", "nr_virt_cpu"),
            ("devXML", "dev_xml"),
            ("xmlCPUs", "xml_cpus"),
            ("rd_req", "rd_req"),
            ("type", "type_"),
        ] {
            assert_eq!(field(theirs), ours);
        }
        assert_eq!(camel(&own("remote_domain_get_info_args")), "DomainGetInfoArgs");
        assert_eq!(camel(&own("remote_nonnull_domain")), "Domain");
        assert_eq!(camel(&own("virNetMessageNonnullDomain")), "MessageDomain");
        assert_eq!(constant("REMOTE_STRING_MAX"), "STRING_MAX");
    }
}
