//! The guest agent of the test driver's domains.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestInterface, GuestOs, GuestUser, TrimReport,
    TrimmedFilesystem,
};
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::driver::AgentDriver;
use crate::error::{Error, ErrorKind, Outcome, Result, Retry, Subject};
use crate::event::DomainChange;
use crate::test::guest::{self, Begun, Ending, Guest, MOUNTPOINTS, PowerCommand};
use crate::test::lane::LaneKey;
use crate::test::life::Later;
use crate::test::record::Record;
use crate::test::world::World;

/// The commands the simulated agent has, by the names of QEMU's.
const COMMANDS: &[&str] = &[
    "guest-exec",
    "guest-exec-status",
    "guest-file-close",
    "guest-file-open",
    "guest-file-read",
    "guest-file-write",
    "guest-fsfreeze-freeze",
    "guest-fsfreeze-freeze-list",
    "guest-fsfreeze-status",
    "guest-fsfreeze-thaw",
    "guest-fstrim",
    "guest-get-host-name",
    "guest-get-osinfo",
    "guest-get-time",
    "guest-get-users",
    "guest-info",
    "guest-network-get-interfaces",
    "guest-ping",
    "guest-set-time",
    "guest-set-user-password",
    "guest-shutdown",
    "guest-sync",
    "guest-sync-delimited",
];

/// From a command for it in the guest until its power goes.
const POWER_TIME: Duration = Duration::from_millis(20);

impl TestDriver {
    /// One exchange with a guest's agent: in their order, and with an agent that is hung, never.
    async fn ask<T: Send + 'static>(
        &self,
        call: &CallContext,
        domain: Uuid,
        exchange: impl FnOnce(&mut Guest) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.exchange(call, domain, move |world| {
            exchange(&mut world.record_mut(domain)?.guest)
        })
        .await
    }

    async fn exchange<T: Send + 'static>(
        &self,
        call: &CallContext,
        domain: Uuid,
        exchange: impl FnOnce(&mut World) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let asked = self.shared.change(call, LaneKey::Agent(domain), move |world| {
            check_agent(world.record(domain)?)?;
            exchange(world)
        });
        asked.await.map_err(|error| match error.kind() {
            ErrorKind::Timeout => Error::new(
                ErrorKind::AgentUnavailable,
                "the guest agent did not answer in time",
            )
            .with_outcome(error.outcome()),
            _ => error,
        })
    }
}

fn check_agent(record: &Record) -> Result<()> {
    record.admit(Request::Agent)?;
    let unavailable = |why: &'static str| Err(Error::new(ErrorKind::AgentUnavailable, why));
    match &record.run {
        _ if !record.profile().has_agent_channel => Err(Error::new(
            ErrorKind::AgentUnavailable,
            "the domain has no channel org.qemu.guest_agent.0: add one to its devices",
        )
        .with_retry(Retry::Never)),
        Some(run) if !run.agent_connected => unavailable("no guest agent listens on its channel"),
        _ if !record.is_moving() => unavailable("the guest stands still: resume it first"),
        _ => Ok(()),
    }
}

