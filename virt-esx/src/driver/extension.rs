//! The way from handles to this driver, for what ESX has beyond the core's handles.

use virt_core::{CallClass, CallContext, Connection, Error, Result};

use super::EsxDriver;

impl EsxDriver {
    /// The driver of a connection.
    pub(crate) fn of(connection: &Connection) -> Result<&Self> {
        connection.driver().as_any().downcast_ref().ok_or_else(|| {
            Error::unsupported(format!(
                "this is a connection of driver {}, not of this one for ESX",
                connection.driver_name()
            ))
        })
    }

    /// A call of an extension's: it has the time of its class.
    pub(crate) fn context(&self, operation: &'static str, class: CallClass) -> CallContext {
        CallContext::new(operation, class, self.server.deadlines.of(class))
    }
}
