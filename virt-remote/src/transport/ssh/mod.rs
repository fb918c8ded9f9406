//! A daemon behind an sshd.
//!
//! One login, of the same kind as for a machine over SSH ([`crate::ssh`]): its configuration, its known keys, its jump
//! hosts. From the far sshd the daemon's socket is reached by the first of these that works:
//!
//! 1. `virt-ssh-helper`, libvirt's program for this, which finds the socket and starts the daemon of a session;
//! 2. sshd itself (`direct-streamlocal`), where [`candidates`](super::unix::candidates) says;
//! 3. netcat (`nc -U`), where sshd forbids the second.
//!
//! A password may stand in libvirt's `auth.conf`, in the section `[auth-ssh-HOST]`.
//!
//! `proxy=`, `netcat=` and `socket=` choose among them. `no_verify=1` and `known_hosts_verify=ignore` take the key of a
//! machine that nobody knows; a key that has changed is refused all the same.

mod credentials;
mod far;
mod options;
mod stream;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use virt_core::connection::AccessMode;
use virt_core::credentials::CredentialSource;
use virt_core::host::StreamUse;
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use super::unix::{Caller, candidates};
use super::{Protection, Reached, Way};
use crate::session::uri_for_daemon;
use crate::ssh::config::HostKeyChecking;
use crate::ssh::dialer_for;
use crate::ssh::link::Link;
use credentials::FileFirst;
use far::Word;
use options::{SshWay, Step};
use stream::SshStream;

/// Logs in to the host of a URI, and connects to the daemon there.
///
/// # Errors
/// * `InvalidArgument` and `Unsupported` for parameters that mean nothing here.
/// * `ConnectionLost` where the machine can't be reached, `AuthenticationFailed` where its key or our credentials are
///   refused.
/// * `NotFound`, `Denied` and `ConnectionLost` where the daemon's socket can't be reached from there, naming what was tried.
///
/// # Cancel safety
/// Dropping the future ends the login.
pub(super) async fn connect(
    uri: &ConnectUri,
    way: Way,
    access: AccessMode,
    credentials: &CredentialSource,
) -> Result<Reached> {
    let options = SshWay::of(uri, way)?;
    let protection = match options.overrides.host_key_checking {
        Some(HostKeyChecking::Off) => Protection::Unverified,
        _ => Protection::Encrypted,
    };
    // Looked at before anybody logs in.
    candidates(uri, access, &Caller::new(true, "/"))?;
    let others = match options.asks_nobody {
        true => CredentialSource::default(),
        false => credentials.clone(),
    };
    let credentials = CredentialSource::new(FileFirst::of(uri, others));
    let dialer = dialer_for(uri, &credentials, options.overrides.clone()).await?;
    let far = Far {
        link: dialer.dial().await?,
        host: uri.host().unwrap_or_default().to_owned(),
        access,
        uri,
        options: &options,
    };
    Ok(Reached::by_stream(far.daemon().await?, protection))
}

struct Far<'a> {
    link: Arc<dyn Link>,
    host: String,
    access: AccessMode,
    uri: &'a ConnectUri,
    options: &'a SshWay,
}

