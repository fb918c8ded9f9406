//! The secrets of a connection.

use super::handle::secrets;
use super::{Secret, SecretFilter, SecretInfo, SecretSelector};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::error::{Result, Subject};
use crate::model::SecretConfig;

impl Connection {
    /// All secrets, sorted by uuid (`virConnectListAllSecrets`).
    pub async fn secrets(&self) -> Result<Vec<Secret>> {
        self.secrets_with(&SecretFilter::all()).await
    }

    /// The secrets a filter shows, sorted by uuid.
    pub async fn secrets_with(&self, filter: &SecretFilter) -> Result<Vec<Secret>> {
        let infos = self.secret_infos(filter).await?;
        Ok(infos
            .into_iter()
            .map(|info| Secret::new(self.clone(), info.secret))
            .collect())
    }

    /// The secrets a filter shows with what is known of each, sorted by uuid.
    pub async fn secret_infos(&self, filter: &SecretFilter) -> Result<Vec<SecretInfo>> {
        self.call("secret_infos", CallClass::Query, async |call, driver| {
            secrets(&*driver)?.list(&call, filter).await
        })
        .await
    }

    /// The secret of this uuid or for this use (`virSecretLookupByUUID`, `virSecretLookupByUsage`).
    ///
    /// # Errors
    /// `NotFound` when there is none such.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::SecretConfig;
    /// use virt_core::model::secret::SecretUsageType;
    /// use virt_core::secret::SecretUsageId;
    /// let defined = conn.define_secret(&SecretConfig::iscsi("target-1").build()?).await?;
    /// let found = conn.secret(SecretUsageId::new(SecretUsageType::Iscsi, "target-1")).await?;
    /// assert_eq!(found.uuid(), defined.uuid());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn secret(&self, selector: impl Into<SecretSelector>) -> Result<Secret> {
        let selector = selector.into();
        let found = self.call("secret", CallClass::Query, async |call, driver| {
            secrets(&*driver)?.lookup(&call, &selector).await
        });
        let found = found
            .await
            .map_err(|error| error.with_subject(Subject::Secret(selector.to_string())))?;
        Ok(Secret::new(self.clone(), found))
    }

    /// Defines a secret without a value, or gives an existing one another document (`virSecretDefineXML`).
    ///
    /// # Errors
    /// `AlreadyExists` for a use that another secret has, or another use of the same secret; `Denied` for a private
    /// secret that is to be private no longer; `InvalidConfig`.
    pub async fn define_secret(&self, config: &SecretConfig) -> Result<Secret> {
        let defined = self.call("define_secret", CallClass::Change, async |call, driver| {
            secrets(&*driver)?.define(&call, config).await
        });
        let defined = defined
            .await
            .map_err(|error| error.with_subject(Subject::Secret(described(config))))?;
        Ok(Secret::new(self.clone(), defined))
    }
}

/// What a document calls its secret.
fn described(config: &SecretConfig) -> String {
    let usage = config.usage.as_ref();
    match (usage.and_then(|usage| usage.id()), config.uuid) {
        (Some(id), _) => id.to_owned(),
        (None, Some(uuid)) => uuid.to_string(),
        (None, None) => "without a uuid".to_owned(),
    }
}
