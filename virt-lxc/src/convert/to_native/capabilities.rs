//! Capabilities: what Linux lets the processes of the container do.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::LinuxCapabilities;
use virt_core::model::value::OnOff;

use super::super::problem::invalid;
use super::output::Output;

/// What libvirt drops by default.
const DROPPED: &[&str] = &["audit_control", "mac_admin", "mknod", "sys_module", "sys_time"];

pub(super) fn write(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let none = LinuxCapabilities::default();
    let features = domain.features.as_ref();
    let capabilities = features
        .and_then(|features| features.capabilities.as_deref())
        .unwrap_or(&none);
    let in_state = |wanted: OnOff| {
        let each = capabilities.each().into_iter();
        each.filter(move |(_, state)| state.is_some_and(|state| state.state == Some(wanted)))
            .map(|(name, _)| name)
    };
    match capabilities.policy.as_deref() {
        Some("deny") => {
            let kept: Vec<&str> = in_state(OnOff::On).collect();
            let kept = if kept.is_empty() {
                "none".to_owned()
            } else {
                kept.join(" ")
            };
            out.add("lxc.cap.keep", kept);
        }
        None | Some("default" | "allow") => {
            let on: Vec<&str> = in_state(OnOff::On).collect();
            let is_default = capabilities.policy.as_deref() != Some("allow");
            let mut dropped: Vec<&str> = in_state(OnOff::Off).collect();
            let usual = DROPPED.iter().filter(|name| is_default && !on.contains(name));
            for name in usual {
                if !dropped.contains(name) {
                    dropped.push(name);
                }
            }
            dropped.sort_unstable();
            if !dropped.is_empty() {
                out.add("lxc.cap.drop", dropped.join(" "));
            }
        }
        Some(other) => {
            let text = format!("a policy is 'default', 'allow' or 'deny': {other:?}");
            return Err(invalid("/domain/features/capabilities/@policy", text));
        }
    }
    Ok(())
}
