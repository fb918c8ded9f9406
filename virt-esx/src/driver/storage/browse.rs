//! What is in a datastore: its disks and images, found by the server.

use virt_core::{CallContext, Error, ErrorKind, Result};

use super::super::EsxDriver;
use super::datastore::Datastore;
use super::names;
use crate::task;
use crate::vim::{
    AnyFileInfo, AnyFileQuery, AnyValue, DateTime, FileQueryFlags, FloppyImageFileQuery,
    HostDatastoreBrowserSearchResults, HostDatastoreBrowserSearchSpec, IsoImageFileQuery, Method,
    SearchDatastoreSubFoldersTask, SearchDatastoreTask, VimError, VmDiskFileInfo, VmDiskFileQuery,
    VmDiskFileQueryFlags,
};

/// A disk or an image.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// Where it is in its datastore: `dir/file`.
    pub(super) path: String,
    pub(super) kind: ImageKind,
    /// In bytes.
    pub(super) capacity: u64,
    /// In bytes.
    pub(super) allocation: u64,
    pub(super) modified: Option<DateTime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImageKind {
    Disk(DiskKind),
    Optical,
    Floppy,
}

/// How a disk lies in its datastore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DiskKind {
    /// Whether room is taken as it is written.
    pub(super) thin: bool,
    /// The API's name of what it is, `VirtualDiskFlatVer2BackingInfo`; empty where it is not told.
    pub(super) backing: String,
}

impl Image {
    pub(super) fn is_disk(&self) -> bool {
        matches!(self.kind, ImageKind::Disk(_))
    }

    /// None of what is no volume: other files, and directories.
    fn of(directory: &str, file: &AnyFileInfo) -> Option<Self> {
        let size = number(file.file_size);
        let (kind, capacity) = match file {
            AnyFileInfo::VmDiskFileInfo(disk) => (ImageKind::Disk(disk_kind(disk)), disk_capacity(disk)),
            AnyFileInfo::IsoImageFileInfo(_) => (ImageKind::Optical, size),
            AnyFileInfo::FloppyImageFileInfo(_) => (ImageKind::Floppy, size),
            _ => return None,
        };
        let path = if directory.is_empty() {
            file.path.clone()
        } else {
            format!("{directory}/{}", file.path)
        };
        Some(Self {
            path,
            kind,
            capacity,
            allocation: size,
            modified: file.modification.clone(),
        })
    }
}

fn disk_kind(disk: &VmDiskFileInfo) -> DiskKind {
    DiskKind {
        thin: disk.thin == Some(true),
        backing: disk.disk_type.clone().unwrap_or_default(),
    }
}

fn disk_capacity(disk: &VmDiskFileInfo) -> u64 {
    match disk.capacity_kb {
        Some(kib) => number(Some(kib)).saturating_mul(1024),
        None => number(disk.file_size),
    }
}

pub(super) fn number(value: Option<i64>) -> u64 {
    value
        .and_then(|value| u64::try_from(value).ok())
        .unwrap_or_default()
}

impl EsxDriver {
    /// All disks and images of a datastore, sorted by name: those that libvirt has as volumes.
    pub(super) async fn images(&self, call: &CallContext, store: &Datastore) -> Result<Vec<Image>> {
        let search = SearchDatastoreSubFoldersTask {
            this: store.browser.clone(),
            datastore_path: names::whole(store.label(), ""),
            search_spec: Some(images_like(None)),
        };
        let begun = self.server.session.read(call, &search).await?;
        let Some(begun) = begun else { return Ok(Vec::new()) };
        let found = task::done(&self.server.session, call, &begun).await?;
        let found = found
            .map(|found| found.list())
            .transpose()
            .map_err(not_understood)?;
        let mut images = images_of(&found.unwrap_or_default());
        images.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(images)
    }

    /// One of them.
    pub(super) async fn image(
        &self,
        call: &CallContext,
        store: &Datastore,
        path: &str,
    ) -> Result<Option<Image>> {
        let (directory, file) = names::split(path);
        let spec = images_like(Some(file));
        let found = self.search(call, store, directory, spec).await?;
        let found = found.map(|found| images_of(&[found]));
        Ok(found.into_iter().flatten().find(|image| image.path == path))
    }

    /// Whether there is anything of this name, whatever it is; `None` where not even its directory is.
    pub(super) async fn is_there(
        &self,
        call: &CallContext,
        store: &Datastore,
        path: &str,
    ) -> Result<Option<bool>> {
        let (directory, file) = names::split(path);
        let spec = HostDatastoreBrowserSearchSpec {
            match_pattern: vec![names::pattern(file)],
            ..HostDatastoreBrowserSearchSpec::default()
        };
        let found = self.search(call, store, directory, spec).await?;
        Ok(found.map(|found| found.file.iter().any(|entry| entry.path == file)))
    }

