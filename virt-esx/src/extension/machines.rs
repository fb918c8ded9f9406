//! Machines by their configuration files, and machines removed with their disks.

use virt_core::model::DomainConfig;
use virt_core::{Connection, Domain, Error, Result, Subject};

use super::{context, esx};
use crate::vmx::Vmx;

/// Removes a machine that does not run, with its disks, its configuration file and whatever else is its own
/// (`Destroy_Task`). [`Domain::undefine`] leaves all files where they are.
///
/// # Errors
/// `Unsupported` for domains of other drivers; `InvalidState` while it runs or is suspended; `Busy` while a file of it is in
/// use elsewhere.
///
/// # Cancel safety
/// When dropped, the server goes on.
pub async fn delete(domain: &Domain) -> Result<()> {
    let about = |error: Error| {
        error
            .with_operation("delete")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = esx(domain.connection()).map_err(about)?;
    let call = context(driver, "delete");
    driver.delete_machine(&call, domain.uuid()).await.map_err(about)
}

/// Defines a machine by a configuration file that is made of its document, written beside its first disk and registered
/// (`RegisterVM_Task`), as libvirt does it. [`Connection::define_domain`] has the server itself make the machine; this way says
/// what only a file can say, and does not see to whether the disks are there.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `AlreadyExists` for a name, a uuid or a configuration file that is there;
/// `InvalidConfig` and `Unsupported`, naming the element, for what no file says, and for a domain without a disk.
///
/// # Cancel safety
/// When dropped, the file may be there, and the machine too.
pub async fn define_by_vmx(connection: &Connection, config: &DomainConfig) -> Result<Domain> {
    let about = |error: Error| {
        error
            .with_operation("define_by_vmx")
            .with_subject(Subject::Domain(config.name.clone()))
    };
    let driver = esx(connection).map_err(about)?;
    let call = context(driver, "define_by_vmx");
    let made = Box::pin(driver.define_by_file(&call, config))
        .await
        .map_err(about)?;
    connection.domain(made.uuid).await
}

/// Writes a configuration file into a datastore, and registers its machine (`RegisterVM_Task`). `path` is
/// `[datastore] dir/file.vmx`; directories are made. The name is the one that the file says (`displayName`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; `InvalidArgument` for a path that names no such file; `AlreadyExists` for a
/// file that is there, and for a name or a uuid that belongs to another domain; `InvalidConfig` for a file without a name.
///
/// # Cancel safety
/// When dropped, the file may be there, and the machine too.
pub async fn register_vmx(connection: &Connection, path: &str, vmx: &Vmx) -> Result<Domain> {
    let about = |error: Error| error.with_operation("register_vmx");
    let driver = esx(connection).map_err(about)?;
    let call = context(driver, "register_vmx");
    let made = Box::pin(driver.register_vmx(&call, path, vmx))
        .await
        .map_err(about)?;
    connection.domain(made.uuid).await
}

/// Registers the machine of a configuration file that is in a datastore (`RegisterVM_Task`): one that was undefined is a
/// domain again. `path` is `[datastore] dir/file.vmx`.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `InvalidArgument` for a path that names no such file; `NotFound` where it is
/// not there; `Corrupt` where it cannot be read; `AlreadyExists` for a machine that is registered, and for a name that another
/// one has.
///
/// # Cancel safety
/// When dropped, the server goes on.
pub async fn register(connection: &Connection, path: &str) -> Result<Domain> {
    let about = |error: Error| error.with_operation("register");
    let driver = esx(connection).map_err(about)?;
    let call = context(driver, "register");
    let made = Box::pin(driver.register_there(&call, path))
        .await
        .map_err(about)?;
    connection.domain(made.uuid).await
}
