//! Reading and writing the root directory.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;
use virt_core::connection::AccessMode;
use virt_core::host::{BatchMode, Host, HostOp, HostReply, TEMPORARY_PREFIX};
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result, Subject};
use virt_manager::chain;

use super::record::FORMAT;
use super::{Layout, ManagerRecord, RunRecord};

const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The root directory of one manager.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) layout: Layout,
}

/// What was found in a root directory.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) definitions: Vec<(Uuid, DomainConfig)>,
    pub(crate) autostart: HashSet<Uuid>,
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) manager: ManagerRecord,
    /// Files that could not be understood, and why: kept, set aside.
    pub(crate) corrupt: Vec<(String, String)>,
}

/// What the root holds of one domain.
#[derive(Debug)]
pub(crate) struct OnDisk {
    pub(crate) definition: Option<DomainConfig>,
    pub(crate) autostart: bool,
    pub(crate) run: Option<RunRecord>,
}

impl Store {
    pub(crate) fn new(host: Arc<dyn Host>, layout: Layout) -> Self {
        Self { host, layout }
    }

    /// Makes the directories and reads everything, in one batch. A read-only connection makes nothing, removes nothing
    /// and sets nothing aside.
    pub(crate) async fn load(&self, access: AccessMode) -> Result<Loaded> {
        let may_change = access != AccessMode::ReadOnly;
        let mut ops = if may_change { self.make_dirs() } else { Vec::new() };
        let made = ops.len();
        ops.push(HostOp::ReadDir {
            path: self.layout.definitions(),
            suffix: ".xml".into(),
        });
        ops.push(HostOp::ListDir {
            path: self.layout.autostarts(),
        });
        ops.push(HostOp::ReadDir {
            path: self.layout.runs(),
            suffix: ".json".into(),
        });
        let listed: Vec<String> = if may_change { self.listed() } else { Vec::new() };
        ops.extend(listed.iter().map(|path| HostOp::ListDir { path: path.clone() }));
        ops.push(HostOp::Read {
            path: self.layout.manager(),
        });
        let replies = self.host.batch(BatchMode::All, ops).await;
        // What is not there is empty: a root that was never used, or the record of a manager that has not been one yet.
        let absent = |error: &Error| error.kind() == ErrorKind::NotFound;
        let mut replies = replies.into_iter().enumerate().map(|(index, reply)| match reply {
            Err(error) if index >= made && absent(&error) => Ok(None),
            other => other.map(Some),
        });
        for reply in replies.by_ref().take(made) {
            reply?;
        }
        let mut loaded = Loaded::default();
        if let Some(HostReply::Files(files)) = replies.next().transpose()?.flatten() {
            for (name, content) in files {
                self.take_definition(&mut loaded, &name, content)?;
            }
        }
        if let Some(HostReply::Entries(entries)) = replies.next().transpose()?.flatten() {
            loaded.autostart = entries
                .iter()
                .filter_map(|entry| entry.name.parse().ok())
                .collect();
        }
        if let Some(HostReply::Files(files)) = replies.next().transpose()?.flatten() {
            for (name, content) in files {
                self.take_run(&mut loaded, &name, content)?;
            }
        }
        let mut leftovers = Vec::new();
        for directory in &listed {
            if let Some(HostReply::Entries(entries)) = replies.next().transpose()?.flatten() {
                let names = entries.into_iter().map(|entry| entry.name);
                leftovers.extend(self.leftovers(directory, names, &mut loaded));
            }
        }
        let content = match replies.next().transpose()?.flatten() {
            Some(HostReply::Bytes(content)) => Some(content),
            _ => None,
        };
        self.take_manager(&mut loaded, content)?;
        if !may_change {
            return Ok(loaded);
        }
        for (path, reason) in &loaded.corrupt {
            self.set_aside(path, reason).await;
        }
        if leftovers.is_empty() {
            return Ok(loaded);
        }
        for reply in self.host.batch(BatchMode::All, leftovers).await {
            if let Err(error) = reply {
                tracing::warn!(%error, "what a crash left could not be removed");
            }
        }
        Ok(loaded)
    }

    fn make_dirs(&self) -> Vec<HostOp> {
        let dirs = [
            self.layout.definitions(),
            self.layout.autostarts(),
            self.layout.runs(),
            self.layout.cache(),
            self.layout.logs(),
            self.layout.run_dirs().to_owned(),
        ];
        let make = |path| HostOp::CreateDir { path, mode: DIR_MODE };
        dirs.into_iter().map(make).collect()
    }

