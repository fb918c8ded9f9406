//! Who we are in guests: asked for once for each, and proven before it is kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use uuid::Uuid;
use virt_core::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::property;
use crate::session::Session;
use crate::vim::{
    AnyGuestAuthentication, Fault, ManagedObjectReference, NamePasswordAuthentication,
    ValidateCredentialsInGuest, VirtualMachinePowerState as Power,
};

/// How often a password is asked for.
const MOST_ATTEMPTS: u32 = 3;
/// What Windows is called where guests are told by family.
const WINDOWS: &str = "windowsGuest";

/// What is known of logging in to guests.
#[derive(Default)]
pub(crate) struct Logins {
    managers: OnceCell<Managers>,
    /// Held while one is asked for.
    by_domain: Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<Option<Login>>>>>,
}

#[derive(Clone)]
struct Login {
    user: String,
    password: Secret,
}

/// Who does things in guests.
#[derive(Debug, Clone)]
pub(super) struct Managers {
    pub(super) files: ManagedObjectReference,
    pub(super) processes: ManagedObjectReference,
    logins: ManagedObjectReference,
}

/// A guest that we are logged in to.
pub(super) struct Guest {
    pub(super) domain: Uuid,
    pub(super) machine: ManagedObjectReference,
    pub(super) host: Option<ManagedObjectReference>,
    pub(super) auth: AnyGuestAuthentication,
    pub(super) managers: Managers,
    pub(super) is_windows: bool,
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").finish_non_exhaustive()
    }
}

impl Login {
    fn auth(&self) -> AnyGuestAuthentication {
        let mut auth = NamePasswordAuthentication {
            username: self.user.clone(),
            password: self.password.expose().to_owned(),
            ..NamePasswordAuthentication::default()
        };
        auth.interactive_session = false;
        auth.into()
    }
}

impl EsxDriver {
    /// A domain whose guest hears us.
    ///
    /// # Errors
    /// `InvalidState` where it does not run, `AgentUnavailable` where its Tools do not, or it stands still.
    pub(super) fn with_tools(&self, domain: Uuid) -> Result<(ManagedObjectReference, Machine)> {
        self.server.check_open()?;
        let (reference, machine) = self.server.inventory.machine(domain)?;
        match machine.power {
            Power::PoweredOn if machine.tools_run => Ok((reference, machine)),
            Power::PoweredOn => {
                let message = "VMware Tools do not run in the guest: install or start them there";
                Err(Error::new(ErrorKind::AgentUnavailable, message)
                    .with_outcome(Outcome::NotApplied)
                    .with_subject(Subject::Domain(machine.name)))
            }
            Power::Suspended => {
                let message = "the guest stands still: resume it first";
                Err(Error::new(ErrorKind::AgentUnavailable, message)
                    .with_outcome(Outcome::NotApplied)
                    .with_subject(Subject::Domain(machine.name)))
            }
            _ => Err(not_valid(&machine, "it does not run")),
        }
    }

