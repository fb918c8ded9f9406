//! Names of disks: `vda`, `sdb`, `hdaa`.

/// The number in a disk's target name: `a` is 0, `z` 25, `aa` 26. `None` for a name that has none, or a partition.
pub(crate) fn index(target: &str) -> Option<u32> {
    let letters = ["fd", "hd", "sd", "vd", "xvd", "ubd"]
        .iter()
        .find_map(|prefix| target.strip_prefix(prefix))?;
    if letters.is_empty() {
        return None;
    }
    let mut number: u32 = 0;
    for letter in letters.bytes() {
        if !letter.is_ascii_lowercase() {
            return None;
        }
        number = number
            .checked_mul(26)?
            .checked_add(u32::from(letter - b'a') + 1)?;
    }
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::index;

    #[test]
    fn letters_count_like_columns_of_a_sheet() {
        for (name, number) in [("vda", 0), ("hdz", 25), ("sdaa", 26), ("xvdb", 1), ("fda", 0)] {
            assert_eq!(index(name), Some(number), "{name}");
        }
        for bad in ["vd", "vda1", "nvme0n1", "vdA", "", "vdzzzzzzzzzz"] {
            assert_eq!(index(bad), None, "{bad}");
        }
    }
}
