//! A document made complete, before anything has changed.

use virt_core::model::DomainConfig;
use virt_core::{CallContext, Outcome, Result};

use super::Manager;
use crate::document::emulator_or_default;
use crate::plan;

impl Manager {
    /// Checks a configuration against what its QEMU can do, and fills it in.
    pub(super) async fn complete_config(
        &self,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<DomainConfig> {
        let emulator = emulator_or_default(config, &self.root.reach.facts().arch);
        let probed = self.probes.of(self, &emulator, call);
        let probed = call.bound(Outcome::NotApplied, probed).await;
        let abilities = probed.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        plan::complete(config, &abilities)
    }
}