    /// The directories in which a crash may leave something.
    fn listed(&self) -> Vec<String> {
        vec![
            self.layout.run_dirs().to_owned(),
            self.layout.root().to_owned(),
            self.layout.definitions(),
            self.layout.autostarts(),
            self.layout.runs(),
            self.layout.cache(),
        ]
    }

    /// How what a crash left in a directory is removed: files that were being written, directories of runs without a
    /// record. Where a record could not be understood, directories stay: a guest may still use one.
    fn leftovers(
        &self,
        directory: &str,
        names: impl Iterator<Item = String>,
        loaded: &mut Loaded,
    ) -> Vec<HostOp> {
        let mut found = Vec::new();
        for name in names {
            let path = format!("{directory}/{name}");
            if name.starts_with(TEMPORARY_PREFIX) {
                found.push(HostOp::RemoveFile { path });
            } else if directory == self.layout.run_dirs()
                && let Ok(id) = name.parse::<u32>()
                && !loaded.runs.iter().any(|run| run.run_dir == path)
            {
                if loaded.corrupt.is_empty() {
                    found.push(HostOp::RemoveDirAll { path });
                } else {
                    loaded.manager.next_id = loaded.manager.next_id.max(id.saturating_add(1));
                }
            }
        }
        found
    }

    fn take_definition(&self, loaded: &mut Loaded, name: &str, content: Result<Vec<u8>>) -> Result<()> {
        let path = format!("{}/{name}", self.layout.definitions());
        let Some(content) = present(content)? else {
            return Ok(());
        };
        let read = || -> std::result::Result<(Uuid, DomainConfig), String> {
            let uuid: Uuid = name
                .trim_end_matches(".xml")
                .parse()
                .map_err(|_| "its name is no uuid".to_owned())?;
            let text = String::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
            let config = DomainConfig::from_xml(&text).map_err(|error| chain(&error))?;
            if config.uuid != Some(uuid) {
                return Err("it holds another uuid than its name".to_owned());
            }
            Ok((uuid, config))
        };
        match read() {
            Ok(definition) => loaded.definitions.push(definition),
            Err(reason) => loaded.corrupt.push((path, reason)),
        }
        Ok(())
    }

    fn take_run(&self, loaded: &mut Loaded, name: &str, content: Result<Vec<u8>>) -> Result<()> {
        let path = format!("{}/{name}", self.layout.runs());
        let Some(content) = present(content)? else {
            return Ok(());
        };
        let read = || {
            let record: RunRecord = serde_json::from_slice(&content).map_err(|error| error.to_string())?;
            if record.format != FORMAT || name != format!("{}.json", record.uuid) {
                return Err(format!("it has form {} or another run's name", record.format));
            }
            for document in std::iter::once(&record.live).chain(&record.origin) {
                DomainConfig::from_xml(document).map_err(|error| chain(&error))?;
            }
            Ok(record)
        };
        match read() {
            Ok(record) => loaded.runs.push(record),
            Err(reason) => loaded.corrupt.push((path, reason)),
        }
        Ok(())
    }

    fn take_manager(&self, loaded: &mut Loaded, content: Option<Vec<u8>>) -> Result<()> {
        let used = loaded
            .runs
            .iter()
            .map(|run| run.id.saturating_add(1))
            .max()
            .unwrap_or(0);
        let used = used.max(loaded.manager.next_id);
        loaded.manager.next_id = used;
        let path = self.layout.manager();
        let Some(content) = content else {
            return Ok(());
        };
        match serde_json::from_slice::<ManagerRecord>(&content) {
            Ok(record) if record.format <= FORMAT => loaded.manager = record,
            Ok(record) => {
                let message = format!("the root was written by a newer version (form {})", record.format);
                return Err(Error::new(ErrorKind::Corrupt, message).with_subject(Subject::Path(path)));
            }
            Err(error) => loaded.corrupt.push((path, error.to_string())),
        }
        loaded.manager.next_id = loaded.manager.next_id.max(used);
        Ok(())
    }

    /// Gives what could not be understood another name, so that nothing overwrites it.
    pub(crate) async fn set_aside(&self, path: &str, reason: &str) {
        tracing::warn!(%path, %reason, "a file of the root could not be understood and is set aside");
        if let Err(error) = self.host.files().rename(path, &format!("{path}.corrupt")).await {
            tracing::warn!(%path, %error, "it could not be set aside");
        }
    }

