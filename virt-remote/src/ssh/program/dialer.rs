//! Logs in to a machine through the system's `ssh`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tracing::Instrument as _;
use virt_core::Result;

use super::link::ProgramLink;
use crate::ssh::link::{Dialer, Link};

/// What `ssh` is told. Everything else it reads in its own configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::ssh) struct ProgramTarget {
    /// The program: `ssh`, or a path.
    pub(in crate::ssh) program: String,
    /// The machine, by the name that the configuration knows it by.
    pub(in crate::ssh) host: String,
    pub(in crate::ssh) user: Option<String>,
    pub(in crate::ssh) port: Option<u16>,
    /// The file to read instead of the user's and the machine's (`-F`).
    pub(in crate::ssh) config_file: Option<PathBuf>,
    /// The only private key to use.
    pub(in crate::ssh) key_file: Option<PathBuf>,
    /// The file of known keys to use instead of the user's.
    pub(in crate::ssh) known_hosts: Option<PathBuf>,
    /// The machines to go through, as `-J` has them.
    pub(in crate::ssh) jump: Option<String>,
    /// Further settings (`-o`).
    pub(in crate::ssh) settings: Vec<String>,
}

impl ProgramTarget {
    /// The arguments of a master that listens at `socket`. Values that begin with a dash can't be taken for options: they
    /// follow the option they belong to, or `--`.
    pub(super) fn arguments(&self, socket: &Path) -> Vec<String> {
        let mut arguments: Vec<String> = ["-M", "-N", "-T", "-x", "-a", "-S"].map(str::to_owned).into();
        arguments.push(socket.display().to_string());
        if let Some(file) = &self.config_file {
            arguments.extend(["-F".to_owned(), file.display().to_string()]);
        }
        let mut option = |text: String| arguments.extend(["-o".to_owned(), text]);
        for fixed in [
            "BatchMode=yes",
            "ControlPersist=no",
            "ClearAllForwardings=yes",
            "StreamLocalBindMask=0177",
            "StreamLocalBindUnlink=yes",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=3",
            // The master listens before it runs this, so that it tells when it is ready.
            "PermitLocalCommand=yes",
            "LocalCommand=echo ready",
            "RemoteCommand=none",
            "LogLevel=ERROR",
        ] {
            option(fixed.to_owned());
        }
        if let Some(file) = &self.key_file {
            option(format!("IdentityFile={}", quoted(file)));
            option("IdentitiesOnly=yes".to_owned());
        }
        if let Some(file) = &self.known_hosts {
            option(format!("UserKnownHostsFile={}", quoted(file)));
        }
        if let Some(jump) = &self.jump {
            option(format!("ProxyJump={jump}"));
        }
        self.settings.iter().cloned().for_each(&mut option);
        if let Some(user) = &self.user {
            arguments.extend(["-l".to_owned(), user.clone()]);
        }
        if let Some(port) = self.port {
            arguments.extend(["-p".to_owned(), port.to_string()]);
        }
        arguments.extend(["--".to_owned(), self.host.clone()]);
        arguments
    }
}

/// A path as a value of ssh's configuration: in quotes, with its own specials made plain.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = path.replace('%', "%%").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{plain}\"")
}

/// Logs in to one machine through `ssh`, which must not need to ask anybody anything.
#[derive(Debug)]
pub(in crate::ssh) struct ProgramDialer {
    name: String,
    target: Arc<ProgramTarget>,
}

impl ProgramDialer {
    /// A dialer for the machine that users know as `name`.
    pub(in crate::ssh) fn new(name: String, target: ProgramTarget) -> Self {
        Self {
            name,
            target: Arc::new(target),
        }
    }
}

#[async_trait]
impl Dialer for ProgramDialer {
    fn name(&self) -> &str {
        &self.name
    }

    fn user(&self) -> Option<&str> {
        self.target.user.as_deref()
    }

    async fn dial(&self) -> Result<Arc<dyn Link>> {
        let span = tracing::info_span!("ssh.dial", host = self.name, transport = "program");
        let link = ProgramLink::open(self.name.clone(), Arc::clone(&self.target))
            .instrument(span)
            .await?;
        Ok(Arc::new(link))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_give_is_never_an_option() {
        let target = ProgramTarget {
            program: "ssh".to_owned(),
            host: "-oProxyCommand=touch x".to_owned(),
            user: Some("-v".to_owned()),
            key_file: Some("/a \"b\"%c".into()),
            ..ProgramTarget::default()
        };
        let arguments = target.arguments(Path::new("/run/control"));
        let dashes = arguments.iter().position(|argument| argument == "--").unwrap();
        assert_eq!(arguments[dashes + 1..], ["-oProxyCommand=touch x"]);
        let user = arguments.iter().position(|argument| argument == "-v").unwrap();
        assert_eq!(arguments[user - 1], "-l");
        assert!(
            arguments.contains(&"IdentityFile=\"/a \\\"b\\\"%%c\"".to_owned()),
            "{arguments:?}"
        );
    }
}
