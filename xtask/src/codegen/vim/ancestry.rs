//! The table of what is derived from what.

use super::reach::Reach;
use super::schema::Schema;
use crate::codegen::output::File;
use std::collections::{BTreeMap, BTreeSet};

/// The widest a line is.
const WIDTH: usize = 110;

/// All faults.
pub(super) fn of_faults(schema: &Schema) -> File {
    let faults = schema.faults.iter().filter_map(|name| {
        let base = schema.base(name)?;
        Some((name.as_str(), base))
    });
    emit("Which fault is derived from which", faults)
}

/// All managed objects, and all that can stand for something polymorphic, also what there is no code for.
pub(super) fn of_objects(schema: &Schema, reach: &Reach<'_>) -> File {
    let is_told = |name: &str| reach.polymorphic.keys().any(|base| schema.is_derived(name, base));
    let objects = schema.objects.keys().filter(|name| is_told(name));
    let objects = objects.filter_map(|name| Some((name.as_str(), schema.base(name)?)));
    let managed = schema.managed.iter();
    let managed = managed.filter_map(|(name, managed)| Some((name.as_str(), managed.base.as_deref()?)));
    emit(
        "Which data object and which managed object is derived from which",
        objects.chain(managed),
    )
}

fn emit<'a>(title: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> File {
    let mut derived: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, base) in pairs {
        derived.entry(base).or_default().insert(name);
    }
    let mut file = File::new(title);
    file.line(
        "\n/// Lines of a base and what is derived from it directly; a base with many has several lines.",
    );
    file.line("pub(in crate::vim) const ANCESTRY: &str = \"\\");
    for (base, names) in derived {
        for line in wrapped(names, WIDTH.saturating_sub(base.len() + 2)) {
            file.line(&format!("{base}: {line}"));
        }
    }
    file.line("\";");
    file
}

fn wrapped(names: BTreeSet<&str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.len() + name.len() < width => {
                line.push(' ');
                line.push_str(name);
            }
            _ => lines.push(name.to_owned()),
        }
    }
    lines
}
