//! A domain as the `libxl_domain_config` libvirt's driver makes of it, in libxl's JSON.

mod build;
mod cpuid;
mod devices;
mod display;
mod object;

use serde_json::Value;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::LifecycleAction;
use virt_core::model::value::OnOff;

use super::complete::complete;
use super::expressed::{self, Listener};
use super::options::ToLibxl;
use super::problem::{invalid, unsupported};
use super::words::Kind;
use object::Object;

/// What libxl is told of a domain, in its JSON (`libxl_domain_config_to_json`): what libvirt 11.3's driver makes of it, without what
/// libxl leaves out because it is usual. That is the form in which `xl list -l` shows guests.
///
/// # Errors
/// Naming the element and the way out: [`Unsupported`](virt_core::ErrorKind::Unsupported) for what libxl cannot be told, or libvirt does
/// not tell it; [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for what is missing, contradicts itself, or only the host knows.
pub fn to_libxl(domain: &DomainConfig, options: &ToLibxl) -> Result<Value> {
    let kind = expressed::check(domain, Listener::Libxl)?;
    let full = complete(domain);
    let mut out = Object::default();
    out.set("c_info", create_info(&full, kind)?);
    let mut build = build::info(&full, kind, options)?;
    let mut machine = build::of_kind(&full, kind, options, &mut build)?;
    devices::write(&full, kind, options, &mut out)?;
    display::write(&full, kind, options, &mut out, &mut build, &mut machine)?;
    let of_kind = match kind {
        Kind::Pv => "type.pv",
        Kind::Pvh => "type.pvh",
        Kind::Hvm => "type.hvm",
    };
    build.set(of_kind, machine);
    out.set("b_info", build);
    let ends = [
        ("on_poweroff", &full.on_poweroff, LifecycleAction::Destroy),
        ("on_reboot", &full.on_reboot, LifecycleAction::Restart),
        ("on_crash", &full.on_crash, LifecycleAction::Destroy),
    ];
    for (key, action, usual) in ends {
        let word = match action.as_ref().unwrap_or(&usual) {
            LifecycleAction::Destroy => continue,
            LifecycleAction::Restart => "restart",
            LifecycleAction::RenameRestart => "restart_rename",
            LifecycleAction::Preserve => "preserve",
            LifecycleAction::CoredumpDestroy => "coredump_destroy",
            LifecycleAction::CoredumpRestart => "coredump_restart",
            other => {
                let text = format!("{other} is none of destroy, restart, rename-restart, preserve …");
                return Err(unsupported(format!("/domain/{key}"), text));
            }
        };
        out.set(key, word);
    }
    Ok(out.into())
}

fn create_info(domain: &DomainConfig, kind: Kind) -> Result<Object> {
    let mut info = Object::default();
    info.set(
        "type",
        match kind {
            Kind::Pv => "pv",
            Kind::Pvh => "pvh",
            Kind::Hvm => "hvm",
        },
    );
    info.set("name", domain.name.as_str());
    let uuid = domain
        .uuid
        .ok_or_else(|| invalid("/domain/uuid", "libxl is told a UUID: say one"))?;
    info.set("uuid", uuid.to_string());
    let features = domain.features.as_ref();
    let hap = features.and_then(|features| features.hap.as_ref());
    if let Some(hap) = hap {
        if kind == Kind::Pv {
            let text = "paging by the hardware is of guests of type hvm and xenpvh";
            return Err(unsupported("/domain/features/hap", text));
        }
        info.flag("hap", hap.state != Some(OnOff::Off));
    }
    let passthrough = features.and_then(|features| features.xen.as_ref()?.passthrough.as_ref());
    if let Some(passthrough) = passthrough {
        let word = match passthrough.state {
            Some(OnOff::Off) => "disabled",
            _ => passthrough.mode.as_deref().unwrap_or("enabled"),
        };
        info.set("passthrough", word);
    }
    Ok(info)
}

#[cfg(test)]
mod tests;
