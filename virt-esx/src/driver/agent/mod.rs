//! The guest agent's facet, by VMware Tools: what they tell, and what they do in a guest for a user of it.
//!
//! Programs and files are a guest user's: who that is, the connection's credentials are asked for, by
//! `CredentialKind::GuestUserName` and `GuestPassword`, once for each domain. What Tools tell by themselves needs nobody.

mod command;
mod exec;
mod files;
mod login;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestInterface, GuestOs, GuestUser, TrimReport,
};
use virt_core::driver::AgentDriver;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

pub(crate) use login::Logins;

use super::EsxDriver;
use super::guest::{guest_interfaces, guest_os};
use crate::property;
use crate::vim::{AnyValue, GuestInfo, GuestNicInfo};

/// What this facet can do, by the names of the agent's commands.
const COMMANDS: &[&str] = &[
    "guest-ping",
    "guest-info",
    "guest-exec",
    "guest-exec-status",
    "guest-file-open",
    "guest-file-read",
    "guest-file-write",
    "guest-network-get-interfaces",
    "guest-get-osinfo",
    "guest-get-host-name",
];

#[async_trait]
impl AgentDriver for EsxDriver {
    /// `guest.toolsRunningStatus`, as it was told last.
    async fn ping(&self, _call: &CallContext, domain: Uuid) -> Result<()> {
        self.with_tools(domain).map(drop)
    }

    /// `guest.toolsVersion`.
    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo> {
        let version = self.told_of_guest(call, domain, "guest.toolsVersion").await?;
        let version = version.map(|version| version.text()).unwrap_or_default();
        let commands = COMMANDS.iter().map(|name| (*name).to_owned()).collect();
        Ok(AgentInfo::new(version, commands))
    }

    /// `StartProgramInGuest` of the guest's shell, whose output goes to files; `ListProcessesInGuest` until it has ended.
    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput> {
        let guest = self.guest(call, domain).await?;
        self.run_in_guest(call, &guest, request).await
    }

    /// `InitiateFileTransferFromGuest`, and what is at its URL.
    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>> {
        check_path(path)?;
        let guest = self.guest(call, domain).await?;
        let page = self.read_in_guest(call, &guest, path, limit).await?;
        if page.is_cut {
            let message = format!("the file is larger than {limit} bytes");
            return Err(
                Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Path(path.to_owned()))
            );
        }
        Ok(page.content)
    }

    /// `InitiateFileTransferToGuest`, and what is sent to its URL.
    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()> {
        check_path(path)?;
        let guest = self.guest(call, domain).await?;
        self.write_in_guest(call, &guest, path, content).await
    }

    /// `guest.net`.
    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        let cards = self.told_of_guest(call, domain, "guest.net").await?;
        let cards: Vec<GuestNicInfo> = match cards {
            Some(cards) => cards.list().map_err(not_understood)?,
            None => Vec::new(),
        };
        Ok(guest_interfaces(&cards))
    }

    async fn users(&self, _call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>> {
        self.with_tools(domain)?;
        Err(Error::unsupported(
            "VMware Tools do not tell who is logged in: run a program for it",
        ))
    }

    /// `guest`.
    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs> {
        let guest = self.told_of_guest(call, domain, "guest").await?;
        let guest = guest.map(|guest| guest.read::<GuestInfo>()).transpose();
        let guest = guest.map_err(not_understood)?.unwrap_or_default();
        Ok(guest_os(&guest))
    }

    /// `guest.hostName`, as it was told last.
    async fn host_name(&self, _call: &CallContext, domain: Uuid) -> Result<String> {
        let (_, machine) = self.with_tools(domain)?;
        if machine.guest_name.is_empty() {
            let message = "VMware Tools do not tell the guest's name (yet)";
            return Err(
                Error::new(ErrorKind::AgentUnavailable, message).with_subject(Subject::Domain(machine.name))
            );
        }
        Ok(machine.guest_name)
    }

    async fn time(&self, _call: &CallContext, domain: Uuid) -> Result<i64> {
        self.with_tools(domain)?;
        Err(Error::unsupported(
            "VMware Tools do not tell the guest's clock: run a program for it",
        ))
    }

    async fn set_time(&self, _call: &CallContext, domain: Uuid, _time_ns: Option<i64>) -> Result<()> {
        self.with_tools(domain)?;
        Err(Error::unsupported(
            "VMware Tools set the guest's clock by the host's, or not at all: run a program for it",
        ))
    }

    async fn freeze(&self, _call: &CallContext, domain: Uuid, _mountpoints: &[String]) -> Result<u64> {
        self.with_tools(domain)?;
        Err(frozen_by_snapshots())
    }

    async fn thaw(&self, _call: &CallContext, domain: Uuid) -> Result<u64> {
        self.with_tools(domain)?;
        Err(frozen_by_snapshots())
    }

    async fn freeze_status(&self, _call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems> {
        self.with_tools(domain)?;
        Err(frozen_by_snapshots())
    }

    async fn trim(&self, _call: &CallContext, domain: Uuid, _minimum: u64) -> Result<TrimReport> {
        self.with_tools(domain)?;
        Err(Error::unsupported(
            "VMware Tools discard no unused blocks by the API: run fstrim in the guest",
        ))
    }

    async fn set_password(
        &self,
        _call: &CallContext,
        domain: Uuid,
        _user: &str,
        _password: &str,
    ) -> Result<()> {
        self.with_tools(domain)?;
        Err(Error::unsupported(
            "VMware Tools set no passwords: run a program for it",
        ))
    }
}

impl EsxDriver {
    /// What the server tells of a guest whose Tools run.
    async fn told_of_guest(&self, call: &CallContext, domain: Uuid, path: &str) -> Result<Option<AnyValue>> {
        let (reference, _) = self.with_tools(domain)?;
        let mut read = property::of_object(&self.server.session, call, &reference, &[path]).await?;
        Ok(read.remove(path))
    }
}

fn not_understood(error: crate::vim::VimError) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "what the server tells of the guest is not understood",
    )
    .with_source(error)
}

fn check_path(path: &str) -> Result<()> {
    if path.is_empty() || path.contains('\0') {
        let message = format!("{path:?} is no path of a file");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}

fn frozen_by_snapshots() -> Error {
    Error::unsupported(
        "VMware Tools freeze file systems while a snapshot is taken (quiesce), and not by themselves",
    )
}
