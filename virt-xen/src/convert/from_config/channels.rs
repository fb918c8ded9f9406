//! Channels between host and guest.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Channel, ChardevSource, ChardevTarget, ChardevType};

use super::super::problem::unsupported_key;
use super::fields::{fields, last};
use super::source::Source;

const KEY: &str = "channel";

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    for text in source.texts(KEY) {
        let fields = fields(&text);
        // libvirt passes over what has a part without `=`.
        if fields.iter().any(|(_, value)| value.is_none()) {
            continue;
        }
        let said = |key: &str| last(&fields, key).map(ToOwned::to_owned);
        if source.is_complete() && said("name").unwrap_or_default().is_empty() {
            // A channel has a name; what has none is kept as it is.
            continue;
        }
        let mut channel = Channel::default();
        match said("connection").unwrap_or_default() {
            kind if kind.starts_with("socket") => {
                channel.kind = Some(ChardevType::Unix);
                let mut end = ChardevSource::default();
                end.mode = Some("bind".to_owned());
                end.path = said("path");
                channel.sources.push(end);
            }
            kind if kind.starts_with("pty") => channel.kind = Some(ChardevType::Pty),
            other => {
                let text = format!("{other:?} is no connection: say pty or socket");
                source.lenient::<()>(unsupported_key(KEY, text))?;
                continue;
            }
        }
        let mut target = ChardevTarget::default();
        target.kind = Some("xen".to_owned());
        target.name = said("name");
        channel.target = Some(target);
        domain.devices_mut().channels.push(channel);
    }
    Ok(())
}
