//! What libvirt's parser checks of a secret.

use super::config::{SecretConfig, SecretUsageType};
use crate::model::complaint::{missing, one_of, unknown};
use crate::xml::XmlError;
use crate::xml::derived::check_said_values;

impl SecretConfig {
    /// Checks that a usage has a known type, and the path or name that type is found by.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check_usage()
            .map_err(|error| error.within("/secret/usage"))?;
        check_said_values(self)
    }

    fn check_usage(&self) -> Result<(), XmlError> {
        let Some(usage) = &self.usage else { return Ok(()) };
        let rest = &usage.rest;
        let (element, what) = match &usage.kind {
            None => return Err(missing("@type", rest, "the type of the usage")),
            Some(SecretUsageType::Unknown(kind)) => {
                let names = &mut SecretUsageType::KNOWN.iter().map(SecretUsageType::as_str);
                return Err(unknown("@type", rest, kind, one_of("a type of usage", names)));
            }
            Some(SecretUsageType::None) => return Ok(()),
            Some(SecretUsageType::Volume) => ("volume", "the path of the volume"),
            Some(SecretUsageType::Iscsi) => ("target", "the name of the iSCSI target"),
            Some(SecretUsageType::Ceph) => ("name", "the name of the Ceph key"),
            Some(SecretUsageType::Tls) => ("name", "the name of the TLS secret"),
            Some(SecretUsageType::Vtpm) => ("name", "the name of the TPM secret"),
        };
        match usage.id() {
            Some(_) => Ok(()),
            None => Err(missing(element, rest, what)),
        }
    }
}
