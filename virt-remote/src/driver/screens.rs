//! Screens and keyboards.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{KeyCodes, Screenshot};
use virt_core::driver::ScreenDriver;
use virt_core::{CallContext, Error, Result};

use super::{RemoteConnection, objects};
use crate::protocol::remote::domain_device::{
    DomainInjectNmi, DomainInjectNmiArgs, DomainScreenshot, DomainScreenshotArgs, DomainSendKey,
    DomainSendKeyArgs,
};

/// How long the daemon has to take note of the end of a stream.
const FINISH: Duration = Duration::from_secs(5);

#[async_trait]
impl ScreenDriver for RemoteConnection {
    async fn screenshot(&self, call: &CallContext, domain: Uuid, screen: u32) -> Result<Screenshot> {
        let args = DomainScreenshotArgs {
            dom: objects::domain(domain),
            screen,
            flags: 0,
        };
        let (told, stream) = self.link.open_stream::<DomainScreenshot>(call, &args).await?;
        let mime = told.mime.map(|mime| mime.into_text()).unwrap_or_default();
        Ok(Screenshot::new(mime, stream.into_io(FINISH)))
    }

    async fn send_keys(
        &self,
        call: &CallContext,
        domain: Uuid,
        (codes, keys): (KeyCodes, &[u32]),
        hold: Duration,
    ) -> Result<()> {
        // `virKeycodeSet`.
        let codeset = match codes {
            KeyCodes::Linux => 0,
            KeyCodes::Xt => 1,
            KeyCodes::AtSet1 => 2,
            KeyCodes::AtSet2 => 3,
            KeyCodes::AtSet3 => 4,
            KeyCodes::Osx => 5,
            KeyCodes::XtKbd => 6,
            KeyCodes::Usb => 7,
            KeyCodes::Win32 => 8,
            KeyCodes::Qnum => 9,
            _ => {
                return Err(Error::unsupported(
                    "these numbers of keys are not known to the daemon",
                ));
            }
        };
        let args = DomainSendKeyArgs {
            dom: objects::domain(domain),
            codeset,
            holdtime: u32::try_from(hold.as_millis()).unwrap_or(u32::MAX),
            keycodes: keys.to_vec(),
            flags: 0,
        };
        Ok(self.link.call::<DomainSendKey>(call, &args).await?)
    }

    async fn inject_nmi(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainInjectNmiArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        Ok(self.link.call::<DomainInjectNmi>(call, &args).await?)
    }
}
