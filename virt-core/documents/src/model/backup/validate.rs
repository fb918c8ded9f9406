//! What libvirt checks of a backup, whatever the driver: its parser's checks and its schema's, which it applies to every
//! backup a client asks for.

use super::disk::{BackupDisk, BackupDiskMode};
use super::root::{BackupConfig, BackupMode, BackupServer, BackupTransport};
use crate::model::complaint::{missing, wrong};
use crate::model::domain::devices::{DiskSource, DiskType, ImageFormat};
use crate::model::moment::{is_target_name, refuse_unknown};
use crate::sorted::SortedSet;
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl BackupConfig {
    /// Checks what holds for every driver: a server exactly where one is used, disks with names, images of a type and
    /// format a backup can have, absolute paths, nothing that does not belong there.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        if let Some(BackupMode::Unknown(mode)) = &self.mode {
            let sentence = format!("there is no backup by '{mode}': push or pull");
            return Err(wrong("/domainbackup/@mode", &self.rest, sentence));
        }
        let path = "/domainbackup/server";
        match (&self.server, self.is_pull()) {
            (Some(server), true) => check_server(server)?,
            (Some(server), false) => {
                return Err(wrong(path, &server.rest, "a server is for mode='pull'"));
            }
            (None, true) => return Err(missing(path, &self.rest, "the server clients pull from")),
            (None, false) => {}
        }
        if let Some(list) = &self.disks
            && list.disks.is_empty()
        {
            let what = "a <disk> in <disks> (leave <disks> out for all disks)";
            return Err(missing("/domainbackup/disks/disk", &list.rest, what));
        }
        for (index, disk) in self.rows().iter().enumerate() {
            let path = format!("/domainbackup/disks/disk[{}]", index + 1);
            self.check_disk(disk, &path)?;
        }
        refuse_unknown(self.unknown(), "domainbackup/privateData/")?;
        check_values(self)
    }

    /// Whether no disk has two rows, which the parser takes and every use of the backup refuses.
    pub(super) fn check_names_differ(&self) -> Result<(), XmlError> {
        let mut seen = SortedSet::new();
        for (index, disk) in self.rows().iter().enumerate() {
            if let Some(name) = &disk.name
                && !seen.insert(name)
            {
                let path = format!("/domainbackup/disks/disk[{}]/@name", index + 1);
                return Err(wrong(
                    &path,
                    &disk.rest,
                    format!("the disk '{name}' is named twice"),
                ));
            }
        }
        Ok(())
    }

    fn check_disk(&self, disk: &BackupDisk, path: &str) -> Result<(), XmlError> {
        let wrong =
            |place: &str, sentence: String| Err(wrong(&format!("{path}/{place}"), &disk.rest, sentence));
        let Some(name) = &disk.name else {
            return Err(missing(
                &format!("{path}/@name"),
                &disk.rest,
                "the name of the disk",
            ));
        };
        if !is_target_name(name) {
            return wrong("@name", format!("'{name}' is no target of a disk, as vda"));
        }
        match &disk.backupmode {
            Some(BackupDiskMode::Unknown(mode)) => {
                return wrong(
                    "@backupmode",
                    format!("a disk is not copied by '{mode}': full or incremental"),
                );
            }
            Some(BackupDiskMode::Full) if disk.incremental.is_some() => {
                return wrong("@incremental", "a full copy starts from no checkpoint".to_owned());
            }
            Some(BackupDiskMode::Incremental) if disk.incremental.is_none() && self.incremental.is_none() => {
                let what = "the checkpoint to start from (or say it for the whole backup)";
                return Err(missing(&format!("{path}/@incremental"), &disk.rest, what));
            }
            _ => {}
        }
        if !disk.is_included() {
            return Ok(());
        }
        if let Some(kind) = &disk.kind
            && !matches!(kind, DiskType::File | DiskType::Block)
        {
            return wrong(
                "@type",
                format!("an image of type '{kind}' cannot take a backup: file or block"),
            );
        }
        match self.is_pull() {
            true => check_pulled(disk, path),
            false => check_pushed(disk, path),
        }
    }
}

