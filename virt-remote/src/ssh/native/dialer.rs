//! Logs in to a machine over russh.

use std::sync::Arc;

use async_trait::async_trait;
use tracing::Instrument as _;
use virt_core::Result;
use virt_core::credentials::CredentialSource;

use super::connection::Sharing;
use super::link::NativeLink;
use super::login::Keyring;
use super::target::{Resolve, Target};
use crate::ssh::config::HostConfig;
use crate::ssh::link::{Dialer, Link};

/// Logs in to one machine over russh.
///
/// Secrets that fitted (a password, the passphrase of a key) are kept in memory for as long as it lives, so that further
/// connections and logins after a loss do not ask again. One that is refused later is forgotten.
#[derive(Debug)]
pub(in crate::ssh) struct NativeDialer(Arc<Target>);

impl NativeDialer {
    /// A dialer for the machine that `config` describes, which users know as `name`. `resolve` gives the configuration
    /// of jump hosts.
    pub(in crate::ssh) fn new(
        name: String,
        config: HostConfig,
        resolve: Resolve,
        credentials: CredentialSource,
    ) -> Self {
        Self(Arc::new(Target {
            name,
            config,
            resolve,
            credentials,
            keyring: Keyring::default(),
            sharing: Sharing::Shared,
        }))
    }

    /// The same for links of which one stream at a time is wanted: they wait for its reader, however long.
    #[cfg(feature = "rpc")]
    pub(in crate::ssh) fn for_one_stream(mut self) -> Self {
        if let Some(target) = Arc::get_mut(&mut self.0) {
            target.sharing = Sharing::Exclusive;
        }
        self
    }
}

#[async_trait]
impl Dialer for NativeDialer {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn user(&self) -> Option<&str> {
        Some(&self.0.config.user)
    }

    async fn dial(&self) -> Result<Arc<dyn Link>> {
        let span = tracing::info_span!("ssh.dial", host = self.0.name, transport = "native");
        let link = NativeLink::open(Arc::clone(&self.0)).instrument(span).await?;
        Ok(Arc::new(link))
    }
}
