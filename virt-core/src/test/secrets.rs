//! The secrets of a connection.

use uuid::Uuid;

use super::world::{World, none_such};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, SecretChange, SecretEvent};
use crate::model::SecretConfig;
use crate::model::value::YesNo;
use crate::secret::{SecretFilter, SecretInfo, SecretRef, SecretSelector, SecretUsageId, SecretValue};

/// One secret: its document, and its value once it has one.
#[derive(Debug)]
pub(super) struct SecretRecord {
    reference: SecretRef,
    config: SecretConfig,
    value: Option<SecretValue>,
}

impl SecretRecord {
    fn info(&self) -> SecretInfo {
        SecretInfo::new(
            self.reference.clone(),
            self.config.ephemeral.is_some_and(YesNo::is_set),
            self.is_private(),
        )
    }

    fn is_private(&self) -> bool {
        self.config.private.is_some_and(YesNo::is_set)
    }
}

impl World {
    pub(super) fn list_secrets(&self, filter: &SecretFilter) -> Vec<SecretInfo> {
        let infos = self.secrets.values().map(SecretRecord::info);
        infos.filter(|info| filter.matches(info)).collect()
    }

    pub(super) fn lookup_secret(&self, selector: &SecretSelector) -> Result<SecretRef> {
        let mut references = self.secrets.values().map(|record| &record.reference);
        references
            .find(|reference| selector.matches(reference))
            .cloned()
            .ok_or_else(|| self.no_such_secret())
    }

    pub(super) fn secret_config(&self, secret: Uuid) -> Result<SecretConfig> {
        Ok(self.secret(secret)?.config.clone())
    }

    pub(super) fn define_secret(&mut self, config: &SecretConfig) -> Result<SecretRef> {
        config.validate()?;
        let mut config = config.normalized();
        let usage = usage_of(&config);
        let uuid = self.identify_secret(config.uuid, usage.as_ref())?;
        config.uuid = Some(uuid);
        let is_private = config.private.is_some_and(YesNo::is_set);
        let reference = SecretRef::new(uuid, usage);
        match self.secrets.get_mut(&uuid) {
            Some(record) if record.is_private() && !is_private => {
                let message = "the secret is private, and stays so: undefine it, and define it anew";
                return Err(Error::new(ErrorKind::Denied, message));
            }
            Some(record) => record.config = config,
            None => {
                let record = SecretRecord {
                    reference: reference.clone(),
                    config,
                    value: None,
                };
                self.secrets.insert(uuid, record);
            }
        }
        self.tell_secret(&reference, SecretChange::Defined);
        Ok(reference)
    }

    /// The uuid a document belongs to.
    fn identify_secret(&self, uuid: Option<Uuid>, usage: Option<&SecretUsageId>) -> Result<Uuid> {
        let mut references = self.secrets.values().map(|record| &record.reference);
        let message = match (uuid.and_then(|uuid| self.secrets.get(&uuid)), usage) {
            (Some(known), _) if known.reference.usage.as_ref() == usage => {
                return Ok(known.reference.uuid);
            }
            (Some(known), _) => format!(
                "the secret {} is for something else: undefine it, or leave the uuid out",
                known.reference
            ),
            (None, Some(usage)) => match references.find(|known| known.usage.as_ref() == Some(usage)) {
                Some(known) => format!("there is a secret for {usage} already: {}", known.uuid),
                None => return Ok(uuid.unwrap_or_else(Uuid::new_v4)),
            },
            (None, None) => return Ok(uuid.unwrap_or_else(Uuid::new_v4)),
        };
        Err(Error::new(ErrorKind::AlreadyExists, message))
    }

    pub(super) fn undefine_secret(&mut self, secret: Uuid) -> Result<()> {
        match self.secrets.remove(&secret) {
            Some(record) => {
                self.tell_secret(&record.reference, SecretChange::Undefined);
                Ok(())
            }
            None => Err(self.no_such_secret()),
        }
    }

    pub(super) fn secret_value(&self, secret: Uuid) -> Result<Option<SecretValue>> {
        let record = self.secret(secret)?;
        if record.is_private() {
            let message = "the secret is private: its value is shown to nobody";
            return Err(Error::new(ErrorKind::Denied, message));
        }
        Ok(record.value.clone())
    }

    pub(super) fn set_secret_value(&mut self, secret: Uuid, value: SecretValue) -> Result<()> {
        let Some(record) = self.secrets.get_mut(&secret) else {
            return Err(self.no_such_secret());
        };
        record.value = Some(value);
        let reference = record.reference.clone();
        self.tell_secret(&reference, SecretChange::ValueChanged);
        Ok(())
    }

    fn secret(&self, secret: Uuid) -> Result<&SecretRecord> {
        self.secrets.get(&secret).ok_or_else(|| self.no_such_secret())
    }

    fn no_such_secret(&self) -> Error {
        let names: Vec<String> = self
            .secrets
            .values()
            .map(|record| record.reference.to_string())
            .collect();
        none_such("secret", names.iter().map(String::as_str))
    }

    fn tell_secret(&self, secret: &SecretRef, change: SecretChange) {
        self.tell(&Event::Secret(SecretEvent::now(secret.clone(), change)));
    }
}

/// What a document says its secret is for.
fn usage_of(config: &SecretConfig) -> Option<SecretUsageId> {
    let usage = config.usage.as_ref()?;
    Some(SecretUsageId::new(usage.kind.clone()?, usage.id()?))
}
