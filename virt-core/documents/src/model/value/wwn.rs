//! World wide names.

/// Whether it is a world wide name: 16 hexadecimal digits, with or without `0x`.
pub(crate) fn is_world_wide_name(name: &str) -> bool {
    let digits = name.strip_prefix("0x").unwrap_or(name);
    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
