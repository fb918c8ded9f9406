//! Reads the certificates.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::places::{OwnFiles, PkiPlaces};
use super::unverified::Unverified;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checks {
    /// The daemon's certificate.
    pub(super) daemon: bool,
    /// Ours, before it is used.
    pub(super) own: bool,
}

/// How TLS is spoken, with these certificates. It reads files.
///
/// # Errors
/// `InvalidConfig` naming the file, and what is wrong with it; `NotFound` and `Denied` for one that can't be read.
pub(super) fn configuration(places: &PkiPlaces, checks: Checks) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| internal("TLS can't be spoken here", error))?;
    let builder = match checks.daemon {
        true => builder.with_webpki_verifier(verifier(places, provider)?),
        false => {
            let verifier: Arc<dyn ServerCertVerifier> = Arc::new(Unverified::new(provider));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
    };
    let Some(own) = &places.own else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(&own.certificate, "our certificate")?;
    if checks.own
        && let Some(first) = chain.first()
    {
        check_time(&own.certificate, "our certificate", first)?;
    }
    builder.with_client_auth_cert(chain, key(own)?).map_err(|error| {
        about(
            &own.key,
            ErrorKind::InvalidConfig,
            "the key can't be used, or is not that of our certificate".to_owned(),
        )
        .with_source(error)
    })
}

fn verifier(places: &PkiPlaces, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
    let path = &places.authority;
    let what = "the certificate of the authority";
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, what)? {
        check_time(path, what, &certificate)?;
        roots.add(certificate).map_err(|error| {
            about(path, ErrorKind::InvalidConfig, format!("{what} can't be used")).with_source(error)
        })?;
    }
    let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    if let Some(path) = &places.revoked {
        let lists: Vec<CertificateRevocationListDer<'static>> = read(path, "the list of what is revoked")?;
        // A list has what one authority revoked: of the others nothing is known, as in libvirt.
        builder = builder
            .with_crls(lists)
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status();
    }
    builder.build().map_err(|error| {
        let path = places.revoked.as_ref().unwrap_or(path);
        about(
            path,
            ErrorKind::InvalidConfig,
            "certificates can't be checked by this file".to_owned(),
        )
        .with_source(error)
    })
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    read(path, what)
}

fn read<T: PemObject>(path: &Path, what: &str) -> Result<Vec<T>> {
    let found: std::result::Result<Vec<T>, pem::Error> = T::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => {
            let message = format!("{what} is missing: the file has no such block (PEM)");
            Err(about(path, ErrorKind::InvalidConfig, message))
        }
        Err(error) => Err(unreadable(path, what, error)),
    }
}

fn key(own: &OwnFiles) -> Result<PrivateKeyDer<'static>> {
    let what = "the key of our certificate";
    PrivateKeyDer::from_pem_file(&own.key).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            let message =
                format!("{what} is missing: the file has no private key (PEM), or an encrypted one");
            about(&own.key, ErrorKind::InvalidConfig, message)
        }
        other => unreadable(&own.key, what, other),
    })
}

fn unreadable(path: &Path, what: &str, error: pem::Error) -> Error {
    match error {
        pem::Error::Io(error) => {
            let kind = kind_of_io(&error);
            about(path, kind, format!("{what} can't be read")).with_source(error)
        }
        other => about(path, ErrorKind::InvalidConfig, format!("{what} is not in PEM")).with_source(other),
    }
}

/// Refuses a certificate of ours whose time is over, or has not come.
fn check_time(path: &Path, what: &str, certificate: &CertificateDer<'_>) -> Result<()> {
    let certificate = Certificate::from_der(certificate).map_err(|error| {
        about(path, ErrorKind::InvalidConfig, format!("{what} is malformed")).with_source(error)
    })?;
    let validity = certificate.tbs_certificate().validity();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let (begin, end) = (validity.not_before, validity.not_after);
    let complaint = if now > end.to_unix_duration() {
        format!("{what} expired at {end}: have a new one made")
    } else if now < begin.to_unix_duration() {
        format!("{what} is valid from {begin} on: look at this machine's clock")
    } else {
        return Ok(());
    };
    Err(about(path, ErrorKind::InvalidConfig, complaint))
}

/// Whose certificate it is, as it says itself.
pub(super) fn subject_of(path: &Path) -> Option<String> {
    let certificate = CertificateDer::from_pem_file(path).ok()?;
    let certificate = Certificate::from_der(&certificate).ok()?;
    Some(certificate.tbs_certificate().subject().to_string())
}

fn about(path: &Path, kind: ErrorKind, message: String) -> Error {
    Error::new(kind, message).with_subject(Subject::Path(path.display().to_string()))
}

fn internal(message: &'static str, error: tokio_rustls::rustls::Error) -> Error {
    Error::new(ErrorKind::Internal, message).with_source(error)
}
