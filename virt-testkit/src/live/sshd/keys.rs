//! Keys and certificates, made by `ssh-keygen`.

use super::{LiveError, output_of, read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA on NIST P-256.
    Ecdsa,
    /// RSA with 2048 bits.
    Rsa,
}

impl KeyKind {
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Ed25519 => ["-t", "ed25519", "-b", "256"],
            Self::Ecdsa => ["-t", "ecdsa", "-b", "256"],
            Self::Rsa => ["-t", "rsa", "-b", "2048"],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Ecdsa => "ecdsa",
            Self::Rsa => "rsa",
        }
    }
}

/// For whom a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CertificateKind {
    /// Somebody who logs in; its names are names of users.
    #[default]
    User,
    /// A machine; its names are those of machines.
    Host,
}

/// What an authority puts into a certificate.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CertificateOptions {
    /// For whom it is.
    pub kind: CertificateKind,
    /// The names it is made out for; none when empty.
    pub principals: Vec<String>,
    /// When it is valid, as `ssh-keygen -V` takes it (`-1d:-1h` is past); for ever when `None`.
    pub validity: Option<String>,
}

impl CertificateOptions {
    /// A certificate for users of these names.
    #[must_use]
    pub fn user(principals: &[&str]) -> Self {
        Self {
            principals: principals.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    /// A certificate for machines of these names.
    #[must_use]
    pub fn host(principals: &[&str]) -> Self {
        Self {
            kind: CertificateKind::Host,
            ..Self::user(principals)
        }
    }

    /// Says when it is valid, as `ssh-keygen -V` takes it.
    #[must_use]
    pub fn validity(mut self, validity: &str) -> Self {
        self.validity = Some(validity.to_owned());
        self
    }
}

/// A key in two files: `NAME` and `NAME.pub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    private: PathBuf,
}

impl KeyPair {
    /// A new key in the files `directory/name` and `directory/name.pub`.
    ///
    /// # Errors
    /// [`LiveError`] with what `ssh-keygen` said.
    pub fn generate(directory: &Path, name: &str, kind: KeyKind) -> Result<Self, LiveError> {
        Self::generate_encrypted(directory, name, kind, "")
    }

    /// The same, encrypted with a passphrase.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_encrypted(
        directory: &Path,
        name: &str,
        kind: KeyKind,
        passphrase: &str,
    ) -> Result<Self, LiveError> {
        let key = Self {
            private: directory.join(name),
        };
        // ssh-keygen asks before it overwrites.
        for old in [&key.private, &key.public()] {
            match std::fs::remove_file(old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(LiveError::file("remove", old, error));
                }
                _ => {}
            }
        }
        let mut command = Command::new("ssh-keygen");
        command.arg("-q").args(kind.words());
        command
            .args(["-N", passphrase, "-C", name, "-f"])
            .arg(&key.private);
        output_of(&mut command)?;
        Ok(key)
    }

    /// The file of the private key, which is what `IdentityFile` names.
    #[must_use]
    pub fn private(&self) -> &Path {
        &self.private
    }

    /// The file of the public key.
    #[must_use]
    pub fn public(&self) -> PathBuf {
        self.beside(".pub")
    }

    /// The file in which [`certify`](Self::certify) puts the certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.beside("-cert.pub")
    }

    /// The public key as one line: type, key, comment.
    ///
    /// # Errors
    /// [`LiveError`] when its file is gone.
    pub fn public_text(&self) -> Result<String, LiveError> {
        read(&self.public()).map(|text| text.trim().to_owned())
    }

    /// Type and key, without the comment: what stands in `known_hosts`.
    ///
    /// # Errors
    /// [`LiveError`] when its file is gone.
    pub fn public_key(&self) -> Result<String, LiveError> {
        let text = self.public_text()?;
        let words: Vec<&str> = text.split(' ').take(2).collect();
        Ok(words.join(" "))
    }

    /// Its fingerprint: `SHA256:…`.
    ///
    /// # Errors
    /// [`LiveError`] with what `ssh-keygen` said.
    pub fn fingerprint(&self) -> Result<String, LiveError> {
        let said = output_of(Command::new("ssh-keygen").arg("-lf").arg(self.public()))?;
        let found = said.split(' ').find(|word| word.starts_with("SHA256:"));
        found
            .map(str::to_owned)
            .ok_or_else(|| LiveError::Unexpected(format!("ssh-keygen printed no fingerprint: {said}")))
    }

    /// Has `authority` sign a certificate for it; the file of the certificate, one that was there is replaced.
    ///
    /// # Errors
    /// [`LiveError`] with what `ssh-keygen` said.
    pub fn certify(&self, authority: &Self, options: &CertificateOptions) -> Result<PathBuf, LiveError> {
        let mut command = Command::new("ssh-keygen");
        command
            .args(["-q", "-I", "virt-sdk-test", "-s"])
            .arg(&authority.private);
        if options.kind == CertificateKind::Host {
            command.arg("-h");
        }
        if !options.principals.is_empty() {
            command.arg("-n").arg(options.principals.join(","));
        }
        if let Some(validity) = &options.validity {
            command.arg("-V").arg(validity);
        }
        output_of(command.arg(self.public()))?;
        Ok(self.certificate())
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.private.clone().into_os_string();
        path.push(ending);
        path.into()
    }
}
