//! What a file says that no element says, in the metadata of a domain.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::xml::{Element, Name};

use super::problem::invalid;

/// The namespace of what is kept.
pub const NAMESPACE: &str = "urn:virt-sdk:xen:1";

const PREFIX: &str = "xl-cfg";

/// A setting of a file that no element of the domain stands for, or not with this value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value, as it is written in a file; none where there is no setting, though an element would make one.
    pub value: Option<String>,
    /// The value elements make in its place. Where they have come to make another one, that one counts.
    pub instead_of: Option<String>,
}

impl Setting {
    /// A setting no element stands for. The value is written as in a file: `"a"`, `5`, `[ "a" ]`.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
            instead_of: None,
        }
    }
}

/// One string of a list, as `disk` and `vif` are, that a device does not say all of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListEntry {
    /// The key of the list.
    pub key: String,
    /// The string.
    pub text: String,
    /// The string the device makes; it goes with the device. None where there is no device for it.
    pub instead_of: Option<String>,
}

impl ListEntry {
    /// A string no device stands for.
    #[must_use]
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            text: text.into(),
            instead_of: None,
        }
    }
}

/// Everything that is kept of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// Settings, in the order of the file.
    pub settings: Vec<Setting>,
    /// Strings of lists, in the order of the file.
    pub entries: Vec<ListEntry>,
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
                "<{}> is neither <setting key='…'/> nor <entry key='…' text='…'/>",
                child.name
            );
            invalid("/domain/metadata/config", text)
        };
        let own = |name: &str| child.attribute(name).map(ToOwned::to_owned);
        let key = own("key").filter(|key| !key.is_empty()).ok_or_else(refuse)?;
        let instead_of = own("instead-of");
        if child.name.is("setting", Some(NAMESPACE)) {
            let value = own("value");
            kept.settings.push(Setting {
                key,
                value,
                instead_of,
            });
        } else if child.name.is("entry", Some(NAMESPACE)) {
            let text = own("text").ok_or_else(refuse)?;
            kept.entries.push(ListEntry {
                key,
                text,
                instead_of,
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
    let with = |element: Element, name: &str, value: &Option<String>| match value {
        Some(value) => element.with_attribute(name, value),
        None => element,
    };
    let mut config = named("config");
    for setting in &kept.settings {
        let element = named("setting").with_attribute("key", &setting.key);
        let element = with(element, "value", &setting.value);
        config = config.with_child(with(element, "instead-of", &setting.instead_of));
    }
    for entry in &kept.entries {
        let element = named("entry").with_attribute("key", &entry.key);
        let element = element.with_attribute("text", &entry.text);
        config = config.with_child(with(element, "instead-of", &entry.instead_of));
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
        let mut replaced = Setting::new("on_crash", "\"soft-reset\"");
        replaced.instead_of = Some("\"restart\"".to_owned());
        let mut missing = Setting::new("parallel", "");
        missing.value = None;
        let mut entry = ListEntry::new("disk", "a,script=b");
        entry.instead_of = Some("a".to_owned());
        let all = Kept {
            settings: vec![replaced, missing, Setting::new("nomigrate", "1")],
            entries: vec![entry, ListEntry::new("vif", "<x>")],
        };
        set_kept(&mut domain, Some(&all));
        let text = domain.to_xml();
        assert!(text.contains("xmlns:xl-cfg='urn:virt-sdk:xen:1'"), "{text}");
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
            "<x:entry key='a'/>",
            "<x:other key='a'/>",
        ] {
            let text = format!(
                "<domain type='xen'><name>a</name><metadata><x:config xmlns:x='{NAMESPACE}'>{inside}</x:config></metadata>\
                 </domain>"
            );
            assert!(kept(&DomainConfig::from_xml(&text).unwrap()).is_err(), "{inside}");
        }
    }
}
