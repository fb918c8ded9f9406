//! What tells the items of a list from each other.

use super::super::record::{FieldKind, Record};
use super::super::slot::Slot;
use super::{ChangeKind, Step, diff_at};

/// How items with a name are told apart: the ways are tried in turn. Each is a path from the item to a value
/// (`target/@dev`, `name` for the text of a child, `.` for that of the item), or several that count together, or a child
/// all of whose attributes count together (`address/*`).
type Rule = (&'static str, &'static [&'static [&'static str]]);

/// The rules, by name of the element.
const RULES: &[Rule] = &[
    ("audio", &[&["@id"]]),
    ("bandwidth", &[&["@initiator", "@target", "@cache", "@type"]]),
    ("blockStats", &[&["@dev"]]),
    ("cache", &[&["@id", "@level", "@type"]]),
    ("cachetune", &[&["@vcpus"]]),
    ("capability", &[&["@type"]]),
    ("cell", &[&["@id"]]),
    (
        "channel",
        &[&["alias/@name"], &["target/@name"], &["@name"], &["address/*"]],
    ),
    (
        "console",
        &[
            &["alias/@name"],
            &["target/@type", "target/@port"],
            &["address/*"],
        ],
    ),
    (
        "controller",
        &[&["@type", "@index"], &["alias/@name"], &["address/*"]],
    ),
    ("disk", &[&["target/@dev"], &["@name"], &["alias/@name"]]),
    ("distance", &[&["@value"]]),
    ("domain", &[&["@name"], &["@type"]]),
    ("feature", &[&["@name"], &["@policy"]]),
    (
        "filesystem",
        &[&["target/@dir"], &["alias/@name"], &["address/*"]],
    ),
    ("forwarder", &[&["@domain", "@addr"]]),
    ("graphics", &[&["@type", "@port"], &["@type"]]),
    ("group", &[&["@name"]]),
    ("host", &[&["@mac"], &["@ip"], &["@id"], &["@name"], &["@socket"]]),
    (
        "hostdev",
        &[
            &["alias/@name"],
            &["source/address/*"],
            &["source/adapter/@name", "source/address/*"],
            &["address/*"],
        ],
    ),
    ("input", &[&["alias/@name"], &["address/*"], &["@type", "@bus"]]),
    (
        "interface",
        &[
            &["mac/@address"],
            &["@name"],
            &["alias/@name"],
            &["target/@dev"],
            &["@dev"],
            &["address/*"],
        ],
    ),
    ("iothread", &[&["@id"]]),
    ("ip", &[&["@address", "@family"], &["@family"]]),
    ("iothreadsched", &[&["@iothreads"]]),
    ("iothreadpin", &[&["@iothread"]]),
    ("key", &[&["@name"], &["@slot"]]),
    ("latency", &[&["@initiator", "@target", "@cache", "@type"]]),
    ("lease", &[&["lockspace", "key"]]),
    ("machine", &[&["."]]),
    ("memorytune", &[&["@vcpus"]]),
    ("memnode", &[&["@cellid"]]),
    ("monitor", &[&["@level", "@vcpus"], &["@vcpus"]]),
    ("node", &[&["@id"]]),
    ("page", &[&["@size", "@unit", "@nodeset"]]),
    ("pages", &[&["@size", "@unit"]]),
    ("parallel", &[&["target/@port"], &["alias/@name"]]),
    ("param", &[&["@name"]]),
    ("parameter", &[&["@name"]]),
    ("portgroup", &[&["@name"]]),
    ("range", &[&["@start", "@end"]]),
    ("route", &[&["@family", "@address", "@prefix", "@netmask"]]),
    ("seclabel", &[&["@model"], &["@type"]]),
    ("serial", &[&["target/@port"], &["alias/@name"]]),
    ("shmem", &[&["@name"]]),
    ("srv", &[&["@service", "@protocol", "@domain", "@target"]]),
    ("sysinfo", &[&["@type"]]),
    ("tag", &[&["@id"]]),
    ("throttlegroup", &[&["group_name"]]),
    ("timer", &[&["@name"]]),
    ("txt", &[&["@name"]]),
    ("vcpu", &[&["@id"]]),
    ("vcpupin", &[&["@vcpu"]]),
    ("vcpusched", &[&["@vcpus"]]),
    ("volume", &[&["name"], &["key"]]),
];

