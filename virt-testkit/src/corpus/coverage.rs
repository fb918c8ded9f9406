//! How much of libvirt's schemas the types of the documents cover, counted from the schemas' own lists of paths.

use std::path::Path;

use serde::Deserialize;
use virt_core::model::AnyDocument;

use super::cases::Corpus;

/// What a schema has, and what of it lands in typed fields.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Coverage {
    /// The schema file, such as `network.rng`.
    pub schema: String,
    /// The root element.
    pub root: String,
    /// How many element and attribute paths the schema has.
    pub total: usize,
    /// Those without a typed field: `/network/ip` or `/network/ip/@family`.
    pub missing: Vec<String>,
}

impl Coverage {
    /// The typed share, in per cent.
    #[must_use]
    pub fn per_cent(&self) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        100.0 * (count(self.total) - count(self.missing.len())) / count(self.total.max(1))
    }

    /// That of every schema, the domain's first.
    ///
    /// # Errors
    /// Says what of the facts beside the corpus can't be read.
    pub fn of_all(corpus: &Corpus) -> Result<Vec<Self>, String> {
        let facts = corpus.facts();
        let domain: Schema = read(&facts.join("domain_schema.json"))?;
        let others: Others = read(&facts.join("other_schemas.json"))?;
        let mut all = vec![of(&domain)];
        all.extend(others.schemas.values().map(of));
        Ok(all)
    }
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
    roots: Vec<String>,
    paths: Vec<SchemaPath>,
}

#[derive(Deserialize)]
struct SchemaPath {
    path: String,
    attrs: Vec<String>,
}

#[derive(Deserialize)]
struct Others {
    schemas: std::collections::BTreeMap<String, Schema>,
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn of(schema: &Schema) -> Coverage {
    let mut total = 0;
    let mut missing = Vec::new();
    for entry in &schema.paths {
        total += 1 + entry.attrs.len();
        if !AnyDocument::has_type_for(&entry.path, None) {
            missing.push(entry.path.clone());
        }
        for attribute in &entry.attrs {
            if !AnyDocument::has_type_for(&entry.path, Some(attribute)) {
                missing.push(format!("{}/@{attribute}", entry.path));
            }
        }
    }
    Coverage {
        schema: schema.schema.clone(),
        root: schema.roots.join(" "),
        total,
        missing,
    }
}