impl Far<'_> {
    /// The daemon, by the first step that leads to it.
    async fn daemon(&self) -> Result<SshStream> {
        let mut sockets = None;
        let mut failures: Vec<(Step, Error)> = Vec::new();
        for step in &self.options.steps {
            let tried = match step {
                Step::Helper => self.by_helper().await,
                Step::Socket | Step::Netcat => {
                    let sockets = match &sockets {
                        Some(sockets) => sockets,
                        None => sockets.insert(self.sockets().await?),
                    };
                    self.by_first(*step, sockets).await
                }
            };
            match tried {
                Ok(stream) => {
                    tracing::debug!(host = self.host, ?step, "reached a daemon's socket");
                    return Ok(stream);
                }
                Err(error) if self.is_over() => return Err(self.about(error)),
                Err(error) => {
                    tracing::debug!(host = self.host, ?step, %error, "no way to the daemon");
                    failures.push((*step, error));
                }
            }
        }
        Err(self.about(summed(failures)))
    }

    fn is_over(&self) -> bool {
        use futures::FutureExt as _;
        self.link.lost().now_or_never().is_some()
    }

    fn about(&self, error: Error) -> Error {
        match error.subject() {
            None => error.with_subject(Subject::Host(self.host.clone())),
            Some(_) => error,
        }
    }

    async fn by_helper(&self) -> Result<SshStream> {
        let mut program = self.link.exec(far::HELPER).await?;
        let access = match self.access {
            AccessMode::ReadOnly => "ro",
            _ => "rw",
        };
        match far::begin(&mut program, &[access, &uri_for_daemon(self.uri)]).await? {
            Word::Ready => Ok(SshStream::of_program(program, Arc::clone(&self.link))),
            _ => Err(Error::new(
                ErrorKind::NotFound,
                "virt-ssh-helper is not installed there (it comes with libvirt's daemon)",
            )),
        }
    }

    /// Where the socket may be, to the user that we are there.
    async fn sockets(&self) -> Result<Vec<PathBuf>> {
        if self.uri.parameter("socket").is_some() {
            return candidates(self.uri, self.access, &Caller::new(true, "/"));
        }
        let mut program = self.link.exec(far::CALLER).await?;
        match far::begin(&mut program, &[]).await? {
            Word::Caller { root, directory } => {
                candidates(self.uri, self.access, &Caller::new(root, directory))
            }
            _ => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the far shell does not say who we are there",
            )),
        }
    }

    /// By the first of these sockets that is there.
    async fn by_first(&self, step: Step, sockets: &[PathBuf]) -> Result<SshStream> {
        let mut missing = Vec::new();
        for socket in sockets {
            let tried = match step {
                Step::Netcat => self.by_netcat(socket).await,
                _ => self.by_sshd(socket).await,
            };
            match tried {
                Err(error) if error.kind() == ErrorKind::NotFound && error.subject().is_some() => {
                    missing.push(socket.display().to_string());
                }
                other => return other,
            }
        }
        let missing = missing.join(", ");
        Err(Error::new(
            ErrorKind::NotFound,
            format!("no libvirt daemon has a socket there (looked for {missing})"),
        ))
    }

    async fn by_sshd(&self, socket: &Path) -> Result<SshStream> {
        let path = socket.display().to_string();
        let stream = self.link.connect_unix(&path, StreamUse::Control).await?;
        Ok(SshStream::of_socket(stream, Arc::clone(&self.link)))
    }

    async fn by_netcat(&self, socket: &Path) -> Result<SshStream> {
        let path = socket.display().to_string();
        let mut program = self.link.exec(far::NETCAT).await?;
        let missing = |message: String| Error::new(ErrorKind::NotFound, message);
        match far::begin(&mut program, &[&self.options.netcat, &path]).await? {
            Word::Ready => Ok(SshStream::of_program(program, Arc::clone(&self.link))),
            Word::Missing => Err(missing("no such socket".to_owned()).with_subject(Subject::Path(path))),
            _ => Err(missing(format!("{} is not installed there", self.options.netcat))),
        }
    }
}

/// One error of all: the last step's, which says more than that a program is not there, with what the others met.
fn summed(mut failures: Vec<(Step, Error)>) -> Error {
    let word = |step: Step| match step {
        Step::Helper => "virt-ssh-helper",
        Step::Socket => "sshd",
        Step::Netcat => "netcat",
    };
    let told: Vec<String> = failures
        .iter()
        .map(|(step, error)| format!("by {}: {}", word(*step), error.message()))
        .collect();
    let telling = failures
        .iter()
        .position(|(step, error)| *step == Step::Socket || error.kind() != ErrorKind::NotFound)
        .unwrap_or_default();
    let Some((_, error)) = (telling < failures.len()).then(|| failures.swap_remove(telling)) else {
        return Error::new(ErrorKind::Internal, "there is no way to try");
    };
    Error::new(
        error.kind(),
        format!("the daemon can't be reached ({})", told.join("; ")),
    )
    .with_source(error)
}
