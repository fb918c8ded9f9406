//! What ESX has beyond the core's handles: what its functions share.

mod allocation;
mod clone;
mod clusters;
mod files;
mod host_interfaces;
mod hosts;
mod hot_add;
mod machines;
mod placement;
mod relocate;
mod snapshots;
mod template;
mod ticket;
mod usage;

use virt_core::domain::DomainRef;
use virt_core::{CallClass, CallContext, Connection, Domain, Error, Result, Subject};

use crate::driver::EsxDriver;

pub use allocation::{
    Allocation, AllocationChange, Limit, MOST_SHARES, Share, ShareChange, Shares, allocation, set_allocation,
};
pub use clone::{CloneOptions, Cloning, clone_domain, clone_to_template};
pub use clusters::{ClusterInfo, DrsAutomation, clusters};
pub use files::{delete_file, download_file, list_files, make_directory, upload_file};
pub use host_interfaces::{HostAddress, HostInterface, HostInterfaceKind, host_interfaces};
pub use hosts::{HostConnection, HostInfo, hosts};
pub use hot_add::{HotAdd, HotAddChange, hot_add, set_hot_add};
pub use machines::{define_by_vmx, delete, register, register_vmx};
pub use placement::Placement;
pub use relocate::{DiskFormat, RelocateOptions, migrate_to_host, relocate};
pub use snapshots::{consolidate_disks, delete_all_snapshots, describe_snapshot, rename_snapshot};
pub use template::{Template, mark_as_template, template, templates};
pub use ticket::{ConsoleTicket, TicketKind, console_ticket};
pub use usage::{
    CpuUsage, DiskUsage, FilesystemUsage, InterfaceUsage, MemoryUsage, Usage, VcpuUsage, usage, usages,
};

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
