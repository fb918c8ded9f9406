//! Machines made from a configuration file: one that is in a datastore, or is put there, is registered as libvirt does it.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::{DomainName, DomainRef};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use super::document::names_of;
use crate::inventory::Machine;
use crate::soap::DatastoreFile;
use crate::task;
use crate::vim::{MakeDirectory, ManagedObjectReference, Method, RegisterVmTask};
use crate::vmx::{FromVmx, ToVmx, Vmx, from_vmx, to_vmx};

impl EsxDriver {
    /// Registers a new machine by a configuration file that is made of its document.
    pub(crate) async fn define_by_file(
        &self,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<DomainRef> {
        self.server.check_may_change()?;
        DomainName::new(config.name.as_str())?;
        config.validate()?;
        let mut config = config.normalized();
        let uuid = *config.uuid.get_or_insert_with(Uuid::new_v4);
        let _claim = self.server.inventory.claim(&config.name, uuid)?;
        self.must_be_new(&config.name, uuid)?;
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
        let options = ToVmx::new()
            .with_files(Arc::new(names_of(&file)))
            .with_hardware_version(self.newest_hardware());
        let vmx = to_vmx(&config, &options)?;
        self.upload_and_register(call, &datacenter, &file, &vmx, (&config.name, Some(uuid)))
            .await
    }

    /// Puts a configuration file into a datastore, and registers its machine.
    pub(crate) async fn register_vmx(&self, call: &CallContext, path: &str, vmx: &Vmx) -> Result<DomainRef> {
        self.server.check_may_change()?;
        let datacenter = self.datacenter(call).await?;
        let file = configuration_file(&datacenter, path)?;
        let reading = FromVmx::complete().with_files(Arc::new(names_of(&file)));
        let described = from_vmx(vmx, &reading)?;
        let _claim = self
            .server
            .inventory
            .claim(&described.name, described.uuid.unwrap_or_else(Uuid::new_v4))?;
        match described.uuid {
            Some(uuid) => self.must_be_new(&described.name, uuid),
            None => self.must_have_a_new_name(&described.name),
        }?;
        self.upload_and_register(call, &datacenter, &file, vmx, (&described.name, described.uuid))
            .await
    }

    /// Registers the machine of a configuration file that is there.
    pub(crate) async fn register_there(&self, call: &CallContext, path: &str) -> Result<DomainRef> {
        self.server.check_may_change()?;
        let datacenter = self.datacenter(call).await?;
        let file = configuration_file(&datacenter, path)?;
        let name = format!("[{}] {}", file.datastore, file.path);
        if self.server.inventory.has_file(&name) {
            let message = "the machine of this configuration file is registered already";
            return Err(Error::new(ErrorKind::AlreadyExists, message).with_subject(Subject::Path(name)));
        }
        let content = self.server.session.get_file(call, &file).await?;
        let vmx = Vmx::from_bytes(&content).map_err(|error| {
            let message = "the configuration file cannot be read";
            Error::new(ErrorKind::Corrupt, message)
                .with_source(error)
                .with_subject(Subject::Path(name))
        })?;
        let reading = FromVmx::complete().with_files(Arc::new(names_of(&file)));
        let described = from_vmx(&vmx, &reading)?;
        self.must_have_a_new_name(&described.name)?;
        let home = self.home(call, &datacenter).await?;
        let machine = self.register_file(call, &home, &file, &described.name).await?;
        self.registered(call, &machine, &described.name, described.uuid)
            .await
    }

    async fn upload_and_register(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        file: &DatastoreFile,
        vmx: &Vmx,
        (name, uuid): (&str, Option<Uuid>),
    ) -> Result<DomainRef> {
        self.must_be_nobodys(call, file, uuid).await?;
        let home = self.home(call, datacenter).await?;
        if let Some((directory, _)) = file.path.rsplit_once('/') {
            self.make_directory(call, datacenter, &file.datastore, directory)
                .await?;
        }
        self.server
            .session
            .put_file(call, file, vmx.to_string().into_bytes())
            .await?;
        // The file is there, whatever becomes of it.
        let machine = self
            .register_file(call, &home, file, name)
            .await
            .map_err(|error| error.with_outcome(Outcome::Unknown))?;
        self.registered(call, &machine, name, uuid).await
    }

    /// Waits until a machine that was just made is seen.
    pub(super) async fn registered(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        name: &str,
        uuid: Option<Uuid>,
    ) -> Result<DomainRef> {
        let is_so = |machine: Option<&Machine>| {
            machine.is_some_and(|machine| {
                let has_it = machine.uuid.is_some() && (uuid.is_none() || machine.uuid == uuid);
                // One without a version is still being made.
                has_it && machine.name == name && !machine.change_version.is_empty()
            })
        };
        self.server.inventory.until(call, machine, is_so).await;
        // What the server has made of the uuid counts.
        let known = self.server.inventory.uuid_of(machine).or(uuid);
        let known = known.ok_or_else(|| {
            let message = "the machine is there, and the server does not tell its uuid";
            Error::new(ErrorKind::Internal, message).with_outcome(Outcome::Applied)
        })?;
        Ok(DomainRef::new(known, name))
    }

    /// The virtual hardware of new machines.
    pub(super) fn newest_hardware(&self) -> u32 {
        of_product(&self.server.session.content().about.version)
    }

    pub(super) fn must_be_new(&self, name: &str, uuid: Uuid) -> Result<()> {
        if let Ok((_, machine)) = self.server.inventory.machine(uuid) {
            let message = format!("uuid {uuid} belongs to domain {:?} already", machine.name);
            return Err(taken(name, message));
        }
        self.must_have_a_new_name(name)
    }

    fn must_have_a_new_name(&self, name: &str) -> Result<()> {
        if self.server.inventory.has_name(name) {
            return Err(taken(name, format!("a domain named {name:?} exists already")));
        }
        Ok(())
    }

    /// Another machine's file is not overwritten: one may be called otherwise than its file, or not be registered now. What
    /// was left by a machine of the same uuid is its own.
    async fn must_be_nobodys(
        &self,
        call: &CallContext,
        file: &DatastoreFile,
        uuid: Option<Uuid>,
    ) -> Result<()> {
        let name = format!("[{}] {}", file.datastore, file.path);
        let is_anothers = self.server.inventory.has_file(&name)
            || match self.server.session.get_file(call, file).await {
                Ok(content) => uuid.is_none() || uuid_in(&content) != uuid,
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

    /// Where a new machine goes.
    pub(super) async fn home(&self, call: &CallContext, datacenter: &Datacenter) -> Result<Home> {
        let host = self.host_for(call).await?;
        let folder = self.machines_folder(call, datacenter).await?;
        let pool = self.pool_of_host(call, &host).await?;
        Ok(Home {
            folder,
            pool: pool.ok_or_else(|| not_said("resource pool"))?,
            host,
        })
    }

    async fn register_file(
        &self,
        call: &CallContext,
        home: &Home,
        file: &DatastoreFile,
        name: &str,
    ) -> Result<ManagedObjectReference> {
        let register = RegisterVmTask {
            this: home.folder.clone(),
            path: format!("[{}] {}", file.datastore, file.path),
            name: Some(crate::inventory::escaped(name)),
            as_template: false,
            pool: Some(home.pool.clone()),
            host: Some(home.host.clone()),
        };
        self.made_by(call, &register).await
    }

    /// Has a machine made, and waits until it is.
    pub(super) async fn made_by<M>(&self, call: &CallContext, method: &M) -> Result<ManagedObjectReference>
    where
        M: Method<Returns = ManagedObjectReference> + Sync,
    {
        let begun = self.server.act(call, method).await?;
        let result = task::done(&self.server.session, call, &begun).await?;
        let machine = result.and_then(|machine| machine.read().ok());
        machine.ok_or_else(|| not_said("new machine").with_outcome(Outcome::Unknown))
    }
}

/// Where a new machine goes.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) folder: ManagedObjectReference,
    pub(super) pool: ManagedObjectReference,
    pub(super) host: ManagedObjectReference,
}

fn not_said(what: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the server does not say which {what} it is"),
    )
}

/// A name or a uuid is another domain's.
pub(super) fn taken(name: &str, message: String) -> Error {
    Error::new(ErrorKind::AlreadyExists, message)
        .with_outcome(Outcome::NotApplied)
        .with_subject(Subject::Domain(name.to_owned()))
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

/// A configuration file by its name.
fn configuration_file(datacenter: &Datacenter, path: &str) -> Result<DatastoreFile> {
    let file = DatastoreFile::named(&datacenter.path, path);
    let file = file.filter(|file| file.path.to_ascii_lowercase().ends_with(".vmx"));
    file.ok_or_else(|| {
        let message = "a configuration file is named [datastore] dir/file.vmx";
        Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Path(path.to_owned()))
    })
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
