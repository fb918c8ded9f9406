//! Settings kept in the metadata of a domain.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::xml::{Element, Name};

use super::problem::invalid;

/// The namespace of the settings.
pub const NAMESPACE: &str = "urn:virt-sdk:lxc:1";

const PREFIX: &str = "lxc-conf";

/// A setting of LXC that libvirt has no element for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// The value; empty where it takes back what an included file says.
    pub value: String,
}

impl Setting {
    /// A setting.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }

    /// Whether it is written before everything else.
    pub(super) fn comes_first(&self) -> bool {
        self.value.is_empty() || self.key == "lxc.include"
    }
}

/// The settings kept in the metadata of a domain, in order.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for an element that is no setting, or has no key.
pub fn settings(domain: &DomainConfig) -> Result<Vec<Setting>> {
    let metadata = domain.metadata.as_ref();
    let Some(element) = metadata.and_then(|metadata| metadata.element(NAMESPACE)) else {
        return Ok(Vec::new());
    };
    if !element.name.is("config", Some(NAMESPACE)) {
        let text = format!("<{}> is not <config> of {NAMESPACE}", element.name);
        return Err(invalid("/domain/metadata", text));
    }
    let read = |element: &Element| {
        let key = element.attribute("key").filter(|key| !key.is_empty());
        match key.filter(|_| element.name.is("setting", Some(NAMESPACE))) {
            Some(key) => Ok(Setting::new(key, element.attribute("value").unwrap_or_default())),
            None => {
                let text = format!("<{}> is not <setting key='…' value='…'/>", element.name);
                Err(invalid("/domain/metadata/config", text))
            }
        }
    };
    element.elements().map(read).collect()
}

/// Keeps settings in the metadata of a domain, in place of those there are.
pub fn set_settings(domain: &mut DomainConfig, settings: &[Setting]) {
    if settings.is_empty() {
        if let Some(metadata) = &mut domain.metadata {
            metadata.remove(NAMESPACE);
            if metadata.is_empty() {
                domain.metadata = None;
            }
        }
        return;
    }
    let name = |local| Name::namespaced(PREFIX, local, NAMESPACE);
    let element = settings
        .iter()
        .fold(Element::new(name("config")), |config, setting| {
            let element = Element::new(name("setting"))
                .with_attribute("key", &setting.key)
                .with_attribute("value", &setting.value);
            config.with_child(element)
        });
    // Only an element without a namespace is refused.
    let _set = domain.metadata_mut().set(element);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_in_order() {
        let mut domain = DomainConfig::default();
        let kept = [
            Setting::new("lxc.include", "/a"),
            Setting::new("lxc.hook.start", "a <b> 'c'"),
            Setting::new("lxc.cap.drop", ""),
        ];
        set_settings(&mut domain, &kept);
        let text = domain.to_xml();
        assert!(text.contains("xmlns:lxc-conf='urn:virt-sdk:lxc:1'"), "{text}");
        let again = DomainConfig::from_xml(&text).unwrap();
        assert_eq!(settings(&again).unwrap(), kept);
        set_settings(&mut domain, &[]);
        assert!(domain.metadata.is_none());
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        let text = |inside: &str| {
            format!(
                "<domain type='lxc'><name>a</name><metadata><x:config xmlns:x='{NAMESPACE}'>{inside}</x:config></metadata>\
                 </domain>"
            )
        };
        let read = |inside: &str| settings(&DomainConfig::from_xml(&text(inside)).unwrap());
        assert_eq!(
            read("<x:setting key='lxc.a' value='1'/>").unwrap(),
            [Setting::new("lxc.a", "1")]
        );
        assert!(read("<x:setting value='1'/>").is_err());
        assert!(read("<setting key='a'/>").is_err());
    }
}
