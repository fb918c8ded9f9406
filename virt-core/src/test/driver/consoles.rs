//! Consoles of the test driver's domains.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::console::{ConsoleOptions, ConsoleStream};
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::driver::ConsoleDriver;
use crate::error::{Error, ErrorKind, Result};
use crate::test::line::Line;
use crate::test::record::Record;

#[async_trait]
impl ConsoleDriver for TestDriver {
    async fn open(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &ConsoleOptions,
    ) -> Result<ConsoleStream> {
        self.shared
            .query(call, Some(domain), |world| {
                let record = world.record_mut(domain)?;
                record.admit(Request::Console)?;
                let (alias, line) = choose(record, options.device.as_deref())?;
                // What reads the line lives as long as the connection does, wherever this is called from.
                let _runtime = self.shared.runtime().enter();
                line.open(alias, options)
            })
            .await
    }
}

/// The line of a device, of the first console unless one is named.
fn choose<'a>(record: &'a mut Record, wanted: Option<&str>) -> Result<(&'a str, &'a Line)> {
    let lines = &record.running()?.lines;
    let found = match wanted {
        Some(wanted) => lines.iter().find(|(alias, _)| alias == wanted),
        None => lines.first(),
    };
    found.map(|(alias, line)| (alias.as_str(), line)).ok_or_else(|| {
        let known: Vec<&str> = lines.iter().map(|(alias, _)| alias.as_str()).collect();
        let what = wanted.map_or_else(|| "console".to_owned(), |wanted| format!("console {wanted:?}"));
        let message = if known.is_empty() {
            format!("no {what}: the domain has neither consoles nor serial ports")
        } else {
            format!("no {what} (there are: {})", known.join(", "))
        };
        Error::new(ErrorKind::NotFound, message)
    })
}
