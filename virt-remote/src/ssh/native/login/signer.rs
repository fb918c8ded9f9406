//! Makes the signature by which a key is proven, once the server has said that it would take it.

use std::fmt;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use russh::{SendError, Signer};
use tokio::net::UnixStream;
use virt_core::Error;

use super::candidates::KeyHolder;
use super::key_files;
use crate::ssh::config::HostConfig;
use crate::ssh::native::target::Target;

/// Signs with a key of the agent, or of a file that is opened only now: a passphrase is not asked for in vain.
pub(super) struct KeySigner<'a> {
    pub(super) holder: &'a KeyHolder,
    pub(super) agent: Option<&'a mut AgentClient<UnixStream>>,
    pub(super) target: &'a Target,
    pub(super) config: &'a HostConfig,
}

/// Why nothing was signed.
#[derive(Debug)]
pub(super) enum SignFault {
    /// The connection is gone.
    Gone,
    /// The key can't be used, in words.
    Unusable(String),
    /// The one who was asked for a passphrase failed.
    Asking(Error),
}

impl From<SendError> for SignFault {
    fn from(_: SendError) -> Self {
        Self::Gone
    }
}

impl fmt::Display for SignFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the connection is gone"),
            Self::Unusable(why) => f.write_str(why),
            Self::Asking(error) => error.fmt(f),
        }
    }
}

impl Signer for KeySigner<'_> {
    type Error = SignFault;

    async fn auth_sign(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SignFault> {
        match (self.holder, &mut self.agent) {
            (KeyHolder::Agent, Some(agent)) => {
                // An agent knows a certificate's key by the plain key, unless it has the certificate as well.
                let signed = match identity {
                    AgentIdentity::Certificate { .. } => {
                        match agent.sign_request(identity, hash, to_sign.clone()).await {
                            Ok(signed) => Ok(signed),
                            Err(_) => {
                                let plain = identity.public_key().into_owned().into();
                                agent.sign_request(&plain, hash, to_sign).await
                            }
                        }
                    }
                    AgentIdentity::PublicKey { .. } => agent.sign_request(identity, hash, to_sign).await,
                };
                signed.map_err(|error| SignFault::Unusable(format!("the agent did not sign ({error})")))
            }
            (KeyHolder::Agent, None) => Err(SignFault::Unusable("the agent is gone".to_owned())),
            (KeyHolder::File(path), _) => {
                let key = key_files::open(path, self.target, self.config)
                    .await
                    .map_err(SignFault::Asking)?
                    .map_err(SignFault::Unusable)?;
                sign(&key, hash, to_sign)
            }
        }
    }
}

/// Appends the signature of `data` to it.
fn sign(key: &PrivateKey, hash: Option<HashAlg>, mut data: Vec<u8>) -> Result<Vec<u8>, SignFault> {
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(&data),
        pair => pair.try_sign(&data),
    }
    .map_err(|error| SignFault::Unusable(format!("it can't sign ({error})")))?;
    let mut blob = Vec::new();
    signature
        .encode(&mut blob)
        .and_then(|()| blob.encode(&mut data))
        .map_err(|error| SignFault::Unusable(format!("its signature can't be sent ({error})")))?;
    Ok(data)
}
