//! The snapshots of a container, as liblxc has them on disk, and what it has no place for beside them.

mod backing;
mod record;
mod restore;
mod tree;
mod write;

use virt_core::host::{BatchMode, FileKind, HostOp, HostReply};
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::{SnapshotMemory, SnapshotState};
use virt_core::{Error, ErrorKind, Result, Subject};

pub(crate) use backing::{Backing, BackingKind};
pub(crate) use record::{Intent, SnapshotRecord, Unfinished};
pub(crate) use tree::{KeptSnapshot, Snapshots};

use super::container::text;
use super::load::{bytes, parse};
use super::record::FORMAT;
use super::{Definition, DefinitionRecord, Machine, Store};
use crate::config::ContainerConfig;
use record::SnapshotsRecord;

/// What is read of each snapshot.
const READS: usize = 4;

impl Store {
    /// The snapshots of a container as they are now: those made here, and those made by `lxc-snapshot`.
    pub(crate) async fn snapshots(&self, name: &str) -> Result<Snapshots> {
        let ops = vec![
            HostOp::ListDir {
                path: self.layout.snapshots(name),
            },
            HostOp::Read {
                path: self.layout.snapshots_record(name),
            },
        ];
        let mut replies = self.host.batch(BatchMode::All, ops).await.into_iter();
        let directories: Vec<String> = match replies.next() {
            Some(Ok(HostReply::Entries(entries))) => entries
                .into_iter()
                .filter(|entry| entry.kind == FileKind::Directory && !entry.name.starts_with('.'))
                .map(|entry| entry.name)
                .collect(),
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => Vec::new(),
        };
        let current = match bytes(replies.next())? {
            Some(content) => parse::<SnapshotsRecord>(&content)?.current,
            None => None,
        };
        if directories.is_empty() {
            return Ok(Snapshots::new(current, directories, Vec::new()));
        }
        let reads = directories
            .iter()
            .flat_map(|directory| self.reads_of(name, directory));
        let replies = self.host.batch(BatchMode::All, reads.collect()).await;
        let mut replies = replies.into_iter();
        let mut kept = Vec::new();
        for directory in &directories {
            let files: [Option<Result<HostReply>>; READS] =
                [replies.next(), replies.next(), replies.next(), replies.next()];
            let read = read_one(directory, files);
            let read = read
                .map_err(|error| error.with_subject(Subject::Path(self.layout.snapshot(name, directory))))?;
            kept.extend(read);
        }
        Ok(Snapshots::new(current, directories, kept))
    }

    fn reads_of(&self, name: &str, directory: &str) -> [HostOp; READS] {
        let path = self.layout.snapshot(name, directory);
        [
            HostOp::Read {
                path: format!("{path}/{}", SnapshotRecord::FILE),
            },
            HostOp::Stat {
                path: format!("{path}/config"),
            },
            HostOp::Stat {
                path: format!("{path}/ts"),
            },
            HostOp::Read {
                path: format!("{path}/comment"),
            },
        ]
    }

    /// The configuration and the document that a snapshot has of its container, with the name that the container has now.
    /// `present` is the container's definition; of a snapshot made by others, its root goes back where that has it.
    pub(crate) async fn definition_of(
        &self,
        snapshot: &KeptSnapshot,
        present: &Definition,
        machine: &Machine<'_>,
    ) -> Result<Definition> {
        let name = present.config.name.as_str();
        let uuid = present.config.uuid.unwrap_or_default();
        let (native, document) = match &snapshot.record {
            Some(record) => {
                let then = self.layout.container(&record.container);
                let now = self.layout.container(name);
                let mut native = ContainerConfig::parse(&record.native)?;
                super::moved_config(&mut native, &then, &now)?;
                if native.get("lxc.uts.name") == Some(&record.container) {
                    native.set("lxc.uts.name", name)?;
                }
                let config = &snapshot.config;
                let document = config.inactive_domain.clone();
                let document =
                    document.or_else(|| config.domain.as_ref().and_then(|domain| domain.to_config()));
                let document = document.map(|document| super::moved_document(&document, &then, &now));
                (native, document.transpose()?.map(|document| document.to_xml()))
            }
            None => {
                let path = format!("{}/config", self.layout.snapshot(name, &snapshot.directory));
                let native = text(self.host.files().read(&path).await?)?;
                let mut native = ContainerConfig::parse(&native)?;
                let present = ContainerConfig::parse(&present.native)?;
                if let Some(root) = present.get(Backing::KEY) {
                    native.set(Backing::KEY, root)?;
                }
                (native, None)
            }
        };
        let native = super::native_text(native, present.autostart)?;
        let record = document.map(|document| DefinitionRecord {
            format: FORMAT,
            uuid,
            document,
            native: native.clone(),
            previous: None,
            transient: false,
            removed: false,
        });
        let mut definition = Definition::read(name, self.layout.root(), machine, native, record)?;
        definition.config.uuid = Some(uuid);
        Ok(definition)
    }
}

/// One snapshot; `None` for a directory that is none, or none yet.
fn read_one(directory: &str, files: [Option<Result<HostReply>>; READS]) -> Result<Option<KeptSnapshot>> {
    let [record, config, ts, comment] = files;
    if stat(config)?.is_none() {
        return Ok(None);
    }
    let made = stat(ts)?;
    let comment = bytes(comment)?;
    if let Some(content) = bytes(record)? {
        let record: SnapshotRecord = parse(&content)?;
        if record.format > FORMAT {
            let message = format!(
                "the snapshot was written by a newer version (form {})",
                record.format
            );
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        let config = SnapshotConfig::from_xml(&record.document).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the document of a snapshot cannot be read").with_source(error)
        })?;
        return Ok(Some(KeptSnapshot {
            directory: directory.to_owned(),
            config: Box::new(config),
            record: Some(record),
        }));
    }
    let mut config = SnapshotConfig::default();
    config.name = Some(directory.to_owned());
    // lxc-snapshot makes them of containers that are off.
    config.state = Some(SnapshotState::Shutoff);
    config.memory = Some(SnapshotMemory::none());
    config.creation_time = made;
    config.description = comment
        .map(|comment| String::from_utf8_lossy(&comment).trim_end().to_owned())
        .filter(|comment| !comment.is_empty());
    Ok(Some(KeptSnapshot {
        directory: directory.to_owned(),
        config: Box::new(config),
        record: None,
    }))
}

/// When a file was last changed, in seconds since 1970; `None` where there is none.
fn stat(reply: Option<Result<HostReply>>) -> Result<Option<i64>> {
    match reply {
        Some(Ok(HostReply::Stat(Some(stat)))) => {
            let since = stat
                .modified
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            Ok(Some(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)))
        }
        Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(None),
    }
}
