//! What is asked of an owner, taken apart.

use virt_core::{CallContext, Result};

use super::Owner;
use super::debts::is_cut;
use crate::manager::{Operation, no_max_memory};

impl Owner {
    /// Performs what is asked; what was cut off in the middle is looked at, so that what is known is true again.
    pub(super) async fn perform_or_owe(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
        if operation.starts() || self.debts.is_unsure() {
            self.settle().await?;
        }
        let result = self.carry_out(call, operation).await;
        let Err(error) = result else {
            return result;
        };
        if !is_cut(&error) {
            return Err(error);
        }
        self.owe_a_look().await;
        if !self.manager.root.reach.is_away() && self.manager.root.life.is_open() {
            // It was gone for a moment only.
            drop(self.settle().await);
        }
        Err(error)
    }

    async fn carry_out(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
        match operation {
            Operation::Define(config, existing) => self.define(*config, existing).await,
            Operation::Undefine => self.undefine().await,
            Operation::Start { options, config } => {
                Box::pin(self.start(call, &options, config.map(|config| *config))).await
            }
            Operation::Shutdown(options) => self.shutdown(call, options.mode).await,
            Operation::Reboot(options) => self.reboot(call, options.mode).await,
            Operation::Reset => self.reset(call).await,
            Operation::Suspend => self.suspend(call).await,
            Operation::Resume => self.resume(call).await,
            Operation::Rename(name) => self.rename(&name).await,
            Operation::SetAutostart(autostart) => self.set_autostart(autostart).await,
            Operation::SetMetadata(item, scope) => self.set_metadata(&item, scope).await,
            Operation::SetLifecycleAction(change, scope) => {
                self.set_lifecycle_action(call, change, scope).await
            }
            Operation::SetMemory(size, scope) => self.set_memory(call, size, scope).await,
            Operation::SetMaxMemory(..) => Err(no_max_memory()),
            Operation::Own(never) => match never {},
        }
    }
}
