//! The guest agent's facet: what goes into a container by its namespaces, without anybody in it.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::Deserialize;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestAddress, GuestInterface, GuestOs, GuestUser,
    TrimReport,
};
use virt_core::domain::DomainState;
use virt_core::driver::AgentDriver;
use virt_core::host::{CommandOutput, ExitStatus};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::{EmbedDriver, utmp};
use crate::document::{GuestEnd, guest_ends};
use crate::tools::{Attached, Namespace, ToolError, Tools, refused};

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
    "guest-get-users",
    "guest-get-osinfo",
    "guest-get-host-name",
    "guest-get-time",
    "guest-set-user-password",
];

#[async_trait]
impl AgentDriver for EmbedDriver {
    async fn ping(&self, _call: &CallContext, domain: Uuid) -> Result<()> {
        self.inside(domain).map(drop)
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo> {
        self.inside(domain)?;
        let version = call.bound(Outcome::NotApplied, self.manager.version()).await?;
        let version = format!("{}.{}.{}", version.major, version.minor, version.micro);
        let commands = COMMANDS.iter().map(|name| (*name).to_owned()).collect();
        Ok(AgentInfo::new(version, commands))
    }

    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput> {
        let mut program = Attached::new(&request.program).args(request.args.iter().cloned());
        program.env.clone_from(&request.env);
        program.stdin.clone_from(&request.stdin);
        program.time_limit = Some(request.limit());
        let output = self.run_inside(call, domain, program).await?;
        Ok(ExecOutput::new(
            exit_of(output.status),
            output.stdout,
            output.stderr,
        ))
    }

    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>> {
        absolute(path)?;
        // One byte more tells whether there is more.
        let count = limit.saturating_add(1).to_string();
        let script = "exec head -c \"$1\" < \"$2\"";
        let program = Attached::new("/bin/sh").args(["-c", script, "sh", count.as_str(), path]);
        let output = self.must_inside(call, domain, program).await?;
        if u64::try_from(output.stdout.len()).unwrap_or(u64::MAX) > limit {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{path:?} is larger than the limit of {limit} bytes"),
            ));
        }
        Ok(output.stdout)
    }

    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()> {
        absolute(path)?;
        let mut program = Attached::new("/bin/sh").args(["-c", "exec cat > \"$1\"", "sh", path]);
        program.stdin = content.to_vec();
        self.must_inside(call, domain, program).await.map(drop)
    }

    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        self.addresses_inside(call, domain).await
    }

    async fn users(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>> {
        let script = "for f in /run/utmp /var/run/utmp; do [ -f \"$f\" ] && exec cat \"$f\"; done; exit 0";
        let program = Attached::new("/bin/sh").args(["-c", script]);
        let output = self.must_inside(call, domain, program).await?;
        Ok(utmp::parse(&output.stdout))
    }

    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs> {
        let script =
            "for f in /etc/os-release /usr/lib/os-release; do [ -f \"$f\" ] && exec cat \"$f\"; done; exit 0";
        let program = Attached::new("/bin/sh").args(["-c", script]);
        let output = self.must_inside(call, domain, program).await?;
        let mut os = os_of(&output.stdout_text());
        let facts = self.manager.facts();
        os.machine = Some(facts.arch.clone());
        os.kernel_release = Some(facts.kernel.clone());
        Ok(os)
    }

    async fn host_name(&self, call: &CallContext, domain: Uuid) -> Result<String> {
        let mut program = Attached::new("uname").args(["-n"]);
        program.only = Some(Namespace::HostName);
        let output = self.must_inside(call, domain, program).await?;
        Ok(output.stdout_text().trim().to_owned())
    }

    async fn time(&self, call: &CallContext, domain: Uuid) -> Result<i64> {
        self.inside(domain)?;
        // A container has its host's clock.
        call.bound(Outcome::NotApplied, self.manager.tools.time()).await
    }

    async fn set_time(&self, _call: &CallContext, domain: Uuid, _time_ns: Option<i64>) -> Result<()> {
        self.inside(domain)?;
        Err(Error::unsupported(
            "a container has no clock of its own: it is its host's",
        ))
    }

    async fn freeze(&self, _call: &CallContext, domain: Uuid, _mountpoints: &[String]) -> Result<u64> {
        self.inside(domain)?;
        Err(frozen_by_the_host())
    }

    async fn thaw(&self, _call: &CallContext, domain: Uuid) -> Result<u64> {
        self.inside(domain)?;
        Err(frozen_by_the_host())
    }

    async fn freeze_status(&self, _call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems> {
        self.inside(domain)?;
        Err(frozen_by_the_host())
    }

    async fn trim(&self, _call: &CallContext, domain: Uuid, _minimum: u64) -> Result<TrimReport> {
        self.inside(domain)?;
        Err(Error::unsupported(
            "a container's file systems are its host's: trim them there",
        ))
    }

    async fn set_password(&self, call: &CallContext, domain: Uuid, user: &str, password: &str) -> Result<()> {
        let is_plain = |text: &str| !text.contains(['\n', '\r', '\0']);
        if user.is_empty() || user.contains(':') || !is_plain(user) || !is_plain(password) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a user is named without ':', and neither name nor password has a line's end in it",
            ));
        }
        let mut program = Attached::new("chpasswd");
        program.stdin = format!("{user}:{password}\n").into_bytes();
        self.must_inside(call, domain, program).await.map(drop)
    }
}