#[async_trait]
impl AgentDriver for TestDriver {
    async fn ping(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, |_| Ok(())).await
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo> {
        self.ask(call, domain, |_| {
            let commands = COMMANDS.iter().map(|name| (*name).to_owned()).collect();
            Ok(AgentInfo::new("1.0.0-test", commands))
        })
        .await
    }

    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput> {
        let (request, limit) = (request.clone(), request.limit());
        let begun = self.exchange(call, domain, move |world| {
            let guest = &mut world.record_mut(domain)?.guest;
            guest.check_thawed()?;
            let Begun { ending, power } = guest::run(&mut guest.files, &request)?;
            match power {
                Some(PowerCommand::PowerOff) => world.later(domain, POWER_TIME, Later::PowerOff),
                Some(PowerCommand::Reboot) => world.later(domain, POWER_TIME, Later::Reboot),
                None => {}
            }
            Ok(ending)
        });
        match begun.await? {
            Ending::Now(output) => Ok(output),
            Ending::After(time, output) => {
                let ended = async {
                    tokio::time::sleep(time).await;
                    Ok(output)
                };
                let ended = self.shared.while_up(Outcome::Unknown, ended);
                call.at_most(limit).bound(Outcome::Unknown, ended).await
            }
        }
    }

    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>> {
        let path = path.to_owned();
        self.ask(call, domain, move |guest| {
            guest.check_thawed()?;
            let content = guest.files.read(&path)?;
            if u64::try_from(content.len()).is_ok_and(|len| len <= limit) {
                return Ok(content.to_vec());
            }
            let message = format!("the file has more than {limit} bytes");
            Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Path(path)))
        })
        .await
    }

    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()> {
        let (path, content) = (path.to_owned(), content.to_vec());
        self.ask(call, domain, move |guest| {
            guest.check_thawed()?;
            guest.files.write(&path, &content)
        })
        .await
    }

    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        self.exchange(call, domain, move |world| {
            let record = world.record(domain)?;
            record.guest.check_thawed()?;
            Ok(guest::interfaces(&record.guest, &record.profile()))
        })
        .await
    }

    async fn users(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>> {
        self.ask(call, domain, |guest| {
            guest.check_thawed()?;
            Ok(guest.users.clone())
        })
        .await
    }

    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs> {
        self.ask(call, domain, |guest| {
            guest.check_thawed()?;
            Ok(guest::os())
        })
        .await
    }

    async fn host_name(&self, call: &CallContext, domain: Uuid) -> Result<String> {
        self.ask(call, domain, |guest| {
            guest.check_thawed()?;
            let name = guest.files.read("/etc/hostname")?;
            Ok(String::from_utf8_lossy(name).trim().to_owned())
        })
        .await
    }

    async fn time(&self, call: &CallContext, domain: Uuid) -> Result<i64> {
        self.ask(call, domain, |guest| {
            guest.check_thawed()?;
            Ok(guest.time_ns())
        })
        .await
    }

    async fn set_time(&self, call: &CallContext, domain: Uuid, time_ns: Option<i64>) -> Result<()> {
        self.exchange(call, domain, move |world| {
            let guest = &mut world.record_mut(domain)?.guest;
            guest.check_thawed()?;
            let offset_s = guest.set_time(time_ns) / 1_000_000_000;
            world.publish(domain, DomainChange::RtcChanged { offset_s });
            Ok(())
        })
        .await
    }

    async fn freeze(&self, call: &CallContext, domain: Uuid, mountpoints: &[String]) -> Result<u64> {
        let mountpoints = mountpoints.to_vec();
        self.ask(call, domain, move |guest| guest.freeze(&mountpoints))
            .await
    }

    async fn thaw(&self, call: &CallContext, domain: Uuid) -> Result<u64> {
        self.ask(call, domain, |guest| Ok(guest.thaw())).await
    }

    async fn freeze_status(&self, call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems> {
        self.ask(call, domain, |guest| {
            Ok(if guest.is_frozen() {
                FrozenFilesystems::Frozen
            } else {
                FrozenFilesystems::Thawed
            })
        })
        .await
    }

    async fn trim(&self, call: &CallContext, domain: Uuid, minimum: u64) -> Result<TrimReport> {
        self.ask(call, domain, move |guest| {
            guest.check_thawed()?;
            let trimmed = |path: &&str| TrimmedFilesystem {
                path: (*path).to_owned(),
                // There is a hole of 1 MiB in each.
                trimmed: Some(if minimum <= 1 << 20 { 1 << 20 } else { 0 }),
                error: None,
            };
            Ok(TrimReport {
                filesystems: MOUNTPOINTS.iter().map(trimmed).collect(),
            })
        })
        .await
    }

    async fn set_password(
        &self,
        call: &CallContext,
        domain: Uuid,
        user: &str,
        _password: &str,
    ) -> Result<()> {
        let user = user.to_owned();
        self.ask(call, domain, move |guest| {
            guest.check_thawed()?;
            if guest.users.iter().any(|known| known.name == user) {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::Failed,
                format!("the guest says: no user {user:?}"),
            ))
        })
        .await
    }
}
