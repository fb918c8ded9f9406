//! Backends, and the table that finds the one for a URI.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::connection::AccessMode;
use crate::credentials::CredentialSource;
use crate::deadline::{CallContext, Deadlines};
use crate::driver::ConnectionDriver;
use crate::error::{Error, Result, Subject};
use crate::host::Host;
use crate::host::local::{LocalHost, LocalOpener};
use crate::uri::ConnectUri;

/// What a backend gets to open a connection with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenRequest {
    /// The URI, without the transport's parameters.
    pub uri: ConnectUri,
    /// The machine to act on, for backends that need one.
    pub host: Arc<dyn Host>,
    /// Whether anything may be changed.
    pub access: AccessMode,
    /// The connection's deadlines, for work a backend does on its own account.
    pub deadlines: Deadlines,
    /// Who gives secrets when they are asked for.
    pub credentials: CredentialSource,
}

impl OpenRequest {
    /// A request with default deadlines, allowed to change things.
    #[must_use]
    pub fn new(uri: ConnectUri, host: Arc<dyn Host>) -> Self {
        Self {
            uri,
            host,
            access: AccessMode::default(),
            deadlines: Deadlines::default(),
            credentials: CredentialSource::default(),
        }
    }
}

/// Opens connections of one kind: what a backend crate gives to the facade.
#[async_trait]
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// Opens a connection.
    async fn open(&self, request: OpenRequest, call: &CallContext) -> Result<Arc<dyn ConnectionDriver>>;

    /// Whether it finds its own way to the machine a URI names, whatever the transport: then it gets the URI with all
    /// its parameters, and this machine as host.
    fn reaches_machines(&self) -> bool {
        false
    }
}

/// Reaches machines by one transport.
#[async_trait]
pub trait HostOpener: Send + Sync + fmt::Debug + 'static {
    /// The parameters of a URI's query that are this transport's. The backend gets the URI without them, and refuses
    /// those that it does not know itself: none is silently without effect.
    fn parameters(&self) -> &'static [&'static str] {
        &[]
    }

    /// Reaches the machine the URI names; secrets it needs are asked of `credentials`. The connection's
    /// [`shutdown`](crate::Connection::shutdown) [closes](Host::close) it: what others use as well has to take that.
    async fn open(
        &self,
        uri: &ConnectUri,
        credentials: &CredentialSource,
        call: &CallContext,
    ) -> Result<Arc<dyn Host>>;
}

/// Which URIs of its driver a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathRule {
    /// Those with this path.
    Is(&'static str),
    /// Those without a transport: the work is done in this process.
    Here,
    /// Any other.
    Any,
}

impl PathRule {
    fn matches(self, uri: &ConnectUri) -> bool {
        match self {
            Self::Is(wanted) => wanted == uri.path(),
            Self::Here => uri.transport().is_none(),
            Self::Any => true,
        }
    }
}

/// Gives this machine to backends that find their own way to the one they work on.
#[derive(Debug, Default)]
struct WayOfItsOwn {
    host: Arc<LocalHost>,
}

#[async_trait]
impl HostOpener for WayOfItsOwn {
    async fn open(
        &self,
        _uri: &ConnectUri,
        _credentials: &CredentialSource,
        _call: &CallContext,
    ) -> Result<Arc<dyn Host>> {
        Ok(Arc::<LocalHost>::clone(&self.host))
    }
}

/// Finds backend and transport for a URI: first row that fits.
///
/// Rows whose cargo feature is off stay in the table without a backend, so that the error can name the feature.
#[derive(Debug, Clone)]
pub struct BackendTable {
    backends: Vec<BackendRow>,
    transports: Vec<TransportRow>,
}

#[derive(Debug, Clone)]
struct BackendRow {
    driver: &'static str,
    path: PathRule,
    feature: &'static str,
    backend: Option<Arc<dyn Backend>>,
}

