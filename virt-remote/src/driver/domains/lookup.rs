//! Looking domains up, and at them.

use uuid::Uuid;
use virt_core::domain::{DomainInfo, DomainRef, DomainSelector, DomainState, StateReason, XmlOptions};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, Result};

use super::state_of;
use crate::driver::{RemoteConnection, document, flags, objects, refusal};
use crate::protocol::remote::connect::{ConnectListAllDomains, ConnectListAllDomainsArgs};
use crate::protocol::remote::domain::{
    DomainGetAutostart, DomainGetAutostartArgs, DomainGetInfo, DomainGetInfoArgs, DomainGetState,
    DomainGetStateArgs, DomainGetXmlDesc, DomainGetXmlDescArgs, DomainIsPersistent, DomainIsPersistentArgs,
    DomainLookupById, DomainLookupByIdArgs, DomainLookupByName, DomainLookupByNameArgs, DomainLookupByUuid,
    DomainLookupByUuidArgs,
};
use crate::protocol::remote::domain_device::{DomainGetMetadata, DomainGetMetadataArgs};
use crate::protocol::remote::object::Domain;
use crate::rpc::{RpcError, RpcResult};

/// `virDomainXMLFlags`.
const SECURE: u32 = 1;
const INACTIVE: u32 = 2;

/// The element with a guest's launch key and session, which libvirt shows to everybody.
const SHOWN_TO_ALL: &str = "<launchSecurity";

impl RemoteConnection {
    pub(super) async fn look_up(&self, call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        match self.found(call, selector).await {
            Ok(found) => Ok(objects::domain_ref(&found)),
            Err(error) if refusal::is_gone(&error) => Err(self.no_such_domain(call, error).await),
            Err(error) => Err(error.into()),
        }
    }

    async fn found(&self, call: &CallContext, selector: &DomainSelector) -> RpcResult<Domain> {
        match selector {
            DomainSelector::Uuid(uuid) => self.found_by_uuid(call, *uuid).await,
            DomainSelector::Id(id) => {
                // The protocol's numbers end earlier, and there is no run beyond them.
                let id = i32::try_from(*id).unwrap_or(i32::MAX);
                let args = DomainLookupByIdArgs { id };
                Ok(self.link.call::<DomainLookupById>(call, &args).await?.dom)
            }
            named => self.found_by_name(call, &named.to_string()).await,
        }
    }

    pub(in crate::driver) async fn found_by_uuid(&self, call: &CallContext, uuid: Uuid) -> RpcResult<Domain> {
        let args = DomainLookupByUuidArgs { uuid };
        Ok(self.link.call::<DomainLookupByUuid>(call, &args).await?.dom)
    }

    pub(super) async fn found_by_name(&self, call: &CallContext, name: &str) -> RpcResult<Domain> {
        let args = DomainLookupByNameArgs { name: name.into() };
        Ok(self.link.call::<DomainLookupByName>(call, &args).await?.dom)
    }

    /// "There is none such", naming a few that do exist.
    async fn no_such_domain(&self, call: &CallContext, cause: RpcError) -> Error {
        let args = ConnectListAllDomainsArgs {
            need_results: 1,
            flags: 0,
        };
        let listed = self.link.call::<ConnectListAllDomains>(call, &args).await.ok();
        let names = listed.map(|listed| {
            let domains = listed.domains.into_iter();
            domains.map(|domain| domain.name.into_text()).collect()
        });
        objects::no_such("domain", names).with_source(cause)
    }

    pub(super) async fn domain_config(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &XmlOptions,
    ) -> Result<DomainConfig> {
        self.document_of(call, objects::domain(domain), flags_of(options))
            .await
    }

    /// The daemon's own text. It is the SDK's as well, but for what only the SDK takes for a secret.
    pub(super) async fn domain_text(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &XmlOptions,
    ) -> Result<String> {
        let text = self
            .text_of(call, objects::domain(domain), flags_of(options))
            .await?;
        if options.secure || !text.contains(SHOWN_TO_ALL) {
            return Ok(text);
        }
        Ok(understood(&text)?.to_xml_without_secrets())
    }

    /// A domain's document: what runs, or will.
    pub(in crate::driver) async fn document_of(
        &self,
        call: &CallContext,
        dom: Domain,
        flags: u32,
    ) -> Result<DomainConfig> {
        understood(&self.text_of(call, dom, flags).await?)
    }

    /// A domain's document as the daemon's text.
    pub(in crate::driver) async fn text_of(
        &self,
        call: &CallContext,
        dom: Domain,
        flags: u32,
    ) -> RpcResult<String> {
        let args = DomainGetXmlDescArgs { dom, flags };
        let found = self.link.call::<DomainGetXmlDesc>(call, &args).await?;
        Ok(found.xml.into_text())
    }

