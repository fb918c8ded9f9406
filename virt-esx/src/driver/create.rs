//! Machines made from documents, and made anew of changed ones.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::{DefineOptions, DomainName, DomainRef, ExistingPolicy};
use virt_core::event::{DefinedReason, DomainChange, DomainEvent, Event};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use super::define::taken;
use super::devices::Present;
use super::files::in_which;
use super::storage::Datastore;
use crate::devices::{Hardware, Means, Plan};
use crate::inventory::escaped;
use crate::soap::DatastoreFile;
use crate::vim::{CreateVmTask, VirtualMachineFileInfo};
use crate::vmx::ToVmx;
use crate::vmx::convert::{PlainNames, lines};

/// How many names of a configuration file are tried.
const MOST_NAMES: u32 = 1_000;

impl EsxDriver {
    /// A new machine (`CreateVM_Task`), or one that is there made what the document says (`ReconfigVM_Task`).
    pub(super) async fn define_machine(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        self.server.check_may_change()?;
        DomainName::new(config.name.as_str())?;
        config.validate()?;
        let mut config = Box::new(config.normalized());
        if let Some(uuid) = config.uuid
            && let Ok((_, machine)) = self.server.inventory.machine(uuid)
            && machine.name == config.name
        {
            if options.existing == ExistingPolicy::Refuse {
                let message = format!("a domain of this name and uuid {uuid} exists already");
                return Err(taken(&config.name, message));
            }
            return self.redefine(call, uuid, &config).await;
        }
        let uuid = *config.uuid.get_or_insert_with(Uuid::new_v4);
        let _claim = self.server.inventory.claim(&config.name, uuid)?;
        self.must_be_new(&config.name, uuid)?;
        self.create_machine(call, &config, uuid).await
    }

    /// Makes a machine what a document says, device by device; no file is removed.
    async fn redefine(&self, call: &CallContext, uuid: Uuid, config: &DomainConfig) -> Result<DomainRef> {
        let (_, machine) = self.to_change(uuid)?;
        let refuse = |why: String| {
            Error::new(ErrorKind::InvalidState, format!("{why}: end it first"))
                .with_subject(Subject::Domain(machine.name.clone()))
        };
        let made = |_: &Present| Ok(Box::new(config.clone()));
        let plan = Box::pin(self.turn(call, uuid, false, &made, &refuse)).await?;
        if machine.is_active() {
            self.tell_devices(uuid, &machine, &plan);
        }
        let reference = DomainRef::new(uuid, config.name.as_str());
        if plan.is_empty() {
            // The server has nothing to tell of.
            let change = DomainChange::Defined(DefinedReason::Updated);
            let event = Event::Domain(DomainEvent::now(reference.clone(), change));
            self.server.events.publish(&event);
        }
        Ok(reference)
    }

    async fn create_machine(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        uuid: Uuid,
    ) -> Result<DomainRef> {
        let options = ToVmx::new().with_files(Arc::new(PlainNames));
        let kept = crate::vmx::convert::kept(config)?.unwrap_or_default();
        let options = match kept.hardware_version {
            Some(_) => options,
            None => options.with_hardware_version(self.newest_hardware()),
        };
        let written = lines(config, &options)?;
        let plan = Plan::of_a_new_machine(&written);
        let datacenter = self.datacenter(call).await?;
        let means = Means {
            is_64_bit: plan.is_64_bit(),
            ..Means::default()
        };
        let means = self.check_means(call, &datacenter, &plan, means).await?;
        let file = self.new_file(call, &datacenter, &plan, &config.name).await?;
        let home = self.home(call, &datacenter).await?;
        let mut spec = plan.spec(&Hardware::of_a_new_machine(), &means)?;
        spec.name = Some(escaped(&config.name));
        spec.uuid = Some(uuid.to_string());
        spec.files = Some(VirtualMachineFileInfo {
            vm_path_name: Some(file),
            ..VirtualMachineFileInfo::default()
        });
        let create = Box::new(CreateVmTask {
            this: home.folder.clone(),
            config: spec,
            pool: home.pool.clone(),
            host: Some(home.host.clone()),
        });
        let machine = Box::pin(self.made_by(call, create.as_ref())).await?;
        self.registered(call, &machine, &config.name, Some(uuid)).await
    }

    /// Where the configuration file of a new machine goes: beside its first disk, under a name that no file has; without
    /// disks the only datastore there is, where the server makes a directory.
    async fn new_file(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        plan: &Plan,
        name: &str,
    ) -> Result<String> {
        let stores = self.datastores_of(call, datacenter).await?;
        let Some(image) = plan.first_disk() else {
            return match stores.0.as_slice() {
                [only] => Ok(format!("[{}]", only.label())),
                _ => {
                    let known: Vec<String> = stores.0.iter().map(Datastore::name).collect();
                    let message = format!(
                        "the domain has no disk beside which its files could go, and there are {} datastores ({}): give it a \
                         disk",
                        stores.0.len(),
                        known.join(", ")
                    );
                    Err(Error::new(ErrorKind::InvalidConfig, message)
                        .with_outcome(Outcome::NotApplied)
                        .with_subject(Subject::Element("/domain/devices/disk".to_owned())))
                }
            };
        };
        let image = DatastoreFile::named(&datacenter.path, image).ok_or_else(|| {
            let message =
                format!("{image:?} is no file of a datastore: images are named [datastore] dir/file");
            Error::new(ErrorKind::InvalidConfig, message)
                .with_subject(Subject::Element("/domain/devices/disk/source/@file".to_owned()))
        })?;
        let store = in_which(&image.datastore, &stores)?;
        let directory = image.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let taken = self.files_like(call, store, directory, &["*.vmx"]).await?;
        let base = escaped(name);
        let names = (0..MOST_NAMES).map(|number| match number {
            0 => format!("{base}.vmx"),
            number => format!("{base}_{number}.vmx"),
        });
        let full = |file: &str| match directory {
            "" => format!("[{}] {file}", image.datastore),
            directory => format!("[{}] {directory}/{file}", image.datastore),
        };
        let is_free = |file: &String| {
            let is_there = taken.iter().any(|info| info.path.eq_ignore_ascii_case(file));
            !is_there && !self.server.inventory.has_file(&full(file))
        };
        let free = names.into_iter().find(is_free);
        free.map(|file| full(&file)).ok_or_else(|| {
            let message = "the directory of the first disk is full of configuration files of this name";
            Error::new(ErrorKind::AlreadyExists, message)
        })
    }
}
