//! Who uses a switch: what is in use is not taken away.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::found::FoundHost;
use super::wanted::WantedSwitch;
use crate::property;
use crate::vim::ManagedObjectReference;

impl EsxDriver {
    /// Nobody uses this port group.
    ///
    /// # Errors
    /// `InvalidState`, which names who does.
    pub(super) async fn must_be_free(&self, call: &CallContext, host: &FoundHost, group: &str) -> Result<()> {
        let own = host.network.vnic.iter().chain(&host.network.console_vnic);
        let own: Vec<&str> = own
            .filter(|card| card.portgroup == group)
            .map(|card| card.device.as_str())
            .collect();
        if !own.is_empty() {
            return Err(in_use(group, &format!("the host itself ({})", own.join(", "))));
        }
        let Some(object) = host.objects.get(group) else {
            return Ok(());
        };
        let mut read = property::of_object(&self.server.session, call, object, &["vm"]).await?;
        let machines: Vec<ManagedObjectReference> = match read.remove("vm") {
            Some(machines) => machines.list().unwrap_or_default(),
            None => Vec::new(),
        };
        if machines.is_empty() {
            return Ok(());
        }
        let name = |machine: &ManagedObjectReference| {
            let name = self.server.inventory.name_of(machine);
            name.unwrap_or_else(|| machine.value.clone())
        };
        let names: Vec<String> = machines.iter().map(name).collect();
        Err(in_use(group, &format!("domains ({})", names.join(", "))))
    }
}

fn in_use(group: &str, by: &str) -> Error {
    let message = format!("port group {group:?} is used by {by}: connect them elsewhere first");
    Error::new(ErrorKind::InvalidState, message).with_outcome(Outcome::NotApplied)
}

/// The cards that are wanted are there, and no other switch has them; the groups have names of their own.
///
/// # Errors
/// `InvalidConfig` for a card that is not there, `Busy` for one of another switch, `AlreadyExists` for a port group of
/// another switch.
pub(super) fn check_places(host: &FoundHost, wanted: &WantedSwitch) -> Result<()> {
    let network = &host.network;
    for card in &wanted.cards {
        let about = |error: Error| {
            let element = format!("/network/forward/interface[@dev={card:?}]");
            error.with_subject(Subject::Element(element))
        };
        let Some(known) = network.pnic.iter().find(|known| known.device == *card) else {
            let cards: Vec<&str> = network.pnic.iter().map(|known| known.device.as_str()).collect();
            let message = format!("the host has no card {card:?} (there are: {})", cards.join(", "));
            return Err(about(Error::new(ErrorKind::InvalidConfig, message)));
        };
        let has_it = |cards: &[String]| known.key.as_ref().is_some_and(|key| cards.contains(key));
        let standard = network.vswitch.iter().filter(|switch| switch.name != wanted.name);
        let standard = standard
            .filter(|switch| has_it(&switch.pnic))
            .map(|switch| &switch.name);
        let distributed = network.proxy_switch.iter().filter(|switch| has_it(&switch.pnic));
        let distributed = distributed.map(|switch| &switch.dvs_name);
        if let Some(switch) = standard.chain(distributed).next() {
            let message = format!("card {card:?} belongs to switch {switch:?}: a card has one switch");
            return Err(about(Error::new(ErrorKind::Busy, message)));
        }
    }
    for group in &wanted.groups {
        let mut others = network
            .portgroup
            .iter()
            .filter(|known| known.spec.name == group.name);
        let is_ours = |switch: &str, name: &str| switch == wanted.name && host.objects.contains_key(name);
        if let Some(other) = others.find(|known| !is_ours(&known.spec.vswitch_name, &known.spec.name)) {
            let message = format!(
                "port group {:?} is there already, on switch {:?}: each of a host has a name of its own",
                group.name, other.spec.vswitch_name
            );
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
    }
    Ok(())
}
