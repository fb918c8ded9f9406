//! One container on disk.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::host::{Command, DirEntry, FileKind, HostOp};
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result};

use super::record::FORMAT;
use super::{DefinitionRecord, Store};
use crate::cgroup::CgroupLayout;
use crate::config::ContainerConfig;
use crate::convert::{FromNative, from_native, set_settings, settings};

/// The permissions of a container's directory: whom a mapped root is has to get to its root file system.
const DIRECTORY_MODE: u32 = 0o711;
/// The permissions of its configuration.
const CONFIG_MODE: u32 = 0o640;
/// A container of which nobody said a uuid has that of its name in its directory on its machine.
const NAMESPACE: Uuid = Uuid::from_u128(0x5b0c_8a86_2f1e_4d57_9c4e_8d1f_6a3b_7e21);
/// The setting by which liblxc starts a container by itself.
const AUTOSTART: &str = "lxc.start.auto";

/// The machine, as far as the meaning of a configuration depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Machine<'m> {
    /// Tells it from others.
    pub(crate) id: &'m str,
    /// Of limits for both generations of control groups, those of the one that has the controller count.
    pub(crate) groups: Arc<CgroupLayout>,
}

/// What is known of a container that is defined.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    /// Boxed: it is large, and goes through many futures.
    pub(crate) config: Box<DomainConfig>,
    /// Its configuration, as liblxc's tools read it.
    pub(crate) native: String,
    pub(crate) autostart: bool,
    pub(crate) transient: bool,
}

impl Definition {
    /// From what is on disk: a configuration, and the record beside it, which counts as long as nobody has changed the
    /// configuration since.
    pub(crate) fn read(
        name: &str,
        root: &str,
        machine: &Machine<'_>,
        native: String,
        record: Option<DefinitionRecord>,
    ) -> Result<Self> {
        let known = record.as_ref().map(DefinitionRecord::config).transpose()?;
        let parsed = ContainerConfig::parse(&native)?;
        let uuid = record.as_ref().map_or_else(
            || Uuid::new_v5(&NAMESPACE, format!("{}:{root}/{name}", machine.id).as_bytes()),
            |record| record.uuid,
        );
        let mut config = match (known, &record) {
            (Some(known), Some(record)) if record.native == native => known,
            (known, _) => {
                let mut read = from_native(
                    &parsed,
                    &FromNative::complete().with_layout((*machine.groups).clone()),
                )?;
                // That is told apart from the document.
                let mut kept = settings(&read)?;
                kept.retain(|setting| setting.key != AUTOSTART);
                set_settings(&mut read, &kept);
                with_what_only_documents_have(read, known)
            }
        };
        config.uuid = Some(uuid);
        name.clone_into(&mut config.name);
        Ok(Self {
            config: Box::new(config),
            autostart: is_autostarted(&parsed),
            native,
            transient: record.is_some_and(|record| record.transient),
        })
    }

    /// The record that is written beside the configuration.
    pub(crate) fn record(&self, previous: Option<&str>) -> Result<DefinitionRecord> {
        let uuid = self.config.uuid.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "the configuration of a container has no uuid",
            )
        })?;
        Ok(DefinitionRecord {
            format: FORMAT,
            uuid,
            document: self.config.to_xml(),
            native: self.native.clone(),
            previous: previous.map(str::to_owned),
            transient: self.transient,
            removed: false,
        })
    }
}

/// The text of a configuration of which nothing but whether it starts by itself is not in the document.
pub(crate) fn native_text(mut config: ContainerConfig, autostart: bool) -> Result<String> {
    if autostart != is_autostarted(&config) {
        if autostart {
            config.set(AUTOSTART, "1")?;
        } else {
            config.remove(AUTOSTART);
        }
    }
    Ok(config.to_string())
}

fn is_autostarted(config: &ContainerConfig) -> bool {
    config.get(AUTOSTART).is_some_and(|value| value.trim() == "1")
}

/// A document made of a configuration, with what configurations have no place for.
fn with_what_only_documents_have(mut read: DomainConfig, known: Option<DomainConfig>) -> DomainConfig {
    let Some(known) = known else {
        return read;
    };
    read.title = known.title;
    read.description = known.description;
    (read.on_poweroff, read.on_reboot, read.on_crash) = (known.on_poweroff, known.on_reboot, known.on_crash);
    if let Some(mut metadata) = known.metadata {
        // What was kept of the configuration before is not what is there now.
        metadata.remove(crate::convert::NAMESPACE);
        if let Some(kept) = read.metadata.take() {
            for element in kept.elements() {
                // It was read from a document that had it.
                drop(metadata.set(element.clone()));
            }
        }
        read.metadata = Some(metadata);
    }
    read
}

