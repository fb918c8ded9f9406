//! The handle of a secret.

use std::time::Duration;

use uuid::Uuid;

use super::{SecretRef, SecretUsageId, SecretValue};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::driver::{ConnectionDriver, SecretDriver, facet};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::SecretConfig;
use crate::subject_calls::subject_calls;

/// A secret: a passphrase or key that a hypervisor uses and documents only name. Cheap to clone; dropping it leaves the
/// secret.
///
/// All methods answer `NotFound` once the secret is gone. See [`Connection`] for deadlines and cancel safety.
#[derive(Debug, Clone)]
pub struct Secret {
    connection: Connection,
    secret: SecretRef,
}

/// The secrets of a driver.
pub(super) fn secrets(driver: &dyn ConnectionDriver) -> Result<&dyn SecretDriver> {
    facet(driver.secrets(), "secrets")
}

impl Secret {
    pub(super) fn new(connection: Connection, secret: SecretRef) -> Self {
        Self { connection, secret }
    }

    /// The same secret, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            connection: self.connection.with_deadline(time),
            secret: self.secret.clone(),
        }
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.secret.uuid
    }

    /// What it is for (`virSecretGetUsageType`, `virSecretGetUsageID`); `None` for one found by its uuid only.
    #[must_use]
    pub fn usage(&self) -> Option<&SecretUsageId> {
        self.secret.usage.as_ref()
    }

    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Its document (`virSecretGetXMLDesc`): what it is for, not what it is.
    pub async fn config(&self) -> Result<SecretConfig> {
        self.call("secret_config", CallClass::Query, async |call, driver| {
            secrets(&*driver)?.config(&call, &self.secret).await
        })
        .await
    }

    /// Its value (`virSecretGetValue`); `None` while it has none.
    ///
    /// # Errors
    /// `Denied` for a private secret, whose value is shown to nobody, and on a read-only connection.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::SecretConfig;
    /// let secret = conn.define_secret(&SecretConfig::ceph("client.admin").build()?).await?;
    /// assert!(secret.value().await?.is_none());
    /// secret.set_value(&"open sesame".into()).await?;
    /// assert_eq!(secret.value().await?.unwrap().expose(), b"open sesame");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn value(&self) -> Result<Option<SecretValue>> {
        if self.connection.is_read_only() {
            return Err(Error::new(
                ErrorKind::Denied,
                "the connection is read-only: secrets are not shown",
            )
            .with_operation("secret_value")
            .with_subject((&self.secret).into()));
        }
        self.call("secret_value", CallClass::Query, async |call, driver| {
            secrets(&*driver)?.value(&call, &self.secret).await
        })
        .await
    }

    /// Gives it a value, or another one (`virSecretSetValue`).
    ///
    /// # Errors
    /// `InvalidArgument` for a value of more than [`SecretValue::MAX_LEN`] bytes.
    pub async fn set_value(&self, value: &SecretValue) -> Result<()> {
        self.call("secret_set_value", CallClass::Change, async |call, driver| {
            let length = value.expose().len();
            if length > SecretValue::MAX_LEN {
                let message = format!(
                    "the value of a secret has at most {} bytes, and this one has {length}",
                    SecretValue::MAX_LEN
                );
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
            secrets(&*driver)?.set_value(&call, &self.secret, value).await
        })
        .await
    }

    /// Removes it, its value included (`virSecretUndefine`). Guests that run and have it keep it.
    pub async fn undefine(&self) -> Result<()> {
        self.call("secret_undefine", CallClass::Change, async |call, driver| {
            secrets(&*driver)?.undefine(&call, &self.secret).await
        })
        .await
    }

    subject_calls!(|secret| &secret.connection, |secret| Subject::from(
        &secret.secret
    ));
}
