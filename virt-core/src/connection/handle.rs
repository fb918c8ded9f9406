//! The handle of a connection.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{AccessMode, ConnectionBuilder, HypervisorVersion, NodeInfo};
use crate::capabilities::Capabilities;
use crate::deadline::{CallClass, CallContext, Deadlines};
use crate::domain::{
    DefineOptions, Domain, DomainFilter, DomainInfo, DomainRef, DomainSelector, StartOptions,
};
use crate::driver::{ConnectionDriver, facet};
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::event::{EventFilter, EventStream};
use crate::host::Host;
use crate::model::DomainConfig;
use crate::stats::{DomainStatsRow, StatsGroups};
use crate::uri::ConnectUri;

/// How long past its deadline a driver is waited for, so that its own, better error gets through.
const GRACE: Duration = Duration::from_millis(500);

/// What all handles of a connection share.
struct Shared {
    uri: ConnectUri,
    driver: Arc<dyn ConnectionDriver>,
    /// The machine, where it was reached for this connection alone.
    host: Option<Arc<dyn Host>>,
    deadlines: Deadlines,
    access: AccessMode,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.driver.close();
    }
}

/// An open connection: cheap to clone, `Send + Sync`; the last handle (domains count) closes it when dropped.
///
/// # Deadlines
/// Every call has one, by its class ([`Deadlines`]); [`Connection::with_deadline`] gives a handle with another.
///
/// # Cancel safety
/// Every method may be dropped at any point: waiting stops, the work is carried to a consistent end.
///
/// # Exits
/// [`shutdown`](Self::shutdown) waits until all is in order, [`close`](Self::close) cuts, dropping the last handle is
/// `close` as far as the runtime still allows. Guests go on, but for auto-destroy ones.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    deadline: Option<Duration>,
}

impl Connection {
    /// Opens connections with options.
    #[must_use]
    pub fn builder() -> ConnectionBuilder {
        ConnectionBuilder::default()
    }

