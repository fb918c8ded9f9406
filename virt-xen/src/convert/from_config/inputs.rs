//! Mice, tablets and keyboards on USB; sound cards.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Input, InputBus, InputType, Sound};

use super::super::problem::{unsupported_key, wrong_key};
use super::super::to_config::is_sound;
use super::super::words::Kind;
use super::source::Source;
use crate::config_file::{Syntax, Value};

pub(super) fn read(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    if kind != Kind::Hvm {
        return Ok(());
    }
    let key = "usbdevice";
    let names = match source.value(key) {
        Some(Value::List(values)) if source.syntax() == Syntax::Xl => {
            if values.iter().any(|value| value.as_text().is_none()) {
                source.lenient::<()>(wrong_key(key, "something in the list is no string"))?;
            }
            source.texts(key)
        }
        _ => source.text(key)?.into_iter().collect(),
    };
    for name in names {
        let kind = match name.as_str() {
            "tablet" => InputType::Tablet,
            "mouse" => InputType::Mouse,
            "keyboard" => InputType::Keyboard,
            // libvirt passes over the rest.
            _ => continue,
        };
        let mut input = Input::default();
        input.kind = Some(kind);
        input.bus = Some(InputBus::Usb);
        domain.devices_mut().inputs.push(input);
    }
    Ok(())
}

/// Models libvirt knows.
const MODELS: &[&str] = &[
    "sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", "virtio",
];

pub(super) fn read_sound(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    if kind != Kind::Hvm {
        return Ok(());
    }
    let Some(text) = source.text("soundhw")? else {
        return Ok(());
    };
    // Those two Xen's own device model had.
    let text = if text == "all" {
        "sb16,es1370".to_owned()
    } else {
        text
    };
    let names: Vec<&str> = text.split(',').filter(|name| !name.is_empty()).collect();
    // What cannot be written is kept as it is.
    let is_known = |name: &str| MODELS.contains(&name) && (is_sound(name) || !source.is_complete());
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let text = format!("{name:?} is no model domains have: say sb16, es1370, ac97, ich6");
        source.lenient::<()>(unsupported_key("soundhw", text))?;
        return Ok(());
    }
    for name in names {
        let mut sound = Sound::default();
        sound.model = Some(name.to_owned());
        domain.devices_mut().sounds.push(sound);
    }
    Ok(())
}
