//! Authorities and certificates of the tests' own.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};

/// An authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// What a certificate is like.
#[derive(Default, Clone)]
pub(crate) struct Kind {
    /// Its common name.
    pub(crate) name: &'static str,
    /// For which machines it is, besides.
    pub(crate) hosts: &'static [&'static str],
    /// For a client.
    pub(crate) client: bool,
    /// Its time is over.
    pub(crate) expired: bool,
    /// Its number.
    pub(crate) number: u64,
}

/// A certificate and its key, in PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    pub(crate) fn issue(&self, kind: &Kind) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, kind.name);
        for host in kind.hosts {
            params.subject_alt_names.push(match host.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*host).try_into().expect("a name")),
            });
        }
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        params.extended_key_usages = vec![match kind.client {
            true => ExtendedKeyUsagePurpose::ClientAuth,
            false => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from(kind.number + 10));
        if kind.expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        Issued {
            certificate: params.signed_by(&key, &self.issuer).expect("a certificate").pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes `cacert.pem` into a directory.
    pub(crate) fn write(&self, directory: &Path) -> PathBuf {
        let path = directory.join("cacert.pem");
        std::fs::write(&path, &self.certificate).expect("a file");
        path
    }

    /// Writes `cacrl.pem` into a directory, by which the certificate of that number is revoked.
    pub(crate) fn revoke(&self, directory: &Path, number: u64) {
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2124, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(number + 10),
                revocation_time: date_time_ymd(2024, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params
            .signed_by(&self.issuer)
            .expect("a list")
            .pem()
            .expect("text");
        std::fs::write(directory.join("cacrl.pem"), list).expect("a file");
    }
}

impl Issued {
    /// Writes `NAMEcert.pem` and `NAMEkey.pem` into a directory.
    pub(crate) fn write(&self, directory: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (certificate, key) = (
            directory.join(format!("{name}cert.pem")),
            directory.join(format!("{name}key.pem")),
        );
        std::fs::write(&certificate, &self.certificate).expect("a file");
        std::fs::write(&key, &self.key).expect("a file");
        (certificate, key)
    }
}