    pub(super) async fn domain_info(&self, call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        let dom = objects::domain(domain);
        // Asked together: they take one round trip.
        let (found, state, persistent, autostart, config) = tokio::join!(
            self.found_by_uuid(call, domain),
            self.state_of_domain(call, dom.clone()),
            self.is_persistent(call, dom.clone()),
            self.starts_by_itself(call, dom.clone()),
            self.document_unless_hung(call, &dom),
        );
        let mut info = self.at_a_glance(call, &found?, state?, config?).await?;
        info.persistent = persistent?;
        info.autostart = autostart?;
        Ok(info)
    }

    /// What its document tells of a domain, or where that can't be had, what the daemon knows without it.
    pub(super) async fn at_a_glance(
        &self,
        call: &CallContext,
        found: &Domain,
        state: (DomainState, StateReason),
        config: Option<DomainConfig>,
    ) -> Result<DomainInfo> {
        /// `VIR_DOMAIN_METADATA_TITLE`.
        const TITLE: i32 = 1;
        if let Some(config) = config {
            return Ok(self.described(found, state, &config));
        }
        let size = DomainGetInfoArgs { dom: found.clone() };
        let title = DomainGetMetadataArgs {
            dom: found.clone(),
            type_: TITLE,
            uri: None,
            flags: 0,
        };
        let (size, title) = tokio::join!(
            self.link.call::<DomainGetInfo>(call, &size),
            self.link.call::<DomainGetMetadata>(call, &title),
        );
        let size = size?;
        let mut info = self.described(found, state, &DomainConfig::default());
        info.max_memory = ByteSize::kib(size.max_mem);
        info.memory = ByteSize::kib(size.memory);
        info.vcpus = size.nr_virt_cpu.into();
        // One without a title has none to tell.
        info.title = title.ok().map(|title| title.metadata.into_text());
        Ok(info)
    }

    fn described(
        &self,
        found: &Domain,
        (state, reason): (DomainState, StateReason),
        config: &DomainConfig,
    ) -> DomainInfo {
        let mut info = DomainInfo::shut_off(objects::domain_ref(found));
        (info.state, info.reason) = (state, reason);
        info.id = objects::run_id(found).filter(|_| state.is_active());
        info.auto_destroy = self.auto_destroyed.has(found.uuid, info.id);
        info.reason = self.reason_of(found.uuid, info.id, (state, reason));
        info.max_memory = config
            .memory
            .as_ref()
            .map(|memory| memory.size)
            .unwrap_or_default();
        let current = config.current_memory.as_ref().map(|memory| memory.size);
        info.memory = current.unwrap_or(info.max_memory);
        let vcpu = config.vcpu.as_ref();
        info.vcpus = vcpu.map_or(1, |vcpu| vcpu.current.unwrap_or(vcpu.count));
        info.title = config.title.clone();
        info.agent_connected = agent_connected(config).filter(|_| state.is_active());
        info
    }

    /// Why a domain is in its state: the daemon does not tell a paused start from a pause.
    pub(in crate::driver) fn reason_of(
        &self,
        domain: Uuid,
        run: Option<u32>,
        (state, reason): (DomainState, StateReason),
    ) -> StateReason {
        let is_paused = (state, reason) == (DomainState::Paused, StateReason::User);
        match is_paused && self.started_paused.has(domain, run) {
            true => StateReason::StartedPaused,
            false => reason,
        }
    }

    pub(in crate::driver) async fn state_of_domain(
        &self,
        call: &CallContext,
        dom: Domain,
    ) -> RpcResult<(DomainState, StateReason)> {
        let args = DomainGetStateArgs { dom, flags: 0 };
        let found = self.link.call::<DomainGetState>(call, &args).await?;
        Ok(state_of(found.state, found.reason))
    }

    pub(in crate::driver) async fn is_persistent(&self, call: &CallContext, dom: Domain) -> RpcResult<bool> {
        let args = DomainIsPersistentArgs { dom };
        let found = self.link.call::<DomainIsPersistent>(call, &args).await?;
        Ok(found.persistent != 0)
    }

    /// Whether it starts by itself; a driver that has no such thing says no for all of them.
    async fn starts_by_itself(&self, call: &CallContext, dom: Domain) -> RpcResult<bool> {
        let args = DomainGetAutostartArgs { dom };
        match self.link.call::<DomainGetAutostart>(call, &args).await {
            Ok(found) => Ok(found.autostart != 0),
            Err(error) if refusal::is_unsupported(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn flags_of(options: &XmlOptions) -> u32 {
    flags::set(&[(options.secure, SECURE), (options.inactive, INACTIVE)])
}

pub(in crate::driver) fn understood(text: &str) -> Result<DomainConfig> {
    DomainConfig::from_xml(text).map_err(|error| document::not_understood("domain", error))
}

/// Whether the agent of a running domain listens, where the domain has a channel for one.
fn agent_connected(config: &DomainConfig) -> Option<bool> {
    let channels = config.devices.as_ref()?.channels.iter();
    let target = channels
        .filter(|channel| channel.is_guest_agent())
        .find_map(|channel| channel.target.as_ref())?;
    Some(target.state.as_deref() == Some("connected"))
}
