//! Statistics in bulk.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::error::Result;
use crate::stats::{DomainStatsRow, StatsGroups};

/// Statistics in bulk.
#[async_trait]
pub trait StatisticsDriver: Send + Sync {
    /// Statistics of these domains, or of all that run when `None` (`virConnectGetAllDomainStats`).
    ///
    /// # Behaviour
    /// * A row per domain, each with its own result: a guest that does not answer in time costs only its own row,
    ///   which then holds what is known without it.
    /// * A domain that vanished meanwhile is left out.
    async fn domains(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>>;
}
