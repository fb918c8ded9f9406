//! Looking at a guest's screen, typing, pressing its buttons.

use std::time::Duration;

use super::{Domain, Screenshot};
use crate::deadline::CallClass;
use crate::driver::{ConnectionDriver, ScreenDriver, facet};
use crate::error::{Error, ErrorKind, Result};

/// So many keys are pressed at a time at most (`VIR_DOMAIN_SEND_KEY_MAX_KEYS`).
const MAX_KEYS: usize = 16;

/// Which numbers keys have (`virKeycodeSet`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KeyCodes {
    /// Linux input events: 30 is A.
    #[default]
    Linux,
    /// XT scan codes.
    Xt,
    /// AT set 1.
    AtSet1,
    /// AT set 2.
    AtSet2,
    /// AT set 3.
    AtSet3,
    /// macOS.
    Osx,
    /// XT, as the kernel's keyboard driver has them.
    XtKbd,
    /// USB HID.
    Usb,
    /// Windows.
    Win32,
    /// QEMU's own numbers.
    Qnum,
}

/// The facet, or that there is none.
fn screen(driver: &dyn ConnectionDriver) -> Result<&dyn ScreenDriver> {
    facet(driver.screens(), "screens and keyboards")
}

impl Domain {
    /// A picture of one of its screens, 0 being the first (`virDomainScreenshot`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let screenshot = domain.screenshot(0).await?;
    /// assert_eq!(screenshot.mime_type(), "image/x-portable-pixmap");
    /// let picture = screenshot.read_all(64 << 20).await?;
    /// assert!(picture.starts_with(b"P6"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn screenshot(&self, number: u32) -> Result<Screenshot> {
        self.call("screenshot", CallClass::Change, async |call, driver| {
            screen(driver.as_ref())?
                .screenshot(&call, self.uuid(), number)
                .await
        })
        .await
    }

    /// Presses these keys together and lets go of them after `hold` (`virDomainSendKey`): whole milliseconds.
    ///
    /// # Errors
    /// `InvalidArgument` for none, for more than 16, and for keys there are not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use std::time::Duration;
    /// use virt_core::domain::KeyCodes;
    /// // Ctrl, Alt, Del.
    /// domain.send_keys(KeyCodes::Linux, &[29, 56, 111], Duration::from_millis(100)).await?;
    /// domain.inject_nmi().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_keys(&self, codes: KeyCodes, keys: &[u32], hold: Duration) -> Result<()> {
        self.call("send_keys", CallClass::Change, async |call, driver| {
            if keys.is_empty() || keys.len() > MAX_KEYS {
                let message = format!("1 to {MAX_KEYS} keys are pressed at a time, not {}", keys.len());
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
            screen(driver.as_ref())?
                .send_keys(&call, self.uuid(), (codes, keys), hold)
                .await
        })
        .await
    }

    /// Sends it a non-maskable interrupt (`virDomainInjectNMI`): most guests write a dump and crash.
    pub async fn inject_nmi(&self) -> Result<()> {
        self.call("inject_nmi", CallClass::Change, async |call, driver| {
            screen(driver.as_ref())?.inject_nmi(&call, self.uuid()).await
        })
        .await
    }
}
