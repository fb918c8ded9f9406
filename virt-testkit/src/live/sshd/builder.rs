//! What an sshd of the test's own is like.

use super::{KeyKind, KeyPair, LiveError, Result, Sshd, new_directory, write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// Describes an [`Sshd`]. By default it listens on a free port of 127.0.0.1, has one Ed25519 key, and lets in who has
/// one of the authorized keys, root included.
#[derive(Debug, Default)]
pub struct SshdBuilder {
    kinds: Vec<KeyKind>,
    authorized: Vec<KeyPair>,
    user_authority: Option<KeyPair>,
    host_authority: Option<(KeyPair, Vec<String>)>,
    password: bool,
    keyboard_interactive: bool,
    lines: Vec<String>,
    place: Option<(String, IpAddr)>,
}

impl SshdBuilder {
    /// Gives it keys of these types; the first is not preferred, clients choose.
    #[must_use]
    pub fn host_keys(mut self, kinds: &[KeyKind]) -> Self {
        self.kinds = kinds.to_vec();
        self
    }

    /// Lets in who has this key, as any user.
    #[must_use]
    pub fn authorize(mut self, key: &KeyPair) -> Self {
        self.authorized.push(key.clone());
        self
    }

    /// Lets in who has a certificate by this authority that is made out for the user (`TrustedUserCAKeys`).
    #[must_use]
    pub fn user_authority(mut self, authority: &KeyPair) -> Self {
        self.user_authority = Some(authority.clone());
        self
    }

    /// Has its keys certified by this authority, for machines of these names (`HostCertificate`).
    #[must_use]
    pub fn host_authority(mut self, authority: &KeyPair, principals: &[&str]) -> Self {
        let principals = principals.iter().map(ToString::to_string).collect();
        self.host_authority = Some((authority.clone(), principals));
        self
    }

    /// Lets in who knows the user's password.
    #[must_use]
    pub fn password(mut self) -> Self {
        self.password = true;
        self
    }

    /// Lets in who answers PAM's question for the user's password.
    #[must_use]
    pub fn keyboard_interactive(mut self) -> Self {
        self.keyboard_interactive = true;
        self
    }

    /// Forbids connections to unix sockets (`AllowStreamLocalForwarding no`).
    #[must_use]
    pub fn without_stream_local(self) -> Self {
        self.line("AllowStreamLocalForwarding no")
    }

    /// Allows so many sessions on one connection (`MaxSessions`; sshd's own default is 10).
    #[must_use]
    pub fn max_sessions(self, sessions: u32) -> Self {
        self.line(&format!("MaxSessions {sessions}"))
    }

    /// A line of configuration. It stands before all others, and the first is what counts.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// Has it listen in the network namespace and at the address that a [`Chain`](super::Chain) gives.
    #[must_use]
    pub fn place(mut self, namespace: &str, address: IpAddr) -> Self {
        self.place = Some((namespace.to_owned(), address));
        self
    }

    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// [`LiveError`] when this is not root, sshd is not installed, or it does not listen; what it logged is in the text.
    ///
    /// # Cancel safety
    /// Safe: what was being started ends.
    pub async fn start(self) -> std::result::Result<Sshd, LiveError> {
        let directory = new_directory()?;
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        // Who logs in reads the authorized keys there.
        std::fs::set_permissions(directory.path(), everybody)
            .map_err(|error| LiveError::file("open", directory.path(), error))?;
        // sshd of Debian does not start without it.
        std::fs::create_dir_all("/run/sshd")
            .map_err(|error| LiveError::file("create", Path::new("/run/sshd"), error))?;
        let address = self.address()?;
        let kinds = match self.kinds.is_empty() {
            true => vec![KeyKind::Ed25519],
            false => self.kinds.clone(),
        };
        self.write_configuration(directory.path(), address, &kinds)?;
        let namespace = self.place.map(|(namespace, _)| namespace);
        let mut sshd = Sshd::new(directory, address, namespace, kinds, self.host_authority);
        sshd.make_keys()?;
        sshd.start().await?;
        Ok(sshd)
    }

    fn address(&self) -> Result<SocketAddr> {
        if let Some((_, address)) = &self.place {
            // Nobody else listens there.
            return Ok((*address, 22).into());
        }
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| LiveError::file("find a free port on", Path::new("127.0.0.1"), error))
    }

    fn write_configuration(&self, directory: &Path, address: SocketAddr, kinds: &[KeyKind]) -> Result<()> {
        let path = directory.display();
        let mut authorized = String::new();
        for key in &self.authorized {
            authorized.push_str(&key.public_text()?);
            authorized.push('\n');
        }
        write(&directory.join("authorized_keys"), &authorized, 0o644)?;
        // The users' own shell start-up files are no part of any test: some take seconds, or lock each other out.
        let home = directory.join("home");
        std::fs::create_dir_all(&home).map_err(|error| LiveError::file("create", &home, error))?;
        let yes = |value: bool| if value { "yes" } else { "no" };
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&format!(
            "ListenAddress {}\nPort {}\nPidFile none\nLogLevel VERBOSE\nUseDNS no\nStrictModes no\nPermitRootLogin yes\n\
             AuthorizedKeysFile {path}/authorized_keys\nMaxStartups 200\nMaxAuthTries 20\nPrintMotd no\nPrintLastLog no\n\
             AcceptEnv LANG LC_*\nSetEnv HOME={path}/home\nUsePAM {}\nKbdInteractiveAuthentication {}\nPasswordAuthentication {}\n",
            address.ip(),
            address.port(),
            yes(self.keyboard_interactive),
            yes(self.keyboard_interactive),
            yes(self.password),
        ));
        let sftp = "/usr/lib/openssh/sftp-server";
        let sftp = if Path::new(sftp).exists() {
            sftp
        } else {
            "internal-sftp"
        };
        text.push_str(&format!("Subsystem sftp {sftp}\n"));
        for kind in kinds {
            let name = kind.name();
            text.push_str(&format!("HostKey {path}/host_{name}\n"));
            if self.host_authority.is_some() {
                text.push_str(&format!("HostCertificate {path}/host_{name}-cert.pub\n"));
            }
        }
        if let Some(authority) = &self.user_authority {
            write(&directory.join("user_ca.pub"), &authority.public_text()?, 0o644)?;
            text.push_str(&format!("TrustedUserCAKeys {path}/user_ca.pub\n"));
        }
        write(&directory.join("sshd_config"), &text, 0o600)
    }
}