/// For all other lists.
const OTHERWISE: &[&[&str]] = &[
    &["alias/@name"],
    &["address/*"],
    &["@name"],
    &["@id"],
    &["name"],
    &["@dev"],
    &["@path"],
];

/// How items of that name are told apart.
pub(super) fn ways(name: &str) -> &'static [&'static [&'static str]] {
    RULES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(OTHERWISE, |(_, ways)| ways)
}

/// What tells an item of that name from others, in the first way there is a value for.
pub(crate) fn identity_of(name: &str, record: &dyn Record) -> Option<String> {
    ways(name).iter().find_map(|way| key(record, way))
}

/// Whether two items of that name are the same one: by the first way that tells both apart, else where the second says
/// all that the first does.
pub(crate) fn is_same(name: &str, wanted: &dyn Record, other: &dyn Record) -> bool {
    for way in ways(name) {
        if let (Some(one), Some(two)) = (key(wanted, way), key(other, way)) {
            return one == two;
        }
    }
    let path = vec![Step::Element(name.to_owned())];
    let differences = diff_at(path, wanted, other);
    differences.iter().all(|change| change.kind == ChangeKind::Added)
}

/// What identifies the item in this way, if it has all or some of it.
pub(super) fn key(record: &dyn Record, way: &[&str]) -> Option<String> {
    let parts: Vec<Option<String>> = way.iter().map(|path| value_at(record, path)).collect();
    if parts.iter().all(Option::is_none) {
        return None;
    }
    let shown: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    (!shown.is_empty()).then(|| shown.join(","))
}

/// The value at a path of a [`Rule`].
pub(crate) fn value_at(record: &dyn Record, path: &str) -> Option<String> {
    let (step, deeper) = match path.split_once('/') {
        Some((step, deeper)) => (step, Some(deeper)),
        None => (path, None),
    };
    if step == "*" {
        return all_attributes(record);
    }
    if step == "." {
        return value_of(record, |kind| kind == FieldKind::Text, "");
    }
    if let Some(attribute) = step.strip_prefix('@') {
        return value_of(record, |kind| kind == FieldKind::Attribute, attribute)
            .or_else(|| record.rest().attribute(attribute).map(str::to_owned));
    }
    match deeper {
        None => value_of(record, |kind| kind == FieldKind::Leaf, step),
        Some(deeper) => {
            let (row, _) = record.spec().named(|kind| kind == FieldKind::Child, step)?;
            match record.slot(row) {
                Slot::Child(slot) => value_at(slot.item(0)?, deeper),
                _ => None,
            }
        }
    }
}

fn value_of(record: &dyn Record, is_kind: fn(FieldKind) -> bool, name: &str) -> Option<String> {
    let (row, field) = record.spec().named(is_kind, name)?;
    if field.secret {
        return None;
    }
    written(record, row)
}

fn written(record: &dyn Record, row: usize) -> Option<String> {
    match record.slot(row) {
        Slot::Value(slot) if slot.count() > 0 => {
            let mut text = String::new();
            slot.write(0, &mut text);
            Some(text)
        }
        Slot::Scaled(slot) => slot.size().map(|size| size.to_string()),
        _ => None,
    }
}

/// The attributes in libvirt's order, as in `pci:0x0000:0x00:0x05:0x0`.
fn all_attributes(record: &dyn Record) -> Option<String> {
    let fields = record.spec().fields.iter().enumerate();
    let values: Vec<String> = fields
        .filter(|(_, field)| {
            field.kind == FieldKind::Attribute && field.name != "multifunction" && !field.secret
        })
        .filter_map(|(row, _)| written(record, row))
        .collect();
    (!values.is_empty()).then(|| values.join(":"))
}
