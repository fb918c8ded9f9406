//! Lists, with what is known of each domain.

use std::collections::{HashMap, HashSet};

use futures::future::join_all;
use uuid::Uuid;
use virt_core::domain::{DomainFilter, DomainInfo, DomainRef, DomainState, StateReason};
use virt_core::{CallContext, ErrorKind, Result};

use super::state_of;
use crate::driver::{RemoteConnection, flags, objects, refusal};
use crate::protocol::remote::connect::{
    ConnectGetAllDomainStats, ConnectGetAllDomainStatsArgs, ConnectListAllDomains, ConnectListAllDomainsArgs,
};
use crate::protocol::remote::object::Domain;
use crate::rpc::RpcResult;

/// `virConnectListAllDomainsFlags`.
mod wanted {
    pub(super) const ACTIVE: u32 = 1 << 0;
    pub(super) const INACTIVE: u32 = 1 << 1;
    pub(super) const PERSISTENT: u32 = 1 << 2;
    pub(super) const TRANSIENT: u32 = 1 << 3;
    pub(super) const AUTOSTART: u32 = 1 << 10;
    pub(super) const NO_AUTOSTART: u32 = 1 << 11;
}

/// `VIR_DOMAIN_STATS_STATE`: known without asking any guest's process.
const STATE: u32 = 1;

type States = HashMap<Uuid, (DomainState, StateReason)>;

impl RemoteConnection {
    /// A list takes four calls, and one for each domain's document.
    pub(super) async fn list_domains(
        &self,
        call: &CallContext,
        filter: &DomainFilter,
    ) -> Result<Vec<DomainInfo>> {
        let (listed, persistent, autostarting, states) = tokio::join!(
            self.domains_with(call, flags_of(filter)),
            self.domains_with(call, wanted::PERSISTENT),
            self.domains_with(call, wanted::AUTOSTART),
            self.states_of_all(call),
        );
        let (persistent, states) = (uuids(persistent?), states?);
        let autostarting = match autostarting {
            // A driver that has no such thing.
            Err(error) if refusal::is_unknown_flag(&error) => HashSet::new(),
            listed => uuids(listed?),
        };
        let rows = listed?.into_iter().map(|domain| async {
            let mut info = self.row(call, domain, &states).await?;
            info.persistent = persistent.contains(&info.domain.uuid);
            info.autostart = autostarting.contains(&info.domain.uuid);
            Ok::<_, virt_core::Error>(info)
        });
        let mut infos = Vec::new();
        for row in join_all(rows).await {
            match row {
                Ok(info) if filter.matches(&info) => infos.push(info),
                Ok(_) => {}
                // It went while the others were asked.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        infos.sort_by(|one: &DomainInfo, other| one.domain.name.cmp(&other.domain.name));
        Ok(infos)
    }

    /// One call, unless the filter asks for states that the daemon cannot choose by.
    pub(super) async fn list_references(
        &self,
        call: &CallContext,
        filter: &DomainFilter,
    ) -> Result<Vec<DomainRef>> {
        if !filter.states.is_empty() {
            let infos = self.list_domains(call, filter).await?;
            return Ok(infos.into_iter().map(|info| info.domain).collect());
        }
        let found = self.domains_with(call, flags_of(filter)).await?;
        let mut references: Vec<DomainRef> = found.iter().map(objects::domain_ref).collect();
        references.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(references)
    }

    async fn row(&self, call: &CallContext, domain: Domain, states: &States) -> Result<DomainInfo> {
        let (config, state) = match states.get(&domain.uuid) {
            Some(known) => (self.document_unless_hung(call, &domain).await?, *known),
            None => {
                let (config, state) = tokio::join!(
                    self.document_unless_hung(call, &domain),
                    self.state_of_domain(call, domain.clone())
                );
                (config?, state?)
            }
        };
        self.at_a_glance(call, &domain, state, config).await
    }

    /// The domains these flags choose.
    pub(in crate::driver) async fn domains_with(
        &self,
        call: &CallContext,
        flags: u32,
    ) -> RpcResult<Vec<Domain>> {
        let args = ConnectListAllDomainsArgs {
            need_results: 1,
            flags,
        };
        Ok(self
            .link
            .call::<ConnectListAllDomains>(call, &args)
            .await?
            .domains)
    }

    /// The states of all domains at once; of none where the driver cannot tell them so.
    async fn states_of_all(&self, call: &CallContext) -> RpcResult<States> {
        let args = ConnectGetAllDomainStatsArgs {
            doms: Vec::new(),
            stats: STATE,
            flags: 0,
        };
        let rows = match self.link.call::<ConnectGetAllDomainStats>(call, &args).await {
            Ok(rows) => rows.ret_stats,
            Err(error) if refusal::is_unsupported(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        let number = |number: Option<i64>| i32::try_from(number?).ok();
        let states = rows.into_iter().filter_map(|row| {
            let state = number(row.params.i64("state.state"))?;
            let reason = number(row.params.i64("state.reason")).unwrap_or_default();
            Some((row.dom.uuid, state_of(state, reason)))
        });
        Ok(states.collect())
    }
}

fn uuids(domains: Vec<Domain>) -> HashSet<Uuid> {
    domains.into_iter().map(|domain| domain.uuid).collect()
}

/// What the daemon can leave out itself.
fn flags_of(filter: &DomainFilter) -> u32 {
    flags::set(&[
        (filter.active == Some(true), wanted::ACTIVE),
        (filter.active == Some(false), wanted::INACTIVE),
        (filter.persistent == Some(true), wanted::PERSISTENT),
        (filter.persistent == Some(false), wanted::TRANSIENT),
        (filter.autostart == Some(true), wanted::AUTOSTART),
        (filter.autostart == Some(false), wanted::NO_AUTOSTART),
    ])
}
