//! Documents with anything at all where no type looks, and what holds for them.

use virt_core::model::AnyDocument;
use virt_core::xml::derived::check_values;
use virt_core::xml::{Attribute, Element, Name, Node, Record, SlotMut};

use super::choices::Choices;
use super::generate::value;
use super::laws::same;

/// Names, among them such as XML does not have, and such as have a meaning of their own.
const WILD_NAMES: &[&str] = &[
    "novelty", "type", "name", "unit", "source", "a:b", "xmlns", "xmlns:q", "xml:lang", "q:r", "é", "",
    "a b", "1", "-", "a><c", "a/", "\u{1}", "a='", ":", "a:b:c",
];

const WILD_TEXTS: &[&str] = &[
    "a",
    "",
    " ",
    "\r\n",
    "]]>",
    "--",
    "-",
    "?>",
    "<b/>",
    "&amp;",
    "\u{0}",
    "\u{FFFE}",
    "\u{A0}",
    "xml",
    "http://example.org/",
];

/// A document with little in its fields, and anything at all where no type looks.
pub(crate) fn document(root: &str, choices: &mut Choices<'_>) -> AnyDocument {
    let mut document = AnyDocument::empty(root).expect("a root there is a type for");
    frame(document.record_mut(), choices, 0);
    document
}

fn frame(record: &mut dyn Record, choices: &mut Choices<'_>, depth: usize) {
    for (row, field) in record.spec().fields.iter().enumerate() {
        if !field.required && !choices.once_in(6 + depth * 6) {
            continue;
        }
        match record.slot_mut(row) {
            SlotMut::Value(slot) => value(slot, field, choices),
            SlotMut::Child(slot) if depth < 5 || field.required => frame(slot.add(), choices, depth + 1),
            SlotMut::Flag(flag) => *flag = true,
            _ => {}
        }
    }
    if choices.once_in(3) {
        for _ in 0..choices.below(3) {
            record
                .rest_mut()
                .set_attribute(word(choices, WILD_NAMES), word(choices, WILD_TEXTS));
        }
        for _ in 0..choices.below(3) {
            let element = wild_element(record, choices, 0);
            record.rest_mut().push_element(element);
        }
    }
}

fn word<'w>(choices: &mut Choices<'_>, from: &[&'w str]) -> &'w str {
    choices.pick::<&'w str>(from)
}

fn wild_name(choices: &mut Choices<'_>) -> Name {
    let prefixes = ["", "p", "q", "xmlns", "xml", "1"];
    match choices.below(3) {
        0 => Name::namespaced(
            word(choices, &prefixes),
            word(choices, WILD_NAMES),
            word(choices, WILD_TEXTS),
        ),
        _ => Name::local_only(word(choices, WILD_NAMES)),
    }
}

fn wild_element(record: &dyn Record, choices: &mut Choices<'_>, depth: usize) -> Element {
    let fields = record.spec().fields;
    let name = match choices.below(4) {
        0 if !fields.is_empty() => Name::local_only(choices.pick(fields).name),
        _ => wild_name(choices),
    };
    let mut element = Element::new(name);
    for _ in 0..choices.below(3) {
        let value = word(choices, WILD_TEXTS).into();
        let name = wild_name(choices);
        element.attributes.push(Attribute { name, value });
    }
    for _ in 0..choices.below(4) {
        let text = word(choices, WILD_TEXTS).into();
        element.children.push(match choices.below(5) {
            0 if depth < 4 => Node::Element(wild_element(record, choices, depth + 1)),
            1 => Node::CData(text),
            2 => Node::Comment(text),
            3 => Node::Instruction(text),
            _ => Node::Text(text),
        });
    }
    element
}

/// What can be written is read back equal, and stays as it is; what can't be is refused at a place in the document.
pub(crate) fn written_as_it_is_or_refused(document: &AnyDocument) -> Result<(), String> {
    macro_rules! checked {
        ($($variant:ident)+) => {
            match document {
                $(AnyDocument::$variant(document) => check_values(document.as_ref()),)+
                other => return Err(format!("<{}> is not among those checked", other.root())),
            }
        };
    }
    let checked = checked!(
        Backup Capabilities Checkpoint Cpu CpuData Domain DomainCapabilities DomainStatus Filter FilterBinding
        HostInterface InactiveDomain MigrationCookie Network NetworkPort NodeDevice Pool PoolCapabilities PoolSources
        Secret Snapshot SysInfo Volume
    );
    match checked {
        Ok(()) => {
            let written = document.to_xml();
            let again = AnyDocument::from_xml(&written).map_err(|error| {
                format!("it was let pass, but what was written is refused: {error}\n{written}")
            })?;
            same(
                document,
                &again,
                "it was let pass, but is not equal after it was written",
            )?;
            match again.to_xml() == written {
                true => Ok(()),
                false => Err(format!(
                    "it is written otherwise the second time:\n{written}\n{}",
                    again.to_xml()
                )),
            }
        }
        Err(error) if error.path().starts_with(&format!("/{}", document.root())) => Ok(()),
        Err(error) => Err(format!("it is refused at no place of its own: {error}")),
    }
}
