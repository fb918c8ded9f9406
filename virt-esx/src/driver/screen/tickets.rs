//! Tickets for consoles.

use uuid::Uuid;
use virt_core::{CallContext, Result};

use super::super::EsxDriver;
use super::must_run;
use crate::vim::{AcquireTicket, VirtualMachineTicket, VirtualMachineTicketType};

impl EsxDriver {
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
