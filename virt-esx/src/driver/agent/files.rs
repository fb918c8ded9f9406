//! Files of guests: the server tells a place for each, good once, and what is in it goes there or comes from there.

use virt_core::{CallContext, Error, ErrorKind, Result};

use super::super::EsxDriver;
use super::super::leftovers::{Leftovers, made};
use super::login::Guest;
use crate::property;
use crate::soap::{Page, Place, Trust};
use crate::vim::{
    AnyGuestFileAttributes, CreateTemporaryFileInGuest, DeleteFileInGuest, GuestPosixFileAttributes,
    GuestWindowsFileAttributes, InitiateFileTransferFromGuest, InitiateFileTransferToGuest,
};

/// A file of a guest that is removed in the end.
pub(super) struct FileForNow {
    pub(super) path: String,
    pub(super) leftovers: Leftovers,
}

impl EsxDriver {
    /// Reads a file of a guest, up to `most` bytes of it.
    pub(super) async fn read_in_guest(
        &self,
        call: &CallContext,
        guest: &Guest,
        path: &str,
        most: u64,
    ) -> Result<Page> {
        let ask = InitiateFileTransferFromGuest {
            this: guest.managers.files.clone(),
            vm: guest.machine.clone(),
            auth: guest.auth.clone(),
            guest_file_path: path.to_owned(),
        };
        let told = self.server.session.read(call, &ask).await;
        let told = told.map_err(|error| self.of_guest(guest, error, Some(path)))?;
        let place = self.place_for(call, guest, &told.url).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.server.session.fetch(call, &place, most).await
    }

    /// Writes a file of a guest, instead of what is there.
    pub(super) async fn write_in_guest(
        &self,
        call: &CallContext,
        guest: &Guest,
        path: &str,
        content: &[u8],
    ) -> Result<()> {
        let size = i64::try_from(content.len())
            .map_err(|_| Error::new(ErrorKind::InvalidArgument, "the file is too large"))?;
        let ask = InitiateFileTransferToGuest {
            this: guest.managers.files.clone(),
            vm: guest.machine.clone(),
            auth: guest.auth.clone(),
            guest_file_path: path.to_owned(),
            file_attributes: attributes(guest),
            file_size: size,
            overwrite: true,
        };
        let url = self.server.act(call, &ask).await;
        let url = url.map_err(|error| self.of_guest(guest, error, Some(path)))?;
        let place = self.place_for(call, guest, &url).await?;
        let content = content.to_vec().into();
        self.server.session.send(call, &place, content).await
    }

    /// Makes an empty file in the guest's place for such, of a name that nobody else has.
    pub(super) async fn file_for_now(&self, call: &CallContext, guest: &Guest) -> Result<FileForNow> {
        let make = CreateTemporaryFileInGuest {
            this: guest.managers.files.clone(),
            vm: guest.machine.clone(),
            auth: guest.auth.clone(),
            prefix: "virt-".to_owned(),
            suffix: String::new(),
            directory_path: None,
        };
        let making = made(&self.server, call, make, |make, path| DeleteFileInGuest {
            this: make.this.clone(),
            vm: make.vm.clone(),
            auth: make.auth.clone(),
            file_path: path.clone(),
        });
        let (path, leftovers) = making.await.map_err(|error| self.of_guest(guest, error, None))?;
        Ok(FileForNow { path, leftovers })
    }

    /// Where a file goes to or comes from: the server, or the machine's host, which the server vouches for by the thumbprint of
    /// its certificate.
    async fn place_for(&self, call: &CallContext, guest: &Guest, url: &str) -> Result<Place> {
        let session = &self.server.session;
        let mut place = session.place_of(url)?;
        if place.is_ours || place.endpoint.trust == Trust::Anybody {
            return Ok(place);
        }
        let Some(host) = &guest.host else { return Ok(place) };
        let path = "summary.config.sslThumbprint";
        let mut read = property::of_object(session, call, host, &[path]).await?;
        let told = read
            .remove(path)
            .and_then(|thumbprint| thumbprint.text().parse().ok());
        if let Some(thumbprint) = told {
            place.endpoint.trust = Trust::Thumbprint(thumbprint);
        }
        Ok(place)
    }
}

/// Nothing is said of a file: it is as the guest makes it.
fn attributes(guest: &Guest) -> AnyGuestFileAttributes {
    if guest.is_windows {
        GuestWindowsFileAttributes::default().into()
    } else {
        GuestPosixFileAttributes::default().into()
    }
}
