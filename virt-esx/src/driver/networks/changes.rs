//! Switches made, changed and removed: all of it, or nothing.

use std::sync::Arc;
use std::time::Duration;

use virt_core::event::NetworkChange;
use virt_core::model::NetworkConfig;
use virt_core::model::network::{Forward, ForwardMode, NetworkUpdate, UpdateItem};
use virt_core::network::NetworkRef;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::super::leftovers::to_its_end;
use super::document::switch_document;
use super::found::{Found, FoundHost, NetworkKind};
use super::identity::{key_of_switch, uuid_of_key};
use super::steps::{Step, to_changed, to_new, to_none};
use super::users::check_places;
use super::wanted::WantedSwitch;
use crate::server::Server;
use crate::vim::{
    AddPortGroup, AddVirtualSwitch, HostVirtualSwitch, ManagedObjectReference, RemovePortGroup,
    RemoveVirtualSwitch, UpdatePortGroup, UpdateVirtualSwitch,
};

/// How long taking back may take: it is done even where the call's time is over.
const TAKING_BACK: Duration = Duration::from_secs(30);

impl EsxDriver {
    pub(super) async fn define_switch(
        &self,
        call: &CallContext,
        config: &NetworkConfig,
    ) -> Result<NetworkRef> {
        config.validate()?;
        let wanted = WantedSwitch::of(&config.normalized())?;
        let found = self.networks_there(call).await?;
        let host = the_host(&found)?;
        let known = known_switch(&found, config)?;
        check_places(host, &wanted)?;
        let Some((reference, switch)) = known else {
            let reference = NetworkRef::new(uuid_of_key(&key_of_switch(&wanted.name)), wanted.name.as_str());
            self.change_network(call, host, to_new(&wanted)).await?;
            // The host's own key counts.
            let known = self.networks_there(call).await?;
            let mut known = known.networks.iter().map(|one| &one.reference);
            let made = known.find(|one| one.name == reference.name).cloned();
            let made = made.unwrap_or(reference);
            self.tell_network(&made, [NetworkChange::Defined, NetworkChange::Started]);
            return Ok(made);
        };
        self.change_switch(call, host, switch, &wanted).await?;
        self.tell_network(reference, [NetworkChange::Defined]);
        Ok(reference.clone())
    }

    pub(super) async fn update_switch(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
    ) -> Result<()> {
        if !matches!(
            update.item,
            UpdateItem::PortGroup(_) | UpdateItem::ForwardInterface(_)
        ) {
            return Err(Error::unsupported(format!(
                "a network of ESX has port groups and cards, and no {}",
                update.item.section().name()
            )));
        }
        let found = self.networks_there(call).await?;
        let (host, switch) = to_change(&found, network)?;
        let config = updated(switch_document(&found, switch, network), update)?;
        config.validate()?;
        let wanted = WantedSwitch::of(&config.normalized())?;
        check_places(host, &wanted)?;
        self.change_switch(call, host, switch, &wanted).await
    }

    pub(super) async fn remove_switch(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let found = self.networks_there(call).await?;
        let (host, switch) = to_change(&found, network)?;
        for group in host.groups_of(&switch.name) {
            self.must_be_free(call, host, &group.spec.name).await?;
        }
        self.change_network(call, host, to_none(host, switch)).await?;
        self.tell_network(network, [NetworkChange::Stopped, NetworkChange::Undefined]);
        Ok(())
    }

    async fn change_switch(
        &self,
        call: &CallContext,
        host: &FoundHost,
        switch: &HostVirtualSwitch,
        wanted: &WantedSwitch,
    ) -> Result<()> {
        let steps = to_changed(host, switch, wanted);
        for step in &steps {
            if let Step::RemoveGroup(group) = step {
                self.must_be_free(call, host, &group.name).await?;
            }
        }
        self.change_network(call, host, steps).await
    }

    /// Goes these steps on a task of its own: whoever does not wait any more leaves nothing half done.
    async fn change_network(&self, call: &CallContext, host: &FoundHost, steps: Vec<Step>) -> Result<()> {
        let system = host.system.clone();
        let system = system.ok_or_else(|| Error::unsupported("the host lets nobody change its network"))?;
        let (server, call) = (Arc::clone(&self.server), call.clone());
        to_its_end(async move { go(&server, &call, &system, steps).await }).await
    }
}

/// Goes all steps, or takes back those that were gone.
async fn go(
    server: &Server,
    call: &CallContext,
    system: &ManagedObjectReference,
    steps: Vec<Step>,
) -> Result<()> {
    let mut gone: Vec<Step> = Vec::new();
    for step in steps {
        let error = match step_on(server, call, system, &step).await {
            Ok(()) => {
                gone.push(step);
                continue;
            }
            Err(error) => error,
        };
        let is_unclear = error.outcome() != Outcome::NotApplied;
        if is_unclear {
            gone.push(step);
        }
        let mut is_as_before = true;
        let back = CallContext::new(call.operation, CallClass::Change, TAKING_BACK);
        for (index, step) in gone.into_iter().rev().enumerate() {
            let taken_back = step_on(server, &back, system, &step.back()).await;
            // What was not clear may not have been done.
            let is_undone = |kind| matches!(kind, ErrorKind::NotFound | ErrorKind::AlreadyExists);
            let is_well = |error: &Error| is_unclear && index == 0 && is_undone(error.kind());
            if let Err(error) = taken_back
                && !is_well(&error)
            {
                tracing::warn!(%error, "a change of a network that failed could not be taken back");
                is_as_before = false;
            }
        }
        let outcome = if is_as_before {
            Outcome::NotApplied
        } else {
            Outcome::Unknown
        };
        return Err(error.with_outcome(outcome));
    }
    Ok(())
}

