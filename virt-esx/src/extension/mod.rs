//! What ESX has beyond the core's handles: what its functions share.

mod files;
mod machines;
mod snapshots;

use virt_core::domain::DomainRef;
use virt_core::{CallClass, CallContext, Connection, Domain, Error, Result, Subject};

use crate::driver::EsxDriver;

pub use files::{delete_file, download_file, list_files, make_directory, upload_file};
pub use machines::{define_by_vmx, delete, register, register_vmx};
pub use snapshots::{consolidate_disks, delete_all_snapshots, describe_snapshot, rename_snapshot};

/// The driver of a connection to ESX.
pub(crate) fn esx(connection: &Connection) -> Result<&EsxDriver> {
    connection.driver().as_any().downcast_ref().ok_or_else(|| {
        Error::unsupported(format!(
            "this is a connection of driver {}, not of this one for ESX",
            connection.driver_name()
        ))
    })
}

/// A domain, as jobs and events name it.
pub(crate) fn reference_of(domain: &Domain) -> DomainRef {
    DomainRef::new(domain.uuid(), domain.name())
}

/// A call that changes something, with the connection's time for that.
pub(crate) fn context(driver: &EsxDriver, operation: &'static str) -> CallContext {
    call_of(driver, operation, CallClass::Change)
}

/// A call with the time that the connection gives its class.
pub(crate) fn call_of(driver: &EsxDriver, operation: &'static str, class: CallClass) -> CallContext {
    CallContext::new(operation, class, driver.server().deadlines.of(class))
}

/// An error of an operation.
pub(crate) fn about(operation: &'static str) -> impl Fn(Error) -> Error {
    move |error| error.with_operation(operation)
}

/// An error of an operation on a domain, or a template; where it is about something else already, that stays.
pub(crate) fn about_domain(operation: &'static str, name: &str) -> impl Fn(Error) -> Error {
    about_subject(operation, Subject::Domain(name.to_owned()))
}

fn about_subject(operation: &'static str, subject: Subject) -> impl Fn(Error) -> Error {
    move |error| {
        let error = error.with_operation(operation);
        if error.subject().is_some() {
            return error;
        }
        error.with_subject(subject.clone())
    }
}
