//! A machine's document: from its configuration file, as libvirt has it, and what is in force from what the server says.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::XmlOptions;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use crate::inventory::Machine;
use crate::soap::DatastoreFile;
use crate::vim::ManagedObjectReference;
use crate::vmx::convert::DatastoreNames;
use crate::vmx::{FromVmx, Vmx, from_vmx};

impl EsxDriver {
    pub(super) async fn document(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &XmlOptions,
    ) -> Result<DomainConfig> {
        let (reference, machine) = self.server.inventory.machine(domain)?;
        let file = self.file_of(call, &reference, &machine).await?;
        let content = self.server.session.get_file(call, &file).await?;
        let about = |error: Error| error.with_subject(Subject::Path(machine.file.clone()));
        let vmx = Vmx::from_bytes(&content).map_err(|error| {
            about(
                Error::new(
                    ErrorKind::Corrupt,
                    "the machine's configuration file cannot be read",
                )
                .with_source(error),
            )
        })?;
        let reading = FromVmx::complete()
            .with_files(Arc::new(names_of(&file)))
            .with_name(machine.name.as_str())
            .with_datacenter_path(file.datacenter.as_str())
            .with_moref(reference.value.as_str());
        let mut config = from_vmx(&vmx, &reading).map_err(about)?;
        config.name.clone_from(&machine.name);
        config.uuid = Some(domain);
        let id = machine
            .is_active()
            .then(|| crate::inventory::number(&reference))
            .flatten();
        config.id = id
            .filter(|_| !options.inactive)
            .and_then(|id| i32::try_from(id).ok());
        Ok(config)
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

/// What names of files in a machine's configuration file mean.
pub(super) fn names_of(file: &DatastoreFile) -> DatastoreNames {
    let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    DatastoreNames::new(file.datastore.as_str(), directory)
}
