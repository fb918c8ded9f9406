//! The guest agent: by the procedures that libvirt has for it, and by the agent's own commands where it has none.

mod base64;
mod command;
mod files;
mod guest_info;
mod input;
mod programs;

use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestInterface, GuestOs, GuestUser, TrimReport,
};
use virt_core::driver::AgentDriver;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, objects, refusal};
use crate::protocol::Procedure;
use crate::protocol::remote::domain_guest::{
    DomainFsfreeze, DomainFsfreezeArgs, DomainFsthaw, DomainFsthawArgs, DomainGetTime, DomainGetTimeArgs,
    DomainInterfaceAddresses, DomainInterfaceAddressesArgs, DomainSetTime, DomainSetTimeArgs,
    DomainSetUserPassword, DomainSetUserPasswordArgs,
};

/// `VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT`.
const FROM_AGENT: u32 = 1;
/// `VIR_DOMAIN_TIME_SYNC`.
const FROM_HARDWARE_CLOCK: u32 = 1;
const NS_PER_S: i64 = 1_000_000_000;

pub(super) use guest_info::interface as guest_interface;

impl RemoteConnection {
    /// Calls a procedure that goes through a domain's agent.
    async fn through_agent<P: Procedure>(
        &self,
        call: &CallContext,
        domain: Uuid,
        args: &P::Args,
    ) -> Result<P::Ret> {
        let error = match self.link.call::<P>(call, args).await {
            Ok(returned) => return Ok(returned),
            Err(error) => error,
        };
        // A guest that stands still is refused as one that does not run.
        if refusal::is_invalid_state(&error)
            && let Ok((state, _)) = self.state_of_domain(call, objects::domain(domain)).await
            && state.is_active()
        {
            let still = Error::new(
                ErrorKind::AgentUnavailable,
                "the guest stands still: resume it first",
            );
            return Err(still.with_source(error));
        }
        Err(refusal::of_agent(error))
    }
}

#[async_trait]
impl AgentDriver for RemoteConnection {
    async fn ping(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.agent_command(call, domain, "guest-ping", json!({}))
            .await
            .map(drop)
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo> {
        let told = self.agent_command(call, domain, "guest-info", json!({})).await?;
        guest_info::agent(told)
    }

    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput> {
        self.run_program(call, domain, request).await
    }

    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>> {
        self.read_guest_file(call, domain, path, limit).await
    }

    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()> {
        self.write_guest_file(call, domain, path, content).await
    }

    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        let args = DomainInterfaceAddressesArgs {
            dom: objects::domain(domain),
            source: FROM_AGENT,
            flags: 0,
        };
        let told = self
            .through_agent::<DomainInterfaceAddresses>(call, domain, &args)
            .await?;
        Ok(told.ifaces.into_iter().map(guest_info::interface).collect())
    }

    async fn users(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>> {
        let told = self.guest_info(call, domain, guest_info::USERS).await?;
        Ok(guest_info::users(&told))
    }

    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs> {
        let told = self.guest_info(call, domain, guest_info::OS).await?;
        Ok(guest_info::os(&told))
    }

    async fn host_name(&self, call: &CallContext, domain: Uuid) -> Result<String> {
        let told = self.guest_info(call, domain, guest_info::HOST_NAME).await?;
        guest_info::host_name(&told)
    }

    async fn time(&self, call: &CallContext, domain: Uuid) -> Result<i64> {
        let args = DomainGetTimeArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        let told = self.through_agent::<DomainGetTime>(call, domain, &args).await?;
        Ok(told
            .seconds
            .saturating_mul(NS_PER_S)
            .saturating_add(told.nseconds.into()))
    }

    async fn set_time(&self, call: &CallContext, domain: Uuid, time_ns: Option<i64>) -> Result<()> {
        let time = time_ns.unwrap_or_default();
        let args = DomainSetTimeArgs {
            dom: objects::domain(domain),
            seconds: time.div_euclid(NS_PER_S),
            nseconds: u32::try_from(time.rem_euclid(NS_PER_S)).unwrap_or_default(),
            flags: time_ns.map_or(FROM_HARDWARE_CLOCK, |_| 0),
        };
        self.through_agent::<DomainSetTime>(call, domain, &args).await
    }

    async fn freeze(&self, call: &CallContext, domain: Uuid, mountpoints: &[String]) -> Result<u64> {
        let args = DomainFsfreezeArgs {
            dom: objects::domain(domain),
            mountpoints: mountpoints.iter().map(Into::into).collect(),
            flags: 0,
        };
        let frozen = self.through_agent::<DomainFsfreeze>(call, domain, &args).await?;
        Ok(u64::try_from(frozen.filesystems).unwrap_or_default())
    }

    async fn thaw(&self, call: &CallContext, domain: Uuid) -> Result<u64> {
        let args = DomainFsthawArgs {
            dom: objects::domain(domain),
            mountpoints: Vec::new(),
            flags: 0,
        };
        let thawed = self.through_agent::<DomainFsthaw>(call, domain, &args).await?;
        Ok(u64::try_from(thawed.filesystems).unwrap_or_default())
    }

    async fn freeze_status(&self, call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems> {
        let told = self
            .agent_command(call, domain, "guest-fsfreeze-status", json!({}))
            .await?;
        Ok(match told.as_str() {
            Some("frozen") => FrozenFilesystems::Frozen,
            _ => FrozenFilesystems::Thawed,
        })
    }

    async fn trim(&self, call: &CallContext, domain: Uuid, minimum: u64) -> Result<TrimReport> {
        let arguments = json!({ "minimum": minimum });
        let told = self
            .agent_command(call, domain, "guest-fstrim", arguments)
            .await?;
        guest_info::trimmed(told)
    }

    async fn set_password(&self, call: &CallContext, domain: Uuid, user: &str, password: &str) -> Result<()> {
        let args = DomainSetUserPasswordArgs {
            dom: objects::domain(domain),
            user: Some(user.into()),
            password: Some(password.into()),
            flags: 0,
        };
        self.through_agent::<DomainSetUserPassword>(call, domain, &args)
            .await
    }
}
