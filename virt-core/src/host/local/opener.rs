//! How a URI without a transport comes to this machine.

use std::sync::Arc;

use async_trait::async_trait;

use super::LocalHost;
use crate::backend::HostOpener;
use crate::credentials::CredentialSource;
use crate::deadline::CallContext;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::Host;
use crate::uri::ConnectUri;

/// Opens [`LocalHost`] for URIs that name no other machine; all its connections share one.
#[derive(Debug, Clone, Default)]
pub struct LocalOpener {
    host: Arc<LocalHost>,
}

#[async_trait]
impl HostOpener for LocalOpener {
    /// Gives this machine.
    ///
    /// # Errors
    /// `InvalidArgument` when the URI names another one: without a transport there is no way to it.
    async fn open(
        &self,
        uri: &ConnectUri,
        _credentials: &CredentialSource,
        _call: &CallContext,
    ) -> Result<Arc<dyn Host>> {
        match uri.host() {
            None | Some("" | "localhost") => Ok(Arc::<LocalHost>::clone(&self.host)),
            Some(other) => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{other:?} is another machine, and the URI names no transport to it (such as {}+ssh://{other}{})",
                    uri.driver(),
                    uri.path()
                ),
            )
            .with_subject(Subject::Connection(uri.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::CallClass;
    use std::time::Duration;

    async fn open(uri: &str) -> Result<Arc<dyn Host>> {
        let call = CallContext::new("open", CallClass::Open, Duration::from_secs(5));
        LocalOpener::default()
            .open(&uri.parse().unwrap(), &CredentialSource::default(), &call)
            .await
    }

    #[tokio::test]
    async fn no_host_and_localhost_are_this_machine() {
        for uri in ["qemu:///embed", "qemu://localhost/embed"] {
            assert_eq!(open(uri).await.unwrap().name(), "localhost");
        }
    }

    #[tokio::test]
    async fn another_machine_is_not_taken_for_this_one() {
        let error = open("qemu://far.example/embed").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(
            error.to_string().contains("qemu+ssh://far.example/embed"),
            "{error}"
        );
    }
}
