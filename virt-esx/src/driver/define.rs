//! Machines made from documents: a configuration file in a datastore, registered as libvirt does it.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::{DefineOptions, DomainName, DomainRef, ExistingPolicy};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use super::document::names_of;
use crate::inventory::Machine;
use crate::property;
use crate::soap::DatastoreFile;
use crate::task;
use crate::vim::{MakeDirectory, ManagedObjectReference, RegisterVmTask};
use crate::vmx::{ToVmx, Vmx, to_vmx};

impl EsxDriver {
    pub(super) async fn register(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        self.server.check_may_change()?;
        DomainName::new(config.name.as_str())?;
        config.validate()?;
        let mut config = config.normalized();
        let uuid = *config.uuid.get_or_insert_with(Uuid::new_v4);
        let _claim = self.server.inventory.claim(&config.name, uuid)?;
        self.must_be_new(&config.name, uuid, options)?;
        let file_name = first_image(&config)?;
        let datacenter = self.datacenter(call).await?;
        let image = DatastoreFile::named(&datacenter.path, &file_name).ok_or_else(|| {
            let message =
                format!("{file_name:?} is no file of a datastore: images are named [datastore] dir/file");
            Error::new(ErrorKind::InvalidConfig, message)
                .with_subject(Subject::Element("/domain/devices/disk/source/@file".to_owned()))
        })?;
        // Beside its first image, as libvirt does it.
        let directory = image
            .path
            .rsplit_once('/')
            .map(|(directory, _)| directory.to_owned());
        let escaped = crate::inventory::escaped(&config.name);
        let file = DatastoreFile {
            path: match &directory {
                Some(directory) => format!("{directory}/{escaped}.vmx"),
                None => format!("{escaped}.vmx"),
            },
            ..image
        };
        self.must_be_nobodys(call, &file, uuid).await?;
        let host = self.host_for(call).await?;
        let writing = ToVmx::new()
            .with_files(Arc::new(names_of(&file)))
            .with_hardware_version(of_product(&self.server.session.content().about.version));
        let vmx = to_vmx(&config, &writing)?;
        if let Some(directory) = &directory {
            self.make_directory(call, &datacenter, &file.datastore, directory)
                .await?;
        }
        self.server
            .session
            .put_file(call, &file, vmx.to_string().into_bytes())
            .await?;
        let registered = self.register_file(call, &datacenter, &file, &host, &config.name);
        // The file is there, whatever becomes of it.
        let machine = registered
            .await
            .map_err(|error| error.with_outcome(Outcome::Unknown))?;
        let is_so = |machine: Option<&Machine>| machine.is_some_and(|machine| machine.uuid == Some(uuid));
        self.server.inventory.until(call, &machine, is_so).await;
        // What the server has made of the uuid counts.
        let known = self.server.inventory.uuid_of(&machine).unwrap_or(uuid);
        Ok(DomainRef::new(known, config.name.as_str()))
    }

    fn must_be_new(&self, name: &str, uuid: Uuid, options: &DefineOptions) -> Result<()> {
        let inventory = &self.server.inventory;
        let refused = |kind, message: String| {
            let error = Error::new(kind, message).with_outcome(Outcome::NotApplied);
            Err(error.with_subject(Subject::Domain(name.to_owned())))
        };
        if let Ok((_, machine)) = inventory.machine(uuid) {
            if machine.name != name {
                let message = format!("uuid {uuid} belongs to domain {:?} already", machine.name);
                return refused(ErrorKind::AlreadyExists, message);
            }
            if options.existing == ExistingPolicy::Refuse {
                return refused(
                    ErrorKind::AlreadyExists,
                    format!("domain {name:?} exists already"),
                );
            }
            let message = "a machine of ESX that is defined is changed setting by setting, not as a whole";
            return refused(ErrorKind::Unsupported, message.to_owned());
        }
        if inventory.has_name(name) {
            let message = format!("a domain named {name:?} exists already");
            return refused(ErrorKind::AlreadyExists, message);
        }
        Ok(())
    }

