//! Machines made from others: clones, linked clones, templates.

use std::sync::{Arc, OnceLock};

use uuid::Uuid;
use virt_core::domain::{DomainName, DomainRef};
use virt_core::job::{Job, JobKind};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::places::Place;
use super::{EsxDriver, not_valid};
use crate::extension::CloneOptions;
use crate::extension::Placement;
use crate::inventory::{Machine, escaped};
use crate::job::Begun;
use crate::property;
use crate::server::Server;
use crate::vim::{
    AnyValue, CloneVmTask, ManagedObjectReference, MarkAsTemplate, MarkAsVirtualMachine,
    VirtualMachineCloneSpec, VirtualMachineConfigSpec, VirtualMachineRelocateSpec,
};

/// How the API names what becomes of disks.
const NEW_CHILDREN: &str = "createNewChildDiskBacking";
const CONSOLIDATED: &str = "moveAllDiskBackingsAndConsolidate";

/// What a clone has become, once it is there.
pub(crate) type Made = Arc<OnceLock<ManagedObjectReference>>;

impl EsxDriver {
    /// Clones a domain's machine.
    pub(crate) async fn clone_machine(
        &self,
        call: &CallContext,
        domain: Uuid,
        (name, template): (&str, bool),
        options: &CloneOptions,
    ) -> Result<(Job, Made)> {
        self.must_be_vcenter("clone machines")?;
        let (reference, machine) = self.to_change(domain)?;
        self.begin_cloning(call, (&reference, &machine), (name, template), options)
            .await
    }

    /// Makes a machine from a template.
    pub(crate) async fn clone_template(
        &self,
        call: &CallContext,
        template: &ManagedObjectReference,
        name: &str,
        options: &CloneOptions,
    ) -> Result<(Job, Made)> {
        self.must_be_vcenter("clone machines")?;
        self.server.check_may_change()?;
        let machine = self.template_there(template)?;
        self.begin_cloning(call, (template, &machine), (name, false), options)
            .await
    }

    async fn begin_cloning(
        &self,
        call: &CallContext,
        (reference, machine): (&ManagedObjectReference, &Machine),
        (name, template): (&str, bool),
        options: &CloneOptions,
    ) -> Result<(Job, Made)> {
        DomainName::new(name)?;
        let config = config_of(options)?;
        if template && options.power_on {
            let message = "a template does not run: it cannot be powered on";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let place = &options.place;
        if template && (place.pool.is_some() || place.cluster.is_some() && place.host.is_none()) {
            return Err(Error::unsupported(
                "a template is on a host, and in no resource pool: say its host (cluster, pool)",
            ));
        }
        let inventory = &self.server.inventory;
        if inventory.has_name(name) {
            let message = format!("a machine named {name:?} exists already");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        if let Some(uuid) = options.uuid
            && inventory.machine(uuid).is_ok()
        {
            let message = format!("uuid {uuid} belongs to another domain");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let snapshot = self.snapshot_to_clone(call, reference, machine, options).await?;
        let place = self.place_of_clone(call, (reference, machine), options).await?;
        let location = VirtualMachineRelocateSpec {
            datastore: place.datastore,
            host: place.host,
            pool: place.pool.filter(|_| !template),
            disk_move_type: if options.linked {
                Some(NEW_CHILDREN.to_owned())
            } else {
                snapshot.as_ref().map(|_| CONSOLIDATED.to_owned())
            },
            ..VirtualMachineRelocateSpec::default()
        };
        let spec = VirtualMachineCloneSpec {
            location,
            template,
            config,
            power_on: options.power_on,
            snapshot,
            ..VirtualMachineCloneSpec::default()
        };
        let folder = place.folder.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                "the machine is in no folder: say one for its clone",
            )
        })?;
        let clone = CloneVmTask {
            this: reference.clone(),
            folder,
            name: escaped(name),
            spec,
        };
        let task = self.server.act(call, &clone).await?;
        let begun = Begun {
            task,
            kind: JobKind::Unknown,
            domain: DomainRef::new(machine.uuid.unwrap_or_default(), machine.name.as_str()),
            machine: reference.clone(),
        };
        let made = Made::default();
        let filled = Arc::clone(&made);
        let wanted = (options.clone(), template);
        let job = self.server.job(begun, |server, ended| async move {
            arrived(&server, ended?, &wanted, &filled).await
        });
        Ok((job, made))
    }