    /// Logs in to a guest, by what is known or by what is asked for.
    pub(super) async fn guest(&self, call: &CallContext, domain: Uuid) -> Result<Guest> {
        self.server.check_may_change()?;
        let (reference, machine) = self.with_tools(domain)?;
        let managers = self.guest_managers(call).await?;
        let login = self
            .login_of(call, domain, &reference, &machine, &managers)
            .await?;
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &reference, &["guest.guestFamily"]).await?;
        let family = read.remove("guest.guestFamily");
        Ok(Guest {
            domain,
            machine: reference,
            host: machine.host,
            auth: login.auth(),
            managers,
            is_windows: family.is_some_and(|family| family.text() == WINDOWS),
        })
    }

    async fn login_of(
        &self,
        call: &CallContext,
        domain: Uuid,
        reference: &ManagedObjectReference,
        machine: &Machine,
        managers: &Managers,
    ) -> Result<Login> {
        let place = self.logins.place(domain);
        let asking = async {
            let mut known = place.lock().await;
            if let Some(login) = known.as_ref() {
                return Ok(login.clone());
            }
            let login = self
                .ask_for_login(call, reference, &machine.name, managers)
                .await?;
            *known = Some(login.clone());
            Ok(login)
        };
        call.bound(Outcome::NotApplied, asking).await
    }

    async fn ask_for_login(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        name: &str,
        managers: &Managers,
    ) -> Result<Login> {
        let credentials = &self.server.credentials;
        let host = self.server.session.host();
        let denied = |message: String| {
            Error::new(ErrorKind::AuthenticationFailed, message)
                .with_subject(Subject::Domain(name.to_owned()))
        };
        let asked = CredentialKind::GuestUserName(name.to_owned());
        let user = credentials.ask(&CredentialRequest::new(asked, host)).await?;
        let user = user.ok_or_else(|| {
            denied("nobody says who is to log in to the guest: the connection's credentials are asked for GuestUserName".to_owned())
        })?;
        let user = user.expose().to_owned();
        for attempt in 0..MOST_ATTEMPTS {
            let asked = CredentialKind::GuestPassword(name.to_owned());
            let request = CredentialRequest::new(asked, host)
                .user(user.as_str())
                .attempt(attempt);
            let Some(password) = credentials.ask(&request).await? else {
                let why = if attempt == 0 {
                    format!(
                        "nobody gives the password of {user:?} in the guest: the connection's credentials are asked for GuestPassword"
                    )
                } else {
                    format!("the guest does not accept the password of {user:?}")
                };
                return Err(denied(why));
            };
            let login = Login {
                user: user.clone(),
                password,
            };
            let prove = ValidateCredentialsInGuest {
                this: managers.logins.clone(),
                vm: reference.clone(),
                auth: login.auth(),
            };
            match self.server.session.read(call, &prove).await {
                Ok(()) => return Ok(login),
                Err(error) if is_wrong_login(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(denied(format!(
            "the guest does not accept the password of {user:?}"
        )))
    }

    async fn guest_managers(&self, call: &CallContext) -> Result<Managers> {
        let found = self
            .logins
            .managers
            .get_or_try_init(|| managers(&self.server.session, call));
        found.await.cloned()
    }

    /// An error of something that was asked of a guest. A login that does not fit any more is forgotten; what the guest says of
    /// its files is a failure of its own.
    pub(super) fn of_guest(&self, guest: &Guest, error: Error, path: Option<&str>) -> Error {
        if is_wrong_login(&error) {
            self.logins.forget(guest.domain);
            return error;
        }
        let fault = error.native::<Fault>().filter(|fault| fault.is_a("FileFault"));
        let Some(fault) = fault.cloned() else { return error };
        let message = match path {
            Some(path) => format!("the guest says of {path:?}: {}", error.message()),
            None => format!("the guest says: {}", error.message()),
        };
        Error::new(ErrorKind::Failed, message)
            .with_outcome(error.outcome())
            .with_source(fault)
    }
}

impl Logins {
    fn place(&self, domain: Uuid) -> Arc<tokio::sync::Mutex<Option<Login>>> {
        let mut known = self.by_domain.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(domain).or_default())
    }

    fn forget(&self, domain: Uuid) {
        let mut known = self.by_domain.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&domain);
    }
}

fn is_wrong_login(error: &Error) -> bool {
    error
        .native::<Fault>()
        .is_some_and(|fault| fault.is_a("InvalidGuestLogin"))
}

async fn managers(session: &Session, call: &CallContext) -> Result<Managers> {
    let missing = || Error::unsupported("the server does nothing in guests");
    let manager = session
        .content()
        .guest_operations_manager
        .clone()
        .ok_or_else(missing)?;
    let paths = ["fileManager", "processManager", "authManager"];
    let mut read = property::of_object(session, call, &manager, &paths).await?;
    let mut part = |path: &str| {
        let reference = read.remove(path).and_then(|reference| reference.read().ok());
        reference.ok_or_else(missing)
    };
    Ok(Managers {
        files: part("fileManager")?,
        processes: part("processManager")?,
        logins: part("authManager")?,
    })
}
