//! The handle of a domain.

use std::time::Duration;

use uuid::Uuid;

use super::{
    ConfigScope, CoreDumpOptions, DestroyOptions, DomainInfo, DomainName, DomainRef, LifecycleAction,
    LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions, StartOptions, XmlOptions,
};
use crate::agent::GuestAgent;
use crate::connection::Connection;
use crate::console::{ConsoleOptions, ConsoleStream};
use crate::deadline::CallClass;
use crate::driver::facet;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::event::{EventFilter, EventStream};
use crate::job::Job;
use crate::model::{ByteSize, DomainConfig};
use crate::stats::{DomainStatsRow, StatsGroups};
use crate::subject_calls::subject_calls;

/// A domain: a machine or container, running or only defined. Cheap to clone; dropping it never touches the guest.
///
/// All methods answer `NotFound` once the domain is gone. See [`Connection`] for deadlines and cancel safety.
#[derive(Debug, Clone)]
pub struct Domain {
    connection: Connection,
    domain: DomainRef,
}

impl Domain {
    pub(crate) fn new(connection: Connection, domain: DomainRef) -> Self {
        Self { connection, domain }
    }

    /// The same domain, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            connection: self.connection.with_deadline(time),
            domain: self.domain.clone(),
        }
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.domain.uuid
    }

    /// The name it had when this handle was made; [`Domain::info`] has the present one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.domain.name
    }

    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What is known of it, without waiting for the guest (`virDomainGetInfo`, `virDomainGetState`, `virDomainGetAutostart`,
    /// `virDomainIsPersistent`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let info = domain.info().await?;
    /// println!("{}: {} ({}), {} of {}", info.domain, info.state, info.reason, info.memory, info.max_memory);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn info(&self) -> Result<DomainInfo> {
        self.call("info", CallClass::Query, async |call, driver| {
            driver.domains().info(&call, self.uuid()).await
        })
        .await
    }

    /// The number of its present run (`virDomainGetID`); `None` when it does not run.
    pub async fn id(&self) -> Result<Option<u32>> {
        Ok(self.info().await?.id)
    }

    /// Its configuration: the live one when it runs.
    pub async fn config(&self) -> Result<DomainConfig> {
        self.config_with(&XmlOptions::default()).await
    }

    /// Its configuration, live or of the next start, with or without secrets.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::XmlOptions;
    /// // What the next start uses, whatever the present run does.
    /// let next = domain.config_with(&XmlOptions::default().inactive()).await?;
    /// assert_eq!((next.id, next.uuid), (None, Some(domain.uuid())));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn config_with(&self, options: &XmlOptions) -> Result<DomainConfig> {
        self.check_secrets(options)?;
        self.call("config", CallClass::Query, async |call, driver| {
            driver.domains().config(&call, self.uuid(), options).await
        })
        .await
    }

    /// On a read-only connection nobody is shown secrets.
    fn check_secrets(&self, options: &XmlOptions) -> Result<()> {
        if options.secure && self.connection.is_read_only() {
            return Err(Error::new(
                ErrorKind::Denied,
                "the connection is read-only: secrets are not shown",
            )
            .with_operation("config")
            .with_subject(self.subject()));
        }
        Ok(())
    }

    /// Its configuration as XML (`virDomainGetXMLDesc`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// assert!(domain.xml().await?.starts_with("<domain type='test' id='1'>"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn xml(&self) -> Result<String> {
        self.xml_with(&XmlOptions::default()).await
    }

    /// Its configuration as XML, live or of the next start, with or without secrets.
    pub async fn xml_with(&self, options: &XmlOptions) -> Result<String> {
        self.check_secrets(options)?;
        self.call("config", CallClass::Query, async |call, driver| {
            let domains = driver.domains();
            if let Some(text) = domains.config_text(&call, self.uuid(), options).await? {
                return Ok(text);
            }
            let config = domains.config(&call, self.uuid(), options).await?;
            Ok(match options.secure {
                true => config.to_xml(),
                false => config.to_xml_without_secrets(),
            })
        })
        .await
    }

    /// Starts it (`virDomainCreate`).
    pub async fn start(&self) -> Result<()> {
        self.start_with(&StartOptions::default()).await
    }

    /// Starts it, with options (`virDomainCreateWithFlags`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{StartOptions, StateReason};
    /// domain.destroy().await?;
    /// domain.start_with(&StartOptions::default().paused()).await?;
    /// assert_eq!(domain.info().await?.reason, StateReason::StartedPaused);
    /// domain.resume().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_with(&self, options: &StartOptions) -> Result<()> {
        self.call("start", CallClass::Change, async |call, driver| {
            driver.domains().start(&call, self.uuid(), options).await
        })
        .await
    }

    /// Asks the guest to shut down (`virDomainShutdown`); [`Domain::wait_for`] tells when it has.
    pub async fn shutdown(&self) -> Result<()> {
        self.shutdown_with(&ShutdownOptions::default()).await
    }

    /// Asks the guest to shut down, by a way of your choice (`virDomainShutdownFlags`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::DomainState;
    /// use virt_core::domain::{ShutdownMode, ShutdownOptions};
    /// domain.shutdown_with(&ShutdownOptions::default().mode(ShutdownMode::AgentThenAcpi)).await?;
    /// domain.wait_for(DomainState::ShutOff).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown_with(&self, options: &ShutdownOptions) -> Result<()> {
        self.call("shutdown", CallClass::Change, async |call, driver| {
            driver.domains().shutdown(&call, self.uuid(), options).await
        })
        .await
    }

    /// Asks the guest to reboot (`virDomainReboot`).
    pub async fn reboot(&self) -> Result<()> {
        self.reboot_with(&RebootOptions::default()).await
    }

    /// Asks the guest to reboot, by a way of your choice.
    pub async fn reboot_with(&self, options: &RebootOptions) -> Result<()> {
        self.call("reboot", CallClass::Change, async |call, driver| {
            driver.domains().reboot(&call, self.uuid(), options).await
        })
        .await
    }

    /// Resets the machine, as by its button (`virDomainReset`).
    pub async fn reset(&self) -> Result<()> {
        self.call("reset", CallClass::Change, async |call, driver| {
            driver.domains().reset(&call, self.uuid()).await
        })
        .await
    }

    /// Ends the machine at once (`virDomainDestroy`).
    pub async fn destroy(&self) -> Result<()> {
        self.destroy_with(&DestroyOptions::default()).await
    }

    /// Ends the machine, with options (`virDomainDestroyFlags`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::DestroyOptions;
    /// domain.destroy_with(&DestroyOptions::default().graceful()).await?;
    /// assert!(!domain.info().await?.state.is_active());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn destroy_with(&self, options: &DestroyOptions) -> Result<()> {
        self.call("destroy", CallClass::Change, async |call, driver| {
            driver.domains().destroy(&call, self.uuid(), options).await
        })
        .await
    }

    /// Stops its vCPUs (`virDomainSuspend`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// domain.suspend().await?;
    /// domain.suspend().await?; // Already so: nothing happens.
    /// domain.resume().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn suspend(&self) -> Result<()> {
        self.call("suspend", CallClass::Change, async |call, driver| {
            driver.domains().suspend(&call, self.uuid()).await
        })
        .await
    }

    /// Lets its vCPUs run again (`virDomainResume`).
    pub async fn resume(&self) -> Result<()> {
        self.call("resume", CallClass::Change, async |call, driver| {
            driver.domains().resume(&call, self.uuid()).await
        })
        .await
    }

    /// Removes its definition (`virDomainUndefine`); a running one goes on as transient.
    pub async fn undefine(&self) -> Result<()> {
        self.call("undefine", CallClass::Change, async |call, driver| {
            driver.domains().undefine(&call, self.uuid()).await
        })
        .await
    }

    /// Gives it another name and returns the handle with it (`virDomainRename`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::DomainName;
    /// domain.destroy().await?;
    /// let renamed = domain.rename(&DomainName::new("other")?).await?;
    /// assert_eq!((renamed.name(), renamed.uuid()), ("other", domain.uuid()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rename(&self, name: &DomainName) -> Result<Self> {
        self.call("rename", CallClass::Change, async |call, driver| {
            driver.domains().rename(&call, self.uuid(), name).await
        })
        .await?;
        Ok(Self::new(
            self.connection.clone(),
            DomainRef::new(self.uuid(), name.as_str()),
        ))
    }

    /// Whether it starts by itself (`virDomainSetAutostart`).
    pub async fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.call("set_autostart", CallClass::Change, async |call, driver| {
            driver
                .domains()
                .set_autostart(&call, self.uuid(), autostart)
                .await
        })
        .await
    }

    /// Changes title, description or an element of its metadata (`virDomainSetMetadata`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{ConfigScope, MetadataItem};
    /// let owner = MetadataItem::Element {
    ///     uri: "http://example.com/owner".to_owned(),
    ///     prefix: "own".to_owned(),
    ///     xml: Some("<person>me</person>".to_owned()),
    /// };
    /// domain.set_metadata(&owner, ConfigScope::Both).await?;
    /// assert!(domain.xml().await?.contains("<own:person"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_metadata(&self, item: &MetadataItem, scope: ConfigScope) -> Result<()> {
        self.call("set_metadata", CallClass::Change, async |call, driver| {
            driver
                .domains()
                .set_metadata(&call, self.uuid(), item, scope)
                .await
        })
        .await
    }

    /// Changes what happens when the guest powers off, reboots or crashes (`virDomainSetLifecycleAction`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::{ConfigScope, LifecycleAction, LifecycleEvent};
    /// // From now on, a guest that crashes is kept to be looked at.
    /// domain.set_lifecycle_action(LifecycleEvent::Crash, LifecycleAction::Preserve, ConfigScope::Both).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_lifecycle_action(
        &self,
        event: LifecycleEvent,
        action: LifecycleAction,
        scope: ConfigScope,
    ) -> Result<()> {
        self.call("set_lifecycle_action", CallClass::Change, async |call, driver| {
            driver
                .domains()
                .set_lifecycle_action(&call, self.uuid(), (event, action), scope)
                .await
        })
        .await
    }

    /// Changes its memory, live through the balloon (`virDomainSetMemoryFlags`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::ConfigScope;
    /// use virt_core::model::ByteSize;
    /// let mut events = domain.events().await?;
    /// domain.set_memory(ByteSize::gib(4), ConfigScope::Live).await?;
    /// // The balloon moves afterwards.
    /// events.next().await;
    /// assert_eq!(domain.info().await?.memory, ByteSize::gib(4));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_memory(&self, size: ByteSize, scope: ConfigScope) -> Result<()> {
        self.call("set_memory", CallClass::Change, async |call, driver| {
            driver.domains().set_memory(&call, self.uuid(), size, scope).await
        })
        .await
    }

    /// Its events from now on; returns once subscribed.
    pub async fn events(&self) -> Result<EventStream> {
        self.connection.events(EventFilter::domain(self.uuid())).await
    }

    /// Its statistics (`virDomainListGetStats`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::stats::{StatsGroup, StatsGroups};
    /// let row = domain.stats(StatsGroups::none().and(StatsGroup::Cpu).and(StatsGroup::Block)).await?;
    /// println!("{:?} of CPU time, {} disks", row.stats.cpu.map(|cpu| cpu.time), row.stats.block.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stats(&self, groups: StatsGroups) -> Result<DomainStatsRow> {
        let rows = self.connection.stats_of(Some(&[self.uuid()]), groups).await?;
        rows.into_iter().next().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "")
                .with_operation("stats")
                .with_subject(self.subject())
        })
    }

    /// Its console as a stream (`virDomainOpenConsole`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// let mut console = domain.console().await?;
    /// console.write_all(b"hello\r").await?;
    /// // What it printed before comes first.
    /// let mut text = String::new();
    /// while !text.contains("hello") {
    ///     let mut buffer = [0; 256];
    ///     let count = console.read(&mut buffer).await?;
    ///     text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    /// }
    /// assert!(text.contains("test is up"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn console(&self) -> Result<ConsoleStream> {
        self.console_with(&ConsoleOptions::default()).await
    }

    /// One of its consoles, serial ports or channels as a stream.
    pub async fn console_with(&self, options: &ConsoleOptions) -> Result<ConsoleStream> {
        self.call("console", CallClass::Change, async |call, driver| {
            facet(driver.consoles(), "consoles")?
                .open(&call, self.uuid(), options)
                .await
        })
        .await
    }

    /// Its guest agent.
    #[must_use]
    pub fn agent(&self) -> GuestAgent {
        GuestAgent::new(self.connection.clone(), self.domain.clone())
    }

    /// Its job, if one runs (`virDomainGetJobStats`).
    pub async fn job(&self) -> Result<Option<Job>> {
        self.call("job", CallClass::Query, async |call, driver| {
            match driver.jobs() {
                Some(jobs) => jobs.current(&call, self.uuid()).await,
                None => Ok(None),
            }
        })
        .await
    }

    /// Writes the guest's memory to a new file on the host, as a job (`virDomainCoreDump`): returns once begun.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::CoreDumpOptions;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("test.core").display().to_string();
    /// let job = domain.core_dump(&path, &CoreDumpOptions::default()).await?;
    /// let mut watched = job.clone();
    /// while watched.progress().total_bytes.is_none() {
    ///     watched.progressed().await;
    /// }
    /// job.wait().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn core_dump(&self, path: &str, options: &CoreDumpOptions) -> Result<Job> {
        self.call("core_dump", CallClass::Change, async |call, driver| {
            facet(driver.jobs(), "core dumps")?
                .core_dump(&call, self.uuid(), path, options)
                .await
        })
        .await
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::Domain(self.domain.name.clone())
    }

    pub(crate) fn reference(&self) -> DomainRef {
        self.domain.clone()
    }

    subject_calls!(pub(crate), |domain| &domain.connection, Self::subject);
}
