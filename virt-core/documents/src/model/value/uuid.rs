//! UUIDs in the forms libvirt reads.

use crate::xml::trimmed;
use uuid::Uuid;

/// 32 hexadecimal digits; hyphens and blanks among them are ignored, as libvirt ignores them.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    let mut value: u128 = 0;
    let mut digits = 0_u8;
    for character in trimmed(text).chars() {
        match character.to_digit(16) {
            Some(digit) if digits < 32 => {
                value = (value << 4) | u128::from(digit);
                digits += 1;
            }
            None if matches!(character, '-' | ' ') && digits > 0 => {}
            _ => return None,
        }
    }
    (digits == 32).then(|| Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_may_be_missing() {
        let with = parse_uuid("c7a5fdbd-edaf-9455-926a-d65c16db1809");
        assert!(with.is_some());
        assert_eq!(parse_uuid(" c7a5fdbdedaf9455926ad65c16db1809\n"), with);
    }

    #[test]
    fn a_digit_too_few_or_too_many_is_no_uuid() {
        for bad in [
            "",
            "c7a5fdbdedaf9455926ad65c16db180",
            "c7a5fdbdedaf9455926ad65c16db18099",
            "zza5fdbdedaf9455926ad65c16db1809",
        ] {
            assert!(parse_uuid(bad).is_none(), "{bad}");
        }
    }
}
