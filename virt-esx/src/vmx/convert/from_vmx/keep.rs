//! What the elements of a domain do not say of its file.

use std::collections::HashSet;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::value::MacAddress;

use super::super::kept::{Kept, Setting};
use super::super::lines::{device_of, is_same};
use super::super::options::FromVmx;
use super::super::to_vmx::{Context, elements};
use crate::vmx::document::Vmx;

/// What the file says beside, or otherwise than, what would be written for the elements.
pub(super) fn keep(
    vmx: &Vmx,
    domain: &DomainConfig,
    options: &FromVmx,
    hardware: u32,
    interfaces: Vec<(u32, MacAddress)>,
) -> Result<Kept> {
    let mut kept = Kept {
        hardware_version: Some(hardware),
        interfaces,
        settings: Vec::new(),
    };
    let context = Context {
        hardware,
        files: options.files.as_ref(),
        kept: &kept,
    };
    let written = elements(domain, &context)?;
    let mut settings = Vec::new();
    let mut seen = HashSet::new();
    for entry in vmx.entries() {
        if !seen.insert(entry.key.to_ascii_lowercase()) {
            continue;
        }
        let element = written.get(entry.key);
        if element.is_some_and(|element| is_same(entry.key, element, entry.value)) {
            continue;
        }
        let mut setting = Setting::new(entry.key, entry.value);
        setting.instead_of = element.map(ToOwned::to_owned);
        setting.device = device_of(entry.key).filter(|device| written.is_present(device));
        settings.push(setting);
    }
    for (key, value) in written.iter() {
        if !seen.contains(&key.to_ascii_lowercase()) {
            let mut setting = Setting::new(key, "");
            setting.value = None;
            setting.instead_of = Some(value.to_owned());
            setting.device = device_of(key).filter(|device| written.is_present(device));
            settings.push(setting);
        }
    }
    kept.settings = settings;
    Ok(kept)
}
