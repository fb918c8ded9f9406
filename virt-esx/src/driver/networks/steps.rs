//! From a switch as it is to one as it is to be: the steps there, and back again where one fails.

use super::document::USUAL_MTU;
use super::found::FoundHost;
use super::wanted::{WantedGroup, WantedSwitch};
use crate::vim::{
    AnyHostVirtualSwitchBridge, HostNetworkPolicy, HostNetworkTrafficShapingPolicy, HostNicOrderPolicy,
    HostPortGroupSpec, HostVirtualSwitch, HostVirtualSwitchBondBridge, HostVirtualSwitchSpec,
};

/// How many ports a new switch has, as libvirt makes it; newer hosts make as many as are needed.
const PORTS: i32 = 128;

/// One change of a host's network.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    AddSwitch(String, Box<HostVirtualSwitchSpec>),
    /// From the one to the other.
    ChangeSwitch(String, Box<HostVirtualSwitchSpec>, Box<HostVirtualSwitchSpec>),
    /// With what it was.
    RemoveSwitch(String, Box<HostVirtualSwitchSpec>),
    AddGroup(Box<HostPortGroupSpec>),
    /// From the one to the other.
    ChangeGroup(Box<HostPortGroupSpec>, Box<HostPortGroupSpec>),
    /// With what it was.
    RemoveGroup(Box<HostPortGroupSpec>),
}

impl Step {
    /// What takes it back.
    pub(super) fn back(self) -> Self {
        match self {
            Self::AddSwitch(name, spec) => Self::RemoveSwitch(name, spec),
            Self::RemoveSwitch(name, spec) => Self::AddSwitch(name, spec),
            Self::ChangeSwitch(name, before, after) => Self::ChangeSwitch(name, after, before),
            Self::AddGroup(spec) => Self::RemoveGroup(spec),
            Self::RemoveGroup(spec) => Self::AddGroup(spec),
            Self::ChangeGroup(before, after) => Self::ChangeGroup(after, before),
        }
    }
}

/// A switch that is not there yet.
pub(super) fn to_new(wanted: &WantedSwitch) -> Vec<Step> {
    let mut spec = HostVirtualSwitchSpec {
        num_ports: PORTS,
        mtu: wanted.mtu,
        ..HostVirtualSwitchSpec::default()
    };
    if !wanted.cards.is_empty() {
        spec.bridge = Some(bond_of(&wanted.cards, None));
    }
    if wanted.shaping.is_some() {
        spec.policy = Some(Box::new(shaped(None, wanted.shaping.as_ref())));
    }
    let groups = wanted.groups.iter();
    let groups = groups.map(|group| Step::AddGroup(Box::new(new_group(&wanted.name, group))));
    std::iter::once(Step::AddSwitch(wanted.name.clone(), Box::new(spec)))
        .chain(groups)
        .collect()
}

/// A switch that is there: groups go first, as their names may be given anew, and come last.
pub(super) fn to_changed(host: &FoundHost, switch: &HostVirtualSwitch, wanted: &WantedSwitch) -> Vec<Step> {
    let name = switch.name.as_str();
    let named = |group: &str| wanted.groups.iter().find(|one| one.name == group);
    let mut steps = Vec::new();
    for group in host.guest_groups_of(name) {
        if named(&group.spec.name).is_none() {
            steps.push(Step::RemoveGroup(Box::new(group.spec.clone())));
        }
    }
    let after = changed_switch(host, switch, wanted);
    if after != switch.spec {
        steps.push(Step::ChangeSwitch(
            name.to_owned(),
            Box::new(switch.spec.clone()),
            Box::new(after),
        ));
    }
    for group in host.guest_groups_of(name) {
        let Some(wanted) = named(&group.spec.name) else {
            continue;
        };
        let mut after = group.spec.clone();
        after.vlan_id = wanted.vlan;
        after.policy = shaped(Some(&after.policy), wanted.shaping.as_ref());
        if after != group.spec {
            steps.push(Step::ChangeGroup(Box::new(group.spec.clone()), Box::new(after)));
        }
    }
    for group in &wanted.groups {
        let is_there = host.guest_groups_of(name).any(|one| one.spec.name == group.name);
        if !is_there {
            steps.push(Step::AddGroup(Box::new(new_group(name, group))));
        }
    }
    steps
}

/// All of a switch.
pub(super) fn to_none(host: &FoundHost, switch: &HostVirtualSwitch) -> Vec<Step> {
    let groups = host.groups_of(&switch.name);
    let groups = groups.map(|group| Step::RemoveGroup(Box::new(group.spec.clone())));
    let last = Step::RemoveSwitch(switch.name.clone(), Box::new(switch.spec.clone()));
    groups.chain([last]).collect()
}

