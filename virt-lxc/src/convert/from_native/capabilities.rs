//! `lxc.cap.drop` and `lxc.cap.keep`.

use virt_core::model::DomainConfig;
use virt_core::model::domain::{FeatureState, Features, LinuxCapabilities};
use virt_core::model::value::OnOff;

use super::native::{Left, Native};

const DROP: &str = "lxc.cap.drop";
const KEEP: &str = "lxc.cap.keep";

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) {
    let mut capabilities = LinuxCapabilities::default();
    capabilities.policy = Some("allow".to_owned());
    if native.is_complete() {
        let drops = native.peek(DROP).is_some();
        let keeps = native.peek(KEEP).is_some();
        if keeps && !drops {
            capabilities.policy = Some("deny".to_owned());
            take_known(native, KEEP, &mut capabilities, OnOff::On);
        } else {
            take_known(native, DROP, &mut capabilities, OnOff::Off);
        }
    } else if let Some(names) = native.take(DROP) {
        for name in names.split(' ') {
            set(&mut capabilities, name, OnOff::Off);
        }
    }
    let features = domain.features.get_or_insert_with(Features::default);
    features.capabilities = Some(Box::new(capabilities));
}

/// Takes the names there are elements for; others are kept.
fn take_known(native: &mut Native, key: &str, capabilities: &mut LinuxCapabilities, state: OnOff) {
    native.change(|setting| {
        if setting.key != key || setting.value.is_empty() {
            return Left::Something;
        }
        let names = setting.value.split_ascii_whitespace();
        let left: Vec<&str> = names
            .filter(|name| *name != "none" && !set(capabilities, name, state))
            .collect();
        setting.value = left.join(" ");
        if setting.value.is_empty() {
            Left::Nothing
        } else {
            Left::Something
        }
    });
}

/// Sets the state of a capability there is an element for.
fn set(capabilities: &mut LinuxCapabilities, name: &str, on: OnOff) -> bool {
    let Some(place) = place(capabilities, name) else {
        return false;
    };
    let mut state = FeatureState::default();
    state.state = Some(on);
    *place = Some(state);
    true
}

macro_rules! places {
    ($capabilities:ident, $name:ident: $($field:ident)+) => {
        match $name {
            $(stringify!($field) => Some(&mut $capabilities.$field),)+
            _ => None,
        }
    };
}

fn place<'c>(capabilities: &'c mut LinuxCapabilities, name: &str) -> Option<&'c mut Option<FeatureState>> {
    places!(capabilities, name:
        audit_control audit_write block_suspend chown dac_override dac_read_search fowner fsetid ipc_lock ipc_owner
        kill lease linux_immutable mac_admin mac_override mknod net_admin net_bind_service net_broadcast net_raw
        setgid setfcap setpcap setuid sys_admin sys_boot sys_chroot sys_module sys_nice sys_pacct sys_ptrace
        sys_rawio sys_resource sys_time sys_tty_config syslog wake_alarm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_of_the_model_has_a_place() {
        let mut capabilities = LinuxCapabilities::default();
        for (name, _) in LinuxCapabilities::default().each() {
            assert!(set(&mut capabilities, name, OnOff::Off), "{name}");
        }
        assert!(capabilities.each().iter().all(|(_, state)| state.is_some()));
    }
}
