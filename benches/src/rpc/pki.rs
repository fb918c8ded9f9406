//! An authority, and what it issues: the files that a daemon and its clients have for TLS.

use crate::failure::Outcome;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fs;
use std::path::{Path, PathBuf};

/// A directory with `cacert.pem`, and certificate and key of a server on this machine and of a client, as libvirt
/// names them.
pub(super) struct Pki {
    directory: PathBuf,
}

impl Pki {
    /// Makes it.
    pub(super) fn create(directory: &Path) -> Outcome<Self> {
        fs::create_dir_all(directory)?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "The benches' authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate()?;
        fs::write(directory.join("cacert.pem"), params.self_signed(&key)?.pem())?;
        let pki = Self {
            directory: directory.to_owned(),
        };
        let issuer = Issuer::new(params, key);
        pki.issue(&issuer, "server", ExtendedKeyUsagePurpose::ServerAuth)?;
        pki.issue(&issuer, "client", ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok(pki)
    }

    fn issue(&self, issuer: &Issuer<'_, KeyPair>, name: &str, purpose: ExtendedKeyUsagePurpose) -> Outcome {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
            .subject_alt_names
            .push(SanType::IpAddress([127, 0, 0, 1].into()));
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate()?;
        fs::write(
            self.file(&format!("{name}cert.pem")),
            params.signed_by(&key, issuer)?.pem(),
        )?;
        fs::write(self.file(&format!("{name}key.pem")), key.serialize_pem())?;
        Ok(())
    }

    /// A file of it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Where it is: `pkipath` of a URI.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}
