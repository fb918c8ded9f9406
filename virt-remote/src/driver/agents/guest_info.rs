//! What the agent tells of its guest.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, GuestAddress, GuestInterface, GuestOs, GuestUser, TrimReport, TrimmedFilesystem,
};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::command::understood;
use crate::driver::{RemoteConnection, objects, params};
use crate::protocol::remote::domain_guest::{DomainGetGuestInfo, DomainGetGuestInfoArgs, DomainInterface};
use crate::protocol::xdr::TypedParams;

/// `virDomainGuestInfoTypes`.
pub(super) const USERS: u32 = 1 << 0;
pub(super) const OS: u32 = 1 << 1;
pub(super) const HOST_NAME: u32 = 1 << 3;

impl RemoteConnection {
    /// What the guest tells of these (`virDomainGetGuestInfo`).
    pub(super) async fn guest_info(
        &self,
        call: &CallContext,
        domain: Uuid,
        types: u32,
    ) -> Result<TypedParams> {
        let args = DomainGetGuestInfoArgs {
            dom: objects::domain(domain),
            types,
            flags: 0,
        };
        Ok(self
            .through_agent::<DomainGetGuestInfo>(call, domain, &args)
            .await?
            .params)
    }
}

#[derive(Deserialize)]
struct Info {
    version: String,
    #[serde(default)]
    supported_commands: Vec<Command>,
}

#[derive(Deserialize)]
struct Command {
    name: String,
    enabled: bool,
}

pub(super) fn agent(told: Value) -> Result<AgentInfo> {
    let info: Info = understood(serde_json::from_value(told))?;
    let allowed = info
        .supported_commands
        .into_iter()
        .filter(|command| command.enabled);
    Ok(AgentInfo::new(
        info.version,
        allowed.map(|command| command.name).collect(),
    ))
}

pub(in crate::driver) fn interface(told: DomainInterface) -> GuestInterface {
    let address = |address: crate::protocol::remote::domain_guest::DomainIpAddr| {
        Some(GuestAddress {
            ip: address.addr.to_str()?.parse().ok()?,
            prefix: u8::try_from(address.prefix).ok()?,
        })
    };
    let addresses = told.addrs.into_iter().filter_map(address).collect();
    let mac = told.hwaddr.map(|mac| mac.into_text());
    GuestInterface::new(told.name.into_text(), mac, addresses)
}

/// The users; what else there is of one stays with the one.
pub(super) fn users(told: &TypedParams) -> Vec<GuestUser> {
    let mut told = params::told(told);
    // Whatever the daemon says: there is no more than one for each parameter.
    let most = u64::try_from(told.len()).unwrap_or(u64::MAX);
    let count = told.take_u64("user.count").unwrap_or_default().min(most);
    let user = |index: u64| {
        let mut fields = told.take_under(&format!("user.{index}."));
        let name = fields.take_text("name")?;
        let domain = fields.take_text("domain");
        let login_ms = fields.take_u64("login-time").unwrap_or_default();
        let login = std::time::Duration::from_millis(login_ms).as_secs_f64();
        let mut user = GuestUser::new(name, domain, login);
        user.rest = fields;
        Some(user)
    };
    (0..count).filter_map(user).collect()
}

/// The operating system; what has no field is kept.
pub(super) fn os(told: &TypedParams) -> GuestOs {
    let mut told = params::told(told);
    let mut text = |name: &str| told.take_text(name);
    let mut os = GuestOs::default();
    os.id = text("os.id");
    os.name = text("os.name");
    os.pretty_name = text("os.pretty-name");
    os.version = text("os.version");
    os.version_id = text("os.version-id");
    os.machine = text("os.machine");
    os.kernel_release = text("os.kernel-release");
    os.kernel_version = text("os.kernel-version");
    os.variant = text("os.variant");
    os.rest = told;
    os
}

pub(super) fn host_name(told: &TypedParams) -> Result<String> {
    let name = told.string("hostname").map(|name| name.text().into_owned());
    name.ok_or_else(|| Error::new(ErrorKind::Corrupt, "the daemon tells no host name of the guest"))
}

#[derive(Deserialize)]
struct Trimmed {
    #[serde(default)]
    paths: Vec<TrimmedPath>,
}

#[derive(Deserialize)]
struct TrimmedPath {
    path: String,
    trimmed: Option<u64>,
    error: Option<String>,
}

pub(super) fn trimmed(told: Value) -> Result<TrimReport> {
    // Agents before QEMU 2.4 tell nothing.
    let told: Option<Trimmed> = understood(serde_json::from_value(told))?;
    let filesystem = |path: TrimmedPath| {
        let mut filesystem = TrimmedFilesystem::default();
        filesystem.path = path.path;
        filesystem.trimmed = path.trimmed;
        filesystem.error = path.error;
        filesystem
    };
    let mut report = TrimReport::default();
    let paths = told.map(|told| told.paths).unwrap_or_default();
    report.filesystems = paths.into_iter().map(filesystem).collect();
    Ok(report)
}
