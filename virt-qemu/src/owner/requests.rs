//! What is asked of an owner, taken apart.

use virt_core::Result;

use super::Owner;
use crate::manager::{DestroyRequest, Operation, Request};

impl Owner {
    /// Carries out one request and answers it.
    pub(super) async fn carry_out(&mut self, request: Request) {
        let span = tracing::debug_span!("domain", name = %self.name(), operation = request.call.operation);
        let result = self.perform(&request.call, request.operation).await;
        span.in_scope(|| match &result {
            Ok(()) => tracing::debug!("done"),
            Err(error) => tracing::debug!(%error, "failed"),
        });
        // Whoever hears the answer may take a name that is free now.
        self.is_over();
        // A caller that went away does not need the answer.
        drop(request.reply.send(result));
    }

    async fn perform(&mut self, call: &virt_core::CallContext, operation: Operation) -> Result<()> {
        match operation {
            Operation::Define(config, existing) => self.define(*config, existing).await,
            Operation::Undefine => self.undefine().await,
            Operation::Start { options, config } => {
                self.start(call, &options, config.map(|config| *config)).await
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
        }
    }

    /// Ends the domain and answers.
    pub(super) async fn answer_destroy(&mut self, request: DestroyRequest) {
        let result = self.destroy(&request.call, request.options.graceful).await;
        self.is_over();
        drop(request.reply.send(result));
    }
}