fn check_pulled(disk: &BackupDisk, path: &str) -> Result<(), XmlError> {
    if disk.target.is_some() {
        let sentence = "a target is for mode='push'; changes meanwhile go to <scratch>";
        return Err(wrong(&format!("{path}/target"), &disk.rest, sentence));
    }
    match disk.driver.as_ref().and_then(|driver| driver.kind.as_ref()) {
        Some(format) if *format != ImageFormat::Qcow2 => {
            let sentence = format!("a scratch image is qcow2, not '{format}'");
            Err(wrong(&format!("{path}/driver/@type"), &disk.rest, sentence))
        }
        _ => check_image(disk, disk.scratch.as_ref(), &format!("{path}/scratch")),
    }
}

fn check_pushed(disk: &BackupDisk, path: &str) -> Result<(), XmlError> {
    let pull_only = [
        ("scratch", disk.scratch.is_some()),
        ("@exportname", disk.exportname.is_some()),
        ("@exportbitmap", disk.exportbitmap.is_some()),
    ];
    if let Some((place, _)) = pull_only.iter().find(|(_, there)| *there) {
        let sentence = format!("{} is for mode='pull'", place.trim_start_matches('@'));
        return Err(wrong(&format!("{path}/{place}"), &disk.rest, sentence));
    }
    if let Some(ImageFormat::Unknown(format)) = disk.driver.as_ref().and_then(|driver| driver.kind.as_ref()) {
        let sentence = format!("'{format}' is no format of an image");
        return Err(wrong(&format!("{path}/driver/@type"), &disk.rest, sentence));
    }
    check_image(disk, disk.target.as_ref(), &format!("{path}/target"))
}

/// Whether an image that is there has the path its type asks for.
fn check_image(disk: &BackupDisk, image: Option<&DiskSource>, path: &str) -> Result<(), XmlError> {
    let Some(image) = image else { return Ok(()) };
    let (attribute, location) = match disk.kind {
        Some(DiskType::Block) => ("dev", &image.dev),
        _ => ("file", &image.file),
    };
    match location {
        None => Err(missing(
            &format!("{path}/@{attribute}"),
            &image.rest,
            format!("the attribute '{attribute}'"),
        )),
        Some(location) if !location.starts_with('/') => {
            let sentence = format!("the path of the image '{location}' is not absolute");
            Err(wrong(&format!("{path}/@{attribute}"), &image.rest, sentence))
        }
        Some(_) => Ok(()),
    }
}

fn check_server(server: &BackupServer) -> Result<(), XmlError> {
    let at = |attribute: &str| format!("/domainbackup/server/@{attribute}");
    let needs = |attribute: &str, what: &str| Err(missing(&at(attribute), &server.rest, what));
    let wrong = |attribute: &str, sentence: String| Err(wrong(&at(attribute), &server.rest, sentence));
    match server.transport.as_ref().unwrap_or(&BackupTransport::Tcp) {
        BackupTransport::Unknown(transport) => {
            return wrong(
                "transport",
                format!("no client comes by '{transport}': tcp, unix or fd"),
            );
        }
        BackupTransport::Tcp if server.name.is_none() => {
            return needs("name", "the name or address the server listens on");
        }
        BackupTransport::Unix => match &server.socket {
            None => return needs("socket", "the path of the server's socket"),
            Some(socket) if !socket.starts_with('/') => {
                return wrong(
                    "socket",
                    format!("the path of the socket '{socket}' is not absolute"),
                );
            }
            Some(_) => {}
        },
        BackupTransport::Fd if server.fdgroup.is_none() => {
            return needs("fdgroup", "the group of descriptors with the socket");
        }
        _ => {}
    }
    if server.socket.is_some() && server.transport != Some(BackupTransport::Unix) {
        return wrong("socket", "a socket is for transport='unix'".to_owned());
    }
    match server.port {
        Some(port) if port > 65_535 => wrong("port", format!("the port {port} is more than 65535")),
        _ => Ok(()),
    }
}