impl Store {
    /// How a definition is written: first the record, then the configuration; each whole or not at all.
    pub(crate) fn write_definition(
        &self,
        definition: &Definition,
        previous: Option<&str>,
    ) -> Result<Vec<HostOp>> {
        let name = &definition.config.name;
        let record = definition.record(previous)?;
        let mut ops = vec![
            HostOp::CreateDir {
                path: self.layout.container(name),
                mode: DIRECTORY_MODE,
            },
            Self::write_json(self.layout.definition(name), &record)?,
            self.write_config(name, &definition.native),
        ];
        if previous.is_some() {
            // From here on a configuration as it was before is somebody's wish, not a change that was cut off.
            let record = definition.record(None)?;
            ops.push(Self::write_json(self.layout.definition(name), &record)?);
        }
        Ok(ops)
    }

    pub(super) fn write_config(&self, name: &str, native: &str) -> HostOp {
        HostOp::WriteAtomic {
            path: self.layout.config(name),
            content: native.as_bytes().to_vec(),
            mode: CONFIG_MODE,
        }
    }

    /// The configuration of a container as it is now; `None` where there is none any more.
    pub(crate) async fn read_config(&self, name: &str) -> Result<Option<String>> {
        match self.host.files().read(&self.layout.config(name)).await {
            Ok(bytes) => Ok(Some(text(bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a container's definition. Its directory goes where nothing but what is ours is in it: a root file system
    /// or a snapshot never does.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        let path = self.layout.container(name);
        let entries = match self.host.files().list_dir(&path).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_ours =
            |entry: &DirEntry| entry.kind != FileKind::Directory && super::Layout::is_ours(&entry.name);
        if entries.iter().all(is_ours) {
            // In one step: whoever comes in the middle finds it whole or not at all.
            let away = self.layout.removed(Uuid::new_v4());
            let mut ops = vec![HostOp::Rename {
                from: path,
                to: away.clone(),
            }];
            // By their names: what came in the last moment is not ours, and stays there.
            ops.extend(entries.iter().map(|entry| HostOp::RemoveFile {
                path: format!("{away}/{}", entry.name),
            }));
            ops.push(HostOp::Run(Command::new("rmdir").args(["--", &away])));
            return self.all(ops).await.map(drop);
        }
        let mut ops = Vec::new();
        let record_path = self.layout.definition(name);
        if let Ok(bytes) = self.host.files().read(&record_path).await
            && let Ok(mut record) = serde_json::from_slice::<DefinitionRecord>(&bytes)
        {
            record.removed = true;
            ops.push(Self::write_json(record_path.clone(), &record)?);
        }
        ops.push(HostOp::RemoveFile {
            path: self.layout.config(name),
        });
        ops.extend(
            entries
                .iter()
                .filter(|entry| {
                    entry.name.starts_with("virt-sdk.") && format!("{path}/{}", entry.name) != record_path
                })
                .map(|entry| HostOp::RemoveFile {
                    path: format!("{path}/{}", entry.name),
                }),
        );
        ops.push(HostOp::RemoveFile { path: record_path });
        self.all(ops).await.map(drop)
    }
}

pub(super) fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        Error::new(
            ErrorKind::Corrupt,
            "the configuration of a container is not UTF-8",
        )
        .with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_both_generations_are_read_as_the_machine_has_them() {
        let text =
            "lxc.uts.name = web\nlxc.cgroup.memory.limit_in_bytes = 64M\nlxc.cgroup2.memory.max = 128M\n";
        let layouts = [(CgroupLayout::legacy(), 64), (CgroupLayout::unified(), 128)];
        for (groups, mib) in layouts {
            let machine = Machine {
                id: "machine",
                groups: Arc::new(groups),
            };
            let read = Definition::read("web", "/c", &machine, text.to_owned(), None).unwrap();
            let limit = read.config.memtune.unwrap().hard_limit.unwrap().size.unwrap();
            assert_eq!(limit, virt_core::model::ByteSize::mib(mib));
        }
    }
}
