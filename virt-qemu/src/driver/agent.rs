//! The guest agent.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestInterface, GuestOs, GuestUser, TrimReport,
};
use virt_core::driver::AgentDriver;
use virt_core::host::StreamUse;
use virt_core::{CallContext, Error, ErrorKind, Result};
use virt_manager::lock;

use super::EmbedDriver;
use crate::agent::commands::filesystem::{GuestFsfreezeStatus, GuestFsfreezeThaw, GuestFstrim};
use crate::agent::commands::network::GuestNetworkGetInterfaces;
use crate::agent::commands::system::{
    GuestGetHostName, GuestGetOsinfo, GuestGetTime, GuestInfo, GuestPing, GuestSetTime,
};
use crate::agent::commands::user::{GuestGetUsers, GuestSetUserPassword};
use crate::agent::{AgentCommand, AgentConnection};
use crate::document::agent_channel;
use crate::manager::{Entry, Manager};

/// The connection to a running guest's agent, made when it is first needed.
pub(crate) async fn agent_of(
    manager: &Manager,
    entry: &Entry,
    call: &CallContext,
) -> Result<AgentConnection> {
    let run = entry.run()?;
    let live = entry.view().live.clone();
    let channel = live.as_deref().and_then(agent_channel).ok_or_else(|| {
        Error::new(
            ErrorKind::AgentUnavailable,
            "the domain has no channel for a guest agent (org.qemu.guest_agent.0)",
        )
        .with_retry(virt_core::Retry::Never)
    })?;
    manager.root.reach.check()?;
    let known = lock(&run.agent).clone();
    if let Some(agent) = known.filter(|agent| !agent.is_closed()) {
        return Ok(agent);
    }
    let socket = channel.socket.ok_or_else(|| {
        Error::new(
            ErrorKind::AgentUnavailable,
            "the guest agent's channel is no unix socket of ours",
        )
        .with_retry(virt_core::Retry::Never)
    })?;
    let stream = call
        .bound(
            virt_core::Outcome::NotApplied,
            manager.host.sockets().connect_unix(&socket, StreamUse::Control),
        )
        .await?;
    let agent = AgentConnection::new(stream, entry.reference().name);
    // In this order: the owner writes what is known first, and tells the connection it then finds.
    let mut slot = lock(&run.agent);
    let connected = entry.view().agent_connected;
    if let Some(faster) = slot.as_ref().filter(|agent| !agent.is_closed()) {
        return Ok(faster.clone());
    }
    if let Some(open) = connected {
        agent.set_port_open(open);
    }
    *slot = Some(agent.clone());
    Ok(agent)
}

impl EmbedDriver {
    async fn agent(&self, call: &CallContext, domain: Uuid) -> Result<AgentConnection> {
        agent_of(&self.manager, &*self.manager.root.existing(domain)?, call).await
    }

    async fn ask<C: AgentCommand>(&self, call: &CallContext, domain: Uuid, command: &C) -> Result<C::Reply> {
        Ok(self
            .agent(call, domain)
            .await?
            .execute(command, call.deadline)
            .await?)
    }
}

#[async_trait]
impl AgentDriver for EmbedDriver {
    async fn ping(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, &GuestPing).await.map(drop)
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo> {
        Ok(self.ask(call, domain, &GuestInfo).await?.into())
    }

    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput> {
        Ok(self
            .agent(call, domain)
            .await?
            .exec(request, call.deadline)
            .await?)
    }

    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>> {
        Ok(self
            .agent(call, domain)
            .await?
            .read_file(path, limit, call.deadline)
            .await?)
    }

    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()> {
        Ok(self
            .agent(call, domain)
            .await?
            .write_file(path, content, call.deadline)
            .await?)
    }

    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        let interfaces = self.ask(call, domain, &GuestNetworkGetInterfaces).await?;
        Ok(interfaces.into_iter().map(GuestInterface::from).collect())
    }

    async fn users(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>> {
        let users = self.ask(call, domain, &GuestGetUsers).await?;
        Ok(users.into_iter().map(GuestUser::from).collect())
    }

    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs> {
        Ok(self.ask(call, domain, &GuestGetOsinfo).await?.into())
    }

    async fn host_name(&self, call: &CallContext, domain: Uuid) -> Result<String> {
        Ok(self.ask(call, domain, &GuestGetHostName).await?.host_name)
    }

    async fn time(&self, call: &CallContext, domain: Uuid) -> Result<i64> {
        self.ask(call, domain, &GuestGetTime).await
    }

    async fn set_time(&self, call: &CallContext, domain: Uuid, time_ns: Option<i64>) -> Result<()> {
        self.ask(call, domain, &GuestSetTime { time: time_ns })
            .await
            .map(drop)
    }

    async fn freeze(&self, call: &CallContext, domain: Uuid, mountpoints: &[String]) -> Result<u64> {
        // The handle's guard thaws from here on; until here the agent's own does.
        Ok(self
            .agent(call, domain)
            .await?
            .freeze(mountpoints, call.deadline)
            .await?
            .keep())
    }

    async fn thaw(&self, call: &CallContext, domain: Uuid) -> Result<u64> {
        self.ask(call, domain, &GuestFsfreezeThaw).await
    }

    async fn freeze_status(&self, call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems> {
        Ok(self.ask(call, domain, &GuestFsfreezeStatus).await?.into())
    }

    async fn trim(&self, call: &CallContext, domain: Uuid, minimum: u64) -> Result<TrimReport> {
        Ok(self.ask(call, domain, &GuestFstrim { minimum }).await?.into())
    }

    async fn set_password(&self, call: &CallContext, domain: Uuid, user: &str, password: &str) -> Result<()> {
        let set = GuestSetUserPassword {
            username: user.to_owned(),
            password: password.as_bytes().to_vec(),
            crypted: false,
        };
        self.ask(call, domain, &set).await.map(drop)
    }
}