    /// What is in one directory; `None` where there is none.
    pub(in crate::driver) async fn search(
        &self,
        call: &CallContext,
        store: &Datastore,
        directory: &str,
        spec: HostDatastoreBrowserSearchSpec,
    ) -> Result<Option<HostDatastoreBrowserSearchResults>> {
        let search = SearchDatastoreTask {
            this: store.browser.clone(),
            datastore_path: names::whole(store.label(), directory),
            search_spec: Some(spec),
        };
        match self.look(call, &search).await {
            Ok(Some(found)) => found.read().map(Some).map_err(not_understood),
            Ok(None) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits for a task that changes nothing.
    async fn look<M>(&self, call: &CallContext, method: &M) -> Result<Option<AnyValue>>
    where
        M: Method<Returns = crate::vim::ManagedObjectReference> + Sync,
    {
        let session = &self.server.session;
        let begun = session.read(call, method).await?;
        task::done(session, call, &begun).await
    }
}

fn not_understood(error: VimError) -> Error {
    Error::new(ErrorKind::Corrupt, "what the server found is not understood").with_source(error)
}

fn images_of(found: &[HostDatastoreBrowserSearchResults]) -> Vec<Image> {
    let in_folder = |results: &HostDatastoreBrowserSearchResults| -> Vec<Image> {
        let folder = results.folder_path.as_deref().and_then(names::parts);
        let directory = folder.map_or("", |(_, path)| path);
        let files = results.file.iter();
        files.filter_map(|file| Image::of(directory, file)).collect()
    };
    found.iter().flat_map(in_folder).collect()
}

/// All that is asked of files.
pub(super) fn flags() -> FileQueryFlags {
    FileQueryFlags {
        file_type: true,
        file_size: true,
        modification: true,
        file_owner: Some(false),
    }
}

/// What disks and images are searched for by. The files with a disk's content are none.
fn images_like(file: Option<&str>) -> HostDatastoreBrowserSearchSpec {
    let details = VmDiskFileQueryFlags {
        disk_type: true,
        capacity_kb: true,
        hardware_version: false,
        thin: Some(true),
        ..VmDiskFileQueryFlags::default()
    };
    let disks = VmDiskFileQuery {
        details: Some(details),
        ..VmDiskFileQuery::default()
    };
    HostDatastoreBrowserSearchSpec {
        query: vec![
            AnyFileQuery::VmDiskFileQuery(Box::new(disks)),
            AnyFileQuery::IsoImageFileQuery(Box::<IsoImageFileQuery>::default()),
            AnyFileQuery::FloppyImageFileQuery(Box::<FloppyImageFileQuery>::default()),
        ],
        details: Some(flags()),
        search_case_insensitive: Some(false),
        match_pattern: file.map(names::pattern).into_iter().collect(),
        sort_folders_first: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{FileInfo, FolderFileInfo, IsoImageFileInfo};

    #[test]
    fn volumes_are_disks_and_images_by_their_whole_path() {
        let info = |path: &str, size| FileInfo {
            path: path.to_owned(),
            file_size: Some(size),
            ..FileInfo::default()
        };
        let disk = VmDiskFileInfo {
            base: info("web.vmdk", 4096),
            capacity_kb: Some(1024),
            thin: Some(true),
            ..VmDiskFileInfo::default()
        };
        let results = HostDatastoreBrowserSearchResults {
            folder_path: Some("[ds] web 1/".to_owned()),
            file: vec![
                AnyFileInfo::VmDiskFileInfo(Box::new(disk)),
                AnyFileInfo::FolderFileInfo(Box::new(FolderFileInfo { base: info("sub", 0) })),
                AnyFileInfo::IsoImageFileInfo(Box::new(IsoImageFileInfo {
                    base: info("a.iso", 7),
                })),
                AnyFileInfo::FileInfo(Box::new(info("notes.txt", 7))),
            ],
            ..HostDatastoreBrowserSearchResults::default()
        };
        let images = images_of(&[results]);
        let shown: Vec<_> = images
            .iter()
            .map(|image| (image.path.as_str(), image.capacity, image.allocation))
            .collect();
        assert_eq!(shown, [("web 1/web.vmdk", 1 << 20, 4096), ("web 1/a.iso", 7, 7)]);
        assert!(images.first().is_some_and(Image::is_disk));
    }
}
