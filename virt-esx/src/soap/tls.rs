//! TLS to a server, and whose certificate is taken for its.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use virt_core::host::ByteStream;
use virt_core::{Error, ErrorKind, Result};

use super::endpoint::{Endpoint, Trust};
use super::thumbprint::Thumbprint;

/// Speaks TLS to one server.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    /// The certificate that was shown last: an error tells its thumbprint.
    shown: Arc<Shown>,
}

#[derive(Debug, Default)]
struct Shown(Mutex<Option<Thumbprint>>);

impl Tls {
    /// Reads the authorities of this machine, where they count: it reads files.
    pub(super) fn to(endpoint: &Endpoint) -> Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let shown = Arc::new(Shown::default());
        let judge = match &endpoint.trust {
            Trust::Authorities => Judge::Authorities(authorities(Arc::clone(&provider))?),
            Trust::Thumbprint(thumbprint) => Judge::Thumbprint(thumbprint.clone()),
            Trust::Anybody => Judge::Anybody,
        };
        let verifier = Verifier {
            judge,
            provider: Arc::clone(&provider),
            shown: Arc::clone(&shown),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(ErrorKind::Internal, "TLS can't be spoken here").with_source(error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|error| {
            let message = format!("{:?} is no name of a machine", endpoint.host);
            Error::new(ErrorKind::InvalidArgument, message).with_source(error)
        })?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name,
            shown,
        })
    }

    pub(super) async fn shake_hands(
        &self,
        stream: Box<dyn ByteStream>,
    ) -> io::Result<TlsStream<Box<dyn ByteStream>>> {
        self.connector.connect(self.name.clone(), stream).await
    }

    /// Why a handshake failed, in words that say what to do.
    pub(super) fn explain(&self, error: &io::Error) -> (ErrorKind, String) {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
        let Some(TlsError::InvalidCertificate(reason)) = tls else {
            return match tls {
                Some(TlsError::InvalidMessage(_)) => (
                    ErrorKind::ConnectionLost,
                    "what answers there does not speak TLS: with transport=http it would be asked without"
                        .to_owned(),
                ),
                _ => (ErrorKind::ConnectionLost, "TLS did not come about".to_owned()),
            };
        };
        let shown = self
            .shown
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let pin = shown.map_or_else(String::new, |shown| {
            format!("; if it is the right one all the same, say thumbprint={shown}")
        });
        let why = match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "is not valid yet: look at the clocks of both machines"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "is for another name than the one in the URI"
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "is not signed by an authority that this machine knows"
            }
            CertificateError::ApplicationVerificationFailure => {
                "has another thumbprint than the one in the URI"
            }
            _ => "cannot be believed",
        };
        (
            ErrorKind::AuthenticationFailed,
            format!("the server's certificate {why}{pin}"),
        )
    }
}

fn authorities(provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    let loaded = rustls_native_certs::load_native_certs();
    for error in loaded.errors {
        tracing::debug!(%error, "some authorities of this machine cannot be read");
    }
    roots.add_parsable_certificates(loaded.certs);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| {
            let message = "this machine knows no authorities to judge a certificate by: install ca-certificates, name a \
                           file of them in SSL_CERT_FILE, or say thumbprint= in the URI";
            Error::new(ErrorKind::AuthenticationFailed, message).with_source(error)
        })
}

#[derive(Debug)]
enum Judge {
    Authorities(Arc<WebPkiServerVerifier>),
    Thumbprint(Thumbprint),
    Anybody,
}

#[derive(Debug)]
struct Verifier {
    judge: Judge,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, TlsError> {
        *self.shown.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Thumbprint::sha256_of(end_entity));
        match &self.judge {
            Judge::Authorities(authorities) => {
                authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Judge::Thumbprint(thumbprint) if thumbprint.is_of(end_entity) => {
                Ok(ServerCertVerified::assertion())
            }
            Judge::Thumbprint(_) => Err(TlsError::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
            Judge::Anybody => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
