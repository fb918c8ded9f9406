//! A session on a server: logged in, kept alive, and logged in once more when the server has ended it.
//!
//! Whether a session is valid only the server knows. Where it says that one is not, it is logged in to anew, once; then
//! what only reads is asked again, and anything else answers that nothing was done.

mod content;
mod files;
mod pages;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Retry, Subject};

use crate::parameters::Parameters;
use crate::soap::{SoapClient, SoapError, Stage, Take};
use crate::vim::{
    CurrentTime, Login, Logout, ManagedObjectReference, Method, RetrieveServiceContent, ServiceContent,
    VimError,
};
pub(crate) use content::is_vcenter;
pub(crate) use refusal::of_fault;

/// How often a session that nobody uses is used, so that the server does not end it (after 30 minutes, unless told).
const KEEP_ALIVE: Duration = Duration::from_secs(5 * 60);
/// How long the server has to forget what was made for one call.
const CLEARING_UP: Duration = Duration::from_secs(5);
/// How long a login may take.
const LOGIN: Duration = Duration::from_secs(60);
/// How long a server may say nothing at all while something is waited for: it answers after a minute, if only that there is
/// nothing new.
const SILENCE: Duration = Duration::from_secs(100);
/// How often a password is asked for.
const MOST_ATTEMPTS: u32 = 3;

/// A session on a server.
#[derive(Debug)]
pub(crate) struct Session {
    client: SoapClient,
    content: ServiceContent,
    manager: ManagedObjectReference,
    identity: Identity,
    logins: Mutex<Logins>,
}

/// How often it was logged in; held while it is done.
#[derive(Debug)]
struct Logins {
    count: u64,
    /// Why it is not done again.
    end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It was logged out.
    Closed,
    /// The server does not accept the password any more: to offer it again and again would lock the account.
    Refused,
}

/// Who we are to the server.
#[derive(Debug)]
struct Identity {
    user: String,
    password: Secret,
}

impl Session {
    /// Logs in.
    pub(crate) async fn open(
        parameters: &Parameters,
        credentials: &CredentialSource,
        call: &CallContext,
    ) -> Result<Arc<Self>> {
        let client = SoapClient::new(parameters.endpoint.clone())?;
        let host = parameters.endpoint.host.as_str();
        let ask = RetrieveServiceContent {
            this: ManagedObjectReference::new("ServiceInstance", "ServiceInstance"),
        };
        let content = call.bound(Outcome::NotApplied, async {
            enter(&client, &ask).await.map_err(|error| said(error, host))
        });
        let content = content.await?;
        if !content.about.api_version.is_empty() {
            client.speak(&content.about.api_version);
        }
        let manager = content.session_manager.clone().ok_or_else(|| {
            let message = "the server has no sessions: it is no host and no vCenter";
            Error::new(ErrorKind::Unsupported, message).with_subject(Subject::Host(host.to_owned()))
        })?;
        let identity = call
            .bound(
                Outcome::NotApplied,
                log_in_as(&client, &manager, parameters, credentials),
            )
            .await?;
        Ok(Arc::new(Self {
            client,
            content,
            manager,
            identity,
            logins: Mutex::new(Logins { count: 1, end: None }),
        }))
    }

    /// What the server is, and where its managers are.
    pub(crate) fn content(&self) -> &ServiceContent {
        &self.content
    }

    /// The server, as the user named it.
    pub(crate) fn host(&self) -> &str {
        &self.client.endpoint().host
    }

    /// A call that changes something, within the deadline.
    pub(crate) async fn act<M: Method + Sync>(&self, call: &CallContext, method: &M) -> Result<M::Returns> {
        call.bound(Outcome::Unknown, self.ask_once_more(method, false))
            .await
    }

    /// A call that only reads, within the deadline: asked again where its answer was lost, or the session had ended.
    pub(crate) async fn read<M: Method + Sync>(&self, call: &CallContext, method: &M) -> Result<M::Returns> {
        call.bound(Outcome::NotApplied, self.ask_once_more(method, true))
            .await
    }

    /// Has the server forget what was made for one call, in a time of its own: the call's may be over. What it does not hear
    /// of stays to the end of the session.
    pub(crate) async fn clear_up<M: Method + Sync>(&self, method: &M) {
        let call = CallContext::new("clear_up", CallClass::Query, CLEARING_UP);
        if let Err(error) = self.read(&call, method).await {
            tracing::debug!(%error, method = M::NAME, "what was made for a call is left to the end of the session");
        }
    }

