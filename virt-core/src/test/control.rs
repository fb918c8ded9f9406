//! The other side of a `test:///` connection: what a test makes go wrong.

use std::fmt;
use std::sync::Arc;

use super::driver::TestDriver;
use super::fault::Fault;
use super::guest_control::GuestControl;
use super::world::{Link, Shared};
use crate::connection::Connection;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::Event;

/// Makes things go wrong on one `test:///` connection. Cheap to clone; what it does, it does at once.
#[derive(Clone)]
pub struct TestControl {
    shared: Arc<Shared>,
}

impl TestControl {
    /// The control of a connection.
    ///
    /// # Errors
    /// `Unsupported` when it is not one of the test driver.
    pub fn of(connection: &Connection) -> Result<Self> {
        match connection.driver().as_any().downcast_ref::<TestDriver>() {
            Some(driver) => Ok(Self {
                shared: Arc::clone(&driver.shared),
            }),
            None => Err(Error::unsupported("only test:/// connections can be controlled")),
        }
    }

    /// Has a fault happen. Several add up: the longest delay and the first failure count.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such operation, naming those there are.
    pub fn inject(&self, fault: Fault) -> Result<()> {
        self.shared.with(|world| world.faults.inject(fault))
    }

    /// Forgets the faults that have not happened yet. Calls that hang go on hanging.
    pub fn clear_faults(&self) {
        self.shared.with(|world| world.faults.clear());
    }

    /// Lets the calls go on that hang now by a fault.
    pub fn release(&self) {
        self.shared.with(|world| world.faults.release());
    }

    /// How often an operation was called on this connection so far, by its name in [`OPERATIONS`](super::OPERATIONS).
    #[must_use]
    pub fn calls(&self, operation: &str) -> u64 {
        self.shared.with(|world| world.faults.calls(operation))
    }

    /// The guest of a domain.
    ///
    /// # Errors
    /// `NotFound` when the domain is gone.
    pub fn guest(&self, domain: &Domain) -> Result<GuestControl> {
        self.shared.with(|world| world.record(domain.uuid()).map(drop))?;
        Ok(GuestControl::new(Arc::clone(&self.shared), domain.uuid()))
    }

    /// Cuts the connection: it is not alive, every call answers `ConnectionLost` (those under way with
    /// [`Outcome::Unknown`](crate::Outcome::Unknown)), and events are lost. Guests go on.
    pub fn lose_connection(&self) {
        self.shared.set_link(Link::Lost);
    }

    /// Mends a connection that was cut; event streams get [`Event::Resync`].
    pub fn restore_connection(&self) {
        self.shared.set_link(Link::Up);
    }

    /// The URI by which [`Domain::migrate_to_uri`] moves domains to this connection, from others of this process.
    #[must_use]
    pub fn migration_uri(&self) -> String {
        super::worlds::uri(self.shared.number())
    }

    /// Tells all event streams to look again, as after a reconnection nobody noticed.
    pub fn resync(&self) {
        self.shared.events.publish(&Event::Resync);
    }
}

impl fmt::Debug for TestControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestControl").finish_non_exhaustive()
    }
}
