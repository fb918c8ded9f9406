//! Snapshots: their names, all of them at once, what they have left behind.

use virt_core::job::Job;
use virt_core::snapshot::Snapshot;
use virt_core::{Domain, Outcome, Result, Subject};

use super::{about_domain, about_subject, context, esx, reference_of};

/// Gives a snapshot another name (`RenameSnapshot`): its new handle.
///
/// # Errors
/// `Unsupported` for domains of other drivers; `NotFound` when it is gone; `AlreadyExists` for a name there is;
/// `InvalidArgument` for none, or where several snapshots have the old one: then it is named by the server's own name, or
/// its path.
///
/// # Cancel safety
/// When dropped, it may have been renamed.
pub async fn rename_snapshot(snapshot: &Snapshot, name: &str) -> Result<Snapshot> {
    relabel(snapshot, "rename_snapshot", Some(name), None).await
}

/// Gives a snapshot another description (`RenameSnapshot`).
///
/// # Errors
/// As [`rename_snapshot`].
///
/// # Cancel safety
/// When dropped, it may have been changed.
pub async fn describe_snapshot(snapshot: &Snapshot, text: &str) -> Result<()> {
    relabel(snapshot, "describe_snapshot", None, Some(text))
        .await
        .map(drop)
}

async fn relabel(
    snapshot: &Snapshot,
    operation: &'static str,
    name: Option<&str>,
    text: Option<&str>,
) -> Result<Snapshot> {
    let domain = snapshot.domain();
    let subject = Subject::Snapshot(format!("{}/{}", domain.name(), snapshot.name()));
    let about = about_subject(operation, subject);
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, operation);
    let now = driver
        .relabel_snapshot(&call, domain.uuid(), snapshot.name(), name, text)
        .await;
    // It is relabelled, whatever comes of looking.
    let snapshot = domain.snapshot(&now.map_err(&about)?).await;
    snapshot.map_err(|error| error.with_outcome(Outcome::Applied))
}

/// Removes all snapshots of a domain, which stays as it is (`RemoveAllSnapshots_Task`): returns once begun, as a job whose
/// `done_bytes` are per cent. Their disks are merged, which may take long.
///
/// # Errors
/// `Unsupported` for domains of other drivers; `NotFound` when it is gone; `Busy` while another job works on it.
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn delete_all_snapshots(domain: &Domain) -> Result<Job> {
    let about = about_domain("delete_all_snapshots", domain.name());
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, "delete_all_snapshots");
    let begun = driver.remove_all_snapshots(&call, &reference_of(domain)).await;
    begun.map_err(&about)
}

/// Merges into a domain's disks what snapshots that are removed have left behind (`ConsolidateVMDisks_Task`): returns once
/// begun, as a job whose `done_bytes` are per cent. Where nothing is left, nothing happens.
///
/// # Errors
/// As [`delete_all_snapshots`].
///
/// # Cancel safety
/// When dropped, it may have been begun.
pub async fn consolidate_disks(domain: &Domain) -> Result<Job> {
    let about = about_domain("consolidate_disks", domain.name());
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = context(driver, "consolidate_disks");
    driver
        .consolidate(&call, &reference_of(domain))
        .await
        .map_err(&about)
}
