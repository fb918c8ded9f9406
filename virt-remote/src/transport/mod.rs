//! Ways to a libvirt daemon.
//!
//! * [`unix`]: the sockets of daemons on this machine, libvirtd's and those of the modular daemons.
//! * [`tcp`]: a daemon's TCP port, unencrypted.
//! * [`tls`]: a daemon's TLS port.
//! * ssh (with the cargo feature): a daemon's unix socket on a machine that has an sshd.
//!
//! [`reach`] takes the one that a URI names. What a URI may say of each stands at [`parameters`].

mod layered;
mod length;
pub mod parameters;
mod reached;
#[cfg(feature = "ssh")]
mod ssh;
pub mod tcp;
pub mod tls;
pub mod unix;
mod way;

use virt_core::connection::AccessMode;
use virt_core::credentials::CredentialSource;
use virt_core::{ConnectUri, Result};
#[cfg(not(feature = "ssh"))]
use virt_core::{Error, Subject};

pub use layered::{Layer, LayerSwitch};
pub use reached::{DaemonStream, Protection, Reached};
pub use way::Way;

use unix::Caller;

/// Connects to the daemon that a URI names, by the transport that it names: nothing is said to the daemon yet.
/// `credentials` are asked for what the way itself needs: logging in to a far machine.
///
/// # Errors
/// * `InvalidArgument` for a URI that says what its transport does not know ([`parameters`]).
/// * `Unsupported` for a transport that is not known here, or whose cargo feature is off.
/// * `NotFound`, `ConnectionLost` and `Denied` where there is no daemon, it does not answer, or we may not ask.
/// * `AuthenticationFailed` where the way there does not let us through.
///
/// # Cancel safety
/// A dropped future leaves nothing behind; it has no time limit of its own.
pub async fn reach(uri: &ConnectUri, access: AccessMode, credentials: &CredentialSource) -> Result<Reached> {
    let way = Way::of(uri)?;
    parameters::check(uri, way)?;
    tracing::debug!(%uri, transport = way.name(), "on the way to a daemon");
    match way {
        Way::Unix => {
            let daemons = unix::daemons(uri, access, &Caller::this_process())?;
            Ok(Reached::by_unix(unix::connect_or_start(&daemons).await?))
        }
        Way::Tcp => Ok(Reached::by_tcp(tcp::connect(uri).await?)),
        Way::Tls => {
            let protection = match parameters::switch(uri, "no_verify")? {
                true => Protection::Unverified,
                false => Protection::Encrypted,
            };
            Ok(Reached::by_stream(tls::connect(uri).await?, protection))
        }
        #[cfg(feature = "ssh")]
        Way::Ssh | Way::Libssh | Way::Libssh2 => ssh::connect(uri, way, access, credentials).await,
        #[cfg(not(feature = "ssh"))]
        Way::Ssh | Way::Libssh | Way::Libssh2 => {
            let _nobody = credentials;
            let message = "this program was built without the cargo feature \"ssh\"";
            Err(Error::unsupported(message).with_subject(Subject::Connection(uri.to_string())))
        }
    }
}
