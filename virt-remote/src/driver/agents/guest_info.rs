//! What the agent tells of its guest.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use virt_core::agent::{
    AgentInfo, GuestAddress, GuestInterface, GuestOs, GuestUser, TrimReport, TrimmedFilesystem,
};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::command::understood;
use crate::driver::{RemoteConnection, objects};
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

pub(super) fn users(told: &TypedParams) -> Vec<GuestUser> {
    let count = told.u64("user.count").unwrap_or_default();
    // Whatever the daemon says: there is no more than one for each parameter.
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(told.len());
    let user = |index: usize| {
        let field = |name: &str| format!("user.{index}.{name}");
        let text = |name: &str| told.string(&field(name)).map(|text| text.text().into_owned());
        let login_ms = told.u64(&field("login-time")).unwrap_or_default();
        let login = std::time::Duration::from_millis(login_ms).as_secs_f64();
        Some(GuestUser::new(text("name")?, text("domain"), login))
    };
    (0..count).filter_map(user).collect()
}

pub(super) fn os(told: &TypedParams) -> GuestOs {
    let text = |name: &str| told.string(name).map(|text| text.text().into_owned());
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
