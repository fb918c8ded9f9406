//! Snapshots made.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::{SnapshotAlignment, SnapshotLocation};
use virt_core::snapshot::SnapshotCreateOptions;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::tree::{Tree, given};
use crate::driver::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::vim::{CreateSnapshotTask, VirtualMachinePowerState as Power};

impl EsxDriver {
    pub(super) async fn make_snapshot(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        check_options(options)?;
        let (reference, machine) = self.to_change(domain)?;
        let memory = has_memory(config, options, &machine)?;
        if options.quiesce {
            check_quiesce(&machine)?;
        }
        self.check_disks(call, domain, config).await?;
        let tree = self.tree_of(call, &reference).await?;
        let name = match config.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) if tree.has_name(name) => {
                let message = format!("a snapshot {name:?} exists already");
                return Err(Error::new(ErrorKind::AlreadyExists, message));
            }
            Some(name) => name.to_owned(),
            None => made_up(&tree),
        };
        let create = CreateSnapshotTask {
            this: reference.clone(),
            name: given(&name),
            description: config.description.clone(),
            memory,
            quiesce: options.quiesce,
        };
        self.answering(call, &reference, self.carry_out(call, &create))
            .await?;
        Ok(name)
    }

    /// A snapshot is one of all disks: others can't be asked for.
    async fn check_disks(&self, call: &CallContext, domain: Uuid, config: &SnapshotConfig) -> Result<()> {
        let Some(disks) = config.disks.as_ref().filter(|disks| !disks.disks.is_empty()) else {
            return Ok(());
        };
        for (index, disk) in disks.disks.iter().enumerate() {
            let elsewhere = disk.source.is_some()
                || disk.driver.is_some()
                || disk
                    .snapshot
                    .as_ref()
                    .is_some_and(|place| *place != SnapshotLocation::Internal);
            if elsewhere {
                let message = "a snapshot of ESX is one of all disks, beside their own images: none is left out, and none \
                               goes elsewhere";
                let path = format!("/domainsnapshot/disks/disk[{}]", index + 1);
                return Err(Error::unsupported(message).with_subject(Subject::Element(path)));
            }
        }
        let document = self
            .document(call, domain, &virt_core::domain::XmlOptions::default())
            .await?;
        let alignment = SnapshotAlignment::new(SnapshotLocation::Internal);
        config.align(&document, &alignment)?;
        Ok(())
    }
}

/// The options that ESX has nothing for.
fn check_options(options: &SnapshotCreateOptions) -> Result<()> {
    let refused = if options.halt {
        "ESX cannot end a machine as its snapshot is taken: destroy it afterwards (halt)"
    } else if options.reuse_external {
        "ESX makes the files of snapshots itself (reuse_external)"
    } else if options.redefine {
        "ESX knows its snapshots itself: none is made known to it (redefine)"
    } else if options.no_metadata {
        "ESX keeps its list of snapshots itself: all are in it (no_metadata)"
    } else {
        return Ok(());
    };
    Err(Error::unsupported(refused))
}

/// Whether memory is kept: of a machine that runs, unless said otherwise.
fn has_memory(config: &SnapshotConfig, options: &SnapshotCreateOptions, machine: &Machine) -> Result<bool> {
    let element = |error: Error| error.with_subject(Subject::Element("/domainsnapshot/memory".to_owned()));
    let memory = config.memory.as_ref();
    if memory.is_some_and(|memory| memory.file.is_some()) {
        return Err(element(Error::unsupported(
            "ESX keeps memory beside the machine's own files: it goes into no other",
        )));
    }
    match memory.and_then(|memory| memory.snapshot.as_ref()) {
        None => Ok(machine.is_active() && !options.disk_only),
        Some(SnapshotLocation::No) => Ok(false),
        Some(SnapshotLocation::Internal) if options.disk_only => Err(element(Error::new(
            ErrorKind::InvalidArgument,
            "a snapshot of disks only has no memory",
        ))),
        Some(SnapshotLocation::Internal) if !machine.is_active() => Err(element(Error::new(
            ErrorKind::InvalidArgument,
            "a machine that is off has no memory to keep",
        ))),
        Some(SnapshotLocation::Internal) => Ok(true),
        Some(_) => Err(element(Error::unsupported(
            "ESX keeps memory beside the machine's own files (internal), or not at all (no)",
        ))),
    }
}

/// Without tools the server would take the snapshot all the same, of file systems as they are.
fn check_quiesce(machine: &Machine) -> Result<()> {
    match machine.power {
        Power::PoweredOn if machine.tools_run => Ok(()),
        Power::PoweredOn => {
            let message = "VMware Tools do not run in the guest: its file systems cannot be frozen";
            Err(Error::new(ErrorKind::AgentUnavailable, message)
                .with_subject(Subject::Domain(machine.name.clone())))
        }
        _ => Err(not_valid(
            machine,
            "only a guest that runs has file systems to freeze",
        )),
    }
}

/// The time, as everywhere; twice within a second, with a number.
fn made_up(tree: &Tree) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = now.as_secs().to_string();
    let mut numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    if tree.has_name(&name) {
        return numbered.find(|name| !tree.has_name(name)).unwrap_or(name);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::model::snapshot::SnapshotMemory;

    #[test]
    fn memory_is_kept_of_what_runs_unless_said_otherwise() {
        let machine = |power| Machine {
            power,
            ..Machine::default()
        };
        let (on, off) = (machine(Power::PoweredOn), machine(Power::PoweredOff));
        let any = SnapshotCreateOptions::default;
        let with = |memory: Option<SnapshotMemory>| {
            let mut config = SnapshotConfig::default();
            config.memory = memory;
            config
        };
        let nothing = with(None);
        assert!(has_memory(&nothing, &any(), &on).unwrap());
        assert!(!has_memory(&nothing, &any(), &off).unwrap());
        assert!(!has_memory(&nothing, &any().disk_only(), &on).unwrap());
        assert!(!has_memory(&with(Some(SnapshotMemory::none())), &any(), &on).unwrap());
        let internal = with(Some(SnapshotMemory::internal()));
        assert!(has_memory(&internal, &any().live(), &on).unwrap());
        for (options, machine) in [(any().disk_only(), &on), (any(), &off)] {
            let error = has_memory(&internal, &options, machine).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        let external = with(Some(SnapshotMemory::external("/tmp/memory")));
        let error = has_memory(&external, &any(), &on).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn what_esx_lacks_is_refused_by_name() {
        let any = SnapshotCreateOptions::default;
        check_options(&any().atomic().validate().quiesce().disk_only()).unwrap();
        for (options, name) in [
            (any().halt(), "halt"),
            (any().reuse_external(), "reuse_external"),
            (any().redefine(), "redefine"),
            (any().no_metadata(), "no_metadata"),
        ] {
            let error = check_options(&options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains(name), "{error}");
        }
    }
}
