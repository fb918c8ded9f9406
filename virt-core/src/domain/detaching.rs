//! Detaching a device: it is over when the guest has let go of it, or says why it is not.

use std::sync::Arc;

use super::devices::devices;
use super::{ConfigScope, Domain, XmlOptions};
use crate::deadline::{CallClass, CallContext};
use crate::driver::ConnectionDriver;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::event::{DomainChange, Event, EventFilter, EventStream};
use crate::model::{Device, DomainConfig};

impl Domain {
    /// Removes a device from it, and waits until a running guest has let go of it (`virDomainDetachDeviceFlags`,
    /// `VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED`). Deadline: [`CallClass::Change`], 60 s unless said.
    ///
    /// # Errors
    /// `NotFound` when it has no such device. `Failed` when the guest refuses. `Timeout` with [`Outcome::Unknown`] when the
    /// guest does not answer: the device is still there, and goes when the guest comes to it; of a domain's two
    /// configurations the inactive one has been changed. Asking again is in order.
    ///
    /// # Cancel safety
    /// Dropping it stops the waiting: the guest has been asked.
    pub async fn detach_device(&self, device: &Device, scope: ConfigScope) -> Result<()> {
        self.call("detach_device", CallClass::Change, async |call, driver| {
            let detached = Detaching::begin(self, &call, driver).await?;
            let live = match scope {
                ConfigScope::Config => None,
                ConfigScope::Current if !detached.runs() => None,
                ConfigScope::Current | ConfigScope::Live | ConfigScope::Both => detached.find(device)?,
            };
            devices(detached.driver.as_ref())?
                .detach(&call, self.uuid(), device, scope)
                .await?;
            match live {
                Some(live) => detached.wait(live, scope == ConfigScope::Both).await,
                None => Ok(()),
            }
        })
        .await
    }

    /// Removes the device of this alias from the running guest, and waits until it has let go of it
    /// (`virDomainDetachDeviceAlias`). See [`detach_device`](Self::detach_device).
    ///
    /// # Errors
    /// As [`detach_device`](Self::detach_device); `InvalidState` when it does not run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// domain.detach_device_alias("net0").await?;
    /// assert!(!domain.xml().await?.contains("<interface"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn detach_device_alias(&self, alias: &str) -> Result<()> {
        self.call("detach_device_alias", CallClass::Change, async |call, driver| {
            let detached = Detaching::begin(self, &call, driver).await?;
            let live = match detached.runs() {
                true => Some(detached.by_alias(alias)?),
                // The driver says what is wrong with that.
                false => None,
            };
            devices(detached.driver.as_ref())?
                .detach_alias(&call, self.uuid(), alias)
                .await?;
            match live {
                Some(live) => detached.wait(live, false).await,
                None => Ok(()),
            }
        })
        .await
    }
}

/// A device that is being removed.
struct Detaching<'a> {
    domain: &'a Domain,
    call: &'a CallContext,
    driver: Arc<dyn ConnectionDriver>,
    /// From before the guest was asked.
    events: EventStream,
    /// The live document before the guest was asked; that of the next start where it does not run.
    before: DomainConfig,
}

impl<'a> Detaching<'a> {
    async fn begin(
        domain: &'a Domain,
        call: &'a CallContext,
        driver: Arc<dyn ConnectionDriver>,
    ) -> Result<Self> {
        devices(driver.as_ref())?;
        let filter = EventFilter::domain(domain.uuid());
        let events = driver.subscribe(&call.step("events"), filter).await?;
        let before = config(domain, call, driver.as_ref()).await?;
        Ok(Self {
            domain,
            call,
            driver,
            events,
            before,
        })
    }

    fn runs(&self) -> bool {
        self.before.id.is_some()
    }

    /// The device in the running machine; `None` for one that has no alias, as its removal can't be heard of.
    fn find(&self, device: &Device) -> Result<Option<Device>> {
        if !self.runs() {
            // The driver says what is wrong with that.
            return Ok(None);
        }
        let found = self
            .before
            .devices
            .as_ref()
            .and_then(|devices| devices.find(device));
        let found = found.ok_or_else(|| self.missing(device.title(), device.name()))?;
        Ok(Some(found).filter(|found| found.alias().is_some()))
    }

    fn by_alias(&self, alias: &str) -> Result<Device> {
        let devices = self.before.devices.as_ref();
        let found = devices.and_then(|devices| devices.by_alias(alias));
        found.ok_or_else(|| {
            let all = devices.iter().flat_map(|devices| devices.all());
            let known: Vec<String> = all.filter_map(|device| device.alias()).collect();
            let message = format!("no device of alias {alias:?} (there are: {})", known.join(", "));
            Error::new(ErrorKind::NotFound, message)
        })
    }

    fn missing(&self, title: String, kind: &str) -> Error {
        let devices = self.before.devices.iter();
        let known: Vec<String> = devices
            .flat_map(|devices| devices.of_kind(kind))
            .map(|device| device.title())
            .collect();
        let message = match known.is_empty() {
            true => format!("no {title} (there is no {kind} at all)"),
            false => format!("no {title} (there are: {})", known.join(", ")),
        };
        Error::new(ErrorKind::NotFound, message)
    }

    /// Waits until the guest has let go of the device.
    async fn wait(mut self, device: Device, also_inactive: bool) -> Result<()> {
        let Some(alias) = device.alias() else {
            return Ok(());
        };
        let call = self.call;
        let waited = call.bound(Outcome::Unknown, self.let_go(&alias)).await;
        match waited {
            Ok(true) => Ok(()),
            Ok(false) => {
                let message = format!("the guest does not let go of {} ({alias})", device.title());
                let outcome = match also_inactive {
                    true => Outcome::Unknown,
                    false => Outcome::NotApplied,
                };
                Err(Error::new(ErrorKind::Failed, message).with_outcome(outcome))
            }
            Err(error) if error.kind() == ErrorKind::Timeout => {
                let message = format!(
                    "the guest was asked to let go of {} ({alias}) and has not answered: the device is still there",
                    device.title()
                );
                Err(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::Unknown))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it has in the end.
    async fn let_go(&mut self, alias: &str) -> Result<bool> {
        loop {
            if self.is_gone(alias).await? {
                return Ok(true);
            }
            loop {
                match self.events.next().await {
                    Some(Event::Domain(event)) => match event.change {
                        DomainChange::DeviceRemoved { device } if device == alias => return Ok(true),
                        DomainChange::DeviceRemovalFailed { device } if device == alias => return Ok(false),
                        // With the machine its devices are gone.
                        DomainChange::Stopped(_) => return Ok(true),
                        _ => {}
                    },
                    None => {
                        return Err(Error::new(ErrorKind::ConnectionLost, "the connection was closed")
                            .with_outcome(Outcome::Unknown));
                    }
                    // Something may have been missed.
                    Some(_) => break,
                }
            }
        }
    }

    async fn is_gone(&self, alias: &str) -> Result<bool> {
        let now = match config(self.domain, self.call, self.driver.as_ref()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            now => now?,
        };
        let devices = now.devices.filter(|_| now.id.is_some());
        Ok(devices.is_none_or(|devices| devices.by_alias(alias).is_none()))
    }
}

async fn config(domain: &Domain, call: &CallContext, driver: &dyn ConnectionDriver) -> Result<DomainConfig> {
    let options = XmlOptions::default();
    driver
        .domains()
        .config(&call.step("config"), domain.uuid(), &options)
        .await
}