    /// What the root holds of one domain now, in one round trip.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be understood: what is known in memory is better then.
    pub(crate) async fn load_one(&self, uuid: Uuid) -> Result<OnDisk> {
        let ops = vec![
            HostOp::Read {
                path: self.layout.definition(uuid),
            },
            HostOp::Stat {
                path: self.layout.autostart(uuid),
            },
            HostOp::Read {
                path: self.layout.run_record(uuid),
            },
        ];
        let mut replies = self.host.batch(BatchMode::All, ops).await.into_iter();
        let bytes = |replies: &mut std::vec::IntoIter<Result<HostReply>>| match replies.next() {
            Some(Ok(HostReply::Bytes(content))) => Ok(Some(content)),
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(None),
        };
        let mut loaded = Loaded::default();
        if let Some(content) = bytes(&mut replies)? {
            self.take_definition(&mut loaded, &format!("{uuid}.xml"), Ok(content))?;
        }
        let autostart = matches!(replies.next().transpose()?, Some(HostReply::Stat(Some(_))));
        if let Some(content) = bytes(&mut replies)? {
            self.take_run(&mut loaded, &format!("{uuid}.json"), Ok(content))?;
        }
        if let Some((path, reason)) = loaded.corrupt.pop() {
            return Err(Error::new(ErrorKind::Corrupt, reason).with_subject(Subject::Path(path)));
        }
        Ok(OnDisk {
            definition: loaded.definitions.pop().map(|(_, config)| config),
            autostart,
            run: loaded.runs.pop(),
        })
    }

    pub(crate) fn write_definition(&self, uuid: Uuid, config: &DomainConfig) -> HostOp {
        HostOp::WriteAtomic {
            path: self.layout.definition(uuid),
            content: config.to_xml().into_bytes(),
            mode: FILE_MODE,
        }
    }

    pub(crate) async fn save_definition(&self, uuid: Uuid, config: &DomainConfig) -> Result<()> {
        self.all(vec![self.write_definition(uuid, config)]).await
    }

    /// First the definition: a mark that stays without one, after a crash or an error, is removed by the next open.
    pub(crate) async fn remove_definition(&self, uuid: Uuid) -> Result<()> {
        let ops = vec![
            HostOp::RemoveFile {
                path: self.layout.definition(uuid),
            },
            HostOp::RemoveFile {
                path: self.layout.autostart(uuid),
            },
        ];
        let mut replies = self.host.batch(BatchMode::StopAtError, ops).await.into_iter();
        replies.next().transpose()?;
        if let Some(Err(error)) = replies.next() {
            tracing::warn!(domain = %uuid, %error, "a mark of autostart without a definition stays for now");
        }
        Ok(())
    }

    pub(crate) async fn set_autostart(&self, uuid: Uuid, autostart: bool) -> Result<()> {
        let path = self.layout.autostart(uuid);
        let op = if autostart {
            HostOp::WriteAtomic {
                path,
                content: Vec::new(),
                mode: FILE_MODE,
            }
        } else {
            HostOp::RemoveFile { path }
        };
        self.all(vec![op]).await
    }

    pub(crate) fn write_run(&self, record: &RunRecord) -> Result<HostOp> {
        let content = serde_json::to_vec(record).map_err(|error| {
            Error::new(ErrorKind::Internal, "a run's record could not be written as JSON").with_source(error)
        })?;
        Ok(HostOp::WriteAtomic {
            path: self.layout.run_record(record.uuid),
            content,
            mode: FILE_MODE,
        })
    }

    pub(crate) async fn save_run(&self, record: &RunRecord) -> Result<()> {
        self.all(vec![self.write_run(record)?]).await
    }

    /// The run is over. First the directory: a crash between the two leaves a record whose process is gone.
    pub(crate) async fn remove_run(&self, record: &RunRecord) -> Result<()> {
        self.all(vec![
            HostOp::RemoveDirAll {
                path: record.run_dir.clone(),
            },
            HostOp::RemoveFile {
                path: self.layout.run_record(record.uuid),
            },
        ])
        .await
    }

    pub(crate) async fn save_manager(&self, record: &ManagerRecord) -> Result<()> {
        let content = serde_json::to_vec(&ManagerRecord {
            format: FORMAT,
            ..record.clone()
        })
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                "the manager's record could not be written as JSON",
            )
            .with_source(error)
        })?;
        self.all(vec![HostOp::WriteAtomic {
            path: self.layout.manager(),
            content,
            mode: FILE_MODE,
        }])
        .await
    }

    /// Carries out all of these, in order, up to the first failure.
    pub(crate) async fn all(&self, ops: Vec<HostOp>) -> Result<()> {
        for reply in self.host.batch(BatchMode::StopAtError, ops).await {
            reply?;
        }
        Ok(())
    }
}

/// The content of a file; `None` where it has just gone. One that can't be read now may be read later: it is not taken for
/// one that can't be understood.
fn present(content: Result<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