    /// The snapshot that a clone is taken from, where it is.
    async fn snapshot_to_clone(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        machine: &Machine,
        options: &CloneOptions,
    ) -> Result<Option<ManagedObjectReference>> {
        if options.snapshot.is_none() && !options.linked {
            return Ok(None);
        }
        let found = self
            .snapshot_reference(call, reference, options.snapshot.as_deref())
            .await?;
        if found.is_some() {
            return Ok(found);
        }
        let message = "a linked clone goes on from a snapshot, and there is none: take one first";
        Err(Error::new(ErrorKind::InvalidState, message)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::Domain(machine.name.clone())))
    }

    /// Where a clone is to be: where its origin is, unless said.
    async fn place_of_clone(
        &self,
        call: &CallContext,
        (reference, machine): (&ManagedObjectReference, &Machine),
        options: &CloneOptions,
    ) -> Result<Place> {
        let session = &self.server.session;
        let datacenter = self.datacenter_of(call, reference).await?;
        let mut place = self.place(call, &datacenter, &options.place).await?;
        let paths = ["parent", "resourcePool"];
        let mut origin = property::of_object(session, call, reference, &paths).await?;
        let stays_in_pool = options.place.pool.is_none()
            && self
                .are_together(call, machine.host.as_ref(), place.host.as_ref())
                .await?;
        if place.pool.is_none() || stays_in_pool {
            place.pool = origin.remove("resourcePool").and_then(|pool| pool.read().ok());
        }
        if place.pool.is_none()
            && let Some(host) = &machine.host
        {
            // A template has none, but a host.
            place.pool = self.pool_of_host(call, host).await?;
        }
        if place.folder.is_none() {
            let parent = origin.remove("parent").and_then(|parent| parent.read().ok());
            let parent = parent.filter(|parent: &ManagedObjectReference| parent.kind == "Folder");
            place.folder = match parent {
                Some(parent) => Some(parent),
                // It is in an appliance.
                None => Some(self.machines_folder(call, &datacenter).await?),
            };
        }
        Ok(place)
    }

    /// Makes a template of a machine: it is no domain from then on.
    pub(crate) async fn make_template(
        &self,
        call: &CallContext,
        domain: Uuid,
    ) -> Result<(ManagedObjectReference, Machine)> {
        self.must_be_vcenter("have templates")?;
        let (reference, machine) = self.to_change(domain)?;
        if machine.is_active() {
            return Err(not_valid(&machine, "a template does not run: end it first"));
        }
        let mark = MarkAsTemplate {
            this: reference.clone(),
        };
        self.server.act(call, &mark).await?;
        let is_so = |machine: Option<&Machine>| machine.is_none_or(|machine| machine.is_template);
        self.server.inventory.until(call, &reference, is_so).await;
        Ok((reference, machine))
    }

    /// Makes a template a machine again; its domain.
    pub(crate) async fn make_domain(
        &self,
        call: &CallContext,
        template: &ManagedObjectReference,
        wanted: &Placement,
    ) -> Result<DomainRef> {
        self.must_be_vcenter("have templates")?;
        self.server.check_may_change()?;
        let machine = self.template_there(template)?;
        if wanted.datastore.is_some() || wanted.folder.is_some() {
            return Err(Error::unsupported(
                "a template becomes a machine where its files are: relocate it afterwards (datastore, folder)",
            ));
        }
        let datacenter = self.datacenter_of(call, template).await?;
        let mut place = self.place(call, &datacenter, wanted).await?;
        if place.pool.is_none()
            && let Some(host) = &machine.host
        {
            place.pool = self.pool_of_host(call, host).await?;
        }
        let mark = MarkAsVirtualMachine {
            this: template.clone(),
            pool: place.pool.ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    "the template is on no host that is connected: say a host or a cluster",
                )
            })?,
            host: place.host,
        };
        self.server.act(call, &mark).await?;
        let inventory = &self.server.inventory;
        let is_so = |machine: Option<&Machine>| machine.is_none_or(|machine| !machine.is_template);
        inventory.until(call, template, is_so).await;
        let uuid = inventory.uuid_of(template).or(machine.uuid);
        let uuid = uuid.ok_or_else(|| unseen("it"))?;
        Ok(DomainRef::new(uuid, machine.name))
    }

    fn template_there(&self, template: &ManagedObjectReference) -> Result<Machine> {
        let known = self.server.inventory.known(template);
        known.filter(|machine| machine.is_template).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the template is not there (any more), or is none any more",
            )
        })
    }
}

