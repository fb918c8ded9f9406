//! What a file says that the domain of it does not.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::super::kept::{Kept, ListEntry, Setting};
use super::super::made::Made;
use super::super::options::{FromConfig, ToConfig};
use super::super::to_config::elements;
use super::super::words::Kind;
use super::domain;
use crate::config_file::{Value, XenConfig};

/// Lists of strings, each of which is a device.
const LISTS: &[&str] = &["disk", "vif", "pci", "usbdev", "usbctrl", "channel"];

/// A list that has more than that, which is more than any guest has of devices, is kept as a whole.
const MOST_DEVICES: usize = 1024;

/// What is to be kept beside the domain.
pub(super) fn keep(config: &XenConfig, domain: &DomainConfig, options: &FromConfig) -> Result<Kept> {
    let mut to = ToConfig::xl();
    to.syntax = config.syntax();
    let made = elements(domain, &to)?;
    let mut kept = Kept::default();
    let none = without_devices(config, domain)?;
    let values = config.values();
    for key in config.keys() {
        let Some(value) = values.get(key).filter(|value| made.get(key) != Some(value)) else {
            continue;
        };
        let is_devices = LISTS.contains(&key) && !matches!(made.get(key), Some(Value::Text(_)));
        let texts = texts(value).filter(|texts| is_devices && (1..=MOST_DEVICES).contains(&texts.len()));
        let Some(texts) = texts else {
            kept.settings.push(Setting {
                key: key.to_owned(),
                value: Some(value.to_string()),
                instead_of: made.get(key).map(ToString::to_string),
            });
            continue;
        };
        for text in texts {
            let instead_of = alone(&none, key, text, options, &to)?;
            if instead_of.as_deref() != Some(text) {
                kept.entries.push(ListEntry {
                    key: key.to_owned(),
                    text: text.to_owned(),
                    instead_of,
                });
            }
        }
    }
    for (key, value) in made.iter().filter(|(key, _)| !values.contains_key(key)) {
        kept.settings.push(Setting {
            key: key.to_owned(),
            value: None,
            instead_of: Some(value.to_string()),
        });
    }
    Ok(kept)
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_list()?.iter().map(Value::as_text).collect()
}

/// The file of a guest of this kind that has nothing.
fn without_devices(config: &XenConfig, domain: &DomainConfig) -> Result<XenConfig> {
    let mut none = XenConfig::new(config.syntax());
    none.push(
        "type",
        match Kind::of(domain) {
            Some(Kind::Hvm) => "hvm",
            Some(Kind::Pvh) => "pvh",
            Some(Kind::Pv) | None => "pv",
        },
    )?;
    none.push("name", "a")?;
    Ok(none)
}

/// What the device of one string makes, if it is one.
fn alone(
    none: &XenConfig,
    key: &str,
    text: &str,
    options: &FromConfig,
    to: &ToConfig,
) -> Result<Option<String>> {
    let mut small = none.clone();
    small.push(key, Value::texts([text]))?;
    let made: Made = elements(&domain(&small, options)?, to)?;
    let first = made
        .get(key)
        .and_then(|value| value.as_list()?.first()?.as_text());
    Ok(first.map(ToOwned::to_owned))
}
