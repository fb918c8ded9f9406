//! Connecting to the two monitors of a run.

use std::time::Duration;

use virt_core::host::{Host, StreamUse};
use virt_core::{Error, ErrorKind, Result, Subject};

use crate::qmp::{QmpConnection, QmpEvents, QmpOptions};
use crate::state::RunRecord;

/// A connection to a monitor, with the events from its first byte on.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) qmp: QmpConnection,
    pub(crate) events: QmpEvents,
}

/// Connects to the main monitor.
pub(crate) async fn connect_main(host: &dyn Host, record: &RunRecord, greeting: Duration) -> Result<Monitor> {
    connect(host, &record.main_monitor(), record, greeting).await
}

/// Connects to the main monitor, else, when somebody else holds it, to the rescue monitor.
pub(crate) async fn connect_any(host: &dyn Host, record: &RunRecord, greeting: Duration) -> Result<Monitor> {
    match connect_main(host, record, greeting).await {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Busy | ErrorKind::ConnectionLost | ErrorKind::NotFound
            ) =>
        {
            tracing::warn!(domain = %record.name, %error, "the main monitor is not to be had; trying the rescue monitor");
            connect(host, &record.rescue_monitor(), record, greeting)
                .await
                .map_err(|_| error)
        }
        other => other,
    }
}

async fn connect(host: &dyn Host, path: &str, record: &RunRecord, greeting: Duration) -> Result<Monitor> {
    let stream = host.sockets().connect_unix(path, StreamUse::Control).await?;
    let options = QmpOptions::labelled(record.name.as_str()).with_greeting(greeting);
    let connected = QmpConnection::connect(stream, options).await;
    let (qmp, events) =
        connected.map_err(|error| Error::from(error).with_subject(Subject::Path(path.to_owned())))?;
    Ok(Monitor { qmp, events })
}
