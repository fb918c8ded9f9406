//! Keys by their numbers: every set of numbers that keys have, to those of USB, which ESX takes.

use virt_core::domain::KeyCodes;

use super::key_table::{KEYS, Key, NONE, OTHER_NUMBERS};
use crate::vim::{UsbScanCodeSpecKeyEvent, UsbScanCodeSpecModifierType};

/// USB's page of keyboards, which stands below a key's number there.
const KEYBOARDS: i32 = 7;
/// The first and the last modifier of USB.
const MODIFIERS: std::ops::RangeInclusive<u8> = 0xe0..=0xe7;
/// The other keys of USB.
const OTHERS: std::ops::RangeInclusive<u8> = 0x04..=0xa4;

/// The number in USB of the key that has this number in a set.
pub(super) fn usage(codes: KeyCodes, key: u32) -> Option<u8> {
    if codes == KeyCodes::Usb {
        let usage = u8::try_from(key).ok()?;
        return (MODIFIERS.contains(&usage) || OTHERS.contains(&usage)).then_some(usage);
    }
    let key = u16::try_from(key).ok().filter(|key| *key != NONE)?;
    let has_it = |known: &&Key| number(known, codes) == Some(key);
    if let Some(known) = KEYS.iter().find(has_it) {
        return Some(known.usb);
    }
    let mut others = OTHER_NUMBERS.iter();
    let other = others.find(|(set, number, _)| *set == codes && *number == key);
    other.map(|(_, _, usage)| *usage)
}

/// A key's number in a set; `None` where it has none there.
fn number(key: &Key, codes: KeyCodes) -> Option<u16> {
    let number = match codes {
        KeyCodes::Linux => key.linux,
        KeyCodes::AtSet1 => key.set1,
        KeyCodes::AtSet2 => key.set2,
        KeyCodes::AtSet3 => key.set3,
        KeyCodes::Osx => key.osx,
        KeyCodes::Win32 => key.win32,
        // The same numbers as those of set 1, where a prefix is one bit.
        KeyCodes::Xt | KeyCodes::XtKbd | KeyCodes::Qnum => match key.set1 {
            NONE => NONE,
            number if number & 0xff00 == 0xe000 => 0x80 | number & 0x7f,
            number => number,
        },
        _ => NONE,
    };
    (number != NONE).then_some(number)
}

/// Strokes of these keys of USB: each that is no modifier is struck with all those that are; modifiers alone are struck
/// together.
pub(super) fn strokes(usages: &[u8]) -> Vec<UsbScanCodeSpecKeyEvent> {
    let mut held: Vec<u8> = usages
        .iter()
        .copied()
        .filter(|usage| MODIFIERS.contains(usage))
        .collect();
    let mut struck: Vec<u8> = usages
        .iter()
        .copied()
        .filter(|usage| !MODIFIERS.contains(usage))
        .collect();
    if struck.is_empty() {
        struck.extend(held.pop());
    }
    let modifiers = (!held.is_empty()).then(|| modifiers(&held));
    let stroke = |usage: u8| UsbScanCodeSpecKeyEvent {
        usb_hid_code: i32::from(usage) << 16 | KEYBOARDS,
        modifiers: modifiers.clone(),
    };
    struck.into_iter().map(stroke).collect()
}

fn modifiers(held: &[u8]) -> UsbScanCodeSpecModifierType {
    let is_held = |usage: u8| held.contains(&usage).then_some(true);
    UsbScanCodeSpecModifierType {
        left_control: is_held(0xe0),
        left_shift: is_held(0xe1),
        left_alt: is_held(0xe2),
        left_gui: is_held(0xe3),
        right_control: is_held(0xe4),
        right_shift: is_held(0xe5),
        right_alt: is_held(0xe6),
        right_gui: is_held(0xe7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: [KeyCodes; 10] = [
        KeyCodes::Linux,
        KeyCodes::Xt,
        KeyCodes::AtSet1,
        KeyCodes::AtSet2,
        KeyCodes::AtSet3,
        KeyCodes::Osx,
        KeyCodes::XtKbd,
        KeyCodes::Usb,
        KeyCodes::Win32,
        KeyCodes::Qnum,
    ];

    #[test]
    fn a_key_is_the_same_in_every_set() {
        // A, Enter, the right arrow, F12, the left Shift: in the order of the sets.
        for (usb, numbers) in [
            (0x04, [30, 0x1e, 0x1e, 0x1c, 0x1c, 0x00, 0x1e, 0x04, 0x41, 0x1e]),
            (0x28, [28, 0x1c, 0x1c, 0x5a, 0x5a, 0x24, 0x1c, 0x28, 0x0d, 0x1c]),
            (
                0x4f,
                [106, 0xcd, 0xe04d, 0xe074, 0x6a, 0x7c, 0xcd, 0x4f, 0x27, 0xcd],
            ),
            (0x45, [88, 0x58, 0x58, 0x07, 0x5e, 0x6f, 0x58, 0x45, 0x7b, 0x58]),
            (0xe1, [42, 0x2a, 0x2a, 0x12, 0x12, 0x38, 0x2a, 0xe1, 0xa0, 0x2a]),
        ] {
            for (set, number) in SETS.into_iter().zip(numbers) {
                assert_eq!(usage(set, number), Some(usb), "{number:#x} of {set:?}");
            }
        }
        assert_eq!(usage(KeyCodes::Win32, 0x10), Some(0xe1));
    }

    #[test]
    fn a_number_is_one_key_and_what_is_none_is_refused() {
        for set in SETS.into_iter().filter(|set| *set != KeyCodes::Usb) {
            let mut numbers: Vec<u16> = KEYS.iter().filter_map(|key| number(key, set)).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all, "{set:?} has a number twice");
            assert!(all > 90, "{set:?} has {all} keys only");
            for wrong in [0xfffe, 0xffff, 0x1_0000, u32::MAX] {
                assert_eq!(usage(set, wrong), None, "{wrong:#x} of {set:?}");
            }
        }
        assert_eq!(usage(KeyCodes::Linux, 0), None);
        for wrong in [0, 3, 0xa5, 0xdf, 0xe8, 0x104] {
            assert_eq!(usage(KeyCodes::Usb, wrong), None, "{wrong:#x}");
        }
    }

    #[test]
    fn modifiers_are_held_while_others_are_struck() {
        let all = strokes(&[0xe0, 0xe2, 0x4c]);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].usb_hid_code, 0x4c_0007);
        let held = all[0].modifiers.as_ref().unwrap();
        assert_eq!(
            (held.left_control, held.left_alt, held.left_shift),
            (Some(true), Some(true), None)
        );
        let alone = strokes(&[0xe0, 0xe3]);
        assert_eq!((alone.len(), alone[0].usb_hid_code), (1, 0xe3_0007));
        assert_eq!(alone[0].modifiers.as_ref().unwrap().left_control, Some(true));
        let several = strokes(&[0x04, 0x05]);
        assert!(several.len() == 2 && several.iter().all(|stroke| stroke.modifiers.is_none()));
    }
}