    /// One that waits for something to happen, over a connection of its own. Nothing is asked again; a server that does not
    /// answer at all by [`SILENCE`] is lost.
    pub(crate) async fn wait<M: Method + Sync>(&self, method: &M) -> Result<M::Returns, SoapError> {
        let body = method.body();
        let answer = tokio::time::timeout(SILENCE, self.client.long_call(&body)).await;
        understood::<M>(&answer.unwrap_or_else(|_| Err(silent()))?)
    }

    /// The same of one whose answer is a long list: `take` gets the elements at `path` of the answer as they come, see
    /// [`SoapClient::long_call_in_parts`].
    pub(crate) async fn wait_in_parts<M: Method + Sync>(
        &self,
        method: &M,
        path: &[&str],
        take: &mut Take<'_>,
    ) -> Result<M::Returns, SoapError> {
        let body = method.body();
        let answer = self.client.long_call_in_parts(&body, path, take);
        let answer = tokio::time::timeout(SILENCE, answer).await;
        understood::<M>(&answer.unwrap_or_else(|_| Err(silent()))?)
    }

    fn had_ended(&self) -> Error {
        let message = "the session had ended on the server, and is open again: nothing was done";
        Error::new(ErrorKind::Busy, message)
            .with_retry(Retry::Later)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::Host(self.host().to_owned()))
    }

    /// What only reads, by plain HTTP: asked again where the session had ended, which the server says by status 401 there.
    async fn ask_plainly<T, F>(&self, ask: impl Fn() -> F) -> Result<Result<T, SoapError>>
    where
        F: Future<Output = Result<T, SoapError>>,
    {
        let before = self.logins().await;
        match ask().await {
            Err(SoapError::Status(401)) => {
                self.log_in_again(before).await?;
                Ok(ask().await)
            }
            answer => Ok(answer),
        }
    }

    async fn ask_once_more<M: Method + Sync>(&self, method: &M, only_reads: bool) -> Result<M::Returns> {
        let before = self.logins().await;
        let error = match invoke(&self.client, method).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if has_ended(&error) {
            self.log_in_again(before).await?;
            if !only_reads {
                return Err(self.had_ended());
            }
        } else if !(only_reads && is_worth_asking_again(&error)) {
            return Err(said(error, self.host()));
        }
        invoke(&self.client, method)
            .await
            .map_err(|error| said(error, self.host()))
    }

    /// Logs in anew, unless somebody else has since. What the server says of the session counts, not what we think.
    pub(crate) async fn log_in_again(&self, before: u64) -> Result<()> {
        let mut logins = self.logins.lock().await;
        let host = || Subject::Host(self.host().to_owned());
        match logins.end {
            Some(End::Closed) => {
                let error = Error::new(ErrorKind::ConnectionLost, "the connection is closed");
                return Err(error.with_subject(host()));
            }
            Some(End::Refused) => {
                let message = "the server does not accept the password any more: open a new connection";
                return Err(Error::new(ErrorKind::AuthenticationFailed, message).with_subject(host()));
            }
            None => {}
        }
        if logins.count != before {
            return Ok(());
        }
        self.client.forget_session();
        let entering = log_in(&self.client, &self.manager, &self.identity);
        let entered = tokio::time::timeout(LOGIN, entering).await;
        let entered = entered.unwrap_or_else(|_| {
            Err(SoapError::Lost(
                Stage::NotSent,
                "the server takes no login".into(),
            ))
        });
        if let Err(error) = entered {
            if error.fault().is_some_and(|fault| fault.is_a("InvalidLogin")) {
                logins.end = Some(End::Refused);
            }
            return Err(said(error, self.host()));
        }
        logins.count += 1;
        tracing::info!(server = %self.host(), "a session had ended, and is open again");
        Ok(())
    }

    /// Whether it will not be open any more.
    pub(crate) async fn is_over(&self) -> bool {
        self.logins.lock().await.end.is_some()
    }

    /// How often it was logged in: what belongs to a session is gone when this is another number.
    pub(crate) async fn logins(&self) -> u64 {
        self.logins.lock().await.count
    }

    /// Uses the session now and then, for as long as it is there.
    pub(crate) async fn keep_alive(session: std::sync::Weak<Self>) {
        loop {
            tokio::time::sleep(KEEP_ALIVE).await;
            let Some(session) = session.upgrade() else { return };
            let ask = CurrentTime {
                this: ManagedObjectReference::new("ServiceInstance", "ServiceInstance"),
            };
            let call = CallContext::new("keep_alive", CallClass::Query, LOGIN);
            if let Err(error) = session.read(&call, &ask).await {
                tracing::debug!(server = %session.host(), %error, "the server does not answer just now");
            }
        }
    }

    /// Logs out.
    pub(crate) async fn close(&self, call: &CallContext) -> Result<()> {
        let leave = Logout {
            this: self.manager.clone(),
        };
        let left = call
            .bound(Outcome::Unknown, async {
                self.logins.lock().await.end = Some(End::Closed);
                invoke(&self.client, &leave)
                    .await
                    .map_err(|error| said(error, self.host()))
            })
            .await;
        self.client.forget_session();
        self.client.close();
        match left {
            // It had ended already.
            Err(error) if error.kind() == ErrorKind::AuthenticationFailed => Ok(()),
            left => left,
        }
    }
}

