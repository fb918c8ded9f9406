//! Saved states. A machine of ESX that is suspended is saved already, beside its own files, and goes on when it is
//! powered on.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{DomainRef, RestoreOptions, ResumeState, SaveOptions, XmlOptions};
use virt_core::driver::SaveDriver;
use virt_core::job::{Job, JobKind, JobWorker};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::job::Begun;
use crate::vim::{SuspendVmTask, VirtualMachinePowerState as Power};

/// What is said to all that is about files of a host.
fn no_files<T>() -> Result<T> {
    Err(Error::unsupported(
        "ESX saves a machine beside its own files, and in no other: see managed saves",
    ))
}

#[async_trait]
impl SaveDriver for EsxDriver {
    async fn save(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _path: &str,
        _options: &SaveOptions,
    ) -> Result<Job> {
        no_files()
    }

    async fn restore(
        &self,
        _call: &CallContext,
        _path: &str,
        _options: &RestoreOptions,
    ) -> Result<DomainRef> {
        no_files()
    }

    async fn image_config(&self, _call: &CallContext, _path: &str, _secure: bool) -> Result<DomainConfig> {
        no_files()
    }

    async fn define_image(
        &self,
        _call: &CallContext,
        _path: &str,
        _config: &DomainConfig,
        _state: Option<ResumeState>,
    ) -> Result<()> {
        no_files()
    }

    async fn managed_save(&self, call: &CallContext, domain: Uuid, options: &SaveOptions) -> Result<Job> {
        if options.state.is_some_and(|state| state != ResumeState::Running) {
            return Err(Error::unsupported("ESX cannot start a saved machine paused"));
        }
        if options.bypass_cache {
            return Err(Error::unsupported(
                "how ESX writes a saved machine is not for others to say (bypass_cache)",
            ));
        }
        let (reference, machine) = self.to_change(domain)?;
        let owner = DomainRef::new(domain, machine.name.as_str());
        match machine.power {
            Power::PoweredOn => {}
            Power::Suspended => {
                // It is saved already: from now on it counts as that.
                self.server.inventory.set_paused(&reference, false);
                let (worker, job) = JobWorker::begin(JobKind::Save, owner, false);
                worker.finish(Ok(()));
                return Ok(job);
            }
            _ => return Err(not_valid(&machine, "it does not run")),
        }
        let suspend = SuspendVmTask {
            this: reference.clone(),
        };
        let task = self.server.act(call, &suspend).await?;
        let begun = Begun {
            task,
            kind: JobKind::Save,
            domain: owner,
            machine: reference.clone(),
        };
        Ok(self.server.job(begun, |server, ended| async move {
            ended?;
            let is_so =
                |machine: Option<&Machine>| machine.is_none_or(|machine| machine.power == Power::Suspended);
            server.inventory.until_told(&reference, is_so).await;
            Ok(())
        }))
    }

    async fn has_managed_save(&self, _call: &CallContext, domain: Uuid) -> Result<bool> {
        self.server.check_open()?;
        self.is_saved(domain)
    }

    async fn remove_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, _) = self.to_change(domain)?;
        if !self.is_saved(domain)? {
            return Ok(());
        }
        self.power_off(call, &reference).await
    }

    async fn managed_save_config(
        &self,
        call: &CallContext,
        domain: Uuid,
        secure: bool,
    ) -> Result<DomainConfig> {
        self.server.check_open()?;
        self.must_be_saved(domain)?;
        let mut options = XmlOptions::default();
        options.secure = secure;
        self.document(call, domain, &options).await
    }

    async fn define_managed_save(
        &self,
        _call: &CallContext,
        domain: Uuid,
        _config: &DomainConfig,
        _state: Option<ResumeState>,
    ) -> Result<()> {
        self.server.check_may_change()?;
        self.must_be_saved(domain)?;
        Err(Error::unsupported(
            "a saved machine of ESX goes on as it was: it takes no other document",
        ))
    }
}

impl EsxDriver {
    /// Whether the next start goes on from a saved state: of any machine that is suspended, but those that we have only
    /// paused.
    fn is_saved(&self, domain: Uuid) -> Result<bool> {
        let (reference, machine) = self.server.inventory.machine(domain)?;
        Ok(machine.power == Power::Suspended && !self.server.inventory.is_paused(&reference))
    }

    fn must_be_saved(&self, domain: Uuid) -> Result<()> {
        if self.is_saved(domain)? {
            return Ok(());
        }
        Err(Error::new(ErrorKind::NotFound, "the domain has no managed save"))
    }
}
