//! How snapshots, and work on them, are written.

use uuid::Uuid;
use virt_core::host::HostOp;
use virt_core::{ErrorKind, Result, Subject};

use super::record::SnapshotsRecord;
use super::{Intent, KeptSnapshot, SnapshotRecord, Unfinished};
use crate::store::record::FORMAT;
use crate::store::{Definition, DefinitionRecord, Store, load};

/// The permissions of liblxc's own files in a snapshot.
const FILE_MODE: u32 = 0o644;

impl Store {
    /// How the record of a snapshot is written into its directory.
    pub(crate) fn write_snapshot_record(&self, directory: &str, record: &SnapshotRecord) -> Result<HostOp> {
        let record = SnapshotRecord {
            format: FORMAT,
            ..record.clone()
        };
        Self::write_json(format!("{directory}/{}", SnapshotRecord::FILE), &record)
    }

    /// How the record of a snapshot is written anew, with the document it has now.
    pub(crate) fn write_snapshot(&self, name: &str, kept: &KeptSnapshot) -> Result<Option<HostOp>> {
        let Some(record) = &kept.record else {
            return Ok(None);
        };
        let record = SnapshotRecord {
            document: kept.config.to_xml(),
            ..record.clone()
        };
        let directory = self.layout.snapshot(name, &kept.directory);
        self.write_snapshot_record(&directory, &record).map(Some)
    }

    /// How the files are written that liblxc has in a snapshot; the configuration comes last, for it is by that that a
    /// snapshot is one.
    pub(crate) fn write_liblxc_files(
        &self,
        directory: &str,
        time: &str,
        comment: Option<&str>,
        config: &str,
    ) -> Vec<HostOp> {
        let write = |file: &str, content: &str| HostOp::WriteAtomic {
            path: format!("{directory}/{file}"),
            content: content.as_bytes().to_vec(),
            mode: FILE_MODE,
        };
        let mut ops = vec![write("ts", time)];
        ops.extend(comment.map(|comment| write("comment", &format!("{comment}\n"))));
        ops.push(write("config", config));
        ops
    }

    /// How it is written which snapshot is the current one.
    pub(crate) fn write_current(&self, name: &str, current: Option<&str>) -> Result<HostOp> {
        let path = self.layout.snapshots_record(name);
        let Some(current) = current else {
            return Ok(HostOp::RemoveFile { path });
        };
        let record = SnapshotsRecord {
            format: FORMAT,
            current: Some(current.to_owned()),
        };
        Self::write_json(path, &record)
    }

    /// How work that is under way is written.
    pub(crate) fn write_intent(&self, uuid: Uuid, work: Unfinished) -> Result<HostOp> {
        let intent = Intent {
            format: FORMAT,
            uuid,
            work,
        };
        Self::write_json(self.layout.intent(uuid), &intent)
    }

    /// How it is written that the work is done.
    pub(crate) fn remove_intent(&self, uuid: Uuid) -> HostOp {
        HostOp::RemoveFile {
            path: self.layout.intent(uuid),
        }
    }

    /// The work on a domain that was under way.
    pub(crate) async fn read_intent(&self, uuid: Uuid) -> Result<Option<Intent>> {
        let path = self.layout.intent(uuid);
        match self.host.files().read(&path).await {
            Ok(content) => load::parse(&content)
                .map(Some)
                .map_err(|error| error.with_subject(Subject::Path(path))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How the definition of a container is written that is made in this directory.
    pub(crate) fn write_new_definition(
        &self,
        directory: &str,
        definition: &Definition,
    ) -> Result<Vec<HostOp>> {
        let config = HostOp::WriteAtomic {
            path: format!("{directory}/config"),
            content: definition.native.clone().into_bytes(),
            mode: 0o640,
        };
        let record = Self::write_json(format!("{directory}/virt-sdk.json"), &definition.record(None)?)?;
        Ok(vec![record, config])
    }

    /// How a definition is written that was made before.
    pub(crate) fn write_definition_record(
        &self,
        name: &str,
        record: &DefinitionRecord,
    ) -> Result<Vec<HostOp>> {
        Ok(vec![
            Self::write_json(self.layout.definition(name), record)?,
            self.write_config(name, &record.native),
        ])
    }
}
