//! Serial and parallel ports.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{ChardevTarget, ChardevType, Parallel, Serial};

use super::super::chardev::{self, Port};
use super::super::complete::pv_console;
use super::super::problem::unsupported_key;
use super::super::to_config::MOST_PORTS;
use super::super::words::Kind;
use super::source::Source;
use crate::config_file::{Syntax, Value};

pub(super) fn read(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    if kind != Kind::Hvm {
        domain.devices_mut().consoles.push(pv_console());
        return Ok(());
    }
    if let Some(text) = source.text("parallel")?
        && let Some(port) = port(source, "parallel", &text)?
    {
        let mut parallel = Parallel::default();
        parallel.kind = port.kind;
        parallel.sources = port.sources;
        parallel.protocol = port.protocol;
        parallel.target = Some(target(0));
        domain.devices_mut().parallels.push(parallel);
    }
    let texts = match source.value("serial") {
        Some(Value::List(_)) if source.syntax() == Syntax::Xm => {
            let text = "xm has one serial port: say a string";
            source.lenient::<()>(unsupported_key("serial", text))?;
            Vec::new()
        }
        Some(Value::List(list)) if source.is_complete() && list.len() > MOST_PORTS => Vec::new(),
        Some(Value::List(_)) => source.texts("serial"),
        _ => source.text("serial")?.into_iter().collect(),
    };
    for (number, text) in texts.iter().enumerate() {
        let Some(port) = port(source, "serial", text)? else {
            continue;
        };
        let mut serial = Serial::default();
        serial.kind = port.kind;
        serial.sources = port.sources;
        serial.protocol = port.protocol;
        serial.target = Some(target(number));
        domain.devices_mut().serials.push(serial);
    }
    Ok(())
}

fn port(source: &Source<'_>, key: &str, text: &str) -> Result<Option<Port>> {
    if text == "none" {
        return Ok(None);
    }
    match chardev::read(key, text) {
        Ok(mut port) => {
            if source.is_complete() {
                fill_hosts(&mut port);
            }
            Ok(Some(port))
        }
        Err(error) => source.lenient(error),
    }
}

/// A document of libvirt's says the host of a TCP port; libvirt reads one without, and does not take it back.
fn fill_hosts(port: &mut Port) {
    if port.kind != Some(ChardevType::Tcp) {
        return;
    }
    for end in &mut port.sources {
        let is_server = end.mode.as_deref() == Some("bind");
        let any = if is_server { "0.0.0.0" } else { "127.0.0.1" };
        end.host.get_or_insert_with(|| any.to_owned());
    }
}

fn target(number: usize) -> ChardevTarget {
    let mut target = ChardevTarget::default();
    target.port = Some(number.to_string());
    target
}
