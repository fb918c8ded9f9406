//! The namespaces of a running container, as files of this machine.

use std::fs::File;

use virt_core::{Domain, Error, ErrorKind, Result, Subject, kind_of_io};

use crate::extension::embed;

/// The namespaces of a running container, each held open: whoever has them can enter them by `setns(2)`, whether or not the
/// container still runs (`virDomainLxcOpenNamespace`).
#[derive(Debug)]
#[non_exhaustive]
pub struct Namespaces {
    /// Control groups.
    pub cgroup: File,
    /// System V IPC and POSIX message queues.
    pub ipc: File,
    /// The network.
    pub net: File,
    /// Mounts.
    pub mnt: File,
    /// Processes.
    pub pid: File,
    /// Users and groups.
    pub user: File,
    /// Host and domain name.
    pub uts: File,
}

/// Opens the namespaces of a running container.
///
/// # Errors
/// `Unsupported` for domains of other drivers, and of containers on a far machine, whose files cannot be held open here;
/// `InvalidState` when it does not run; `Denied` without the right to enter it.
///
/// # Cancel safety
/// Yes.
pub async fn open_namespaces(domain: &Domain) -> Result<Namespaces> {
    let about = |error: Error| {
        error
            .with_operation("open_namespaces")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = embed(domain.connection()).map_err(about)?;
    let manager = driver.manager();
    if !manager.is_here {
        return Err(about(Error::unsupported(
            "the container is on a far machine: its namespaces cannot be held open here",
        )));
    }
    let entry = driver.manager().root.existing(domain.uuid()).map_err(about)?;
    let init = entry.run().map_err(about)?.init;
    let open = |name: &str| {
        let path = format!("/proc/{}/ns/{name}", init.pid);
        File::open(&path).map_err(|error| {
            let failed = Error::new(kind_of_io(&error), "a namespace could not be opened");
            about(failed.with_source(error)).with_subject(Subject::Path(path))
        })
    };
    let namespaces = Namespaces {
        cgroup: open("cgroup")?,
        ipc: open("ipc")?,
        net: open("net")?,
        mnt: open("mnt")?,
        pid: open("pid")?,
        user: open("user")?,
        uts: open("uts")?,
    };
    // Its number may have become another's meanwhile: then these are not the container's.
    let process = manager.host.processes().inspect(init.pid).await.map_err(about)?;
    if process.is_some_and(|process| process.identity == init) {
        return Ok(namespaces);
    }
    Err(about(Error::new(
        ErrorKind::InvalidState,
        "the container ended while its namespaces were opened",
    )))
}