#[derive(Debug, Clone)]
struct TransportRow {
    transport: Option<&'static str>,
    feature: &'static str,
    opener: Option<Arc<dyn HostOpener>>,
}

impl Default for BackendTable {
    /// What virt-core has: the backend of `test:///…` with the feature `test`, and this machine for URIs without a transport.
    fn default() -> Self {
        Self {
            backends: Vec::new(),
            transports: Vec::new(),
        }
        .backend("test", PathRule::Here, "test", reference())
        .transport(None, "", Some(Arc::new(LocalOpener::default())))
    }
}

#[cfg(feature = "test")]
fn reference() -> Option<Arc<dyn Backend>> {
    Some(Arc::new(crate::test::TestBackend::new()))
}

#[cfg(not(feature = "test"))]
fn reference() -> Option<Arc<dyn Backend>> {
    None
}

impl BackendTable {
    /// Adds a row: URIs of this driver and path go to this backend; `None` when the feature is off.
    #[must_use]
    pub fn backend(
        mut self,
        driver: &'static str,
        path: PathRule,
        feature: &'static str,
        backend: Option<Arc<dyn Backend>>,
    ) -> Self {
        self.backends.push(BackendRow {
            driver,
            path,
            feature,
            backend,
        });
        self
    }

    /// Adds a transport: `None` is a URI without one. The opener is `None` when the feature is off.
    #[must_use]
    pub fn transport(
        mut self,
        transport: Option<&'static str>,
        feature: &'static str,
        opener: Option<Arc<dyn HostOpener>>,
    ) -> Self {
        self.transports.push(TransportRow {
            transport,
            feature,
            opener,
        });
        self
    }

    /// Backend and transport for a URI.
    ///
    /// # Errors
    /// `Unsupported`, naming the feature to switch on or the URIs this table knows.
    pub fn resolve(&self, uri: &ConnectUri) -> Result<(Arc<dyn Backend>, Arc<dyn HostOpener>)> {
        let subject = || Subject::Connection(uri.to_string());
        let row = self
            .backends
            .iter()
            .find(|row| row.driver == uri.driver() && row.path.matches(uri))
            .ok_or_else(|| {
                let known: Vec<String> = self.backends.iter().map(BackendRow::pattern).collect();
                let message = format!("no backend for this URI (this program has: {})", known.join(", "));
                Error::unsupported(message).with_subject(subject())
            })?;
        let backend = row
            .backend
            .clone()
            .ok_or_else(|| feature_is_off(row.feature).with_subject(subject()))?;
        if backend.reaches_machines() {
            return Ok((backend, Arc::new(WayOfItsOwn::default())));
        }
        let transport = self
            .transports
            .iter()
            .find(|row| row.transport == uri.transport())
            .ok_or_else(|| {
                let name = uri.transport().unwrap_or("none");
                Error::unsupported(format!("no transport {name:?} for this URI")).with_subject(subject())
            })?;
        let opener = transport
            .opener
            .clone()
            .ok_or_else(|| feature_is_off(transport.feature).with_subject(subject()))?;
        Ok((backend, opener))
    }
}

impl BackendRow {
    fn pattern(&self) -> String {
        match self.path {
            PathRule::Is(path) => format!("{}://{path}", self.driver),
            PathRule::Here | PathRule::Any => format!("{}:///…", self.driver),
        }
    }
}

fn feature_is_off(feature: &str) -> Error {
    Error::unsupported(format!(
        "this program was built without the cargo feature {feature:?} of virt-sdk"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_whose_feature_is_off_names_the_feature() {
        let table = BackendTable::default().backend("qemu", PathRule::Is("/embed"), "qemu", None);
        let error = table.resolve(&"qemu:///embed".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("feature \"qemu\""), "{error}");
    }

    #[test]
    fn an_unknown_scheme_names_what_there_is() {
        let error = BackendTable::default()
            .resolve(&"zvm:///x".parse().unwrap())
            .unwrap_err();
        assert!(error.to_string().contains("no backend"), "{error}");
    }
}