/// Waits until what was made is seen, as it was to be.
async fn arrived(
    server: &Server,
    result: Option<AnyValue>,
    (options, template): &(CloneOptions, bool),
    made: &Made,
) -> Result<()> {
    let machine = result.and_then(|machine| machine.read::<ManagedObjectReference>().ok());
    let machine = machine.ok_or_else(|| {
        let message = "the server does not say which machine the clone is";
        Error::new(ErrorKind::Failed, message).with_outcome(Outcome::Applied)
    })?;
    let is_so = |machine: Option<&Machine>| {
        machine.is_some_and(|machine| {
            options.uuid.is_none_or(|uuid| machine.uuid == Some(uuid))
                && options.vcpus.is_none_or(|count| machine.cpus == count)
                && (!options.power_on || machine.is_active())
                && machine.is_template == *template
        })
    };
    server.inventory.until_told(&machine, is_so).await;
    // The cell is empty: it is filled here only.
    drop(made.set(machine));
    Ok(())
}

/// What was made, and is not seen.
pub(crate) fn unseen(what: &str) -> Error {
    let message =
        format!("{what} is made, and not in the part of the inventory that the connection is about");
    Error::new(ErrorKind::NotFound, message).with_outcome(Outcome::Applied)
}

/// What is other of a clone than of its origin.
fn config_of(options: &CloneOptions) -> Result<Option<Box<VirtualMachineConfigSpec>>> {
    let wrong = |message: &'static str| Error::new(ErrorKind::InvalidArgument, message);
    let mut spec = VirtualMachineConfigSpec::default();
    if let Some(count) = options.vcpus {
        let count = i32::try_from(count).ok().filter(|count| *count > 0);
        spec.num_cpus = Some(count.ok_or_else(|| wrong("a machine has vCPUs, and not that many"))?);
    }
    if let Some(size) = options.memory {
        // Servers take multiples of 4 MiB only.
        let mib = size.as_bytes().div_ceil(4 << 20).saturating_mul(4);
        let mib = i64::try_from(mib).ok().filter(|mib| *mib > 0);
        spec.memory_mb = Some(mib.ok_or_else(|| wrong("a machine has some memory"))?);
    }
    spec.annotation.clone_from(&options.description);
    spec.uuid = options.uuid.map(|uuid| uuid.to_string());
    Ok((spec != VirtualMachineConfigSpec::default()).then(|| Box::new(spec)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::model::ByteSize;

    #[test]
    fn a_clone_is_configured_only_where_it_is_to_differ() {
        assert!(
            config_of(&CloneOptions::default().linked().power_on())
                .unwrap()
                .is_none()
        );
        let options = CloneOptions::default()
            .vcpus(4)
            .memory(ByteSize::mib(510))
            .description("a copy");
        let spec = config_of(&options).unwrap().unwrap();
        assert_eq!((spec.num_cpus, spec.memory_mb), (Some(4), Some(512)));
        assert_eq!(spec.annotation.as_deref(), Some("a copy"));
        for wrong in [
            CloneOptions::default().vcpus(0),
            CloneOptions::default().memory(ByteSize::mib(0)),
        ] {
            let error = config_of(&wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
    }
}
