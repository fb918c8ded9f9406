//! Guests whose hypervisor hangs: whatever waits for it keeps a worker of the daemon, so it is not asked for again and again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Result};

use super::domains::understood;
use super::{RemoteConnection, refusal};
use crate::protocol::remote::domain::{DomainGetControlInfo, DomainGetControlInfoArgs};
use crate::protocol::remote::object::Domain;
use crate::rpc::RpcError;

/// How long a document may take until it is looked at whether the guest is why.
const PATIENCE: Duration = Duration::from_secs(1);
/// Whose hypervisor has been busy with one thing for so long is not waited for.
const HUNG: Duration = Duration::from_millis(500);

/// The domains that were found to hang.
#[derive(Debug, Default)]
pub(super) struct Hung(Mutex<HashSet<Uuid>>);

impl Hung {
    fn domains(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RemoteConnection {
    /// Whether a domain's hypervisor has been busy for long, or can't be spoken to, as far as the daemon knows; `None`
    /// where the daemon went away.
    pub(super) async fn hangs(&self, call: &CallContext, dom: &Domain) -> Option<bool> {
        /// `VIR_DOMAIN_CONTROL_OK`, `VIR_DOMAIN_CONTROL_ERROR`.
        const OK: u32 = 0;
        const ERROR: u32 = 3;
        let args = DomainGetControlInfoArgs {
            dom: dom.clone(),
            flags: 0,
        };
        match self.link.call::<DomainGetControlInfo>(call, &args).await {
            Ok(control) if control.state == OK => Some(false),
            Ok(control) if control.state == ERROR => Some(true),
            Ok(control) => Some(Duration::from_millis(control.state_time) > HUNG),
            Err(error) if error.is_disconnected() => None,
            // Of a driver that does not know, or of a domain that does not run.
            Err(error) => Some(!refusal::is_unsupported(&error) && !refusal::is_invalid_state(&error)),
        }
    }

    /// A domain's document, for a look at it; `None` where its hypervisor hangs: the daemon waits for that.
    pub(super) async fn document_unless_hung(
        &self,
        call: &CallContext,
        dom: &Domain,
    ) -> Result<Option<DomainConfig>> {
        loop {
            // While the daemon is away nothing is learned about the guest.
            self.link.session_for_reading(call).await?;
            if self.hung.domains().contains(&dom.uuid) {
                match self.hangs(call, dom).await {
                    None => continue,
                    Some(true) => return Ok(None),
                    Some(false) => self.hung.domains().remove(&dom.uuid),
                };
            }
            let hurried = call.at_most(PATIENCE);
            let error = match self.text_of(&hurried, dom.clone(), 0).await {
                Ok(text) => return understood(&text).map(Some),
                Err(error) => error,
            };
            let is_late = matches!(error, RpcError::Timeout { .. });
            if call.remaining().is_zero() || !(is_late || error.is_disconnected()) {
                return Err(error.into());
            }
            if !is_late {
                continue;
            }
            match self.hangs(call, dom).await {
                None => {}
                Some(true) => {
                    self.hung.domains().insert(dom.uuid);
                    return Ok(None);
                }
                // It is the daemon that takes its time.
                Some(false) => return self.document_of(call, dom.clone(), 0).await.map(Some),
            }
        }
    }
}
