//! Which keys to try, and in which order.

use std::path::PathBuf;

use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PublicKey};

use super::key_files::KeyFile;

/// Who makes the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyHolder {
    Agent,
    File(PathBuf),
}

/// What the server is shown.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    Key(PublicKey),
    Certificate(Box<Certificate>),
    /// The file of a private key whose public half is only known when it is opened.
    Shut,
}

/// A key to try.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) proof: Proof,
    pub(super) holder: KeyHolder,
}

impl Candidate {
    fn new(proof: Proof, holder: KeyHolder) -> Self {
        Self { proof, holder }
    }

    /// In words, for the error.
    pub(super) fn describe(&self) -> String {
        let what = match &self.proof {
            Proof::Key(key) => format!("key {} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256)),
            Proof::Certificate(certificate) => format!(
                "certificate {:?} of key {}",
                certificate.key_id(),
                certificate.public_key().fingerprint(HashAlg::Sha256)
            ),
            Proof::Shut => "key".to_owned(),
        };
        match &self.holder {
            KeyHolder::Agent => format!("{what} of the agent"),
            KeyHolder::File(path) => format!("{what} from {}", path.display()),
        }
    }
}

/// OpenSSH's order: certificates the user named, keys of the agent that the user named, its other keys, and what is only
/// in files.
pub(super) fn order(
    files: Vec<KeyFile>,
    certificates: Vec<(PathBuf, Certificate)>,
    agent: &[AgentIdentity],
    identities_only: bool,
) -> (Vec<Candidate>, Vec<String>) {
    let mut notes = Vec::new();
    let mut first = Vec::new();
    for (path, certificate) in certificates {
        match holder_of(certificate.public_key(), &files, agent) {
            Some(holder) => first.push(Candidate::new(Proof::Certificate(Box::new(certificate)), holder)),
            None => notes.push(format!(
                "there is no private key for the certificate {}",
                path.display()
            )),
        }
    }
    let mut others = Vec::new();
    for identity in agent {
        let named = files.iter().any(|file| file_has(file, identity));
        if named || !identities_only {
            let proof = match identity {
                AgentIdentity::PublicKey { key, .. } => Proof::Key(key.clone()),
                AgentIdentity::Certificate { certificate, .. } => {
                    Proof::Certificate(Box::new(certificate.clone()))
                }
            };
            let list = if named { &mut first } else { &mut others };
            list.push(Candidate::new(proof, KeyHolder::Agent));
        }
    }
    first.append(&mut others);
    for file in files {
        first.extend(of_file(file, agent, &mut notes));
    }
    (first, notes)
}

/// What is tried of a file beyond what the agent has.
fn of_file(file: KeyFile, agent: &[AgentIdentity], notes: &mut Vec<String>) -> Vec<Candidate> {
    let mut found = Vec::new();
    let by_agent = file
        .public
        .as_ref()
        .is_some_and(|key| agent_has(agent, key.key_data()));
    let holder = if by_agent {
        KeyHolder::Agent
    } else if file.private {
        KeyHolder::File(file.path.clone())
    } else {
        notes.push(format!(
            "the private key of {} is neither there nor in the agent",
            file.path.display()
        ));
        return found;
    };
    match file.public {
        Some(_) if by_agent => {}
        Some(key) => found.push(Candidate::new(Proof::Key(key), holder.clone())),
        None => found.push(Candidate::new(Proof::Shut, holder.clone())),
    }
    if let Some(certificate) = file.certificate {
        found.push(Candidate::new(Proof::Certificate(Box::new(certificate)), holder));
    }
    found
}

fn holder_of(key: &KeyData, files: &[KeyFile], agent: &[AgentIdentity]) -> Option<KeyHolder> {
    if agent_has(agent, key) {
        return Some(KeyHolder::Agent);
    }
    files
        .iter()
        .find(|file| {
            file.private
                && file
                    .public
                    .as_ref()
                    .is_some_and(|public| public.key_data() == key)
        })
        .map(|file| KeyHolder::File(file.path.clone()))
}

fn agent_has(agent: &[AgentIdentity], key: &KeyData) -> bool {
    agent.iter().any(|identity| match identity {
        AgentIdentity::PublicKey { key: its, .. } => its.key_data() == key,
        AgentIdentity::Certificate { .. } => false,
    })
}

fn file_has(file: &KeyFile, identity: &AgentIdentity) -> bool {
    match identity {
        AgentIdentity::PublicKey { key, .. } => file
            .public
            .as_ref()
            .is_some_and(|public| public.key_data() == key.key_data()),
        AgentIdentity::Certificate { certificate, .. } => file
            .public
            .as_ref()
            .is_some_and(|public| public.key_data() == certificate.public_key()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that differs with its number.
    fn key(number: u8) -> PublicKey {
        let point = russh::keys::ssh_key::public::Ed25519PublicKey([number; 32]);
        PublicKey::new(KeyData::Ed25519(point), "")
    }

    fn file(name: &str, number: u8, private: bool) -> KeyFile {
        KeyFile {
            path: name.into(),
            public: Some(key(number)),
            certificate: None,
            private,
        }
    }

    fn holders(files: Vec<KeyFile>, agent: &[u8], only: bool) -> (Vec<String>, usize) {
        let agent: Vec<AgentIdentity> = agent.iter().map(|number| key(*number).into()).collect();
        let (order, notes) = order(files, Vec::new(), &agent, only);
        let words = order
            .iter()
            .map(|candidate| match (&candidate.holder, &candidate.proof) {
                (KeyHolder::File(path), _) => path.display().to_string(),
                (KeyHolder::Agent, Proof::Key(its)) => {
                    let number = (0..9).find(|number| key(*number).key_data() == its.key_data());
                    format!("agent {}", number.unwrap())
                }
                other => format!("{other:?}"),
            })
            .collect();
        (words, notes.len())
    }

    #[test]
    fn the_agents_keys_that_are_named_come_first_and_files_last() {
        let files = || vec![file("a", 1, true), file("b", 2, true)];
        let (order, _) = holders(files(), &[3, 2], false);
        assert_eq!(order, ["agent 2", "agent 3", "a"]);
        let (order, _) = holders(files(), &[3, 2], true);
        assert_eq!(order, ["agent 2", "a"]);
        let (order, notes) = holders(vec![file("only.pub", 5, false)], &[], false);
        assert!(order.is_empty());
        assert_eq!(notes, 1);
    }
}