impl EmbedDriver {
    /// The name of a container into which something can go now.
    fn inside(&self, domain: Uuid) -> Result<String> {
        let entry = self.manager.root.existing(domain)?;
        self.manager.root.reach.check()?;
        entry.run()?;
        let view = entry.view();
        if view.state == DomainState::Paused {
            return Err(Error::new(
                ErrorKind::AgentUnavailable,
                "the container is paused, and so would be whatever goes into it: resume it first",
            ));
        }
        Ok(view.name.clone())
    }

    pub(super) async fn run_inside(
        &self,
        call: &CallContext,
        domain: Uuid,
        program: Attached,
    ) -> Result<CommandOutput> {
        let name = self.inside(domain)?;
        let what = program.program.clone();
        let output = call
            .bound(Outcome::Unknown, self.manager.tools.attach(&name, program))
            .await?;
        if Tools::is_missing_program(&output) {
            return Err(Error::new(
                ErrorKind::Failed,
                format!("the container has no program {what:?}, or may not run it"),
            )
            .with_source(ToolError::of("lxc-attach", &output)));
        }
        if Tools::did_not_enter(&output) {
            let error = refused(ToolError::of("lxc-attach", &output));
            if matches!(error.kind(), ErrorKind::Denied | ErrorKind::ResourceExhausted) {
                return Err(error);
            }
            // It has ended since it was looked at.
            let message = "the container does not run any more";
            return Err(Error::new(ErrorKind::InvalidState, message).with_source(error));
        }
        Ok(output)
    }

    /// As [`run_inside`](Self::run_inside); the program has to succeed.
    async fn must_inside(
        &self,
        call: &CallContext,
        domain: Uuid,
        program: Attached,
    ) -> Result<CommandOutput> {
        let what = program.program.clone();
        let output = self.run_inside(call, domain, program).await?;
        if output.status.success() {
            return Ok(output);
        }
        Err(refused(ToolError::of(&what, &output)).with_outcome(Outcome::Unknown))
    }

    /// The container's interfaces with their addresses, as the machine's own `ip` sees them.
    pub(super) async fn addresses_inside(
        &self,
        call: &CallContext,
        domain: Uuid,
    ) -> Result<Vec<GuestInterface>> {
        let mut program = Attached::new("ip").args(["-j", "address"]);
        program.only = Some(Namespace::Network);
        let output = self.must_inside(call, domain, program).await?;
        interfaces_of(&output.stdout)
    }

    /// The addresses of the container's interfaces that the machine's neighbour table knows, by the hosts' ends.
    pub(super) async fn neighbours(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>> {
        let entry = self.manager.root.existing(domain)?;
        entry.run()?;
        let live = entry.view().live.clone();
        let live = live.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?;
        let ends = guest_ends(&live.config()?);
        let table = call
            .bound(Outcome::NotApplied, self.manager.tools.neighbours())
            .await?;
        Ok(neighbours_of(&table, ends))
    }
}

/// An interface, as `ip -j address` tells it.
#[derive(Debug, Deserialize)]
struct IpLink {
    ifname: String,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    link_type: Option<String>,
    #[serde(default)]
    addr_info: Vec<IpAddress>,
}

#[derive(Debug, Deserialize)]
struct IpAddress {
    #[serde(default)]
    local: Option<std::net::IpAddr>,
    #[serde(default)]
    prefixlen: u8,
}

fn interfaces_of(json: &[u8]) -> Result<Vec<GuestInterface>> {
    let links: Vec<IpLink> = serde_json::from_slice(json).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "what ip says of interfaces is not understood").with_source(error)
    })?;
    let interface = |link: IpLink| {
        let is_ethernet = link.link_type.as_deref() == Some("ether");
        let addresses = link.addr_info.into_iter().filter_map(|address| {
            Some(GuestAddress {
                ip: address.local?,
                prefix: address.prefixlen,
            })
        });
        let addresses = addresses.collect();
        GuestInterface::new(link.ifname, link.address.filter(|_| is_ethernet), addresses)
    };
    Ok(links.into_iter().map(interface).collect())
}

