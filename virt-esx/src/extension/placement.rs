//! Where a machine is to be, as a user says it.

/// Where in a vCenter a machine is to be. What is not said is as the server, or the machine that it comes from, has it.
///
/// All are names as the vCenter shows them, of objects that the connection's URI is about.
///
/// ```
/// let place = virt_esx::Placement::default().cluster("Production").datastore("ssd-2").folder("web/new");
/// assert_eq!(place.cluster.as_deref(), Some("Production"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placement {
    /// The host that it runs on.
    pub host: Option<String>,
    /// The cluster that it runs in; on which of its hosts, the server decides, unless one is said.
    pub cluster: Option<String>,
    /// The resource pool; all of the host's or the cluster's unless said.
    pub pool: Option<String>,
    /// The datastore that its files are in.
    pub datastore: Option<String>,
    /// The folder, by its path below those of the datacenter's machines: `production/web`. Empty for their root.
    pub folder: Option<String>,
}

impl Placement {
    /// On this host.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = Some(name.into());
        self
    }

    /// In this cluster.
    #[must_use]
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = Some(name.into());
        self
    }

    /// In this resource pool.
    #[must_use]
    pub fn pool(mut self, name: impl Into<String>) -> Self {
        self.pool = Some(name.into());
        self
    }

    /// In this datastore.
    #[must_use]
    pub fn datastore(mut self, name: impl Into<String>) -> Self {
        self.datastore = Some(name.into());
        self
    }

    /// In this folder.
    #[must_use]
    pub fn folder(mut self, path: impl Into<String>) -> Self {
        self.folder = Some(path.into());
        self
    }
}
