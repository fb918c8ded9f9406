//! Where a link leads, and what is needed to log in there.

use std::fmt;
use std::sync::Arc;

use virt_core::credentials::CredentialSource;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::connection::Sharing;
use super::login::Keyring;
use crate::ssh::config::{HostConfig, JumpHost};

/// The most machines in a chain, the last one included.
const MAX_HOPS: usize = 8;

/// Says what the configuration has for a jump host.
pub(in crate::ssh) type Resolve = Arc<dyn Fn(&JumpHost) -> Result<HostConfig> + Send + Sync>;

/// A machine to log in to, as often as it is asked for.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) config: HostConfig,
    pub(super) resolve: Resolve,
    pub(super) credentials: CredentialSource,
    pub(super) keyring: Keyring,
    /// Whether a link's first connection is for one stream at a time.
    pub(super) sharing: Sharing,
}

impl Target {
    /// The machines to log in to, one through the other; the last is the target.
    ///
    /// As with OpenSSH, `ProxyJump` of a machine that is itself reached through another counts only for the first one.
    pub(super) fn chain(&self) -> Result<Vec<HostConfig>> {
        let mut chain = vec![self.config.clone()];
        while let Some(first) = chain.first() {
            if first.proxy_jump.is_empty() || leads_to_itself(first, &self.resolve)? {
                break;
            }
            let jumps = first
                .proxy_jump
                .iter()
                .map(|jump| (self.resolve)(jump))
                .collect::<Result<Vec<_>>>()?;
            chain.splice(0..0, jumps);
            if chain.len() > MAX_HOPS {
                let names: Vec<_> = chain.iter().map(|hop| hop.alias.as_str()).collect();
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!(
                        "ProxyJump makes a chain of more than {MAX_HOPS} machines: {}",
                        names.join(", ")
                    ),
                )
                .with_subject(Subject::Host(self.name.clone())));
            }
        }
        Ok(chain)
    }
}

/// Whether a machine is to be reached through itself: what `Host *` with a `ProxyJump` says of the jump host.
fn leads_to_itself(config: &HostConfig, resolve: &Resolve) -> Result<bool> {
    let [jump] = config.proxy_jump.as_slice() else {
        return Ok(false);
    };
    let jump = resolve(jump)?;
    Ok(jump.host_name == config.host_name && jump.port == config.port)
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("config", &self.config)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
