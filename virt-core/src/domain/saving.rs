//! Saving a domain: to a file of the host, or where the manager keeps it.

use super::{Domain, RestoreOptions, ResumeState, SaveOptions};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::driver::{ConnectionDriver, SaveDriver, facet};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::job::Job;
use crate::model::DomainConfig;

/// The facet, or that there is none.
fn saving(driver: &dyn ConnectionDriver) -> Result<&dyn SaveDriver> {
    facet(driver.saving(), "saved states")
}

impl Domain {
    /// Writes its memory and state to a file of the host and ends it, as a job (`virDomainSave`): returns once begun.
    /// Cancelled or failed, it goes on as before.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{RestoreOptions, SaveOptions};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("test.save").display().to_string();
    /// domain.save(&path, &SaveOptions::default()).await?.wait().await?;
    /// assert!(!domain.info().await?.state.is_active());
    /// let restored = conn.restore_domain(&path, &RestoreOptions::default()).await?;
    /// assert_eq!(restored.uuid(), domain.uuid());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save(&self, path: &str, options: &SaveOptions) -> Result<Job> {
        self.call("save", CallClass::Change, async |call, driver| {
            saving(driver.as_ref())?
                .save(&call, self.uuid(), path, options)
                .await
        })
        .await
    }

    /// Saves it where the manager keeps it and ends it, as a job (`virDomainManagedSave`): returns once begun. Its next
    /// start goes on from there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{SaveOptions, StateReason};
    /// domain.managed_save(&SaveOptions::default()).await?.wait().await?;
    /// assert!(domain.has_managed_save().await?);
    /// domain.start().await?;
    /// assert_eq!(domain.info().await?.reason, StateReason::Restored);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn managed_save(&self, options: &SaveOptions) -> Result<Job> {
        self.call("managed_save", CallClass::Change, async |call, driver| {
            let foreign = options.config.is_some()
                || options.image_format.is_some()
                || options.parallel_channels.is_some();
            if foreign {
                let message = "a managed save has neither a document, nor a format, nor channels of its own";
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
            saving(driver.as_ref())?
                .managed_save(&call, self.uuid(), options)
                .await
        })
        .await
    }

    /// Whether its next start goes on from a managed save (`virDomainHasManagedSaveImage`).
    pub async fn has_managed_save(&self) -> Result<bool> {
        self.call("has_managed_save", CallClass::Query, async |call, driver| {
            saving(driver.as_ref())?
                .has_managed_save(&call, self.uuid())
                .await
        })
        .await
    }

    /// Removes its managed save: its next start is from the beginning (`virDomainManagedSaveRemove`). None there: nothing
    /// happens.
    pub async fn remove_managed_save(&self) -> Result<()> {
        self.call("remove_managed_save", CallClass::Change, async |call, driver| {
            saving(driver.as_ref())?
                .remove_managed_save(&call, self.uuid())
                .await
        })
        .await
    }

    /// The document in its managed save (`virDomainManagedSaveGetXMLDesc`), without secrets.
    ///
    /// # Errors
    /// `NotFound` when there is no managed save.
    pub async fn managed_save_config(&self) -> Result<DomainConfig> {
        self.call("managed_save_config", CallClass::Query, async |call, driver| {
            saving(driver.as_ref())?
                .managed_save_config(&call, self.uuid(), false)
                .await
        })
        .await
    }

    /// Puts another document into its managed save, and changes what it does then where said
    /// (`virDomainManagedSaveDefineXML`).
    ///
    /// # Errors
    /// `NotFound` when there is no managed save; `InvalidConfig` when the guest would see something else.
    pub async fn define_managed_save(&self, config: &DomainConfig, state: Option<ResumeState>) -> Result<()> {
        self.call("define_managed_save", CallClass::Change, async |call, driver| {
            saving(driver.as_ref())?
                .define_managed_save(&call, self.uuid(), config, state)
                .await
        })
        .await
    }
}

impl Connection {
    /// Starts the domain that was saved to a file of the host (`virDomainRestore`). The file stays. Deadline:
    /// [`CallClass::Wait`], 5 min unless said.
    ///
    /// # Errors
    /// `NotFound` when there is no such file; `Corrupt` when it is no saved state; `InvalidState` when the domain runs.
    pub async fn restore_domain(&self, path: &str, options: &RestoreOptions) -> Result<Domain> {
        let restored = self
            .call("restore_domain", CallClass::Wait, async |call, driver| {
                saving(driver.as_ref())?.restore(&call, path, options).await
            })
            .await;
        let restored = restored.map_err(|error| about(error, path))?;
        Ok(self.domain_handle(restored))
    }

    /// The document in a file that a domain was saved to (`virDomainSaveImageGetXMLDesc`), without secrets.
    pub async fn saved_image_config(&self, path: &str) -> Result<DomainConfig> {
        self.call("saved_image_config", CallClass::Query, async |call, driver| {
            saving(driver.as_ref())?.image_config(&call, path, false).await
        })
        .await
        .map_err(|error| about(error, path))
    }

    /// Puts another document into a file that a domain was saved to, and changes what it does once restored where said
    /// (`virDomainSaveImageDefineXML`).
    ///
    /// # Errors
    /// `InvalidConfig` when the guest would see something else.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("test.save").display().to_string();
    /// use virt_core::domain::{ResumeState, SaveOptions};
    /// domain.save(&path, &SaveOptions::default()).await?.wait().await?;
    /// let mut config = conn.saved_image_config(&path).await?;
    /// config.title = Some("from a file".to_owned());
    /// conn.define_saved_image(&path, &config, Some(ResumeState::Paused)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn define_saved_image(
        &self,
        path: &str,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()> {
        self.call("define_saved_image", CallClass::Change, async |call, driver| {
            saving(driver.as_ref())?
                .define_image(&call, path, config, state)
                .await
        })
        .await
        .map_err(|error| about(error, path))
    }
}

fn about(error: Error, path: &str) -> Error {
    error.with_subject(Subject::Path(path.to_owned()))
}
