//! Connecting to the two monitors of a run.

use std::time::Duration;

use futures::future::try_join;
use tokio::time::timeout;
use virt_core::host::{Host, ProcessIdentity, StreamUse};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use crate::qmp::{QmpConnection, QmpEvents, QmpOptions};
use crate::state::RunRecord;

/// How long a monitor has to greet when a guest that runs is looked for.
pub(crate) const GREETING: Duration = Duration::from_secs(2);
/// How long a socket may take to be connected, beside that.
const CONNECT: Duration = Duration::from_secs(3);

/// A connection to a monitor, with the events from its first byte on.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) qmp: QmpConnection,
    pub(crate) events: QmpEvents,
}

/// A monitor that has greeted, and takes no command before it is begun.
#[derive(Debug)]
pub(crate) struct Greeted(Monitor);

impl Greeted {
    /// Negotiates, and asks the first questions in the same round trip.
    pub(crate) async fn begin<T, F>(
        self,
        first: impl FnOnce(QmpConnection) -> F,
        call: &CallContext,
    ) -> Result<(Monitor, T)>
    where
        F: Future<Output = Result<T>>,
    {
        let monitor = self.0;
        // In this order: QEMU reads what is sent first, and answers it first.
        let negotiated = async { Ok(monitor.qmp.negotiate(call.deadline).await?) };
        let ((), asked) = try_join(negotiated, first(monitor.qmp.clone())).await?;
        Ok((monitor, asked))
    }
}

/// Connects to the main monitor.
pub(crate) async fn connect_main(host: &dyn Host, record: &RunRecord, greeting: Duration) -> Result<Greeted> {
    connect(host, &record.main_monitor(), record, greeting).await
}

/// Connects to the main monitor, else, when somebody else holds it, to the rescue monitor.
pub(crate) async fn connect_any(host: &dyn Host, record: &RunRecord) -> Result<Greeted> {
    match connect_main(host, record, GREETING).await {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Busy | ErrorKind::ConnectionLost | ErrorKind::NotFound
            ) =>
        {
            tracing::debug!(domain = %record.name, %error, "the main monitor is not to be had; trying the rescue monitor");
            let path = record.rescue_monitor();
            let rescue = connect(host, &path, record, GREETING);
            let rescue = rescue.await.map_err(|_| error)?;
            tracing::warn!(domain = %record.name, "the main monitor is not to be had; the rescue monitor is used");
            Ok(rescue)
        }
        other => other,
    }
}

async fn connect(host: &dyn Host, path: &str, record: &RunRecord, greeting: Duration) -> Result<Greeted> {
    let about = |error: Error| error.with_subject(Subject::Path(path.to_owned()));
    let connecting = host.sockets().connect_unix(path, StreamUse::Control);
    let stream = timeout(greeting.max(CONNECT), connecting).await.map_err(|_| {
        about(Error::new(
            ErrorKind::ConnectionLost,
            "the monitor's socket could not be connected in time",
        ))
    })??;
    let options = QmpOptions::labelled(record.name.as_str()).with_greeting(greeting);
    let greeted = QmpConnection::greet(stream, options).await;
    let (qmp, events) = greeted.map_err(|error| about(Error::from(error)))?;
    Ok(Greeted(Monitor { qmp, events }))
}

/// What was seen of a process and its monitors.
#[derive(Debug)]
pub(crate) enum Seen {
    /// The process has ended: the machine said so.
    Ended,
    /// It lives, and its monitor was had.
    Greeted(Greeted),
    /// Neither could be told in time.
    Nothing(Error),
}

/// Looks for the process of a run and for its monitor, both at once. An ending QEMU closes its monitor a little before
/// it is gone, and one that lives greets.
pub(crate) async fn look(host: &dyn Host, record: &RunRecord, process: ProcessIdentity) -> Seen {
    let exit = async {
        let exit = timeout(GREETING, host.processes().wait_exit(process)).await;
        matches!(exit, Ok(Ok(())))
    };
    let connect = connect_any(host, record);
    tokio::pin!(exit, connect);
    let (ended, connected) = tokio::select! {
        biased;
        ended = &mut exit => match ended {
            true => return Seen::Ended,
            false => (false, connect.await),
        },
        connected = &mut connect => match connected {
            Ok(greeted) => return Seen::Greeted(greeted),
            Err(error) => (exit.await, Err(error)),
        },
    };
    match connected {
        _ if ended => Seen::Ended,
        Ok(greeted) => Seen::Greeted(greeted),
        Err(error) => Seen::Nothing(error),
    }
}
