//! The document of a running container: its devices have names.

use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::Alias;

use super::interfaces::{host_end, is_veth};

/// The document of a run that begins: every device has an alias, every interface the name of its end on the host.
pub(crate) fn live_document(config: &DomainConfig, uuid: Uuid) -> DomainConfig {
    let mut live = config.clone();
    let Some(devices) = &mut live.devices else {
        return live;
    };
    let consoles = devices.consoles.iter_mut().map(|console| &mut console.alias);
    name_all("console", consoles);
    name_all(
        "fs",
        devices
            .filesystems
            .iter_mut()
            .map(|filesystem| &mut filesystem.alias),
    );
    name_all(
        "hostdev",
        devices.hostdevs.iter_mut().map(|hostdev| &mut hostdev.alias),
    );
    name_all(
        "net",
        devices
            .interfaces
            .iter_mut()
            .map(|interface| &mut interface.alias),
    );
    let mut taken: Vec<String> = devices
        .interfaces
        .iter()
        .filter_map(|interface| interface.target.as_ref()?.dev.clone())
        .collect();
    for (index, interface) in (0..).zip(&mut devices.interfaces) {
        let target = interface.target.as_ref().and_then(|target| target.dev.as_ref());
        if is_veth(interface) && target.is_none() {
            // Its own number, unless one that was attached later has its name.
            let mut free = (index..).map(|number| host_end(uuid, number));
            let name = free.find(|name| !taken.contains(name));
            taken.extend(name.clone());
            interface.target.get_or_insert_default().dev = name;
        }
    }
    live
}

/// Gives each that has none the first name of its kind that is free.
fn name_all<'d>(kind: &str, aliases: impl Iterator<Item = &'d mut Option<Alias>>) {
    let mut aliases: Vec<&mut Option<Alias>> = aliases.collect();
    let mut taken: Vec<String> = aliases
        .iter()
        .filter_map(|alias| alias.as_ref().and_then(|alias| alias.name.clone()))
        .collect();
    for alias in &mut aliases {
        let alias = alias.get_or_insert_default();
        if alias.name.is_none() {
            let free = (0_u32..).map(|number| format!("{kind}{number}"));
            let mut free = free.filter(|name| !taken.contains(name));
            if let Some(name) = free.next() {
                taken.push(name.clone());
                alias.name = Some(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_a_running_container_have_names_and_keep_those_they_have() {
        let config = DomainConfig::from_xml(
            "<domain type='lxc'><name>a</name><memory>1</memory><os><type>exe</type></os><devices>\
             <interface type='bridge'><source bridge='b'/></interface>\
             <interface type='bridge'><source bridge='b'/><target dev='x'/><alias name='net0'/></interface>\
             <console type='pty'/></devices></domain>",
        )
        .unwrap();
        let live = live_document(&config, Uuid::from_u128(7));
        let devices = live.devices.unwrap();
        let named: Vec<_> = devices
            .interfaces
            .iter()
            .map(|one| {
                (
                    one.alias.as_ref().unwrap().name.clone().unwrap(),
                    one.target.as_ref().unwrap().dev.clone().unwrap(),
                )
            })
            .collect();
        assert_eq!(named.first().unwrap().0, "net1");
        assert_eq!(named.last().unwrap(), &("net0".to_owned(), "x".to_owned()));
        assert_eq!(
            devices
                .consoles
                .first()
                .unwrap()
                .alias
                .as_ref()
                .unwrap()
                .name
                .as_deref(),
            Some("console0")
        );
    }
}