fn changed_switch(
    host: &FoundHost,
    switch: &HostVirtualSwitch,
    wanted: &WantedSwitch,
) -> HostVirtualSwitchSpec {
    let mut after = switch.spec.clone();
    // The document of an isolated switch says one that is not the usual; that of another one cannot.
    let is_isolated = wanted.cards.is_empty() && switch.pnic.is_empty();
    match wanted.mtu {
        Some(mtu) => after.mtu = Some(mtu),
        None if is_isolated && switch.mtu.is_some_and(|mtu| mtu != USUAL_MTU) => after.mtu = Some(USUAL_MTU),
        None => {}
    }
    let policy = shaped(after.policy.as_deref(), wanted.shaping.as_ref());
    if after.policy.is_some() || wanted.shaping.is_some() {
        after.policy = Some(Box::new(policy));
    }
    let cards = host.network.pnic.iter().filter(|card| {
        let key = card.key.as_ref();
        key.is_some_and(|key| switch.pnic.contains(key))
    });
    let cards: Vec<&String> = cards.map(|card| &card.device).collect();
    let is_same = cards.len() == wanted.cards.len() && cards.iter().all(|card| wanted.cards.contains(card));
    if is_same {
        return after;
    }
    after.bridge = (!wanted.cards.is_empty()).then(|| bond_of(&wanted.cards, after.bridge.as_ref()));
    // Which card is used first names those that there are.
    let teaming = after
        .policy
        .as_mut()
        .and_then(|policy| policy.nic_teaming.as_mut());
    if let Some(order) = teaming.and_then(|teaming| teaming.nic_order.as_mut()) {
        reorder(order, &wanted.cards);
    }
    after
}

fn reorder(order: &mut HostNicOrderPolicy, cards: &[String]) {
    order.active_nic.retain(|card| cards.contains(card));
    order.standby_nic.retain(|card| cards.contains(card));
    let new = cards.iter().filter(|card| !order.standby_nic.contains(card));
    for card in new {
        if !order.active_nic.contains(card) {
            order.active_nic.push(card.clone());
        }
    }
}

/// A bond of these cards, which is otherwise as it was.
fn bond_of(cards: &[String], before: Option<&AnyHostVirtualSwitchBridge>) -> AnyHostVirtualSwitchBridge {
    let mut bond = match before {
        Some(AnyHostVirtualSwitchBridge::HostVirtualSwitchBondBridge(bond)) => bond.as_ref().clone(),
        _ => HostVirtualSwitchBondBridge::default(),
    };
    bond.nic_device = cards.to_vec();
    bond.into()
}

fn new_group(switch: &str, group: &WantedGroup) -> HostPortGroupSpec {
    HostPortGroupSpec {
        name: group.name.clone(),
        vlan_id: group.vlan,
        vswitch_name: switch.to_owned(),
        policy: shaped(None, group.shaping.as_ref()),
    }
}

