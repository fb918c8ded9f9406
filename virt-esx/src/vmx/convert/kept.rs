//! What a file says that no element says, in the metadata of a domain.

use std::fmt;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::value::MacAddress;
use virt_core::xml::{Element, Name};

use super::problem::invalid;
use crate::vmx::document::shown;

/// The namespace of what is kept.
pub const NAMESPACE: &str = "urn:virt-sdk:vmx:1";

const PREFIX: &str = "vmx";

/// A line of a file that no element of the domain stands for, or not with this value.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value, as it is written; none where there is no line, though an element would make one.
    pub value: Option<String>,
    /// The value an element makes in its place. Where the element has come to make another one, that one counts.
    pub instead_of: Option<String>,
    /// The device of the file it is about, as `scsi0:0`, if that is an element of the domain. It goes with the device.
    pub device: Option<String>,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.as_deref().map(|value| shown(&self.key, value).to_owned());
        f.debug_struct("Setting")
            .field("key", &self.key)
            .field("value", &shown(&self.value))
            .field("instead_of", &shown(&self.instead_of))
            .field("device", &self.device)
            .finish()
    }
}

impl Setting {
    /// A line no element stands for.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
            instead_of: None,
            device: None,
        }
    }
}

/// Everything that is kept of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The version of virtual hardware.
    pub hardware_version: Option<u32>,
    /// Which number the interface of an address has: 2 for `ethernet2`.
    pub interfaces: Vec<(u32, MacAddress)>,
    /// Lines, in the order of the file.
    pub settings: Vec<Setting>,
}

impl Kept {
    /// The number of the interface with that address.
    pub(super) fn number(&self, mac: MacAddress) -> Option<u32> {
        let mut found = self.interfaces.iter().filter(|(_, one)| *one == mac);
        found.next().map(|(number, _)| *number)
    }
}

/// What is kept in the metadata of a domain; [`None`] where it was not read from a file completely.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for an element that is none of those there are.
pub fn kept(domain: &DomainConfig) -> Result<Option<Kept>> {
    let metadata = domain.metadata.as_ref();
    let Some(element) = metadata.and_then(|metadata| metadata.element(NAMESPACE)) else {
        return Ok(None);
    };
    if !element.name.is("config", Some(NAMESPACE)) {
        let text = format!("<{}> is not <config> of {NAMESPACE}", element.name);
        return Err(invalid("/domain/metadata", text));
    }
    let mut kept = Kept::default();
    for child in element.elements() {
        let refuse = || {
            let text = format!(
                "<{}> is none of <hardware version='…'/>, <interface number='…' mac='…'/>, <setting key='…'/>",
                child.name
            );
            invalid("/domain/metadata/config", text)
        };
        let is = |name| child.name.is(name, Some(NAMESPACE));
        if is("hardware") {
            let version = child.attribute("version").and_then(|text| text.parse().ok());
            kept.hardware_version = Some(version.ok_or_else(refuse)?);
        } else if is("interface") {
            let number = child.attribute("number").and_then(|text| text.parse().ok());
            let mac = child.attribute("mac").and_then(|text| text.parse().ok());
            kept.interfaces
                .push((number.ok_or_else(refuse)?, mac.ok_or_else(refuse)?));
        } else if is("setting") {
            let key = child.attribute("key").filter(|key| !key.is_empty());
            kept.settings.push(Setting {
                key: key.ok_or_else(refuse)?.to_owned(),
                value: child.attribute("value").map(ToOwned::to_owned),
                instead_of: child.attribute("instead-of").map(ToOwned::to_owned),
                device: child.attribute("device").map(ToOwned::to_owned),
            });
        } else {
            return Err(refuse());
        }
    }
    Ok(Some(kept))
}

/// Keeps this in the metadata of a domain, in place of what there is.
pub fn set_kept(domain: &mut DomainConfig, kept: Option<&Kept>) {
    let Some(kept) = kept else {
        if let Some(metadata) = &mut domain.metadata {
            metadata.remove(NAMESPACE);
            if metadata.is_empty() {
                domain.metadata = None;
            }
        }
        return;
    };
    let named = |local| Element::new(Name::namespaced(PREFIX, local, NAMESPACE));
    let mut config = named("config");
    if let Some(version) = kept.hardware_version {
        config = config.with_child(named("hardware").with_attribute("version", version.to_string()));
    }
    for (number, mac) in &kept.interfaces {
        let element = named("interface")
            .with_attribute("number", number.to_string())
            .with_attribute("mac", mac.to_string());
        config = config.with_child(element);
    }
    for setting in &kept.settings {
        let mut element = named("setting").with_attribute("key", &setting.key);
        let attributes = [
            ("value", &setting.value),
            ("instead-of", &setting.instead_of),
            ("device", &setting.device),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                element = element.with_attribute(name, value);
            }
        }
        config = config.with_child(element);
    }
    // Only an element without a namespace is refused.
    let _set = domain.metadata_mut().set(config);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_kept_in_order() {
        let mut domain = DomainConfig::default();
        let mut replaced = Setting::new("guestOS", "rhel9-64");
        replaced.instead_of = Some("other-64".to_owned());
        let mut missing = Setting::new("floppy0.present", "");
        missing.value = None;
        missing.device = Some("floppy0".to_owned());
        let all = Kept {
            hardware_version: Some(17),
            interfaces: vec![(2, "00:50:56:00:00:01".parse().unwrap())],
            settings: vec![replaced, missing, Setting::new("annotation", "a <b> 'c'\td")],
        };
        set_kept(&mut domain, Some(&all));
        let text = domain.to_xml();
        assert!(text.contains("xmlns:vmx='urn:virt-sdk:vmx:1'"), "{text}");
        let again = DomainConfig::from_xml(&text).unwrap();
        assert_eq!(kept(&again).unwrap(), Some(all));
        set_kept(&mut domain, None);
        assert!(domain.metadata.is_none());
        assert_eq!(kept(&domain).unwrap(), None);
    }

    #[test]
    fn what_is_no_such_element_is_refused() {
        for inside in [
            "<x:setting value='1'/>",
            "<setting key='a'/>",
            "<x:hardware/>",
            "<x:interface number='1'/>",
        ] {
            let text = format!(
                "<domain type='vmware'><name>a</name><metadata><x:config xmlns:x='{NAMESPACE}'>{inside}</x:config></metadata>\
                 </domain>"
            );
            assert!(kept(&DomainConfig::from_xml(&text).unwrap()).is_err(), "{inside}");
        }
    }
}
