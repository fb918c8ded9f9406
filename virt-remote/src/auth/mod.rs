//! Proving to a daemon who is asking.
//!
//! The daemon lists what it accepts, and the first of them that is known here is used, or the one that the URI asks for
//! (`auth=`):
//!
//! * nothing;
//! * polkit, which asks the daemon's machine (and through it, where there is one, the user at the console) about the
//!   process at the other end of the socket;
//! * SASL: of the mechanisms that the daemon offers, the strongest. EXTERNAL, SCRAM (SHA-512, SHA-256, SHA-1),
//!   DIGEST-MD5, PLAIN. On plain TCP, DIGEST-MD5 alone, with its own encryption. GSSAPI (Kerberos) is not known here.
//!
//! # Where user and password come from
//! The user is the URI's, or that of [`auth_conf`], or is asked of the connection's credentials; the password is that
//! of [`auth_conf`] where it is that user's, or is asked for.

pub mod auth_conf;
mod identity;
mod sasl;

use tokio::time::Instant;
use virt_core::credentials::CredentialSource;
use virt_core::{ConnectUri, Error, ErrorKind, Result};

use crate::protocol::remote::auth::{AuthList, AuthPolkit, AuthType};
use crate::rpc::{RpcConnection, RpcError};
use crate::transport::parameters::refusal;
use crate::transport::{LayerSwitch, Protection};

/// What there is to log in with.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Login<'a> {
    /// The daemon's URI.
    pub uri: &'a ConnectUri,
    /// Who is asked for user and password.
    pub credentials: &'a CredentialSource,
    /// How well what goes to the daemon is kept.
    pub protection: Protection,
    /// Where the encryption goes that is agreed on, if there is such a place.
    pub layer: Option<&'a LayerSwitch>,
}

impl<'a> Login<'a> {
    /// A login over a stream of which nothing is known.
    #[must_use]
    pub fn new(uri: &'a ConnectUri, credentials: &'a CredentialSource) -> Self {
        Self {
            uri,
            credentials,
            protection: Protection::None,
            layer: None,
        }
    }

    /// Sets how well what goes to the daemon is kept.
    #[must_use]
    pub fn with_protection(mut self, protection: Protection) -> Self {
        self.protection = protection;
        self
    }

    /// Sets where the encryption goes that is agreed on.
    #[must_use]
    pub fn with_layer(mut self, layer: Option<&'a LayerSwitch>) -> Self {
        self.layer = layer;
        self
    }

    /// The daemon's machine, as users know it.
    pub(crate) fn host(&self) -> &'a str {
        self.uri.host().unwrap_or("localhost")
    }
}

/// A way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    None,
    Polkit,
    /// The mechanism, where one is asked for.
    Sasl(Option<String>),
}

impl Method {
    /// What a URI asks for.
    fn wanted(uri: &ConnectUri) -> Result<Option<Self>> {
        let Some(given) = uri.parameter("auth") else {
            return Ok(None);
        };
        let (method, mechanism) = match given.split_once('.') {
            Some((method, mechanism)) => (method, Some(mechanism)),
            None => (given, None),
        };
        match (method, mechanism) {
            ("none", None) => Ok(Some(Self::None)),
            ("polkit", None) => Ok(Some(Self::Polkit)),
            ("sasl", None) => Ok(Some(Self::Sasl(None))),
            ("sasl", Some(mechanism)) if !mechanism.is_empty() => {
                Ok(Some(Self::Sasl(Some(mechanism.to_owned()))))
            }
            _ => Err(refusal(
                uri,
                format!("auth={given} in the URI is none of none, polkit, sasl, sasl.MECHANISM"),
            )),
        }
    }

    const fn kind(&self) -> AuthType {
        match self {
            Self::None => AuthType::NONE,
            Self::Polkit => AuthType::POLKIT,
            Self::Sasl(_) => AuthType::SASL,
        }
    }

    fn known(kind: AuthType) -> Option<Self> {
        match kind {
            AuthType::NONE => Some(Self::None),
            AuthType::POLKIT => Some(Self::Polkit),
            AuthType::SASL => Some(Self::Sasl(None)),
            _ => None,
        }
    }

