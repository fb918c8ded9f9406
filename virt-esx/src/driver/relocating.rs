//! Machines moved within their vCenter: to another host, another datastore, or both.

use virt_core::domain::DomainRef;
use virt_core::job::{Job, JobKind};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use crate::extension::{DiskFormat, RelocateOptions};
use crate::inventory::Machine;
use crate::job::Begun;
use crate::vim::{
    RelocateVmTask, VirtualMachineMovePriority, VirtualMachineRelocateSpec,
    VirtualMachineRelocateTransformation as Transformation,
};

impl EsxDriver {
    pub(crate) async fn relocate(
        &self,
        call: &CallContext,
        domain: &DomainRef,
        options: &RelocateOptions,
    ) -> Result<Job> {
        self.must_be_vcenter("move machines")?;
        let (reference, machine) = self.to_change(domain.uuid)?;
        let wanted = &options.place;
        if *wanted == crate::extension::Placement::default() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a machine moves somewhere: say a host, a cluster, a resource pool, a datastore or a folder",
            ));
        }
        if options.disks.is_some() && wanted.datastore.is_none() {
            let message = "disks are written anew where they go to another datastore: say one";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let datacenter = self.datacenter_of(call, &reference).await?;
        let place = self.place(call, &datacenter, wanted).await?;
        let only_host = wanted.datastore.is_none() && wanted.pool.is_none() && wanted.folder.is_none();
        if place.host.is_some() && place.host == machine.host && only_host {
            let message = "the domain is on that host already";
            return Err(
                Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Domain(machine.name))
            );
        }
        let stays_in_pool = wanted.pool.is_none()
            && self
                .are_together(call, machine.host.as_ref(), place.host.as_ref())
                .await?;
        let spec = VirtualMachineRelocateSpec {
            host: place.host.clone(),
            pool: place.pool.filter(|_| !stays_in_pool),
            datastore: place.datastore,
            folder: place.folder,
            transform: options.disks.map(|format| match format {
                DiskFormat::Thin => Transformation::Sparse,
                DiskFormat::Thick => Transformation::Flat,
            }),
            ..VirtualMachineRelocateSpec::default()
        };
        let relocate = RelocateVmTask {
            this: reference.clone(),
            spec,
            priority: Some(VirtualMachineMovePriority::DefaultPriority),
        };
        let task = self.server.act(call, &relocate).await?;
        let begun = Begun {
            task,
            kind: JobKind::Migration,
            domain: domain.clone(),
            machine: reference.clone(),
        };
        let (host, store) = (place.host, wanted.datastore.clone());
        Ok(self.server.job(begun, |server, ended| async move {
            ended?;
            let is_there = |machine: Option<&Machine>| {
                machine.is_none_or(|machine| {
                    let on_host = host.is_none() || machine.host == host;
                    let in_store = |store: &String| machine.file.starts_with(&format!("[{store}]"));
                    on_host && store.as_ref().is_none_or(in_store)
                })
            };
            server.inventory.until_told(&reference, is_there).await;
            Ok(())
        }))
    }
}