async fn step_on(
    server: &Server,
    call: &CallContext,
    system: &ManagedObjectReference,
    step: &Step,
) -> Result<()> {
    let this = system.clone();
    match step.clone() {
        Step::AddSwitch(vswitch_name, spec) => {
            let spec = Some(*spec);
            let add = AddVirtualSwitch {
                this,
                vswitch_name,
                spec,
            };
            server.act(call, &add).await
        }
        Step::ChangeSwitch(vswitch_name, _, spec) => {
            let change = UpdateVirtualSwitch {
                this,
                vswitch_name,
                spec: *spec,
            };
            server.act(call, &change).await
        }
        Step::RemoveSwitch(vswitch_name, _) => {
            let remove = RemoveVirtualSwitch { this, vswitch_name };
            server.act(call, &remove).await
        }
        Step::AddGroup(portgrp) => {
            let portgrp = *portgrp;
            server.act(call, &AddPortGroup { this, portgrp }).await
        }
        Step::ChangeGroup(before, portgrp) => {
            let pg_name = before.name;
            let change = UpdatePortGroup {
                this,
                pg_name,
                portgrp: *portgrp,
            };
            server.act(call, &change).await
        }
        Step::RemoveGroup(spec) => {
            let pg_name = spec.name;
            server.act(call, &RemovePortGroup { this, pg_name }).await
        }
    }
}

/// The one host whose switches there are.
fn the_host(found: &Found) -> Result<&FoundHost> {
    found.host.as_ref().ok_or_else(|| {
        Error::unsupported(
            "switches are a host's, and the connection is not about one host alone: name it in the URI \
             (vpx://VCENTER/DATACENTER/CLUSTER/HOST)",
        )
    })
}

/// A network that is to be changed, which is a standard switch.
fn to_change<'a>(found: &'a Found, network: &NetworkRef) -> Result<(&'a FoundHost, &'a HostVirtualSwitch)> {
    let kind = &found.existing(network)?.kind;
    let what = match kind {
        NetworkKind::Switch(switch) => return Ok((the_host(found)?, switch)),
        NetworkKind::Standard => {
            the_host(found)?;
            "a port group"
        }
        NetworkKind::Distributed(_) => "a port group of a distributed switch, which the vCenter changes",
        NetworkKind::Opaque => "a network of NSX, which changes it",
    };
    Err(Error::unsupported(format!(
        "the network is {what}: it is shown only"
    )))
}

/// The switch that a definition means, where it is there already.
fn known_switch<'a>(
    found: &'a Found,
    config: &NetworkConfig,
) -> Result<Option<(&'a NetworkRef, &'a HostVirtualSwitch)>> {
    let exists = |message: String| Error::new(ErrorKind::AlreadyExists, message);
    let mut networks = found.networks.iter();
    if let Some(uuid) = config.uuid
        && let Some(one) = networks.clone().find(|one| one.reference.uuid == uuid)
    {
        let name = &one.reference.name;
        if *name != config.name {
            return Err(exists(format!("uuid {uuid} belongs to network {name:?} already")));
        }
        return match &one.kind {
            NetworkKind::Switch(switch) => Ok(Some((&one.reference, switch))),
            _ => to_change(found, &one.reference).map(|_| None),
        };
    }
    if let Some(one) = networks.find(|one| one.reference.name == config.name) {
        return Err(exists(format!(
            "a network named {:?} exists already: to change it, define it with its uuid ({})",
            config.name, one.reference.uuid
        )));
    }
    let own = uuid_of_key(&key_of_switch(&config.name));
    if config.uuid.is_some_and(|uuid| uuid != own) {
        let message = "a network of ESX has the uuid that follows from its name: leave it out";
        return Err(Error::unsupported(message).with_subject(Subject::Element("/network/uuid".to_owned())));
    }
    Ok(None)
}

/// A switch's document after a change of one part. One that was isolated gets its first card, and one that loses its last is
/// isolated.
fn updated(mut config: NetworkConfig, update: &NetworkUpdate) -> Result<NetworkConfig> {
    if let UpdateItem::ForwardInterface(_) = update.item
        && config.forward.is_none()
    {
        let mut forward = Forward::default();
        forward.mode = Some(ForwardMode::Bridge);
        config.forward = Some(forward);
        config.mtu = None;
    }
    let mut config = config.updated(update)?;
    config.forward = config.forward.filter(|forward| !forward.interfaces.is_empty());
    Ok(config)
}
