//! TLS, in which both sides show who they are: what a URI with a host and no transport means.
//!
//! The daemon's certificate has to be signed by the authority in [`PkiPlaces`], be valid now, and be for the host in the
//! URI: by a subject alternative name. Its common name, which libvirt's own client takes where there is no such name,
//! does not count (RFC 9525): such a certificate is refused, and the error says what it needs. `no_verify=1` takes any.
//!
//! TLS 1.2 and 1.3 are spoken, with the ciphers that are thought safe; `tls_priority=`, which is in GnuTLS's language,
//! may say `NORMAL`.

mod fault;
mod files;
mod places;
mod records;
mod unverified;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use virt_core::host::ByteStream;
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use super::parameters::{refusal, switch};
use super::tcp;
use fault::Peer;
use files::Checks;
pub use places::{OwnFiles, PkiPlaces};
use records::MessageRecords;

/// Where a daemon listens (`tls_port` in libvirtd.conf).
pub const PORT: u16 = 16514;

/// What a daemon says first, when it takes our certificate.
const WELCOME: u8 = 1;

/// Connects to the host of a URI, at its port or 16514, and speaks TLS there, until the daemon takes us for a client.
///
/// # Errors
/// * Those of [`tcp::connect`].
/// * `InvalidConfig`, `NotFound` or `Denied` for a file that can't be used, naming it.
/// * `AuthenticationFailed` where the daemon's certificate is not believed, or it does not accept ours.
/// * `Unsupported` for a `tls_priority=` other than `NORMAL`.
///
/// # Cancel safety
/// Safe; there is no time limit.
pub async fn connect(uri: &ConnectUri) -> Result<impl ByteStream> {
    match uri.parameter("tls_priority") {
        None | Some("NORMAL") => {}
        Some(other) => {
            let message =
                format!("tls_priority={other} is in GnuTLS's language, of which NORMAL alone is known here");
            return Err(Error::unsupported(message).with_subject(Subject::Connection(uri.to_string())));
        }
    }
    let checks = Checks {
        daemon: !switch(uri, "no_verify")?,
        own: !switch(uri, "no_sanity")?,
    };
    let host = uri.host().unwrap_or_default();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| refusal(uri, format!("{host:?} is no name of a host")).with_source(error))?;
    let places = PkiPlaces::of(uri, home().as_deref())?;
    let reading = {
        let places = places.clone();
        tokio::task::spawn_blocking(move || files::configuration(&places, checks))
    };
    let configuration = reading.await.map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            "reading the certificates did not come to its end",
        )
        .with_source(error)
    })??;
    let peer = Peer {
        host,
        port: uri.port().unwrap_or(PORT),
        places: &places,
    };
    let stream = tcp::connect_at(uri, PORT).await?;
    let connector = TlsConnector::from(Arc::new(configuration));
    let mut stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| peer.fault(error))?;
    // With TLS 1.3 we are through before the daemon has looked at us.
    match stream.read_u8().await {
        Ok(WELCOME) => Ok(MessageRecords::new(stream)),
        Ok(other) => Err(peer.about(
            ErrorKind::ConnectionLost,
            format!(
                "what answers at port {} is no libvirt daemon (it begins with {other:#04x})",
                peer.port
            ),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(peer.refused(None)),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Err(peer.refused(Some(error))),
        Err(error) => Err(peer.fault(error)),
    }
}

/// The home of an ordinary user.
fn home() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return None;
    }
    std::env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}
