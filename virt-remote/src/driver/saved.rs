//! Saved states of domains: in files of the daemon's machine, or kept by the daemon.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::machine::Request;
use virt_core::domain::{DomainRef, RestoreOptions, ResumeState, SaveOptions};
use virt_core::driver::SaveDriver;
use virt_core::job::{Job, JobKind};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{RemoteConnection, flags, objects};
use crate::protocol::remote::domain_save::{
    DomainHasManagedSaveImage, DomainHasManagedSaveImageArgs, DomainManagedSave, DomainManagedSaveArgs,
    DomainManagedSaveDefineXml, DomainManagedSaveDefineXmlArgs, DomainManagedSaveGetXmlDesc,
    DomainManagedSaveGetXmlDescArgs, DomainManagedSaveRemove, DomainManagedSaveRemoveArgs,
    DomainRestoreFlags, DomainRestoreFlagsArgs, DomainSaveFlags, DomainSaveFlagsArgs,
    DomainSaveImageDefineXml, DomainSaveImageDefineXmlArgs, DomainSaveImageGetXmlDesc,
    DomainSaveImageGetXmlDescArgs, DomainSaveParams, DomainSaveParamsArgs,
};
use crate::protocol::xdr::TypedParams;
use crate::rpc::RpcError;

/// `virDomainSaveRestoreFlags`.
const BYPASS_CACHE: u32 = 1;
const RUNNING: u32 = 1 << 1;
const PAUSED: u32 = 1 << 2;
const RESET_NVRAM: u32 = 1 << 3;
/// `VIR_DOMAIN_SAVE_IMAGE_XML_SECURE`, `VIR_DOMAIN_XML_SECURE`.
const SECURE: u32 = 1;

fn state_flags(state: Option<ResumeState>) -> u32 {
    match state {
        Some(ResumeState::Running) => RUNNING,
        Some(ResumeState::Paused) => PAUSED,
        _ => 0,
    }
}

#[async_trait]
impl SaveDriver for RemoteConnection {
    async fn save(&self, call: &CallContext, domain: Uuid, path: &str, options: &SaveOptions) -> Result<Job> {
        if !path.starts_with('/') {
            let error = Error::new(
                ErrorKind::InvalidArgument,
                "the path of a saved domain is absolute",
            );
            return Err(error.with_subject(Subject::Path(path.to_owned())));
        }
        self.refuse_existing_file(path).await?;
        let flags = state_flags(options.state) | flags::set(&[(options.bypass_cache, BYPASS_CACHE)]);
        let dxml = options.config.as_ref().map(|config| config.to_xml());
        let (what, job) = ((domain, Request::Save), (JobKind::Save, true));
        if options.image_format.is_none() && options.parallel_channels.is_none() {
            let args = DomainSaveFlagsArgs {
                dom: objects::domain(domain),
                to: path.into(),
                dxml: dxml.map(Into::into),
                flags,
            };
            return self.begin_job::<DomainSaveFlags>(call, what, job, args).await;
        }
        let mut params = TypedParams::new().with("file", path);
        if let Some(dxml) = dxml {
            params.push("dxml", dxml);
        }
        if let Some(format) = &options.image_format {
            params.push("image_format", format.as_str());
        }
        if let Some(channels) = options.parallel_channels {
            params.push("parallel.channels", i32::try_from(channels).unwrap_or(i32::MAX));
        }
        let args = DomainSaveParamsArgs {
            dom: objects::domain(domain),
            params,
            flags,
        };
        self.begin_job::<DomainSaveParams>(call, what, job, args).await
    }

    async fn restore(&self, call: &CallContext, path: &str, options: &RestoreOptions) -> Result<DomainRef> {
        // The daemon does not say whom it has restored.
        let config = self.image_config(call, path, false).await?;
        let uuid = config.uuid.ok_or_else(|| {
            let message = "the document in the file has no uuid";
            Error::new(ErrorKind::Corrupt, message)
        })?;
        let args = DomainRestoreFlagsArgs {
            from: path.into(),
            dxml: options.config.as_ref().map(|config| config.to_xml().into()),
            flags: state_flags(options.state)
                | flags::set(&[
                    (options.bypass_cache, BYPASS_CACHE),
                    (options.reset_nvram, RESET_NVRAM),
                ]),
        };
        if let Err(error) = self.link.call::<DomainRestoreFlags>(call, &args).await {
            return Err(self.state_or_error(call, uuid, error).await);
        }
        let found = self.found_by_uuid(call, uuid).await;
        let found = found.map_err(|error| Error::from(error).with_outcome(Outcome::Applied))?;
        Ok(objects::domain_ref(&found))
    }

