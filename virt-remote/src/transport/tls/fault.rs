//! Why TLS did not come about, in words that say what to do.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error as TlsError};
use virt_core::{Error, ErrorKind, Subject, kind_of_io};

use super::files::subject_of;
use super::places::PkiPlaces;

/// Whom we spoke to, and by what.
pub(super) struct Peer<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) places: &'a PkiPlaces,
}

impl Peer<'_> {
    /// The error of a handshake, or of what follows it.
    pub(super) fn fault(&self, error: io::Error) -> Error {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
        let (kind, message) = match tls {
            Some(TlsError::InvalidCertificate(reason)) => {
                (ErrorKind::AuthenticationFailed, self.distrust(reason))
            }
            Some(TlsError::AlertReceived(alert)) if is_about_us(*alert) => return self.refused(Some(error)),
            Some(TlsError::AlertReceived(alert)) => (
                ErrorKind::ConnectionLost,
                format!("the daemon ended the TLS handshake ({alert:?})"),
            ),
            Some(TlsError::InvalidMessage(_)) => (
                ErrorKind::ConnectionLost,
                format!(
                    "what answers at port {} does not speak TLS: is it a libvirt daemon's TLS port?",
                    self.port
                ),
            ),
            Some(_) => (ErrorKind::ConnectionLost, "TLS did not come about".to_owned()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => (
                ErrorKind::ConnectionLost,
                "the connection was closed in the middle of the TLS handshake".to_owned(),
            ),
            None => (
                kind_of_io(&error),
                "the connection was lost in the TLS handshake".to_owned(),
            ),
        };
        self.about(kind, message).with_source(error)
    }

    /// The daemon does not take our certificate, or wants one.
    pub(super) fn refused(&self, error: Option<io::Error>) -> Error {
        let message = match &self.places.own {
            Some(own) => {
                let subject = subject_of(&own.certificate);
                let subject = subject.map_or_else(String::new, |subject| format!(", {subject}"));
                format!(
                    "the daemon does not accept our certificate ({}{subject}): it has to be signed by its authority, and be allowed by tls_allowed_dn_list in its configuration",
                    own.certificate.display()
                )
            }
            None => {
                let places: Vec<_> = self
                    .places
                    .looked_for
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect();
                format!(
                    "the daemon wants a certificate of ours, and there is none (looked for {})",
                    places.join(", ")
                )
            }
        };
        let refused = self.about(ErrorKind::AuthenticationFailed, message);
        match error {
            Some(error) => refused.with_source(error),
            None => refused,
        }
    }

    fn distrust(&self, reason: &CertificateError) -> String {
        let authority = self.places.authority.display();
        match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the daemon's certificate, or one it is signed by, has expired: have a new one made there"
                    .to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the daemon's certificate is not valid yet: look at the clocks of both machines".to_owned()
            }
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => format!(
                "the daemon's certificate does not say for which machine it is: it needs a subject alternative name, {} (a common name does not count)",
                self.host
            ),
            CertificateError::NotValidForNameContext { presented, .. } => format!(
                "the daemon's certificate is not for {}, but for {}: connect to one of those, or have one made for this name",
                self.host,
                presented.join(", ")
            ),
            CertificateError::NotValidForName => format!("the daemon's certificate is not for {}", self.host),
            CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                "the daemon's certificate is not signed by the authority in {authority}: put the daemon's one there, or name its directory by pkipath="
            ),
            CertificateError::Revoked => match &self.places.revoked {
                Some(list) => format!("the daemon's certificate is revoked, by {}", list.display()),
                None => "the daemon's certificate is revoked".to_owned(),
            },
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "the daemon's certificate is not one for servers (its extended key usage)".to_owned()
            }
            _ => "the daemon's certificate can't be believed".to_owned(),
        }
    }

    pub(super) fn about(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_subject(Subject::Host(self.host.to_owned()))
    }
}

/// Whether a daemon says by this that it does not want us.
fn is_about_us(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::NoCertificate
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate
    )
}
