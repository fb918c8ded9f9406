//! Tickets for consoles.

use std::time::Duration;

use uuid::Uuid;
use virt_core::{CallClass, CallContext, Result};

use super::super::EsxDriver;
use super::must_run;
use crate::vim::{AcquireTicket, VirtualMachineTicket, VirtualMachineTicketType};

impl EsxDriver {
    /// How long a call of this class may take on this connection.
    pub(crate) fn time_of(&self, class: CallClass) -> Duration {
        self.server.deadlines.of(class)
    }

    /// The server, as the user named it.
    pub(crate) fn server_host(&self) -> &str {
        self.server.session.host()
    }

    /// `AcquireTicket`, for a machine that runs.
    pub(crate) async fn acquire_ticket(
        &self,
        call: &CallContext,
        domain: Uuid,
        kind: &VirtualMachineTicketType,
    ) -> Result<VirtualMachineTicket> {
        let (this, machine) = self.to_change(domain)?;
        must_run(&machine)?;
        let ticket_type = kind.to_string();
        self.server.act(call, &AcquireTicket { this, ticket_type }).await
    }
}