    pub(crate) fn new(
        uri: ConnectUri,
        driver: Arc<dyn ConnectionDriver>,
        host: Option<Arc<dyn Host>>,
        deadlines: Deadlines,
        access: AccessMode,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                uri,
                driver,
                host,
                deadlines,
                access,
            }),
            deadline: None,
        }
    }

    /// The same connection, whose calls each have this long.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use std::time::Duration;
    /// // These calls have 100 ms each, whatever the connection's deadlines are.
    /// let hasty = conn.with_deadline(Duration::from_millis(100));
    /// println!("{} domains", hasty.domains().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            deadline: Some(time),
        }
    }

    /// The URI it was opened with.
    #[must_use]
    pub fn uri(&self) -> &ConnectUri {
        &self.shared.uri
    }

    /// The driver's name: `QEMU`, `Test` … (`virConnectGetType`).
    #[must_use]
    pub fn driver_name(&self) -> &'static str {
        self.shared.driver.name()
    }

    /// The driver behind it, for a backend's own extensions.
    #[must_use]
    pub fn driver(&self) -> &Arc<dyn ConnectionDriver> {
        &self.shared.driver
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.shared.driver.capabilities()
    }

    /// Whether it still works, as far as known without asking (`virConnectIsAlive`).
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.shared.driver.is_alive()
    }

    /// The machine it manages (`virNodeGetInfo`).
    pub async fn node_info(&self) -> Result<NodeInfo> {
        self.call("node_info", CallClass::Query, async |call, driver| {
            driver.node_info(&call).await
        })
        .await
    }

    /// The hypervisor's version (`virConnectGetVersion`).
    pub async fn version(&self) -> Result<HypervisorVersion> {
        self.call("version", CallClass::Query, async |call, driver| {
            driver.version(&call).await
        })
        .await
    }

    /// All domains, sorted by name (`virConnectListAllDomains`).
    pub async fn domains(&self) -> Result<Vec<Domain>> {
        self.domains_with(&DomainFilter::all()).await
    }

    /// The domains a filter shows, sorted by name.
    pub async fn domains_with(&self, filter: &DomainFilter) -> Result<Vec<Domain>> {
        let found = self
            .call("domains", CallClass::Query, async |call, driver| {
                driver.domains().references(&call, filter).await
            })
            .await?;
        Ok(found
            .into_iter()
            .map(|domain| self.domain_handle(domain))
            .collect())
    }

    /// The domains a filter shows with what is known of each, in one call and without waiting for any guest.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::domain::DomainFilter;
    /// for info in conn.domain_infos(&DomainFilter::all().active()).await? {
    ///     println!("{} {} {}", info.domain, info.state, info.vcpus);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn domain_infos(&self, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.call("domain_infos", CallClass::Query, async |call, driver| {
            driver.domains().list(&call, filter).await
        })
        .await
    }

    /// The domain of this name, uuid or id (`virDomainLookupByName`, `…ByUUID`, `…ByID`).
    ///
    /// # Errors
    /// `NotFound`, naming a few domains that do exist.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::ErrorKind;
    /// let by_name = conn.domain("test").await?;
    /// let by_uuid = conn.domain(by_name.uuid()).await?;
    /// let by_id = conn.domain(1).await?;
    /// assert_eq!(by_uuid.uuid(), by_id.uuid());
    /// assert_eq!(conn.domain("tset").await.unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn domain(&self, selector: impl Into<DomainSelector>) -> Result<Domain> {
        let selector = selector.into();
        let found = self
            .call("domain", CallClass::Query, async |call, driver| {
                driver.domains().lookup(&call, &selector).await
            })
            .await
            .map_err(|error| error.with_subject(Subject::Domain(selector.to_string())))?;
        Ok(self.domain_handle(found))
    }

    /// Defines a domain, or gives an existing one a new definition (`virDomainDefineXML`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::{ByteSize, Disk, DomainConfig, Interface};
    /// let config = DomainConfig::builder("web")
    ///     .memory(ByteSize::gib(2))
    ///     .vcpus(2)
    ///     .disk(Disk::file("/srv/web.qcow2"))
    ///     .interface(Interface::user())
    ///     .build()?;
    /// let web = conn.define_domain(&config).await?;
    /// web.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn define_domain(&self, config: &DomainConfig) -> Result<Domain> {
        self.define_domain_with(config, &DefineOptions::default()).await
    }

    /// Defines a domain, with options (`virDomainDefineXMLFlags`).
    ///
    /// # Errors
    /// `AlreadyExists`, `InvalidConfig`, `Unsupported` (each naming the thing); nothing has changed then.
    pub async fn define_domain_with(&self, config: &DomainConfig, options: &DefineOptions) -> Result<Domain> {
        let subject = Subject::Domain(config.name.clone());
        let defined = self
            .call("define_domain", CallClass::Change, async |call, driver| {
                driver.domains().define(&call, config, options).await
            })
            .await
            .map_err(|error| error.with_subject(subject))?;
        Ok(self.domain_handle(defined))
    }

    /// Starts a guest that has no definition and is gone when it ends (`virDomainCreateXML`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::ErrorKind;
    /// use virt_core::model::DomainConfig;
    /// let config = DomainConfig::from_xml("<domain type='test'><name>once</name><memory unit='MiB'>64</memory></domain>")?;
    /// let once = conn.create_domain(&config).await?;
    /// once.destroy().await?;
    /// assert_eq!(once.info().await.unwrap_err().kind(), ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_domain(&self, config: &DomainConfig) -> Result<Domain> {
        self.create_domain_with(config, &StartOptions::default()).await
    }

    /// Starts a guest that has no definition, with options.
    pub async fn create_domain_with(&self, config: &DomainConfig, options: &StartOptions) -> Result<Domain> {
        let subject = Subject::Domain(config.name.clone());
        let created = self
            .call("create_domain", CallClass::Change, async |call, driver| {
                driver.domains().create(&call, config, options).await
            })
            .await
            .map_err(|error| error.with_subject(subject))?;
        Ok(self.domain_handle(created))
    }

    /// Events from now on; returns once subscribed (`virConnectDomainEventRegisterAny`,
    /// `virConnectNetworkEventRegisterAny`, `virConnectStoragePoolEventRegisterAny`, `virConnectSecretEventRegisterAny`,
    /// `virConnectNodeDeviceEventRegisterAny`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> virt_core::Result<()> {
    /// use virt_core::event::{Event, EventFilter};
    /// let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// let mut events = conn.events(EventFilter::all()).await?;
    /// conn.domain("test").await?.suspend().await?;
    /// let Some(Event::Domain(event)) = events.next().await else { panic!("no event") };
    /// assert_eq!(event.domain.name, "test");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn events(&self, filter: EventFilter) -> Result<EventStream> {
        self.call("events", CallClass::Query, async |call, driver| {
            driver.subscribe(&call, filter).await
        })
        .await
    }

    /// Statistics of all running domains, a row each (`virConnectGetAllDomainStats`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::stats::StatsGroups;
    /// for row in conn.domain_stats(StatsGroups::all()).await? {
    ///     // A guest that does not answer costs only its own row.
    ///     match row.error {
    ///         Some(error) => println!("{}: {error}", row.domain),
    ///         None => println!("{}: {:?}", row.domain, row.stats.cpu),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn domain_stats(&self, groups: StatsGroups) -> Result<Vec<DomainStatsRow>> {
        self.stats_of(None, groups).await
    }

    pub(crate) async fn stats_of(
        &self,
        domains: Option<&[uuid::Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        self.call("domain_stats", CallClass::Query, async |call, driver| {
            facet(driver.statistics(), "statistics")?
                .domains(&call, domains, groups)
                .await
        })
        .await
    }

    /// Ends the connection in good order and waits for it: nothing of it is left on a far machine, either, but for a
    /// machine that the program brought itself. Every handle answers `ConnectionLost` then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::ErrorKind;
    /// conn.shutdown().await?;
    /// assert_eq!(conn.domains().await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(&self) -> Result<()> {
        self.call("shutdown", CallClass::Wait, async |call, driver| {
            driver.shutdown(&call).await?;
            if let Some(host) = &self.shared.host {
                host.close().await;
            }
            Ok(())
        })
        .await
    }

    /// Cuts the connection without waiting.
    pub fn close(&self) {
        self.shared.driver.close();
    }

    pub(crate) fn domain_handle(&self, domain: DomainRef) -> Domain {
        Domain::new(self.clone(), domain)
    }

    pub(crate) fn call_context(&self, operation: &'static str, class: CallClass) -> CallContext {
        CallContext::new(
            operation,
            class,
            self.deadline.unwrap_or_else(|| self.shared.deadlines.of(class)),
        )
    }

    /// Carries out one call: refuses changes on a read-only connection, bounds it by its deadline, and names operation
    /// and driver in its error.
    pub(crate) async fn call<T, F>(
        &self,
        operation: &'static str,
        class: CallClass,
        work: impl FnOnce(CallContext, Arc<dyn ConnectionDriver>) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let driver = Arc::clone(&self.shared.driver);
        let name = driver.name();
        let dress = |error: Error| error.with_operation(operation).with_driver(name);
        self.check_access(operation, class).map_err(dress)?;
        let call = self.call_context(operation, class);
        let mut backstop = call.clone();
        backstop.deadline += GRACE;
        let outcome = if class == CallClass::Query {
            Outcome::NotApplied
        } else {
            Outcome::Unknown
        };
        backstop.bound(outcome, work(call, driver)).await.map_err(dress)
    }

    fn check_access(&self, operation: &'static str, class: CallClass) -> Result<()> {
        let changes = match class {
            CallClass::Query | CallClass::Open => false,
            // The connection's own shutdown; a domain's is a change.
            CallClass::Wait => operation != "shutdown" && !operation.starts_with("wait"),
            _ => true,
        };
        if self.shared.access == AccessMode::ReadOnly && changes {
            return Err(Error::new(ErrorKind::Denied, "the connection is read-only"));
        }
        Ok(())
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.shared.access == AccessMode::ReadOnly
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("uri", &self.shared.uri.to_string())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_send<T: Send>(_: &T) {}

    #[expect(dead_code, reason = "it only has to compile: what users spawn must be Send")]
    fn futures_are_send(conn: &Connection, domain: &Domain) {
        assert_send(&conn.domains());
        assert_send(&domain.start());
        assert_send(&domain.agent().ping());
        assert_send(&domain.agent().fs_freeze());
        assert_send(&domain.wait_for_address());
        assert_send(&domain.wait_until_info(|info| info.id.is_some()));
    }
}
