//! The vSphere API: its types and methods, for what is selected.

mod ancestry;
mod emit;
mod reach;
mod rust_type;
mod schema;
mod selection;
mod subject;

use super::names;
use super::output::{File, Output};
use crate::failure::{Failure, Outcome};
use emit::{Emitter, Part};
use reach::Reach;
use schema::Schema;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where the generated files are, in the workspace.
pub(super) const TARGET: &str = "virt-esx/src/vim/generated";

/// The collected facts.
pub(super) const FACTS: &str = "vim25.json";

/// Writes all files.
pub(super) fn emit_all(facts: &Value, output: &mut Output) -> Outcome {
    let schema = Schema::parse(facts)?;
    let reach = Reach::of_selection(&schema)?;
    let emitter = Emitter {
        schema: &schema,
        reach: &reach,
    };
    let mut root =
        File::new("The types and methods of the vSphere API that are selected, a module per subject");
    root.line("\n/// Which type is derived from which.");
    root.line("pub(in crate::vim) const ANCESTRY: [&str; 2] = [ancestry_faults::ANCESTRY, ancestry_objects::ANCESTRY];");
    root.private_module("ancestry_faults");
    root.private_module("ancestry_objects");
    output.add("ancestry_faults.rs", ancestry::of_faults(&schema));
    output.add("ancestry_objects.rs", ancestry::of_objects(&schema, &reach));
    let mut seen = BTreeSet::new();
    for (subject, part) in parts(&schema, &reach) {
        let exported = part.names();
        if let Some(twice) = exported.iter().find(|name| !seen.insert((*name).clone())) {
            return Err(Failure::new(format!("two things would both be {twice}")));
        }
        root.private_module(subject);
        root.export(subject, &exported);
        output.add(
            format!("{subject}.rs"),
            emitter.file(subject::title(subject), &part)?,
        );
    }
    output.add("mod.rs", root);
    Ok(())
}

/// What goes into which file.
fn parts<'a>(schema: &Schema, reach: &Reach<'a>) -> BTreeMap<&'static str, Part<'a>> {
    let subject = |name: &str| subject::of(name, schema.faults.iter().any(|fault| fault == name));
    let mut parts: BTreeMap<&str, Part<'a>> = BTreeMap::new();
    for name in &reach.objects {
        parts.entry(subject(name)).or_default().objects.insert(name);
    }
    for name in &reach.enums {
        parts.entry(subject(name)).or_default().enums.insert(name);
    }
    for name in reach.polymorphic.keys() {
        parts.entry(subject(name)).or_default().polymorphic.insert(name);
    }
    for (owner, method) in &reach.methods {
        let part = parts.entry(subject::of_method(owner)).or_default();
        part.methods.push((owner, method));
    }
    for part in parts.values_mut() {
        part.methods.sort_by_key(|(_, method)| names::camel(&method.name));
    }
    parts
}
