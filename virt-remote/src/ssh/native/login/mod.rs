//! Logging in, in OpenSSH's order: keys, questions, a password.

mod candidates;
mod key_files;
mod keyring;
mod prompts;
mod public_key;
mod signer;

use std::sync::Arc;
use std::time::Duration;

use russh::client::{AuthResult, Handle};
use russh::{MethodKind, MethodSet};
use virt_core::credentials::{CredentialRequest, Secret};
use virt_core::{Error, ErrorKind, Result, Subject};

pub(super) use keyring::Keyring;

use super::connection::Shared;
use super::events::Events;
use super::target::Target;
use crate::ssh::config::HostConfig;

/// How many things a server may want to see one after the other (a key and a password, say).
const MAX_FACTORS: usize = 6;
/// How long a connection that seems to be ending may take to be gone, with the server's last words.
const HANG_UP_LIMIT: Duration = Duration::from_secs(1);

/// Logs in on a connection that is set up.
///
/// # Errors
/// `AuthenticationFailed`, naming what was tried and what the server takes, where the server said no;
/// `ConnectionLost` where the connection ended before it did.
pub(super) async fn login(
    handle: &mut Handle<Events>,
    shared: &Arc<Shared>,
    target: &Target,
    config: &HostConfig,
) -> Result<()> {
    let mut login = Login {
        handle,
        shared,
        target,
        config,
        tried: Vec::new(),
    };
    let asked = login.handle.authenticate_none(config.user.as_str()).await;
    let mut offered = match login.settle(asked).await? {
        Step::In => return Ok(()),
        Step::Partly(methods) | Step::Refused(methods) => methods,
    };
    for _ in 0..MAX_FACTORS {
        match login.one_factor(offered).await? {
            Step::In => return Ok(()),
            Step::Partly(methods) => offered = methods,
            Step::Refused(methods) => return Err(login.refused(&methods)),
        }
    }
    Err(login.refused(&MethodSet::empty()))
}

/// How far an attempt brought us.
#[derive(Debug)]
enum Step {
    In,
    /// It was right, and something more is wanted, of these.
    Partly(MethodSet),
    /// It was not taken; these may be tried.
    Refused(MethodSet),
}

/// The ways to log in that the user wants, in the user's order.
fn wanted_methods(config: &HostConfig) -> Vec<MethodKind> {
    let allowed = [
        (MethodKind::PublicKey, config.pubkey_authentication),
        (
            MethodKind::KeyboardInteractive,
            config.kbd_interactive_authentication,
        ),
        (MethodKind::Password, config.password_authentication),
    ];
    let allowed = allowed
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(kind, _)| kind);
    match &config.preferred_authentications {
        None => allowed.collect(),
        Some(order) => {
            let allowed: Vec<MethodKind> = allowed.collect();
            order
                .iter()
                .filter_map(|name| name.parse().ok())
                .filter(|kind| allowed.contains(kind))
                .collect()
        }
    }
}

/// Asks for a secret; nobody answers where the configuration says so (`BatchMode`).
async fn ask(target: &Target, config: &HostConfig, request: &CredentialRequest) -> Result<Option<Secret>> {
    if config.batch_mode {
        return Ok(None);
    }
    target.credentials.ask(request).await
}

struct Login<'a> {
    handle: &'a mut Handle<Events>,
    shared: &'a Arc<Shared>,
    target: &'a Target,
    config: &'a HostConfig,
    /// In words, for the error.
    tried: Vec<String>,
}

impl Login<'_> {
    async fn one_factor(&mut self, mut offered: MethodSet) -> Result<Step> {
        for kind in wanted_methods(self.config) {
            if !offered.contains(&kind) {
                continue;
            }
            let step = match kind {
                MethodKind::PublicKey => self.by_keys(offered).await?,
                MethodKind::KeyboardInteractive => self.by_questions(offered).await?,
                _ => self.by_password(offered).await?,
            };
            match step {
                Step::Refused(methods) => offered = methods,
                done => return Ok(done),
            }
        }
        Ok(Step::Refused(offered))
    }

    /// What an answer of russh means. It calls a connection that is gone a refusal, with nothing that may be tried.
    async fn settle(&mut self, result: Result<AuthResult, russh::Error>) -> Result<Step> {
        match result {
            Ok(AuthResult::Success) => Ok(Step::In),
            Ok(AuthResult::Failure {
                remaining_methods,
                partial_success,
            }) => {
                if remaining_methods.is_empty() && self.is_hung_up().await {
                    return Err(self.hung_up());
                }
                if partial_success {
                    Ok(Step::Partly(remaining_methods))
                } else {
                    Ok(Step::Refused(remaining_methods))
                }
            }
            Err(_) if self.is_hung_up().await => Err(self.hung_up()),
            // No answer of the server's to who we are.
            Err(error) => Err(self
                .error(ErrorKind::ConnectionLost, "the login broke off".to_owned())
                .with_source(error)),
        }
    }

    /// Whether the connection is gone, or about to be. Its last words have come then.
    async fn is_hung_up(&self) -> bool {
        tokio::time::timeout(HANG_UP_LIMIT, self.shared.until_gone())
            .await
            .is_ok()
    }

    /// The error of a connection that ended during the login. Only the server's word makes it a refusal: a line that
    /// breaks and an sshd that restarts say nothing about what we showed.
    fn hung_up(&self) -> Error {
        let gone = self.shared.gone_error();
        let mut message = format!("{}, during the login", gone.message());
        if !self.tried.is_empty() {
            message = format!("{message} (tried: {})", self.tried.join("; "));
        }
        if !self.shared.is_turned_away() {
            return self.error(ErrorKind::ConnectionLost, message);
        }
        message.push_str(
            ": IdentitiesOnly with an IdentityFile, or the URI's keyfile, has only the right key tried",
        );
        self.error(ErrorKind::AuthenticationFailed, message)
    }

    /// Asks for a secret; nobody answers where the configuration says so.
    async fn ask(&self, request: &CredentialRequest) -> Result<Option<Secret>> {
        ask(self.target, self.config, request).await
    }

    fn refused(&self, accepted: &MethodSet) -> Error {
        let tried = match self.tried.as_slice() {
            [] => "nothing: there was no key, and nobody to ask for a password".to_owned(),
            tried => tried.join("; "),
        };
        let accepted: Vec<String> = accepted.iter().map(String::from).collect();
        let accepted = match accepted.as_slice() {
            [] => "the server says not what it takes".to_owned(),
            methods => format!("the server takes {}", methods.join(", ")),
        };
        self.error(
            ErrorKind::AuthenticationFailed,
            format!(
                "the login as {:?} was refused (tried: {tried}; {accepted})",
                self.config.user
            ),
        )
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_subject(Subject::Host(self.shared.name().to_owned()))
    }
}