    /// Another machine's file is not overwritten: one may be called otherwise than its file, or not be registered now. What
    /// was left by a machine of the same uuid is its own.
    async fn must_be_nobodys(&self, call: &CallContext, file: &DatastoreFile, uuid: Uuid) -> Result<()> {
        let name = format!("[{}] {}", file.datastore, file.path);
        let is_anothers = self.server.inventory.has_file(&name)
            || match self.server.session.get_file(call, file).await {
                Ok(content) => uuid_in(&content) != Some(uuid),
                Err(error) if error.kind() == ErrorKind::NotFound => false,
                Err(error) => return Err(error),
            };
        if !is_anothers {
            return Ok(());
        }
        let message = "the configuration file of a machine is there already: put the first image into another directory, \
                       or register that machine";
        Err(Error::new(ErrorKind::AlreadyExists, message)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::Path(name)))
    }

    /// The host that a new machine is for.
    async fn host_for(&self, call: &CallContext) -> Result<ManagedObjectReference> {
        if self.server.scope.kind == "HostSystem" {
            return Ok(self.server.scope.clone());
        }
        let hosts = self.objects_of_kind(call, "HostSystem", &["name"]).await?;
        let first = hosts.into_iter().next().map(|host| host.obj);
        first.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no host for a new machine"))
    }

    pub(super) async fn make_directory(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        datastore: &str,
        directory: &str,
    ) -> Result<()> {
        let manager = self.server.session.content().file_manager.clone();
        let manager = manager.ok_or_else(|| Error::unsupported("the server has no manager of files"))?;
        let make = MakeDirectory {
            this: manager,
            name: format!("[{datastore}] {directory}"),
            datacenter: Some(datacenter.reference.clone()),
            create_parent_directories: Some(true),
        };
        match self.server.act(call, &make).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    async fn register_file(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        file: &DatastoreFile,
        host: &ManagedObjectReference,
        name: &str,
    ) -> Result<ManagedObjectReference> {
        let session = &self.server.session;
        let missing = |what: &str| {
            Error::new(
                ErrorKind::NotFound,
                format!("the server does not say which {what} it is"),
            )
        };
        let mut read = property::of_object(session, call, &datacenter.reference, &["vmFolder"]).await?;
        let folder = read.remove("vmFolder").and_then(|folder| folder.read().ok());
        let folder: ManagedObjectReference = folder.ok_or_else(|| missing("folder of machines"))?;
        let mut read = property::of_object(session, call, host, &["parent"]).await?;
        let parent = read.remove("parent").and_then(|parent| parent.read().ok());
        let parent: ManagedObjectReference = parent.ok_or_else(|| missing("host's place"))?;
        let mut read = property::of_object(session, call, &parent, &["resourcePool"]).await?;
        let pool = read.remove("resourcePool").and_then(|pool| pool.read().ok());
        let register = RegisterVmTask {
            this: folder,
            path: format!("[{}] {}", file.datastore, file.path),
            name: Some(crate::inventory::escaped(name)),
            as_template: false,
            pool,
            host: Some(host.clone()),
        };
        let begun = self.server.act(call, &register).await?;
        let result = task::done(session, call, &begun).await?;
        let machine = result.and_then(|machine| machine.read().ok());
        machine.ok_or_else(|| missing("new machine"))
    }
}

/// The uuid of the machine that a configuration file is of.
fn uuid_in(content: &[u8]) -> Option<Uuid> {
    let vmx = Vmx::from_bytes(content).ok()?;
    let digits: String = vmx
        .get("uuid.bios")?
        .chars()
        .filter(char::is_ascii_hexdigit)
        .collect();
    digits.parse().ok()
}

/// The virtual hardware that a version of the product brings.
fn of_product(version: &str) -> u32 {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or_default());
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        (0..=3, _) => 4,
        (4, _) => 7,
        (5, 0) => 8,
        (5, 1) => 9,
        (5, _) => 10,
        (6, 0) => 11,
        (6, 5) => 13,
        (6, _) => 14,
        (7, _) => 17,
        _ => 20,
    }
}

fn first_image(config: &DomainConfig) -> Result<String> {
    let disks = config.devices.iter().flat_map(|devices| &devices.disks);
    let is_disk = |disk: &&virt_core::model::Disk| {
        disk.device
            .as_ref()
            .is_none_or(|device| device.as_str() == "disk")
    };
    let image = disks
        .filter(is_disk)
        .find_map(|disk| disk.source.as_ref()?.file.clone());
    image.ok_or_else(|| {
        let message =
            "the domain has no disk with an image in a datastore: its configuration file goes beside that";
        Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/domain/devices/disk".to_owned()))
    })
}