fn silent() -> SoapError {
    SoapError::Lost(Stage::Sent, "the server is silent".into())
}

/// A call by which a session is entered.
async fn enter<M: Method>(client: &SoapClient, method: &M) -> Result<M::Returns, SoapError> {
    let answer = client.enter(&method.body()).await?;
    understood::<M>(&answer)
}

/// A call without any of a session's care.
async fn invoke<M: Method>(client: &SoapClient, method: &M) -> Result<M::Returns, SoapError> {
    let answer = client.call(&method.body()).await?;
    understood::<M>(&answer)
}

fn understood<M: Method>(answer: &virt_core::xml::Element) -> Result<M::Returns, SoapError> {
    M::read_return(answer).map_err(|error: VimError| {
        SoapError::Malformed(
            format!("the answer to {} is not understood: {error}", M::NAME),
            None,
        )
    })
}

/// Whether the server says that there is no such session.
pub(crate) fn has_ended(error: &SoapError) -> bool {
    error.fault().is_some_and(|fault| fault.is_a("NotAuthenticated"))
}

/// Whether the answer may only have been lost.
fn is_worth_asking_again(error: &SoapError) -> bool {
    matches!(error, SoapError::Lost(..))
}

/// As the error of a call to this server.
pub(crate) fn said(error: SoapError, host: &str) -> Error {
    match error {
        SoapError::Fault(fault) => of_fault(*fault),
        other => other.of_transport(host),
    }
}

async fn log_in(
    client: &SoapClient,
    manager: &ManagedObjectReference,
    identity: &Identity,
) -> Result<(), SoapError> {
    let login = Login {
        this: manager.clone(),
        user_name: identity.user.clone(),
        password: identity.password.expose().to_owned(),
        locale: Some("en".to_owned()),
    };
    enter(client, &login).await.map(drop)
}

/// Asks for what is needed to log in until it fits, or nobody has an answer any more.
async fn log_in_as(
    client: &SoapClient,
    manager: &ManagedObjectReference,
    parameters: &Parameters,
    credentials: &CredentialSource,
) -> Result<Identity> {
    let host = parameters.endpoint.host.as_str();
    let denied = |message: String| {
        Error::new(ErrorKind::AuthenticationFailed, message).with_subject(Subject::Host(host.to_owned()))
    };
    let user = match &parameters.user {
        Some(user) => user.clone(),
        None => {
            let request = CredentialRequest::new(CredentialKind::UserName, host);
            let answer = credentials.ask(&request).await?;
            let answer = answer.ok_or_else(|| {
                denied(
                    "nobody says who is to log in: name a user in the URI, or give credentials by callback"
                        .to_owned(),
                )
            })?;
            answer.expose().to_owned()
        }
    };
    for attempt in 0..MOST_ATTEMPTS {
        let request = CredentialRequest::new(CredentialKind::Password, host)
            .user(user.as_str())
            .attempt(attempt);
        let Some(password) = credentials.ask(&request).await? else {
            let why = if attempt == 0 {
                format!("nobody gives the password of {user:?}: give credentials by callback")
            } else {
                format!("the server does not accept the password of {user:?}")
            };
            return Err(denied(why));
        };
        let identity = Identity {
            user: user.clone(),
            password,
        };
        match log_in(client, manager, &identity).await {
            Ok(()) => return Ok(identity),
            Err(error) if error.fault().is_some_and(|fault| fault.is_a("InvalidLogin")) => {}
            Err(error) => return Err(said(error, host)),
        }
    }
    Err(denied(format!(
        "the server does not accept the password of {user:?}"
    )))
}
