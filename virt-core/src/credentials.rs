//! Secrets a program gives when a machine or a daemon asks for them: by callback, never in a URI.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::error::Result;

/// What is asked for (`virConnectCredentialType`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// The name to log in as, where the URI gives none.
    UserName,
    /// The password of the user named in the request.
    Password,
    /// What opens an encrypted private key; the path of the key's file.
    Passphrase(String),
    /// The answer to a question the other side puts in words of its own (SSH's keyboard-interactive, SASL's
    /// challenges), and whether it may be seen while it is typed.
    Answer {
        /// The question.
        prompt: String,
        /// Whether the answer may be shown while it is typed.
        echo: bool,
    },
    /// The name to log in as in a guest, where that is done through the hypervisor (VMware Tools); the guest's name. It is
    /// nobody of the host's: what is answered goes to the guest.
    GuestUserName(String),
    /// The password in a guest of the user named in the request; the guest's name. It goes to the guest.
    GuestPassword(String),
}

/// A question for a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialRequest {
    /// What is asked for.
    pub kind: CredentialKind,
    /// The machine that asks, as users know it.
    pub host: String,
    /// Who is logging in; `None` where that is what is asked for.
    pub user: Option<String>,
    /// How often this has been asked before, because what was given did not fit: 0 the first time.
    pub attempt: u32,
}

impl CredentialRequest {
    /// A question asked for the first time.
    pub fn new(kind: CredentialKind, host: impl Into<String>) -> Self {
        Self {
            kind,
            host: host.into(),
            user: None,
            attempt: 0,
        }
    }

    /// Says who is logging in.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Says how often this has been asked before.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }
}

/// A secret: not shown by `Debug`, has no `Display`, and is gone from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Gives secrets when asked (`virConnectAuth`). A closure from a [`CredentialRequest`] to a future of an
/// `Option<Secret>` is one as well.
#[async_trait]
pub trait Credentials: Send + Sync + 'static {
    /// The answer; `None` when there is none: the next way to log in is tried, or the call fails with
    /// [`ErrorKind::AuthenticationFailed`](crate::ErrorKind::AuthenticationFailed), naming what was asked.
    ///
    /// # Errors
    /// Whatever keeps it from answering; the call that needed it fails with that.
    async fn ask(&self, request: &CredentialRequest) -> Result<Option<Secret>>;
}

#[async_trait]
impl<F, Answer> Credentials for F
where
    F: Fn(CredentialRequest) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Option<Secret>> + Send,
{
    async fn ask(&self, request: &CredentialRequest) -> Result<Option<Secret>> {
        Ok(self(request.clone()).await)
    }
}

/// Who answers on a connection: shared, and nobody by default.
#[derive(Clone, Default)]
pub struct CredentialSource(Option<Arc<dyn Credentials>>);

impl CredentialSource {
    /// Has `credentials` answer.
    pub fn new(credentials: impl Credentials) -> Self {
        Self(Some(Arc::new(credentials)))
    }

    /// Whether there is anybody to ask.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Asks; `None` where there is nobody to ask, or no answer.
    ///
    /// # Errors
    /// As [`Credentials::ask`].
    pub async fn ask(&self, request: &CredentialRequest) -> Result<Option<Secret>> {
        match &self.0 {
            Some(credentials) => credentials.ask(request).await,
            None => Ok(None),
        }
    }
}

impl fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() {
            "CredentialSource(set)"
        } else {
            "CredentialSource(none)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closure_answers_and_the_secret_is_not_shown() {
        let source = CredentialSource::new(|request: CredentialRequest| async move {
            (request.kind == CredentialKind::Password).then(|| Secret::new("sesame"))
        });
        let request = CredentialRequest::new(CredentialKind::Password, "far").user("root");
        let secret = source.ask(&request).await.unwrap().unwrap();
        assert_eq!(secret.expose(), "sesame");
        assert!(!format!("{source:?} {secret:?}").contains("sesame"));
        let other = CredentialRequest::new(CredentialKind::UserName, "far");
        assert!(source.ask(&other).await.unwrap().is_none());
    }
}
