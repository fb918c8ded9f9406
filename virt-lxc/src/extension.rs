//! What LXC has beyond the core's handles: native configurations, signals, what the opening found.

use virt_core::{Connection, Domain, Error, Result, Subject};

use crate::driver::EmbedDriver;
use crate::manager::RecoveryReport;

/// What the opening of this connection's directory found, and what was made of it.
///
/// # Errors
/// `Unsupported` for connections of other drivers.
pub fn recovery_report(connection: &Connection) -> Result<RecoveryReport> {
    Ok(embed(connection)?.manager().recovery())
}

/// The configuration of a container as liblxc's tools read it, the one that is on disk now
/// (`virConnectDomainXMLToNative`; `lxc.container.conf(5)`).
///
/// # Errors
/// `Unsupported` for domains of other drivers; `NotFound` when it is gone.
///
/// # Cancel safety
/// Yes.
pub async fn native_config(domain: &Domain) -> Result<String> {
    let about = |error: Error| {
        error
            .with_operation("native_config")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = embed(domain.connection()).map_err(about)?;
    driver.native_config(domain.uuid()).await.map_err(about)
}

/// Sends a signal to a process of a running container, by the number it has within it; 1 is its init
/// (`virDomainSendProcessSignal`).
///
/// # Errors
/// `Unsupported` for domains of other drivers; `InvalidState` when it does not run; `NotFound` when it has no such process;
/// `InvalidArgument` for what is no signal (1 to 64).
///
/// # Cancel safety
/// When dropped, the signal may have been sent.
pub async fn send_signal(domain: &Domain, process: u32, signal: u32) -> Result<()> {
    let about = |error: Error| {
        error
            .with_operation("send_signal")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = embed(domain.connection()).map_err(about)?;
    driver
        .send_signal(domain.uuid(), process, signal)
        .await
        .map_err(about)
}

pub(crate) fn embed(connection: &Connection) -> Result<&EmbedDriver> {
    connection.driver().as_any().downcast_ref().ok_or_else(|| {
        Error::unsupported(format!(
            "this is a connection of driver {}, not of this one for LXC",
            connection.driver_name()
        ))
    })
}
