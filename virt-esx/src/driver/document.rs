//! A machine's document: from its configuration file, as libvirt has it, and what is in force from what the server says.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::XmlOptions;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use crate::devices::{described, set_aliases};
use crate::inventory::Machine;
use crate::property;
use crate::soap::DatastoreFile;
use crate::vim::{ManagedObjectReference, VirtualMachineConfigInfo};
use crate::vmx::convert::{DatastoreNames, FileNames, PlainNames};
use crate::vmx::{FromVmx, Vmx, from_vmx};

/// A machine's configuration file, and how it is read.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) vmx: Vmx,
    pub(super) reading: FromVmx,
}

impl EsxDriver {
    pub(super) async fn document(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &XmlOptions,
    ) -> Result<DomainConfig> {
        let (reference, machine) = self.server.inventory.machine(domain)?;
        let described = self.described(call, &reference, &machine).await?;
        let mut config = described.document(&machine, domain)?;
        let id = machine
            .is_active()
            .then(|| crate::inventory::number(&reference))
            .flatten();
        config.id = id
            .filter(|_| !options.inactive)
            .and_then(|id| i32::try_from(id).ok());
        if config.id.is_some() {
            set_aliases(&mut config);
        }
        Ok(config)
    }

    /// Reads a machine's configuration file; what the server says of the machine stands for one that may not be read, or is
    /// not there.
    pub(super) async fn described(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        machine: &Machine,
    ) -> Result<Described> {
        let file = self.file_of(call, reference, machine).await?;
        let (vmx, names): (Vmx, Arc<dyn FileNames>) = match self.server.session.get_file(call, &file).await {
            Ok(content) => {
                let vmx = Vmx::from_bytes(&content).map_err(|error| {
                    let message = "the machine's configuration file cannot be read";
                    Error::new(ErrorKind::Corrupt, message)
                        .with_source(error)
                        .with_subject(Subject::Path(machine.file.clone()))
                })?;
                (vmx, Arc::new(names_of(&file)))
            }
            Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound) => {
                tracing::debug!(%error, "a machine's document is made of what the server says");
                (self.as_told(call, reference).await?, Arc::new(PlainNames))
            }
            Err(error) => return Err(error),
        };
        let reading = FromVmx::complete()
            .with_files(names)
            .with_name(machine.name.as_str())
            .with_datacenter_path(file.datacenter.as_str())
            .with_moref(reference.value.as_str());
        Ok(Described { vmx, reading })
    }

    async fn as_told(&self, call: &CallContext, reference: &ManagedObjectReference) -> Result<Vmx> {
        let mut read = property::of_object(&self.server.session, call, reference, &["config"]).await?;
        let config = read.remove("config").and_then(|config| config.read().ok());
        let config: Option<Box<VirtualMachineConfigInfo>> = config;
        let config = config.ok_or_else(|| {
            let message =
                "the server says nothing of the machine's configuration: it may not be accessible now";
            Error::new(ErrorKind::InvalidState, message)
        })?;
        described(&config)
    }

    /// Where a machine's configuration file is.
    pub(super) async fn file_of(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        machine: &Machine,
    ) -> Result<DatastoreFile> {
        let datacenter = self.datacenter_of(call, reference).await?;
        DatastoreFile::named(&datacenter.path, &machine.file).ok_or_else(|| {
            let message = "the server does not say where the machine's configuration file is: it may not be accessible now";
            Error::new(ErrorKind::InvalidState, message).with_subject(Subject::Domain(machine.name.clone()))
        })
    }
}

impl Described {
    /// The document, without what is so only while the machine runs.
    pub(super) fn document(&self, machine: &Machine, domain: Uuid) -> Result<DomainConfig> {
        let about = |error: Error| error.with_subject(Subject::Path(machine.file.clone()));
        let mut config = from_vmx(&self.vmx, &self.reading).map_err(about)?;
        config.name.clone_from(&machine.name);
        config.uuid = Some(domain);
        Ok(config)
    }
}

/// What names of files in a machine's configuration file mean.
pub(super) fn names_of(file: &DatastoreFile) -> DatastoreNames {
    let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    DatastoreNames::new(file.datastore.as_str(), directory)
}
