//! Screens and keyboards: pictures, keys, the NMI button.

mod key_table;
mod keys;
mod tickets;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{KeyCodes, Screenshot};
use virt_core::driver::ScreenDriver;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::leftovers::{Leftovers, to_its_end};
use super::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::soap::{DatastoreFile, Page, escaped};
use crate::task;
use crate::vim::{
    CreateScreenshotTask, DeleteDatastoreFileTask, ManagedObjectReference, PutUsbScanCodes, SendNmi,
    UsbScanCodeSpec, VirtualMachinePowerState as Power,
};

/// How large a picture may be, in bytes.
const LARGEST_PICTURE: usize = 64 << 20;
/// How many keys are pressed at a time.
const MOST_KEYS: usize = 16;
/// What a PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[async_trait]
impl ScreenDriver for EsxDriver {
    /// `GET /screen?id=…`, as libvirt does it, and `CreateScreenshot_Task` where a server has none of that.
    async fn screenshot(&self, call: &CallContext, domain: Uuid, screen: u32) -> Result<Screenshot> {
        let (reference, machine) = self.to_change(domain)?;
        must_run(&machine)?;
        if screen > 0 {
            let message = "ESX takes pictures of the first screen only: number 0";
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let picture = self.picture(call, &reference).await?;
        Ok(Screenshot::new("image/png", std::io::Cursor::new(picture)))
    }

    /// `PutUsbScanCodes`: each key that is no modifier is struck with all modifiers held, one after the other, and let go of
    /// at once; `hold` has no meaning to ESX.
    async fn send_keys(
        &self,
        call: &CallContext,
        domain: Uuid,
        (codes, keys): (KeyCodes, &[u32]),
        _hold: Duration,
    ) -> Result<()> {
        let (this, machine) = self.to_change(domain)?;
        if keys.is_empty() || keys.len() > MOST_KEYS {
            let message = format!("1 to {MOST_KEYS} keys are pressed at a time, not {}", keys.len());
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let usage = |key: &u32| {
            keys::usage(codes, *key).ok_or_else(|| {
                let message = format!("{key} is no key of a keyboard in the numbers of {codes:?}");
                Error::new(ErrorKind::InvalidArgument, message)
            })
        };
        let usages = keys.iter().map(usage).collect::<Result<Vec<u8>>>()?;
        must_run(&machine)?;
        let key_events = keys::strokes(&usages);
        let strokes = key_events.len();
        let spec = UsbScanCodeSpec { key_events };
        let taken = self.server.act(call, &PutUsbScanCodes { this, spec }).await?;
        if usize::try_from(taken).ok() == Some(strokes) {
            return Ok(());
        }
        let message = format!("the machine's keyboard has taken {taken} of {strokes} strokes");
        Err(Error::new(ErrorKind::Failed, message).with_outcome(Outcome::Unknown))
    }

    /// `SendNMI`.
    async fn inject_nmi(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (this, machine) = self.to_change(domain)?;
        must_run(&machine)?;
        self.server.act(call, &SendNmi { this }).await
    }
}

impl EsxDriver {
    async fn picture(&self, call: &CallContext, machine: &ManagedObjectReference) -> Result<Vec<u8>> {
        let target = format!("/screen?id={}", escaped(&machine.value));
        let page = self
            .server
            .session
            .get_page(call, &target, LARGEST_PICTURE)
            .await?;
        // A server without that may answer with a page that says so.
        if let Some(Page {
            content,
            is_cut: false,
        }) = page
            && content.starts_with(PNG)
        {
            return Ok(content);
        }
        self.picture_in_a_file(call, machine).await
    }

    /// A picture that the server writes beside the machine's files: it is fetched, and removed.
    async fn picture_in_a_file(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
    ) -> Result<Vec<u8>> {
        let datacenter = self.datacenter_of(call, machine).await?;
        let take = CreateScreenshotTask {
            this: machine.clone(),
        };
        let (server, within, place) = (Arc::clone(&self.server), call.clone(), datacenter.reference);
        // A picture that nobody waits for any more is removed, too.
        let taken = to_its_end(async move {
            let begun = server.act(&within, &take).await?;
            let result = task::done(&server.session, &within, &begun).await?;
            let name = result.map(|name| name.text()).unwrap_or_default();
            let mut leftovers = Leftovers::on(&server.session);
            let manager = server.session.content().file_manager.clone();
            if let Some(this) = manager.filter(|_| !name.is_empty()) {
                leftovers.add(DeleteDatastoreFileTask {
                    this,
                    name: name.clone(),
                    datacenter: Some(place),
                });
            }
            Ok((name, leftovers))
        });
        let (name, leftovers) = taken.await?;
        let file = DatastoreFile::named(&datacenter.path, &name).ok_or_else(|| {
            let message =
                format!("the server has put the picture to {name:?}, where it cannot be fetched from");
            Error::new(ErrorKind::Failed, message)
        })?;
        let picture = self.server.session.get_file(call, &file).await;
        leftovers.clear().await;
        picture
    }
}

fn must_run(machine: &Machine) -> Result<()> {
    match machine.power {
        Power::PoweredOn => Ok(()),
        Power::Suspended => Err(not_valid(machine, "resume it first")),
        _ => Err(not_valid(machine, "it does not run")),
    }
}