/// A policy that shapes so, and is otherwise as it was. What has limited and does not any more is switched off; what has
/// said nothing goes on to say nothing.
fn shaped(
    before: Option<&HostNetworkPolicy>,
    shaping: Option<&HostNetworkTrafficShapingPolicy>,
) -> HostNetworkPolicy {
    let mut policy = before.cloned().unwrap_or_default();
    match (shaping, &mut policy.shaping_policy) {
        (Some(shaping), _) => policy.shaping_policy = Some(shaping.clone()),
        (None, Some(before)) if before.enabled == Some(true) => {
            before.enabled = Some(false);
        }
        (None, _) => {}
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{HostNetworkInfo, HostPortGroup, ManagedObjectReference, PhysicalNic};

    fn wanted(cards: &[&str], groups: &[(&str, i32)]) -> WantedSwitch {
        WantedSwitch {
            name: "inside".to_owned(),
            cards: cards.iter().map(|card| (*card).to_owned()).collect(),
            mtu: None,
            shaping: None,
            groups: groups
                .iter()
                .map(|(name, vlan)| WantedGroup {
                    name: (*name).to_owned(),
                    vlan: *vlan,
                    shaping: None,
                })
                .collect(),
        }
    }

    /// A host with a switch `inside` by vmnic0, two groups of it, and one that is the host's own.
    fn host() -> (FoundHost, HostVirtualSwitch) {
        let card = |name: &str| PhysicalNic {
            key: Some(format!("key-{name}")),
            device: name.to_owned(),
            ..PhysicalNic::default()
        };
        let group = |name: &str, vlan: i32| HostPortGroup {
            spec: HostPortGroupSpec {
                name: name.to_owned(),
                vlan_id: vlan,
                vswitch_name: "inside".to_owned(),
                ..HostPortGroupSpec::default()
            },
            ..HostPortGroup::default()
        };
        let switch = HostVirtualSwitch {
            name: "inside".to_owned(),
            pnic: vec!["key-vmnic0".to_owned()],
            spec: HostVirtualSwitchSpec {
                num_ports: PORTS,
                bridge: Some(bond_of(&["vmnic0".to_owned()], None)),
                ..HostVirtualSwitchSpec::default()
            },
            ..HostVirtualSwitch::default()
        };
        let mut host = FoundHost {
            network: HostNetworkInfo {
                pnic: vec![card("vmnic0"), card("vmnic1")],
                portgroup: vec![group("a", 0), group("b", 7), group("Management", 0)],
                ..HostNetworkInfo::default()
            },
            ..FoundHost::default()
        };
        for name in ["a", "b"] {
            let object = ManagedObjectReference::new("Network", name);
            host.objects.insert(name.to_owned(), object);
        }
        (host, switch)
    }

    fn told(steps: &[Step]) -> Vec<String> {
        let told = |step: &Step| match step {
            Step::AddSwitch(name, _) => format!("+{name}"),
            Step::ChangeSwitch(name, _, after) => format!("~{name} {:?}", after.bridge.is_some()),
            Step::RemoveSwitch(name, _) => format!("-{name}"),
            Step::AddGroup(spec) => format!("+{}:{}", spec.name, spec.vlan_id),
            Step::ChangeGroup(_, after) => format!("~{}:{}", after.name, after.vlan_id),
            Step::RemoveGroup(spec) => format!("-{}", spec.name),
        };
        steps.iter().map(told).collect()
    }

    #[test]
    fn a_switch_is_made_before_its_groups_and_goes_after_them() {
        let steps = to_new(&wanted(&["vmnic1"], &[("a", 0), ("b", 3)]));
        assert_eq!(told(&steps), ["+inside", "+a:0", "+b:3"]);
        let (host, switch) = host();
        assert_eq!(
            told(&to_none(&host, &switch)),
            ["-a", "-b", "-Management", "-inside"]
        );
        let back: Vec<Step> = steps.into_iter().rev().map(Step::back).collect();
        assert_eq!(told(&back), ["-b", "-a", "-inside"]);
    }

    #[test]
    fn only_what_differs_is_changed() {
        let (host, switch) = host();
        let steps = |wanted: WantedSwitch| told(&to_changed(&host, &switch, &wanted));
        assert!(steps(wanted(&["vmnic0"], &[("a", 0), ("b", 7)])).is_empty());
        assert_eq!(
            steps(wanted(&["vmnic0"], &[("b", 8), ("c", 1)])),
            ["-a", "~b:8", "+c:1"]
        );
        assert_eq!(steps(wanted(&[], &[("a", 0), ("b", 7)])), ["~inside false"]);
    }

    #[test]
    fn an_isolated_switch_that_says_no_mtu_has_the_usual() {
        let (host, mut switch) = host();
        (switch.mtu, switch.spec.mtu) = (Some(9000), Some(9000));
        let mtu = |switch: &HostVirtualSwitch, cards: &[&str]| {
            changed_switch(&host, switch, &wanted(cards, &[])).mtu
        };
        assert_eq!(mtu(&switch, &["vmnic0"]), Some(9000));
        assert_eq!(mtu(&switch, &[]), Some(9000));
        switch.pnic.clear();
        assert_eq!(mtu(&switch, &[]), Some(USUAL_MTU));
    }

    #[test]
    fn what_has_limited_is_switched_off_and_what_said_nothing_says_nothing() {
        let on = HostNetworkTrafficShapingPolicy {
            enabled: Some(true),
            average_bandwidth: Some(8000),
            ..HostNetworkTrafficShapingPolicy::default()
        };
        let limited = shaped(None, Some(&on));
        let off = shaped(Some(&limited), None);
        assert_eq!(
            off.shaping_policy.as_ref().and_then(|policy| policy.enabled),
            Some(false)
        );
        assert_eq!(shaped(Some(&off), None), off);
        assert_eq!(shaped(None, None).shaping_policy, None);
    }

    #[test]
    fn cards_that_are_gone_are_not_waited_for() {
        let mut order = HostNicOrderPolicy {
            active_nic: vec!["vmnic0".to_owned()],
            standby_nic: vec!["vmnic1".to_owned()],
        };
        reorder(&mut order, &["vmnic1".to_owned(), "vmnic2".to_owned()]);
        assert_eq!(order.active_nic, ["vmnic2"]);
        assert_eq!(order.standby_nic, ["vmnic1"]);
    }
}
