//! Statistics in bulk: of a thousand machines in as many calls as of one, their properties in one and what was measured in
//! another.
//!
//! ESX measures levels and rates, and counts nothing since a machine's start. Rates stand in no field for counts, but beside
//! them by names of their own ([`row`]); as typed values they are [`crate::usage()`].

mod counters;
mod facts;
mod performance;
mod row;
mod usage;

use std::collections::HashMap;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::driver::StatisticsDriver;
use virt_core::stats::{DomainStatsRow, StatsGroup, StatsGroups};
use virt_core::{CallContext, Error, Result};

use self::facts::Facts;
pub(in crate::driver) use self::performance::Performance;
use self::performance::Samples;
use super::EsxDriver;
use crate::extension::Usage;
use crate::inventory::Listed;
use crate::property::{self, Wanted};
use crate::vim::{ManagedObjectReference, VirtualMachinePowerState as Power};

/// A machine of which something is asked, and what there is to say.
#[derive(Debug)]
struct Asked {
    listed: Listed,
    facts: Facts,
    samples: Samples,
    failure: Option<Error>,
}

#[async_trait]
impl StatisticsDriver for EsxDriver {
    async fn domains(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        let asked = self.ask(call, domains, groups, false).await?;
        Ok(asked.into_iter().map(|asked| asked.row(groups)).collect())
    }
}

impl EsxDriver {
    /// What these machines are doing, or all that run.
    pub(crate) async fn usages(&self, call: &CallContext, domains: Option<&[Uuid]>) -> Result<Vec<Usage>> {
        let asked = self.ask(call, domains, StatsGroups::all(), true).await?;
        Ok(asked.into_iter().map(Asked::usage).collect())
    }

    async fn ask(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
        of_guest: bool,
    ) -> Result<Vec<Asked>> {
        self.server.check_open()?;
        let mut listed = self.server.inventory.listed(domains);
        listed.sort_unstable_by(|a, b| a.info.domain.name.cmp(&b.info.domain.name));
        let active = |listed: &&Listed| listed.machine.is_active();
        let references: Vec<ManagedObjectReference> = listed
            .iter()
            .filter(active)
            .map(|listed| listed.reference.clone())
            .collect();
        let running: Vec<ManagedObjectReference> = listed
            .iter()
            .filter(|listed| listed.machine.power == Power::PoweredOn)
            .map(|listed| listed.reference.clone())
            .collect();
        let (facts, samples) = futures::future::join(
            self.facts(call, &references, groups, of_guest),
            self.measured(call, &running, measurable(groups)),
        )
        .await;
        let mut facts = facts?;
        let (mut samples, failure) = match samples {
            Ok(samples) => (samples, None),
            Err(error) => (HashMap::new(), Some(error)),
        };
        let asked = listed.into_iter().filter_map(|listed| {
            let is_on = listed.machine.power == Power::PoweredOn;
            let mut facts = match facts.as_mut() {
                // What is gone meanwhile has no row.
                Some(facts) if listed.machine.is_active() => facts.remove(&listed.reference)?,
                _ => Facts::default(),
            };
            let refused = facts.refused.take();
            Some(Asked {
                samples: samples.remove(&listed.reference).unwrap_or_default(),
                failure: refused.or_else(|| failure.as_ref().filter(|_| is_on).map(again)),
                facts,
                listed,
            })
        });
        Ok(asked.collect())
    }

    /// What the properties of these machines say, by machine; nothing where no property is needed.
    async fn facts(
        &self,
        call: &CallContext,
        machines: &[ManagedObjectReference],
        groups: StatsGroups,
        of_guest: bool,
    ) -> Result<Option<HashMap<ManagedObjectReference, Facts>>> {
        let paths = facts::wanted(groups, of_guest);
        if machines.is_empty() || paths.is_empty() {
            return Ok(None);
        }
        let spec = property::of_references(
            machines,
            &[Wanted {
                kind: "VirtualMachine",
                paths: &paths,
            }],
        );
        let found = property::of_objects(&self.server.session, call, spec).await?;
        let facts = found.into_iter().filter_map(|content| {
            let reference = content.obj.clone();
            Some((reference, Facts::of(content)?))
        });
        Ok(Some(facts.collect()))
    }
}

/// The groups of which something is measured.
fn measurable(groups: StatsGroups) -> StatsGroups {
    StatsGroup::ALL
        .iter()
        .copied()
        .filter(|group| *group != StatsGroup::State && groups.has(*group))
        .collect()
}

/// The same error, for another row.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.message().to_owned())
        .with_outcome(error.outcome())
        .with_retry(error.retry())
}
