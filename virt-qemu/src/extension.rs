//! What QEMU has beyond the core's handles: its monitor, and what the opening of a root found.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use virt_core::{Connection, Domain, Error, Result, Subject};

use crate::driver::EmbedDriver;
use crate::manager::RecoveryReport;
use crate::qmp::{QmpCommand, QmpConnection, QmpEvents};

/// The monitor of a running guest: the way out for what has no handle yet.
///
/// It is the same connection the SDK uses, so it disturbs nothing; but what is changed by it is not known to the SDK
/// beyond what QEMU's events tell.
#[derive(Debug, Clone)]
pub struct Monitor {
    qmp: QmpConnection,
    deadline: Duration,
    domain: String,
}

/// The monitor of a running guest of `qemu:///embed` (`virDomainQemuMonitorCommand`).
///
/// # Errors
/// `Unsupported` for domains of other drivers, `InvalidState` when it does not run, `Busy` while the monitor can't be had.
pub fn monitor(domain: &Domain) -> Result<Monitor> {
    let about = |error: Error| {
        error
            .with_operation("monitor")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = embed(domain.connection()).map_err(about)?;
    let entry = driver
        .manager()
        .root
        .registry
        .existing(domain.uuid())
        .map_err(about)?;
    let qmp = entry.run().and_then(|run| run.qmp()).map_err(about)?;
    Ok(Monitor {
        qmp,
        deadline: driver.manager().root.deadlines.query,
        domain: domain.name().to_owned(),
    })
}

/// What the opening of this connection's root found, and what it made of it.
///
/// # Errors
/// `Unsupported` for connections of other drivers.
pub fn recovery_report(connection: &Connection) -> Result<RecoveryReport> {
    Ok(embed(connection)?.manager().recovery())
}

fn embed(connection: &Connection) -> Result<&EmbedDriver> {
    connection.driver().as_any().downcast_ref().ok_or_else(|| {
        Error::unsupported(format!(
            "this is a connection of driver {}, not of QEMU's",
            connection.driver_name()
        ))
    })
}

impl Monitor {
    /// The same monitor, whose commands each have this long.
    #[must_use]
    pub fn with_deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Executes a typed command.
    ///
    /// # Errors
    /// As [`QmpConnection::execute`], mapped; the [`QmpError`](crate::qmp::QmpError) is the source.
    ///
    /// # Cancel safety
    /// Yes; a command that was sent is carried out by QEMU.
    pub async fn execute<C: QmpCommand>(&self, command: &C) -> Result<C::Reply> {
        self.qmp
            .execute(command, self.until())
            .await
            .map_err(|error| self.about(error.into()))
    }

    /// Executes a command by name, with arguments and reply as JSON.
    ///
    /// # Errors
    /// As [`Monitor::execute`].
    pub async fn execute_raw(&self, name: &str, arguments: Option<Value>) -> Result<Value> {
        self.qmp
            .execute_raw(name, arguments, self.until())
            .await
            .map_err(|error| self.about(error.into()))
    }

    /// QEMU's events as they come, from now on.
    #[must_use]
    pub fn events(&self) -> QmpEvents {
        self.qmp.events()
    }

    fn until(&self) -> Instant {
        Instant::now() + self.deadline
    }

    fn about(&self, error: Error) -> Error {
        error
            .with_operation("monitor")
            .with_subject(Subject::Domain(self.domain.clone()))
    }
}
