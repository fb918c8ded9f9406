//! Guests whose hypervisor hangs: whatever waits for it keeps a worker of the daemon, so it is not asked for again and again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, ErrorKind, Result};

use super::{RemoteConnection, refusal};
use crate::protocol::remote::domain::{DomainGetControlInfo, DomainGetControlInfoArgs};
use crate::protocol::remote::object::Domain;

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
    /// Whether a domain's hypervisor has been busy for long, or can't be spoken to, as far as the daemon knows.
    pub(super) async fn hangs(&self, call: &CallContext, dom: &Domain) -> bool {
        /// `VIR_DOMAIN_CONTROL_OK`, `VIR_DOMAIN_CONTROL_ERROR`.
        const OK: u32 = 0;
        const ERROR: u32 = 3;
        let args = DomainGetControlInfoArgs {
            dom: dom.clone(),
            flags: 0,
        };
        match self.link.call::<DomainGetControlInfo>(call, &args).await {
            Ok(control) if control.state == OK => false,
            Ok(control) if control.state == ERROR => true,
            Ok(control) => Duration::from_millis(control.state_time) > HUNG,
            // Of a driver that does not know, of a domain that does not run, or of a daemon that went away.
            Err(error) => {
                !refusal::is_unsupported(&error)
                    && !refusal::is_invalid_state(&error)
                    && !error.is_disconnected()
            }
        }
    }

    /// A domain's document, for a look at it; `None` where its hypervisor hangs: the daemon waits for that.
    pub(super) async fn document_unless_hung(
        &self,
        call: &CallContext,
        dom: &Domain,
    ) -> Result<Option<DomainConfig>> {
        let known = self.hung.domains().contains(&dom.uuid);
        if known && self.hangs(call, dom).await {
            return Ok(None);
        }
        if known {
            self.hung.domains().remove(&dom.uuid);
        }
        loop {
            // While the daemon is away nothing is learned about the guest.
            self.link.session_for_reading(call).await?;
            let hurried = call.at_most(PATIENCE);
            let error = match self.document_of(&hurried, dom.clone(), 0).await {
                Ok(found) => return Ok(Some(found)),
                Err(error) if call.remaining().is_zero() => return Err(error),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::ConnectionLost => {}
                ErrorKind::Timeout if self.hangs(call, dom).await => {
                    self.hung.domains().insert(dom.uuid);
                    return Ok(None);
                }
                // It is the daemon that takes its time.
                ErrorKind::Timeout => return self.document_of(call, dom.clone(), 0).await.map(Some),
                _ => return Err(error),
            }
        }
    }
}
