//! Who logs in, and where the password comes from.

use tokio::time::Instant;
use virt_core::credentials::{CredentialKind, CredentialRequest};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};
use zeroize::Zeroizing;

use super::Login;
use super::auth_conf::{AuthFiles, FileCredentials};
use super::sasl::SaslUser;

/// Finds out who logs in.
#[derive(Debug)]
pub(super) struct Identity<'a>(&'a Login<'a>);

impl<'a> Identity<'a> {
    pub(super) fn new(login: &'a Login<'a>) -> Self {
        Self(login)
    }

    /// User and password; `what` wants them.
    ///
    /// # Errors
    /// `AuthenticationFailed` where there is none, naming the places they may come from; `Timeout` where nobody answers
    /// in time.
    pub(super) async fn user(&self, what: &str, deadline: Instant) -> Result<SaslUser> {
        let files = AuthFiles::of(self.0.uri);
        let found = files.look_up("libvirt", self.0.host()).await?;
        let asking = self.complete(found, what);
        tokio::time::timeout_at(deadline, asking)
            .await
            .unwrap_or_else(|_| {
                let message = "nobody gave the credentials in time";
                Err(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::NotApplied))
            })
    }

    async fn complete(&self, found: Option<FileCredentials>, what: &str) -> Result<SaslUser> {
        let mut found = found.unwrap_or_default();
        // The one who logs in is the authname; a file that has the username alone means him.
        let acts_as = found.authname.as_ref().and(found.username.take());
        let filed = found.authname.take().or_else(|| found.username.take());
        let name = match (self.0.uri.user(), filed) {
            (Some(name), Some(filed)) if name != filed => {
                tracing::debug!(name, filed, "the credentials in the file are another user's");
                found.password = None;
                name.to_owned()
            }
            (Some(name), _) => name.to_owned(),
            (None, Some(filed)) => filed,
            (None, None) => self.ask(CredentialKind::UserName, None, what).await?.to_string(),
        };
        let password = match found.password {
            Some(password) => password,
            None => self.ask(CredentialKind::Password, Some(&name), what).await?,
        };
        Ok(SaslUser {
            acts_as: acts_as.filter(|acts_as| *acts_as != name),
            realm: found.realm,
            name,
            password,
        })
    }

    async fn ask(&self, kind: CredentialKind, user: Option<&str>, what: &str) -> Result<Zeroizing<String>> {
        let missing = match kind {
            CredentialKind::UserName => "user's name",
            _ => "password",
        };
        let mut request = CredentialRequest::new(kind, self.0.host());
        if let Some(user) = user {
            request = request.user(user);
        }
        match self.0.credentials.ask(&request).await? {
            Some(secret) => Ok(Zeroizing::new(secret.expose().to_owned())),
            None => Err(Error::new(
                ErrorKind::AuthenticationFailed,
                format!(
                    "the daemon wants {what}, and there is no {missing}: give it by the connection's credentials, or in an auth.conf ({})",
                    AuthFiles::of(self.0.uri).places()
                ),
            )
            .with_subject(Subject::Host(self.0.host().to_owned()))),
        }
    }
}
