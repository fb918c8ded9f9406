//! Passwords for SSH in libvirt's file of credentials: the section `[auth-ssh-HOST]`.

use async_trait::async_trait;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Credentials, Secret};
use virt_core::{ConnectUri, Result};

use crate::auth::auth_conf::AuthFiles;

/// Answers from the file, and asks who is asked otherwise where that says nothing, or did not fit.
#[derive(Debug)]
pub(super) struct FileFirst {
    files: AuthFiles,
    host: String,
    others: CredentialSource,
}

impl FileFirst {
    /// For the host of a URI.
    pub(super) fn of(uri: &ConnectUri, others: CredentialSource) -> Self {
        Self {
            files: AuthFiles::of(uri),
            host: uri.host().unwrap_or_default().to_owned(),
            others,
        }
    }

    async fn filed(&self, request: &CredentialRequest) -> Result<Option<Secret>> {
        // A machine on the way there has another name, and another password.
        if request.kind != CredentialKind::Password || request.host != self.host || request.attempt > 0 {
            return Ok(None);
        }
        let Some(found) = self.files.look_up("ssh", &self.host).await? else {
            return Ok(None);
        };
        let name = found.authname.or(found.username);
        let is_users = name.is_none() || name == request.user;
        let password = found.password.filter(|_| is_users);
        Ok(password.map(|password| Secret::new(password.as_str())))
    }
}

#[async_trait]
impl Credentials for FileFirst {
    async fn ask(&self, request: &CredentialRequest) -> Result<Option<Secret>> {
        match self.filed(request).await? {
            Some(secret) => Ok(Some(secret)),
            None => self.others.ask(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_answers_once_and_for_its_user_and_machine_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("auth.conf");
        let text = "[credentials-c]\nauthname=fred\npassword=filed\n[auth-ssh-far]\ncredentials=c\n";
        std::fs::write(&path, text).expect("a file");
        let uri = format!("qemu+ssh://fred@far/system?authfile={}", path.display());
        let others =
            CredentialSource::new(|_request: CredentialRequest| async { Some(Secret::new("asked")) });
        let source = FileFirst::of(&uri.parse().expect("a URI"), others);
        let password =
            |host: &str, user: &str| CredentialRequest::new(CredentialKind::Password, host).user(user);
        for (request, answer) in [
            (password("far", "fred"), "filed"),
            (password("far", "fred").attempt(1), "asked"),
            (password("far", "tim"), "asked"),
            (password("gate", "fred"), "asked"),
            (
                CredentialRequest::new(CredentialKind::Passphrase("/k".to_owned()), "far"),
                "asked",
            ),
        ] {
            let secret = source.ask(&request).await.expect("an answer").expect("a secret");
            assert_eq!(secret.expose(), answer, "{request:?}");
        }
    }
}
