//! A backup as libvirt gives it back.

use super::disk::BackupDisk;
use super::root::{BackupConfig, BackupMode, BackupTransport};
use crate::model::domain::devices::DiskType;
use crate::model::value::YesNo;

impl BackupConfig {
    /// The document as libvirt gives it back: its order and spelling, mode, transport and the defaults of each row
    /// said, nothing of the other mode. Rows of disks that are not said come by [`align`](Self::align).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut copy = self.clone();
        copy.mode.get_or_insert(BackupMode::Push);
        copy.incremental = copy.incremental.filter(|checkpoint| !checkpoint.is_empty());
        if let Some(server) = &mut copy.server {
            server.transport.get_or_insert(BackupTransport::Tcp);
            server.port = server.port.filter(|port| *port != 0);
        }
        copy.disks = copy.disks.filter(|list| !list.disks.is_empty());
        let is_pull = self.is_pull();
        for row in copy.disks.iter_mut().flat_map(|list| &mut list.disks) {
            *row = row.normalized(is_pull);
        }
        copy.canonical()
    }

    /// The document without what the daemon keeps for itself, as clients see it.
    #[must_use]
    pub fn without_private(&self) -> Self {
        let mut copy = self.clone();
        copy.private_data = None;
        for row in copy.disks.iter_mut().flat_map(|list| &mut list.disks) {
            row.state = None;
        }
        copy
    }
}

impl BackupDisk {
    /// The row as libvirt gives it back.
    pub(super) fn normalized(&self, is_pull: bool) -> Self {
        if !self.is_included() {
            return Self {
                name: self.name.clone(),
                backup: Some(YesNo::No),
                rest: self.rest.clone(),
                ..Self::default()
            };
        }
        let mut row = self.clone();
        row.backup = Some(YesNo::Yes);
        match is_pull {
            true => row.target = None,
            false => {
                row.scratch = None;
                row.exportname = None;
                row.exportbitmap = None;
            }
        }
        row.driver = row.driver.filter(|driver| driver.kind.is_some());
        row.kind.get_or_insert(DiskType::File);
        row
    }
}
