//! Documents of any type, filled by decisions through the engine's view of them.

use virt_core::model::AnyDocument;
use virt_core::model::value::ByteSize;
use virt_core::xml::{Element, Field, FieldKind, Name, Node, Record, SlotMut, ValueSlot};

use super::choices::Choices;

/// What every secret is: it must be seen nowhere.
pub const SECRET: &str = "hush-7f3a-hush";

/// Texts of all the kinds values are of: each field takes the next one it can.
const TEXTS: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "31",
    "100",
    "255",
    "4096",
    "65535",
    "4294967295",
    "18446744073709551615",
    "-1",
    "-2147483648",
    "0x0",
    "0x1f",
    "0xffff",
    "0x8086",
    "1.5",
    "10.5",
    "yes",
    "no",
    "on",
    "off",
    "default",
    "none",
    "file",
    "block",
    "network",
    "virtio",
    "virtio-scsi",
    "kvm",
    "qemu",
    "pci",
    "usb",
    "tcp",
    "ipv4",
    "ipv6",
    "bridge",
    "raw",
    "qcow2",
    "52:54:00:0a:0b:0c",
    "00:16:3e:00:00:01",
    "0000:00:1f.2",
    "0-3,^2",
    "5",
    "192.168.122.1",
    "10.0.0.0",
    "2001:db8::1",
    "fe80::",
    "255.255.255.0",
    "c7a5fdbd-edaf-9455-926a-d65c16db1809",
    "11111111-2222-3333-4444-555555555555",
    "2 GiB",
    "/dev/vda",
    "/var/lib/images/a b.img",
    "vda",
    "web",
    "x86_64",
    "2020-01-01T00:00:00",
    "a novel spelling",
    "é𝄞",
    "<&>'\"",
    "two\nlines\tand\rmore",
    " padded ",
    "\u{A0}",
    "\u{3000} wide \u{3000}",
    "]]>",
    "--",
    "1-4",
    "0744",
    "10:20",
    "a=b,c=d",
    "",
];

/// A document with this root, filled by the decisions.
pub fn document(root: &str, choices: &mut Choices<'_>) -> AnyDocument {
    let mut document = AnyDocument::empty(root).expect("a root there is a type for");
    fill(document.record_mut(), choices, 0);
    document
}

/// Fills the record.
pub fn fill(record: &mut dyn Record, choices: &mut Choices<'_>, depth: usize) {
    let spec = record.spec();
    for (row, field) in spec.fields.iter().enumerate() {
        // The deeper, the rarer, so that no branch takes all decisions.
        let wanted = field.required || choices.once_in(2 + depth.min(4));
        if !wanted {
            continue;
        }
        match record.slot_mut(row) {
            SlotMut::Value(slot) => {
                let more = match slot.is_single() || field.required {
                    true => 1,
                    false => 1 + choices.below(3),
                };
                for _ in 0..more {
                    value(slot, field, choices);
                }
            }
            SlotMut::Child(slot) if depth < 10 || field.required => {
                let more = match slot.is_single() {
                    true => 1,
                    false => 1 + choices.below(3),
                };
                for _ in 0..more {
                    fill(slot.add(), choices, depth + 1);
                }
            }
            SlotMut::Flag(flag) => *flag = true,
            SlotMut::Scaled(slot) => {
                let sizes = [0, 1, 512, 1 << 10, 1 << 20, (1 << 40) + 1, 3 << 30, u64::MAX];
                slot.set(ByteSize::bytes(*choices.pick(&sizes)));
            }
            _ => {}
        }
    }
    if spec.open || choices.once_in(8) {
        unknown(record, choices);
    }
}

/// Adds a value, the first that fits from a place among the texts on.
pub fn value(slot: &mut dyn ValueSlot, field: &Field, choices: &mut Choices<'_>) {
    if field.secret && slot.add(SECRET).is_ok() {
        return;
    }
    let first = choices.below(TEXTS.len());
    // An element without text has no value, unless any text is one.
    let may_be_blank = field.kind == FieldKind::Attribute || (field.kind == FieldKind::Leaf && slot.exact());
    let texts = TEXTS.iter().cycle().skip(first).take(TEXTS.len());
    for text in texts.filter(|text| may_be_blank || !text.trim().is_empty()) {
        if slot.add(text).is_ok() {
            return;
        }
    }
}

/// Adds what no type knows.
fn unknown(record: &mut dyn Record, choices: &mut Choices<'_>) {
    if choices.once_in(2) {
        record.rest_mut().set_attribute("novel", *choices.pick(TEXTS));
    }
    for _ in 0..choices.below(3) {
        let element = element(choices, 0);
        record.rest_mut().push_element(element);
    }
}

fn element(choices: &mut Choices<'_>, depth: usize) -> Element {
    let name = match choices.below(4) {
        0 => Name::local_only("novelty"),
        1 => Name::namespaced("app", "note", "http://example.org/app"),
        2 => Name::namespaced("b", "c", "http://example.org/other"),
        _ => Name::namespaced("", "default", "http://example.org/default"),
    };
    let mut element = Element::new(name);
    for name in ["a", "b"] {
        if choices.once_in(3) {
            element = element.with_attribute(name, *choices.pick(TEXTS));
        }
    }
    let text = *choices.pick(TEXTS);
    if choices.once_in(2) && !text.trim().is_empty() {
        return element.with_text(text);
    }
    if choices.once_in(5) {
        element.children.push(Node::Comment(" a word ".into()));
    }
    while depth < 4 && choices.once_in(3) {
        let child = self::element(choices, depth + 1);
        element.children.push(Node::Element(child));
    }
    element
}
