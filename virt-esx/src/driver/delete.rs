//! Machines removed with all of their files.

use uuid::Uuid;
use virt_core::{CallContext, Result};

use super::{EsxDriver, not_valid};
use crate::vim::DestroyTask;

impl EsxDriver {
    /// Removes a machine that does not run, its disks and whatever else is its own.
    pub(crate) async fn delete_machine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if machine.is_active() {
            return Err(not_valid(&machine, "end it first: its disks go with it"));
        }
        let delete = DestroyTask {
            this: reference.clone(),
        };
        self.answering(call, &reference, self.carry_out(call, &delete))
            .await?;
        let is_gone = |machine: Option<&crate::inventory::Machine>| machine.is_none();
        self.server.inventory.until(call, &reference, is_gone).await;
        Ok(())
    }
}
