//! Names of secrets that older daemons did not write down.

use crate::model::domain::DomainConfig;
use crate::model::domain::devices::{Disk, DiskSource};
use crate::xml::{Element, Node};

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
    let is_private = |element: &Element| element.name.is("privateData", None);
    if source
        .rest
        .elements()
        .any(|element| is_private(element) && has(element, kind))
    {
        return;
    }
    let taken = source.rest.take_elements(is_private).into_iter().next();
    let mut private = taken.unwrap_or_else(|| Element::new("privateData"));
    let secret = Element::new("secret")
        .with_attribute("type", kind)
        .with_attribute("alias", alias);
    let objects = private.children.iter_mut().find_map(|node| match node {
        Node::Element(element) if element.name.is("objects", None) => Some(element),
        _ => None,
    });
    match objects {
        Some(objects) => objects.children.push(Node::Element(secret)),
        None => private
            .children
            .push(Node::Element(Element::new("objects").with_child(secret))),
    }
    source.rest.push_element(private);
}

fn has(private: &Element, kind: &str) -> bool {
    let is_kind = |secret: &Element| {
        let mut said = secret.attributes.iter();
        secret.name.is("secret", None)
            && said.any(|attribute| attribute.name.is("type", None) && attribute.value == kind)
    };
    let mut objects = private
        .elements()
        .filter(|element| element.name.is("objects", None));
    objects.any(|objects| objects.elements().any(is_kind))
}
