//! What of a document this driver understands: everything else is refused by name, nothing is ignored.

pub(crate) mod disk;
mod paths;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::xml::FoundKind;

use super::refusal;

/// Refuses the first element or attribute that would have no effect.
pub(super) fn check(config: &DomainConfig) -> Result<()> {
    for found in config.present() {
        if found.kind == FoundKind::Text && found.known {
            continue;
        }
        if paths::is_supported(&found.schema_path) {
            continue;
        }
        let position = found
            .position
            .map(|position| format!(" ({position})"))
            .unwrap_or_default();
        let error = format!(
            "<{}> is not supported by this driver yet; leave it out{position}",
            last(&found.schema_path)
        );
        return Err(refusal::unsupported(found.path, error));
    }
    Ok(())
}

fn last(schema_path: &str) -> String {
    let element = schema_path.rsplit('/').next().unwrap_or(schema_path);
    match element.split_once('@') {
        Some((element, attribute)) => format!("{element} {attribute}=…"),
        None => element.to_owned(),
    }
}
