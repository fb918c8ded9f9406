//! Documents of older daemons, as a newer one writes them.

use super::blockjob::StatusBlockJobs;
use super::parts::{Counter, StatusDirectory};
use super::root::DomainStatus;
use crate::model::domain::DomainConfig;
use crate::model::domain::devices::{Disk, DiskSource, DiskType};
use crate::model::value::YesNo;
use crate::xml::Element;

/// The guest agent is waited for as long as it takes.
const AGENT_FOR_EVER: i32 = -2;

/// How many characters of a domain's name libvirt puts into the name of a directory.
const SHORT_NAME: usize = 20;

impl DomainStatus {
    /// The document as the daemon of libvirt 11.3 writes it again: what older daemons did not write down is filled in
    /// with what it means, the rest stays as it is. Where memory files lie only the daemon knows: see
    /// [`with_memory_directory`](Self::with_memory_directory).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut copy = self.clone();
        if let Some(monitor) = &mut copy.monitor {
            monitor.json = None;
        }
        for (number, vcpu) in (0..).zip(copy.vcpus.iter_mut().flat_map(|list| &mut list.vcpus)) {
            vcpu.id.get_or_insert(number);
        }
        let first = || Counter {
            index: Some(0),
            ..Counter::default()
        };
        copy.nodename.get_or_insert_with(first);
        copy.fdset.get_or_insert_with(first);
        copy.blockjobs.get_or_insert_with(|| StatusBlockJobs {
            active: Some(YesNo::No),
            ..StatusBlockJobs::default()
        });
        copy.agent_timeout.get_or_insert(AGENT_FOR_EVER);
        if let Some(domain) = &mut copy.domain {
            restore_aliases(domain);
        }
        copy
    }

    /// The same with the directory of the domain's memory files said, unless it is: that below `directory`, where the
    /// daemon keeps those of all domains, as `/var/lib/libvirt/qemu/ram` (`memory_backing_dir` in `qemu.conf`).
    #[must_use]
    pub fn with_memory_directory(mut self, directory: &str) -> Self {
        if let Some(domain) = &self.domain {
            let name: String = domain.name.chars().take(SHORT_NAME).collect();
            let number = domain.id.unwrap_or(-1);
            let own = || StatusDirectory {
                path: Some(format!("{}/{number}-{name}", directory.trim_end_matches('/'))),
                ..StatusDirectory::default()
            };
            self.memory_backing_dir.get_or_insert_with(own);
        }
        self
    }
}

/// Writes down the names of the secret objects of disks, where a document of an older daemon has none: they are made
/// from the alias of the disk. And where TLS was switched on, which was in the document then.
pub(super) fn restore_aliases(domain: &mut DomainConfig) {
    let Some(devices) = &mut domain.devices else {
        return;
    };
    for disk in &mut devices.disks {
        if disk.kind == Some(DiskType::Network)
            && let Some(source) = &mut disk.source
            && source.rest.attribute("tlsFromConfig").is_none()
        {
            source.rest.set_attribute("tlsFromConfig", "0");
        }
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
    let encryption = source.encryption.as_deref().or(disk.encryption.as_deref());
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
