//! Names of secrets that older daemons did not write down.

use crate::model::domain::DomainConfig;
use crate::model::domain::devices::{Disk, DiskSource};
use crate::xml::Element;

/// Writes down the names of the secret objects of disks, where a document of an older daemon has none: they are made
/// from the alias of the disk.
pub(super) fn restore_aliases(domain: &mut DomainConfig) {
    let Some(devices) = &mut domain.devices else {
        return;
    };
    for disk in &mut devices.disks {
        let Some(alias) = disk.alias.as_ref().and_then(|alias| alias.name.clone()) else {
            continue;
        };
        let secrets = secrets_of(disk);
        if let Some(source) = &mut disk.source {
            for (kind, ending) in secrets {
                remember(source, kind, &format!("{alias}-{ending}"));
            }
        }
    }
}

/// Which secrets a disk needs, and how the names of their objects end.
fn secrets_of(disk: &Disk) -> Vec<(&'static str, &'static str)> {
    let Some(source) = &disk.source else {
        return Vec::new();
    };
    let mut secrets = Vec::new();
    let takes_secret = matches!(source.protocol.as_deref(), Some("rbd" | "iscsi"));
    if takes_secret && (source.auth.is_some() || disk.auth.is_some()) {
        secrets.push(("auth", "secret0"));
    }
    let encryption = source.encryption.as_ref().or(disk.encryption.as_ref());
    let is_luks = encryption.is_some_and(|encryption| {
        encryption.format.as_deref() == Some("luks") && !encryption.secrets.is_empty()
    });
    if is_luks {
        secrets.push(("encryption", "luks-secret0"));
    }
    secrets
}

/// Adds `<privateData><objects><secret type= alias=/>` unless there is one of that type.
fn remember(source: &mut DiskSource, kind: &str, alias: &str) {
    let is_objects = |element: &Element| element.name.is("objects", None);
    let private = source.private_data.get_or_insert_default();
    let objects = private.rest.elements().filter(|element| is_objects(element));
    if objects
        .flat_map(Element::elements)
        .any(|secret| is_secret(secret, kind))
    {
        return;
    }
    let taken = private.rest.take_elements(is_objects).into_iter().next();
    let secret = Element::new("secret")
        .with_attribute("type", kind)
        .with_attribute("alias", alias);
    let objects = taken.unwrap_or_else(|| Element::new("objects"));
    private.rest.push_element(objects.with_child(secret));
}

fn is_secret(element: &Element, kind: &str) -> bool {
    let mut said = element.attributes.iter();
    element.name.is("secret", None)
        && said.any(|attribute| attribute.name.is("type", None) && attribute.value == kind)
}
