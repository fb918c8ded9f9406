//! The second door to a connection: with options.

use std::sync::Arc;
use std::time::Duration;

use super::{AccessMode, Connection};
use crate::backend::{BackendTable, OpenRequest};
use crate::credentials::{CredentialSource, Credentials};
use crate::deadline::{CallClass, CallContext, Deadlines};
use crate::error::{ErrorKind, Outcome, Result, Subject};
use crate::host::Host;
use crate::uri::ConnectUri;

/// Opens a connection with options.
///
/// ```
/// use std::time::Duration;
/// use virt_core::{CallClass, Connection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> virt_core::Result<()> {
/// let conn = Connection::builder()
///     .deadline(CallClass::Query, Duration::from_secs(2))
///     .read_only()
///     .open("test:///default")
///     .await?;
/// assert_eq!(conn.driver_name(), "Test");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ConnectionBuilder {
    table: BackendTable,
    deadlines: Deadlines,
    access: AccessMode,
    host: Option<Arc<dyn Host>>,
    credentials: CredentialSource,
}

impl ConnectionBuilder {
    /// The backends this program has: `virt_sdk::backends()`, or a table of your own. Unless said, only
    /// `test:///…`, with the feature `test`.
    #[must_use]
    pub fn backends(mut self, table: BackendTable) -> Self {
        self.table = table;
        self
    }

    /// How long calls of a class may take.
    #[must_use]
    pub fn deadline(mut self, class: CallClass, time: Duration) -> Self {
        self.deadlines = self.deadlines.with(class, time);
        self
    }

    /// How long all calls may take.
    #[must_use]
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Changes nothing: every change answers `Denied`.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = AccessMode::ReadOnly;
        self
    }

    /// Acts on this machine, whatever transport the URI names: for programs that bring their own.
    #[must_use]
    pub fn host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = Some(host);
        self
    }

    /// Has `credentials` answer when a machine or a daemon asks for a password, a passphrase or the like. Nobody does
    /// unless said: what needs a secret then fails with `AuthenticationFailed`.
    #[must_use]
    pub fn credentials(mut self, credentials: impl Credentials) -> Self {
        self.credentials = CredentialSource::new(credentials);
        self
    }

    /// Opens the connection. Its owner tasks live on the tokio runtime this is called on: the end of that runtime is to
    /// the connection what a crash of the program would be.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed URI, `Unsupported` where this program has no backend for it, `Busy` when
    /// another manager holds the root, and whatever the backend meets.
    ///
    /// # Cancel safety
    /// A dropped open leaves nothing behind.
    pub async fn open(&self, uri: &str) -> Result<Connection> {
        let uri: ConnectUri = uri.parse()?;
        let call = CallContext::new("open", CallClass::Open, self.deadlines.of(CallClass::Open));
        let (backend, opener) = self
            .table
            .resolve(&uri)
            .map_err(|error| error.with_operation("open"))?;
        let subject = Subject::Connection(uri.to_string());
        let opened = call.bound(Outcome::NotApplied, async {
            let (host, ours) = match &self.host {
                Some(host) => (Arc::clone(host), None),
                None => {
                    let host = opener.open(&uri, &self.credentials, &call).await?;
                    (Arc::clone(&host), Some(host))
                }
            };
            let mut request = OpenRequest::new(uri.without_parameters(opener.parameters()), host);
            request.access = self.access;
            request.deadlines = self.deadlines.clone();
            request.credentials = self.credentials.clone();
            Ok((backend.open(request, &call).await?, ours))
        });
        let (driver, host) = opened.await.map_err(|error| {
            // What holds the root is the better subject; everything else is about this connection.
            let error = error.with_operation("open");
            if error.kind() == ErrorKind::Busy {
                error
            } else {
                error.with_subject(subject)
            }
        })?;
        Ok(Connection::new(
            uri,
            driver,
            host,
            self.deadlines.clone(),
            self.access,
        ))
    }
}
