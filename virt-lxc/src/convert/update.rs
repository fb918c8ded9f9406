//! A domain applied to a configuration somebody wrote.

use std::collections::BTreeSet;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::from_native::from_native;
use super::options::{FromNative, ToNative};
use super::settings::Setting;
use super::to_native::entries;
use crate::config::{ContainerConfig, is_list};

/// Applies a domain to the configuration it is of: what the domain says otherwise than the configuration is changed in its
/// place; everything else, comments, order, spelling and what is said in included files stay.
///
/// The domain is compared with what the configuration is as a domain ([`FromNative::complete`]). Interfaces are numbered anew
/// where one of them changes. Names of LXC 1 and 2 become those of LXC 3.
///
/// # Errors
/// As [`to_native`](super::to_native()).
pub fn update_native(
    existing: &ContainerConfig,
    domain: &DomainConfig,
    context: &ToNative,
) -> Result<ContainerConfig> {
    let new = entries(domain, context)?;
    let mut config = if existing.is_legacy() {
        existing.modernized()
    } else {
        existing.clone()
    };
    let options = FromNative::complete()
        .with_name(&domain.name)
        .with_layout(context.layout.clone());
    let as_domain = from_native(existing, &options)?;
    // What no domain can be written as differs in everything it says.
    let old = entries(&as_domain, context).unwrap_or_else(|_| {
        let said = config.effective().into_iter();
        said.map(|entry| Setting::new(entry.key, entry.value)).collect()
    });
    let of = |lines: &[Setting], is_one: &dyn Fn(&str) -> bool| -> Vec<Setting> {
        lines.iter().filter(|line| is_one(&line.key)).cloned().collect()
    };
    let is_network = |key: &str| key.starts_with(NETWORK);
    let (networks, before) = (of(&new, &is_network), of(&old, &is_network));
    if networks != before {
        let lines: Vec<(&str, &str)> = networks
            .iter()
            .map(|line| (line.key.as_str(), line.value.as_str()))
            .collect();
        config.replace_prefix(NETWORK, &lines)?;
    }
    let keys: BTreeSet<&str> = old
        .iter()
        .chain(&new)
        .map(|line| line.key.as_str())
        .filter(|key| !is_network(key))
        .collect();
    // New keys in the order in which they are written.
    let mut ordered: Vec<&str> = Vec::new();
    for key in new
        .iter()
        .map(|line| line.key.as_str())
        .chain(keys.iter().copied())
    {
        if keys.contains(key) && !ordered.contains(&key) {
            ordered.push(key);
        }
    }
    for key in ordered {
        let is_one = |one: &str| one == key;
        let (now, before) = (of(&new, &is_one), of(&old, &is_one));
        if now != before {
            apply(&mut config, key, &now)?;
        }
    }
    Ok(config)
}

const NETWORK: &str = "lxc.net.";

fn apply(config: &mut ContainerConfig, key: &str, now: &[Setting]) -> Result<()> {
    let values: Vec<&str> = now
        .iter()
        .map(|line| line.value.as_str())
        .filter(|value| !value.is_empty())
        .collect();
    match values.as_slice() {
        [] => {
            config.remove(key);
        }
        [value] if !is_list(key) => config.set(key, value)?,
        values => config.set_all(key, values)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::CgroupLayout;

    const EXISTING: &str = "# by hand\nlxc.include = /usr/share/lxc/config/common.conf\nlxc.uts.name=web\n\
                            lxc.rootfs.path = /srv/web   # here\n\n# network\nlxc.net.0.type = veth\nlxc.net.0.link = br0\n\
                            lxc.net.0.flags = up\nlxc.hook.start = /a\nlxc.cgroup.cpu.shares = 512\nlxc.mount.entry = /a b \
                            none bind 0 0\nlxc.foo = 1\n";

    fn updated(existing: &str, change: impl FnOnce(&mut DomainConfig)) -> String {
        let config = ContainerConfig::parse(existing).unwrap();
        let layout = CgroupLayout::legacy();
        let options = FromNative::complete().with_layout(layout.clone());
        let mut domain = from_native(&config, &options).unwrap();
        change(&mut domain);
        let context = ToNative::new(layout);
        update_native(&config, &domain, &context).unwrap().to_string()
    }

    #[test]
    fn nothing_changes_where_nothing_is_said_otherwise() {
        assert_eq!(updated(EXISTING, |_| {}), EXISTING);
    }

    #[test]
    fn what_is_said_otherwise_changes_in_its_place() {
        let text = updated(EXISTING, |domain| {
            domain.cputune.as_mut().unwrap().shares = Some(100);
            domain.devices_mut().interfaces.clear();
        });
        let expected = EXISTING.replace("shares = 512", "shares = 100").replace(
            "lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.0.flags = up\n",
            "lxc.net.0.type = none\n",
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_gone_goes_and_what_is_new_comes_last() {
        let text = updated(EXISTING, |domain| {
            domain.cputune = None;
            super::super::set_settings(
                domain,
                &[
                    Setting::new("lxc.include", "/usr/share/lxc/config/common.conf"),
                    Setting::new("lxc.hook.start", "/b"),
                    Setting::new("lxc.start.auto", "1"),
                ],
            );
        });
        let expected = EXISTING
            .replace("lxc.cgroup.cpu.shares = 512\n", "")
            .replace("start = /a", "start = /b")
            .replace("lxc.foo = 1\n", "")
            + "lxc.start.auto = 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn old_names_become_new_ones() {
        let old =
            "lxc.utsname = web\nlxc.rootfs = /srv/web\nlxc.network.type = veth\nlxc.network.flags = up\n";
        let new =
            "lxc.uts.name = web\nlxc.rootfs.path = /srv/web\nlxc.net.0.type = veth\nlxc.net.0.flags = up\n";
        assert_eq!(updated(old, |_| {}), new);
    }
}