/// A neighbour, as `ip -j neighbour` tells it.
#[derive(Debug, Deserialize)]
struct IpNeighbour {
    dst: std::net::IpAddr,
    #[serde(default)]
    lladdr: Option<String>,
}

/// The neighbours that are interfaces of a container, by the names of their ends on the host.
fn neighbours_of(json: &[u8], ends: Vec<GuestEnd>) -> Vec<GuestInterface> {
    let table: Vec<IpNeighbour> = serde_json::from_slice(json).unwrap_or_default();
    let interface = |end: GuestEnd| {
        let mine = table
            .iter()
            .filter(|one| one.lladdr.is_some() && one.lladdr == end.mac);
        let addresses: Vec<GuestAddress> = mine
            .map(|one| GuestAddress {
                ip: one.dst,
                prefix: if one.dst.is_ipv4() { 32 } else { 128 },
            })
            .collect();
        let name = end.host.unwrap_or(end.name);
        (!addresses.is_empty()).then(|| GuestInterface::new(name, end.mac, addresses))
    };
    ends.into_iter().filter_map(interface).collect()
}

/// The content of `os-release`.
fn os_of(content: &str) -> GuestOs {
    let values: HashMap<&str, String> = content
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches(['"', '\'']).to_owned()))
        .collect();
    let value = |name: &str| values.get(name).cloned();
    let mut os = GuestOs::default();
    os.id = value("ID");
    os.name = value("NAME");
    os.pretty_name = value("PRETTY_NAME");
    os.version = value("VERSION");
    os.version_id = value("VERSION_ID");
    os.variant = value("VARIANT");
    os
}

/// `lxc-attach` exits with 128 and a signal's number where a signal ended the program.
fn exit_of(status: ExitStatus) -> ExitStatus {
    match status {
        ExitStatus::Code(code) if (129..=192).contains(&code) => ExitStatus::Signal(code - 128),
        other => other,
    }
}

fn absolute(path: &str) -> Result<()> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(());
    }
    let message = format!("{path:?} is no absolute path");
    Err(Error::new(ErrorKind::InvalidArgument, message))
}

fn frozen_by_the_host() -> Error {
    Error::unsupported(
        "a container's file systems are its host's: suspend the container, or freeze them there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_json() {
        let json = br#"[{"ifname":"lo","link_type":"loopback","address":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
            {"ifname":"eth0","link_type":"ether","address":"52:54:00:00:00:01","addr_info":[{"local":"fe80::1","prefixlen":64}]}]"#;
        let all = interfaces_of(json).unwrap();
        assert_eq!(all.len(), 2);
        let (lo, eth0) = (all.first().unwrap(), all.last().unwrap());
        assert_eq!((lo.name.as_str(), lo.mac.as_deref()), ("lo", None));
        assert_eq!(eth0.mac.as_deref(), Some("52:54:00:00:00:01"));
        assert_eq!(eth0.addresses.first().unwrap().prefix, 64);
    }

    #[test]
    fn quotes_of_os_release_are_taken_off() {
        let os = os_of("ID=debian\nPRETTY_NAME=\"Debian 12\"\n");
        assert_eq!(
            (os.id.as_deref(), os.pretty_name.as_deref()),
            (Some("debian"), Some("Debian 12"))
        );
    }

    #[test]
    fn a_signal_is_told_from_a_code() {
        assert_eq!(exit_of(ExitStatus::Code(137)), ExitStatus::Signal(9));
        assert_eq!(exit_of(ExitStatus::Code(7)), ExitStatus::Code(7));
        assert_eq!(exit_of(ExitStatus::Code(255)), ExitStatus::Code(255));
    }
}
