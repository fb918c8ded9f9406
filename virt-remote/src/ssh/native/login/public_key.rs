//! Logging in with keys.

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use tokio::net::UnixStream;
use virt_core::Result;

use super::candidates::{Candidate, KeyHolder, Proof, order};
use super::key_files;
use super::signer::{KeySigner, SignFault};
use super::{Login, Step};
use crate::ssh::native::algorithm_list::allows;
use crate::ssh::native::host_key::{fewest_rsa_bits, rsa_bits};

impl Login<'_> {
    /// Tries each key until one is taken.
    pub(super) async fn by_keys(&mut self, mut offered: MethodSet) -> Result<Step> {
        let (mut agent, identities) = self.ask_agent().await;
        let candidates = self.candidates(&identities).await;
        // What the server can verify of RSA, asked for once: it may cost a moment.
        let mut rsa_hash = None;
        for candidate in candidates {
            let Some(proof) = self.opened(&candidate).await? else {
                continue;
            };
            if let Some(why) = self.unwanted(&proof) {
                self.tried.push(format!("{}: {why}", candidate.describe()));
                continue;
            }
            let hash = if is_rsa(&proof) {
                if rsa_hash.is_none() {
                    rsa_hash = Some(self.rsa_hash().await);
                }
                match rsa_hash.flatten() {
                    None => {
                        self.tried.push(format!("{}: RSA with SHA-2 is not taken by the server, or not by PubkeyAcceptedAlgorithms", candidate.describe()));
                        continue;
                    }
                    hash => hash,
                }
            } else {
                None
            };
            match self.try_key(&candidate, proof, hash, agent.as_mut()).await? {
                // What the server takes has not changed where it was not asked.
                None => {}
                Some(Step::Refused(methods)) => offered = methods,
                Some(done) => return Ok(done),
            }
            if !offered.contains(&MethodKind::PublicKey) {
                break;
            }
        }
        Ok(Step::Refused(offered))
    }

    /// Why the configuration does not want a key; `None` where it does.
    fn unwanted(&self, proof: &Proof) -> Option<String> {
        let (key, name) = match proof {
            Proof::Key(key) => (key.key_data(), key.algorithm().to_string()),
            Proof::Certificate(certificate) => (
                certificate.public_key(),
                certificate.algorithm().to_certificate_type(),
            ),
            Proof::Shut => return None,
        };
        let fewest = fewest_rsa_bits(self.config);
        if let Some(bits) = rsa_bits(key) {
            // Its names differ with the hash of the signature: the server's word decides on that.
            return (bits < fewest)
                .then(|| format!("it has {bits} bits, and {fewest} are wanted (RequiredRSASize)"));
        }
        let wanted = self.config.algorithms.pubkey.as_deref();
        (!allows(wanted, &name)).then(|| format!("PubkeyAcceptedAlgorithms leaves out {name}"))
    }

    /// Shows the server a key; `None`, noted, where it can't be used.
    async fn try_key(
        &mut self,
        candidate: &Candidate,
        proof: Proof,
        hash: Option<HashAlg>,
        agent: Option<&mut AgentClient<UnixStream>>,
    ) -> Result<Option<Step>> {
        let mut signer = KeySigner {
            holder: &candidate.holder,
            agent,
            target: self.target,
            config: self.config,
        };
        let user = self.config.user.as_str();
        let result = match proof {
            Proof::Key(key) => {
                self.handle
                    .authenticate_publickey_with(user, key, hash, &mut signer)
                    .await
            }
            Proof::Certificate(certificate) => {
                self.handle
                    .authenticate_certificate_with(user, *certificate, hash, &mut signer)
                    .await
            }
            Proof::Shut => return Ok(None),
        };
        let step = match result {
            Ok(result) => self.settle(Ok(result)).await?,
            Err(SignFault::Gone) => {
                // Its last words come with the end.
                self.is_hung_up().await;
                return Err(self.hung_up());
            }
            Err(SignFault::Asking(error)) => return Err(error),
            Err(SignFault::Unusable(why)) => {
                self.tried.push(format!("{}: {why}", candidate.describe()));
                // The server still waits.
                return Ok(None);
            }
        };
        match step {
            Step::Refused(_) => self.tried.push(candidate.describe()),
            Step::Partly(_) => self
                .tried
                .push(format!("{} (taken, but not enough)", candidate.describe())),
            Step::In => tracing::debug!(key = candidate.describe(), "the key was taken"),
        }
        Ok(Some(step))
    }

    /// What to show of a candidate; `None`, noted, where it can't be used.
    async fn opened(&mut self, candidate: &Candidate) -> Result<Option<Proof>> {
        match (&candidate.proof, &candidate.holder) {
            (Proof::Shut, KeyHolder::File(path)) => {
                match key_files::open(path, self.target, self.config).await? {
                    Ok(key) => Ok(Some(Proof::Key(key.public_key().clone()))),
                    Err(why) => {
                        self.tried.push(format!("key from {}: {why}", path.display()));
                        Ok(None)
                    }
                }
            }
            (Proof::Shut, KeyHolder::Agent) => Ok(None),
            (proof, _) => Ok(Some(proof.clone())),
        }
    }

    async fn candidates(&mut self, agent: &[AgentIdentity]) -> Vec<Candidate> {
        let mut files = Vec::new();
        for identity in &self.config.identity_files {
            match key_files::look_at(identity).await {
                Ok(Some(file)) => files.push(file),
                Ok(None) => {}
                Err(why) => self.tried.push(why),
            }
        }
        let mut certificates = Vec::new();
        for path in &self.config.certificate_files {
            match key_files::certificate(path).await {
                Ok(certificate) => certificates.push((path.clone(), certificate)),
                Err(why) => self.tried.push(why),
            }
        }
        let (candidates, notes) = order(files, certificates, agent, self.config.identities_only);
        self.tried.extend(notes);
        candidates
    }

    /// The agent and its keys; none of both where it does not answer.
    async fn ask_agent(&mut self) -> (Option<AgentClient<UnixStream>>, Vec<AgentIdentity>) {
        let Some(path) = &self.config.identity_agent else {
            return (None, Vec::new());
        };
        let mut agent = match AgentClient::connect_uds(path).await {
            Ok(agent) => agent,
            Err(error) => {
                self.tried.push(format!(
                    "the agent at {} does not answer ({error})",
                    path.display()
                ));
                return (None, Vec::new());
            }
        };
        if let Some(binding) = self.handle.agent_session_binding()
            && let Err(error) = agent.bind_session(binding, false).await
        {
            // Older agents, and others than OpenSSH's, do not know it; they don't restrict keys by it either.
            tracing::debug!(%error, "the agent was not told which server it signs for");
        }
        match agent.request_identities().await {
            Ok(identities) => (Some(agent), identities),
            Err(error) => {
                self.tried
                    .push(format!("the agent's keys can't be listed ({error})"));
                (None, Vec::new())
            }
        }
    }

    /// The hash for RSA signatures; `None` where the server takes none that is safe.
    async fn rsa_hash(&mut self) -> Option<HashAlg> {
        let wanted = self.config.algorithms.pubkey.as_deref();
        let best = match self.handle.best_supported_rsa_hash().await {
            Ok(Some(hash)) => hash,
            // It did not say; all servers of the last ten years take this one.
            Ok(None) | Err(_) => Some(HashAlg::Sha256),
        }?;
        [best, HashAlg::Sha256].into_iter().find(|hash| match hash {
            HashAlg::Sha512 => allows(wanted, "rsa-sha2-512"),
            _ => allows(wanted, "rsa-sha2-256"),
        })
    }
}

fn is_rsa(proof: &Proof) -> bool {
    let algorithm = match proof {
        Proof::Key(key) => key.algorithm(),
        Proof::Certificate(certificate) => PublicKey::from(certificate.public_key().clone()).algorithm(),
        Proof::Shut => return false,
    };
    matches!(algorithm, Algorithm::Rsa { .. })
}
