//! How machines are moved within their vCenter.

use virt_core::job::Job;
use virt_core::{Domain, Result};

use super::placement::Placement;
use super::{about_domain, context, esx, reference_of};

/// How disks are written where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiskFormat {
    /// They take what is in them.
    Thin,
    /// They take all of their size.
    Thick,
}

/// Where a machine moves to (`RelocateVM_Task`).
///
/// ```
/// use virt_esx::{DiskFormat, Placement, RelocateOptions};
///
/// let place = Placement::default().host("esx-2.example").datastore("ssd-2");
/// let options = RelocateOptions::to(place).disks(DiskFormat::Thin);
/// assert_eq!(options.place.host.as_deref(), Some("esx-2.example"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelocateOptions {
    /// Where it moves to; what is not said of it stays.
    pub place: Placement,
    /// How its disks are written in another datastore; as they are unless said.
    pub disks: Option<DiskFormat>,
}

impl RelocateOptions {
    /// There.
    #[must_use]
    pub fn to(place: Placement) -> Self {
        Self { place, disks: None }
    }

    /// With its disks written so.
    #[must_use]
    pub fn disks(mut self, format: DiskFormat) -> Self {
        self.disks = Some(format);
        self
    }
}

/// Moves a domain, running or not, to another host or datastore of its vCenter, or both (`RelocateVM_Task`): returns once
/// begun, as a job whose `done_bytes` are per cent. One that runs goes on meanwhile.
///
/// # Errors
/// `Unsupported` for domains of other drivers and on a host by itself; `NotFound` for a place there is not, naming a few
/// there are; `InvalidArgument` for a name that several have, for no place at all, and for the host that it is on.
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn relocate(domain: &Domain, options: &RelocateOptions) -> Result<Job> {
    moved(domain, "relocate", options).await
}

/// Moves a domain to another host of its vCenter, which sees the same datastores (`RelocateVM_Task`): as [`relocate`] with
/// nothing but a host.
///
/// # Errors
/// As [`relocate`].
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn migrate_to_host(domain: &Domain, host: &str) -> Result<Job> {
    let options = RelocateOptions::to(Placement::default().host(host));
    moved(domain, "migrate_to_host", &options).await
}

async fn moved(domain: &Domain, operation: &'static str, options: &RelocateOptions) -> Result<Job> {
    let about = about_domain(operation, domain.name());
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, operation);
    driver
        .relocate(&call, &reference_of(domain), options)
        .await
        .map_err(&about)
}
