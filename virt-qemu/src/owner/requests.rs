//! What is asked of an owner, taken apart.

use virt_core::Result;
use virt_manager::{DestroyRequest, Request};

use super::Owner;
use super::debts::is_cut;
use crate::manager::{Operation, no_max_memory};

impl Owner {
    /// Carries out one request and answers it.
    pub(super) async fn carry_out(&mut self, request: Request<Operation>) {
        let span = tracing::debug_span!("domain", name = %self.name(), operation = request.call.operation);
        let result = self.perform_or_owe(&request.call, request.operation).await;
        span.in_scope(|| match &result {
            Ok(()) => tracing::debug!("done"),
            Err(error) => tracing::debug!(%error, "failed"),
        });
        // Whoever hears the answer may take a name that is free now.
        self.is_over();
        // A caller that went away does not need the answer.
        drop(request.reply.send(result));
    }

    /// Performs what is asked; what was cut off in the middle is looked at, so that what is known is true again.
    async fn perform_or_owe(&mut self, call: &virt_core::CallContext, operation: Operation) -> Result<()> {
        self.manager.root.life.check_open()?;
        self.manager.root.reach.check()?;
        if operation.starts() || self.debts.is_unsure() {
            self.settle().await?;
        }
        let result = self.perform(call, operation).await;
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

    async fn perform(&mut self, call: &virt_core::CallContext, operation: Operation) -> Result<()> {
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

    /// Ends the domain and answers.
    pub(super) async fn answer_destroy(&mut self, request: DestroyRequest) {
        let result = match self.manager.root.reach.check() {
            Ok(()) => self.destroy(&request.call, request.options.graceful).await,
            away => away,
        };
        self.is_over();
        drop(request.reply.send(result));
    }
}