    async fn image_config(&self, call: &CallContext, path: &str, secure: bool) -> Result<DomainConfig> {
        let args = DomainSaveImageGetXmlDescArgs {
            file: path.into(),
            flags: flags::set(&[(secure, SECURE)]),
        };
        let found = self.link.call::<DomainSaveImageGetXmlDesc>(call, &args).await?;
        document(&found.xml.text())
    }

    async fn define_image(
        &self,
        call: &CallContext,
        path: &str,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()> {
        let args = DomainSaveImageDefineXmlArgs {
            file: path.into(),
            dxml: config.to_xml().into(),
            flags: state_flags(state),
        };
        Ok(self.link.call::<DomainSaveImageDefineXml>(call, &args).await?)
    }

    async fn managed_save(&self, call: &CallContext, domain: Uuid, options: &SaveOptions) -> Result<Job> {
        let args = DomainManagedSaveArgs {
            dom: objects::domain(domain),
            flags: state_flags(options.state) | flags::set(&[(options.bypass_cache, BYPASS_CACHE)]),
        };
        let (what, job) = ((domain, Request::Save), (JobKind::Save, true));
        self.begin_job::<DomainManagedSave>(call, what, job, args).await
    }

    async fn has_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<bool> {
        let args = DomainHasManagedSaveImageArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        let found = self.link.call::<DomainHasManagedSaveImage>(call, &args).await?;
        Ok(found.result != 0)
    }

    async fn remove_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainManagedSaveRemoveArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        match self.link.call::<DomainManagedSaveRemove>(call, &args).await {
            Err(error) if !self.is_there(call, domain).await => match error.libvirt() {
                // There was none.
                Some(_) => Ok(()),
                None => Err(error.into()),
            },
            removed => Ok(removed?),
        }
    }

    async fn managed_save_config(
        &self,
        call: &CallContext,
        domain: Uuid,
        secure: bool,
    ) -> Result<DomainConfig> {
        let args = DomainManagedSaveGetXmlDescArgs {
            dom: objects::domain(domain),
            flags: flags::set(&[(secure, SECURE)]),
        };
        match self.link.call::<DomainManagedSaveGetXmlDesc>(call, &args).await {
            Ok(found) => document(&found.xml.text()),
            Err(error) => Err(self.or_no_managed_save(call, domain, error).await),
        }
    }

    async fn define_managed_save(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()> {
        let args = DomainManagedSaveDefineXmlArgs {
            dom: objects::domain(domain),
            dxml: Some(config.to_xml().into()),
            flags: state_flags(state),
        };
        match self.link.call::<DomainManagedSaveDefineXml>(call, &args).await {
            Err(error) => Err(self.or_no_managed_save(call, domain, error).await),
            defined => Ok(defined?),
        }
    }
}

impl RemoteConnection {
    /// Whether there is a managed save, or it can't be told.
    async fn is_there(&self, call: &CallContext, domain: Uuid) -> bool {
        self.has_managed_save(call, domain).await.unwrap_or(true)
    }

    async fn or_no_managed_save(&self, call: &CallContext, domain: Uuid, error: RpcError) -> Error {
        match error.libvirt().is_some() && !self.is_there(call, domain).await {
            true => Error::new(ErrorKind::NotFound, "the domain has no managed save").with_source(error),
            false => error.into(),
        }
    }

    /// What was said of a restore, or that the domain runs.
    async fn state_or_error(&self, call: &CallContext, domain: Uuid, error: RpcError) -> Error {
        match self.state_of_domain(call, objects::domain(domain)).await {
            Ok((state, reason)) if state.is_active() => {
                let message = format!("the domain is {state} ({reason}): it runs already");
                Error::new(ErrorKind::InvalidState, message).with_source(error)
            }
            _ => error.into(),
        }
    }
}

fn document(text: &str) -> Result<DomainConfig> {
    DomainConfig::from_xml(text).map_err(|error| {
        let message = "the document of the saved domain is not understood";
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })
}
