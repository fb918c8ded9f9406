//! Screens and keyboards of the test driver's domains.

use std::io::Cursor;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::domain::{KeyCodes, Screenshot};
use crate::driver::ScreenDriver;
use crate::error::{Error, ErrorKind, Result};

/// Width and height of the screen, in points.
const SCREEN: (usize, usize) = (64, 48);

#[async_trait]
impl ScreenDriver for TestDriver {
    async fn screenshot(&self, call: &CallContext, domain: Uuid, screen: u32) -> Result<Screenshot> {
        let moving = self
            .shared
            .query(call, Some(domain), |world| {
                let record = world.record(domain)?;
                record.machine.admit(Request::Console)?;
                Ok(record.is_moving())
            })
            .await?;
        if screen > 0 {
            let message = format!("the domain has no screen {screen}: its only one is 0");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(Screenshot::new(
            "image/x-portable-pixmap",
            Cursor::new(picture(moving)),
        ))
    }

    async fn send_keys(
        &self,
        call: &CallContext,
        domain: Uuid,
        (codes, keys): (KeyCodes, &[u32]),
        _hold: Duration,
    ) -> Result<()> {
        let keys = keys.to_vec();
        self.on(call, domain, move |world| {
            let record = world.record_mut(domain)?;
            record.machine.admit(Request::Console)?;
            record.guest.keys.push((codes, keys));
            Ok(())
        })
        .await
    }

    async fn inject_nmi(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| {
            let record = world.record_mut(domain)?;
            record.machine.admit(Request::Console)?;
            record.guest.nmis = record.guest.nmis.saturating_add(1);
            Ok(())
        })
        .await
    }
}

/// A picture of one colour, as PPM: green while the guest runs, grey while it stands still.
fn picture(moving: bool) -> Vec<u8> {
    let (width, height) = SCREEN;
    let colour: [u8; 3] = if moving { [0, 128, 0] } else { [128, 128, 128] };
    let mut picture = format!("P6\n{width} {height}\n255\n").into_bytes();
    picture.extend(colour.iter().cycle().take(width * height * 3));
    picture
}
