//! Channels to agents in the guest.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Channel, ChardevType};

use super::super::chardev::{self, Chardev};
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    for (index, channel) in config.devices_mut().channels.iter_mut().enumerate() {
        let path = refusal::device("channel", index);
        let Some(target) = &mut channel.target else {
            return Err(refusal::invalid(path, "a channel needs a target"));
        };
        target.state = None;
        match target.kind.as_deref() {
            Some("virtio") => {}
            Some(other) => {
                return Err(refusal::unsupported(
                    format!("{path}/target/@type"),
                    format!("channels of type {other:?} are not supported yet; choose \"virtio\""),
                ));
            }
            None => {
                return Err(refusal::invalid(
                    format!("{path}/target/@type"),
                    "say the type: \"virtio\"",
                ));
            }
        }
        Chardev::from(&*channel).check(&path, true)?;
        chardev::forget_run(channel.kind.as_ref(), &mut channel.tty, &mut channel.sources);
        forget_made_path(channel);
    }
    Ok(())
}

/// Forgets the path of a socket that was made for an earlier run, by libvirt or by us: it names that run's guest.
fn forget_made_path(channel: &mut Channel) {
    let name = channel.target.as_ref().and_then(|target| target.name.as_deref());
    let view = Chardev::from(&*channel);
    if channel.kind == Some(ChardevType::Unix) && view.path().is_none() {
        channel.sources.clear();
        return;
    }
    let (Some(name), Some(path)) = (name, view.path()) else {
        return;
    };
    let made = channel.kind == Some(ChardevType::Unix)
        && view
            .sources
            .iter()
            .all(|source| source.mode.as_deref() != Some("connect"))
        && is_made(path, name);
    if made {
        channel.sources.clear();
    }
}

/// libvirt's forms: `…/channel/target/GUEST.NAME`, `…/channel/target/domain-GUEST/NAME`, `…/channel/7-GUEST/NAME`.
fn is_made(path: &str, name: &str) -> bool {
    let roots = ["/var/lib/libvirt", "/var/run/libvirt", "/run/libvirt"];
    let below = roots
        .iter()
        .find_map(|root| path.strip_prefix(root)?.strip_prefix("/qemu/channel/"));
    let Some(below) = below else { return false };
    let below = below.strip_prefix("target/").unwrap_or(below);
    match below.split_once('/') {
        None => below.strip_suffix(name).is_some_and(|guest| guest.ends_with('.')),
        Some((directory, file)) => {
            let number = directory
                .split('-')
                .next()
                .is_some_and(|first| !first.is_empty() && first.bytes().all(|digit| digit.is_ascii_digit()));
            file == name && (number || directory.starts_with("domain-"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_made;

    #[test]
    fn paths_made_for_a_run_are_told_from_paths_a_user_chose() {
        let name = "org.qemu.guest_agent.0";
        for made in [
            "target/domain-web/org.qemu.guest_agent.0",
            "target/web.org.qemu.guest_agent.0",
            "3-web/org.qemu.guest_agent.0",
        ] {
            assert!(
                is_made(&format!("/run/libvirt/qemu/channel/{made}"), name),
                "{made}"
            );
        }
        for chosen in [
            "/srv/agent.sock",
            "/run/libvirt/qemu/channel/mine/org.qemu.guest_agent.0",
            "/run/libvirt/qemu/channel/target/other",
            "/tmp/libvirt/qemu/channel/1-web/org.qemu.guest_agent.0",
        ] {
            assert!(!is_made(chosen, name), "{chosen}");
        }
    }
}