    /// The one to use with a daemon that accepts these.
    fn choose(wanted: Option<Self>, accepted: &[AuthType]) -> Result<Self> {
        let names = || {
            let names: Vec<String> = accepted.iter().map(|kind| format!("{kind:?}")).collect();
            names.join(", ")
        };
        match wanted {
            Some(Self::None) if accepted.is_empty() => Ok(Self::None),
            Some(wanted) if accepted.contains(&wanted.kind()) => Ok(wanted),
            Some(wanted) => Err(Error::unsupported(format!(
                "the daemon does not accept the way of logging in that the URI asks for, {:?} (it accepts {})",
                wanted.kind(),
                if accepted.is_empty() {
                    "everybody".to_owned()
                } else {
                    names()
                }
            ))),
            None if accepted.is_empty() || accepted.contains(&AuthType::NONE) => Ok(Self::None),
            None => accepted
                .iter()
                .find_map(|kind| Self::known(*kind))
                .ok_or_else(|| {
                    Error::unsupported(format!(
                        "the daemon wants a way of logging in that is not known here ({})",
                        names()
                    ))
                }),
        }
    }
}

/// Logs in on a connection that has just been made.
///
/// # Errors
/// * `AuthenticationFailed` where the daemon refuses, does not prove that it knows the password, or there is no password.
/// * `Unsupported` where it accepts nothing that is known here and fit for the way there, or not what the URI asks for.
/// * `InvalidArgument` for an `auth=` that is none; `InvalidConfig` for a file of credentials that can't be read.
///
/// # Cancel safety
/// A connection on which this was not waited for is of no use any more.
pub async fn log_in(connection: &RpcConnection, login: &Login<'_>, deadline: Instant) -> Result<()> {
    let wanted = Method::wanted(login.uri)?;
    let accepted = connection.call::<AuthList>(&(), deadline).await?.types;
    match Method::choose(wanted, &accepted)? {
        Method::None => {}
        Method::Polkit => polkit(connection, deadline).await?,
        Method::Sasl(mechanism) => sasl::log_in(connection, login, mechanism.as_deref(), deadline).await?,
    }
    if let Some(layer) = login.layer {
        layer.login_is_over();
    }
    Ok(())
}

/// The daemon asks polkit whether the process at the other end of the socket may connect.
async fn polkit(connection: &RpcConnection, deadline: Instant) -> Result<()> {
    let refused = || {
        Error::new(
            ErrorKind::AuthenticationFailed,
            "polkit did not allow this user to connect (action org.libvirt.unix.manage, or .monitor)",
        )
    };
    match connection.call::<AuthPolkit>(&(), deadline).await {
        Ok(answer) if answer.complete != 0 => Ok(()),
        Ok(_) => Err(refused()),
        // It says no, or can't be asked.
        Err(RpcError::Libvirt { error, .. }) => Err(refused().with_source(*error)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(query: &str, accepted: &[AuthType]) -> Result<Method> {
        let uri = format!("qemu+tls://far/system?{query}").parse().expect("a URI");
        Method::choose(Method::wanted(&uri)?, accepted)
    }

    #[test]
    fn the_first_way_that_is_known_is_taken_or_the_one_that_is_asked_for() {
        const NEW: AuthType = AuthType(77);
        for (query, accepted, method) in [
            ("", &[][..], Method::None),
            ("", &[AuthType::POLKIT, AuthType::NONE], Method::None),
            ("", &[NEW, AuthType::SASL, AuthType::POLKIT], Method::Sasl(None)),
            ("auth=polkit", &[AuthType::SASL, AuthType::POLKIT], Method::Polkit),
            (
                "auth=sasl.PLAIN",
                &[AuthType::SASL],
                Method::Sasl(Some("PLAIN".to_owned())),
            ),
            ("auth=none", &[], Method::None),
        ] {
            assert_eq!(
                chosen(query, accepted).expect("a method"),
                method,
                "{query} {accepted:?}"
            );
        }
        for (query, accepted, kind, part) in [
            (
                "auth=sasl",
                &[AuthType::POLKIT][..],
                ErrorKind::Unsupported,
                "POLKIT",
            ),
            ("auth=polkit", &[], ErrorKind::Unsupported, "everybody"),
            ("auth=kerberos", &[], ErrorKind::InvalidArgument, "sasl.MECHANISM"),
            ("auth=sasl.", &[], ErrorKind::InvalidArgument, "sasl.MECHANISM"),
            ("", &[NEW], ErrorKind::Unsupported, "77"),
        ] {
            let error = chosen(query, accepted).expect_err("a refusal");
            assert_eq!(error.kind(), kind, "{query}");
            assert!(error.message().contains(part), "{query}: {error}");
        }
    }
}
