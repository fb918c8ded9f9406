//! Reading a whole directory of containers.

use virt_core::host::{BatchMode, FileKind, HostOp, HostReply, TEMPORARY_PREFIX};
use virt_core::{Error, ErrorKind, Result, Subject};
use virt_manager::chain;

use super::container::text;
use super::record::FORMAT;
use super::{Definition, DefinitionRecord, Layout, Machine, ManagerRecord, RunRecord, Store};

/// A container that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) definition: Definition,
    pub(crate) run: Option<RunRecord>,
}

/// What a directory holds.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) containers: Vec<Found>,
    pub(crate) manager: ManagerRecord,
    /// Domains with work on their snapshots that was cut off.
    pub(crate) unfinished: Vec<uuid::Uuid>,
    /// What could not be understood, and why.
    pub(crate) corrupt: Vec<(String, String)>,
}

/// The files of one container.
#[derive(Debug, Default)]
struct Files {
    config: Option<String>,
    record: Option<DefinitionRecord>,
    run: Option<RunRecord>,
}

impl Store {
    /// Reads everything. Where it may, finishes what a crash has cut off.
    pub(crate) async fn load(&self, machine: &Machine<'_>, may_change: bool) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        if may_change {
            // First: it brings records back that liblxc has removed.
            self.restore_records().await;
        }
        let names = match self.names().await {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(loaded),
            Err(error) => return Err(error),
        };
        if may_change {
            self.remove_cut_off(&names).await;
        }
        let mut ops = vec![
            HostOp::Read {
                path: self.layout.manager(),
            },
            HostOp::ListDir {
                path: self.layout.own(),
            },
        ];
        ops.extend(names.iter().flat_map(|name| self.reads(name)));
        let mut replies = self.host.batch(BatchMode::All, ops).await.into_iter();
        if let Some(content) = bytes(replies.next())? {
            match serde_json::from_slice::<ManagerRecord>(&content) {
                Ok(record) if record.format <= FORMAT => loaded.manager = record,
                Ok(record) => {
                    let message = format!(
                        "the directory was written by a newer version (form {})",
                        record.format
                    );
                    return Err(Error::new(ErrorKind::Corrupt, message)
                        .with_subject(Subject::Path(self.layout.manager())));
                }
                Err(error) => loaded.corrupt.push((self.layout.manager(), error.to_string())),
            }
        }
        let own = match replies.next() {
            Some(Ok(HostReply::Entries(entries))) => entries,
            _ => Vec::new(),
        };
        for name in names {
            let files = [replies.next(), replies.next(), replies.next()];
            match self.take(&name, machine, files, may_change).await {
                Ok(Some(found)) => loaded.containers.push(found),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionLost => return Err(error),
                Err(error) => loaded.corrupt.push((self.layout.container(&name), chain(&error))),
            }
        }
        if may_change {
            let intents = own
                .iter()
                .filter_map(|entry| entry.name.strip_prefix(Layout::INTENT));
            loaded.unfinished = intents.filter_map(|uuid| uuid.parse().ok()).collect();
            let half_written = own
                .into_iter()
                .filter(|entry| entry.name.starts_with(TEMPORARY_PREFIX));
            let ops = half_written.map(|entry| HostOp::RemoveFile {
                path: format!("{}/{}", self.layout.own(), entry.name),
            });
            for reply in self.host.batch(BatchMode::All, ops.collect()).await {
                if let Err(error) = reply {
                    tracing::warn!(%error, "what a crash left could not be removed");
                }
            }
        }
        Ok(loaded)
    }

    /// One container as it is now; `None` where there is none of that name.
    pub(crate) async fn load_one(
        &self,
        name: &str,
        machine: &Machine<'_>,
        may_change: bool,
    ) -> Result<Option<Found>> {
        let replies = self.host.batch(BatchMode::All, self.reads(name).into()).await;
        let mut replies = replies.into_iter();
        let files = [replies.next(), replies.next(), replies.next()];
        self.take(name, machine, files, may_change).await
    }

    /// The names of directories in which a container may be.
    pub(crate) async fn names(&self) -> Result<Vec<String>> {
        let entries = self.host.files().list_dir(self.layout.root()).await?;
        let names = entries
            .into_iter()
            .filter(|entry| entry.kind == FileKind::Directory && !entry.name.starts_with('.'));
        Ok(names.map(|entry| entry.name).collect())
    }

    fn reads(&self, name: &str) -> [HostOp; 3] {
        [
            HostOp::Read {
                path: self.layout.config(name),
            },
            HostOp::Read {
                path: self.layout.definition(name),
            },
            HostOp::Read {
                path: self.layout.run(name),
            },
        ]
    }

    async fn take(
        &self,
        name: &str,
        machine: &Machine<'_>,
        replies: [Option<Result<HostReply>>; 3],
        may_change: bool,
    ) -> Result<Option<Found>> {
        let mut files = Files::default();
        let [config, record, run] = replies;
        files.config = bytes(config)?.map(text).transpose()?;
        if let Some(content) = bytes(record)? {
            files.record = Some(parse(&content)?);
        }
        if let Some(content) = bytes(run)? {
            files.run = Some(parse(&content)?);
        }
        self.settle(name, files, machine, may_change).await
    }

    /// What the files of a container mean, those of a change that was cut off among them.
    async fn settle(
        &self,
        name: &str,
        files: Files,
        machine: &Machine<'_>,
        may_change: bool,
    ) -> Result<Option<Found>> {
        let Files { config, record, run } = files;
        if let Some(record) = &record {
            if record.format > FORMAT {
                let message = format!(
                    "the container was written by a newer version (form {})",
                    record.format
                );
                return Err(Error::new(ErrorKind::Corrupt, message));
            }
            if record.removed {
                if may_change {
                    self.remove(name).await?;
                }
                return Ok(None);
            }
        }
        let native = match (config, &record) {
            (Some(config), Some(record)) if record.previous.as_deref() == Some(config.as_str()) => {
                self.finish(name, &record.native, may_change).await?
            }
            (Some(config), _) => config,
            (None, Some(record)) => self.finish(name, &record.native, may_change).await?,
            (None, None) => return Ok(None),
        };
        // What was defined under another name has been renamed since, where nobody has written anything else.
        let named = record.as_ref().filter(|record| record.native == native);
        let named = named
            .map(DefinitionRecord::config)
            .transpose()?
            .map(|config| config.name);
        let mut definition = Definition::read(name, self.layout.root(), machine, native, record)?;
        if let Some(before) = named.filter(|before| before != name) {
            definition.config.name = before;
            let finished = self.finish_rename(&definition, name, may_change).await?;
            definition = finished.unwrap_or(definition);
            name.clone_into(&mut definition.config.name);
        }
        Ok(Some(Found {
            name: name.to_owned(),
            definition,
            run,
        }))
    }

    /// Finishes a change of which only the record had been written.
    async fn finish(&self, name: &str, native: &str, may_change: bool) -> Result<String> {
        if may_change {
            self.all(vec![self.write_config(name, native)]).await?;
        }
        Ok(native.to_owned())
    }

    pub(crate) async fn save_manager(&self, record: &ManagerRecord) -> Result<()> {
        let record = ManagerRecord {
            format: FORMAT,
            ..record.clone()
        };
        self.all(vec![Self::write_json(self.layout.manager(), &record)?])
            .await
            .map(drop)
    }

    pub(crate) fn write_run(&self, name: &str, record: &RunRecord) -> Result<HostOp> {
        let record = RunRecord {
            format: FORMAT,
            ..record.clone()
        };
        Self::write_json(self.layout.run(name), &record)
    }

    /// How what a run left is removed.
    pub(crate) fn remove_run(&self, name: &str) -> Vec<HostOp> {
        [
            self.layout.run(name),
            self.layout.once(name),
            self.layout.pid_file(name),
        ]
        .into_iter()
        .map(|path| HostOp::RemoveFile { path })
        .collect()
    }
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(content: &[u8]) -> Result<T> {
    serde_json::from_slice(content).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "a record of a container cannot be read").with_source(error)
    })
}

/// A file's content; `None` where there is none.
pub(super) fn bytes(reply: Option<Result<HostReply>>) -> Result<Option<Vec<u8>>> {
    match reply {
        Some(Ok(HostReply::Bytes(content))) => Ok(Some(content)),
        Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(None),
    }
}
