//! Tasks of a server: waited for until they are done, without asking again and again.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::property::{self, of_reference};
use crate::session::{Session, has_ended, of_fault, said};
use crate::vim::{
    AnyValue, CreateFilter, CreatePropertyCollector, DestroyPropertyCollector, Fault, ManagedObjectReference,
    TaskInfoState, WaitForUpdatesEx, WaitOptions,
};

/// What is read of a task.
const PROPERTIES: &[&str] = &["info.state", "info.error", "info.result"];
/// How long one answer is waited for, in seconds.
const PATIENCE: i32 = 30;

/// Waits until a task is done: its result, where it has one. The task goes on when nobody waits any more.
pub(crate) async fn done(
    session: &Session,
    call: &CallContext,
    task: &ManagedObjectReference,
) -> Result<Option<AnyValue>> {
    // Most are done at once.
    if let Some(result) = ended(session, call, task).await? {
        return result;
    }
    loop {
        let before = session.logins().await;
        let result = in_a_collector(session, call, task).await;
        match result {
            // The collector went with its session; the task goes on.
            Err(_) if session.logins().await != before => {}
            result => return result,
        }
    }
}

/// The same, by a collector of properties of its own.
async fn in_a_collector(
    session: &Session,
    call: &CallContext,
    task: &ManagedObjectReference,
) -> Result<Option<AnyValue>> {
    let collector = CreatePropertyCollector {
        this: session.content().property_collector.clone(),
    };
    let collector = session.read(call, &collector).await?;
    let result = call
        .bound(Outcome::Unknown, wait(session, call, &collector, task))
        .await;
    let over = DestroyPropertyCollector { this: collector };
    session.clear_up(&over).await;
    result
}

async fn wait(
    session: &Session,
    call: &CallContext,
    collector: &ManagedObjectReference,
    task: &ManagedObjectReference,
) -> Result<Option<AnyValue>> {
    let filter = CreateFilter {
        this: collector.clone(),
        spec: of_reference(task, PROPERTIES),
        partial_updates: false,
    };
    session.read(call, &filter).await?;
    let mut version = String::new();
    loop {
        let ask = WaitForUpdatesEx {
            this: collector.clone(),
            version: Some(version.clone()),
            options: Some(WaitOptions {
                max_wait_seconds: Some(PATIENCE),
                max_object_updates: None,
            }),
        };
        let before = session.logins().await;
        let told = match session.wait(&ask).await {
            Ok(told) => told,
            Err(error) => {
                if has_ended(&error) {
                    session.log_in_again(before).await?;
                }
                return Err(said(error, session.host()).with_outcome(Outcome::Unknown));
            }
        };
        if let Some(told) = told {
            version = told.version;
        }
        if let Some(result) = ended(session, call, task).await? {
            return result;
        }
    }
}

/// How a task has ended; `None` while it has not.
async fn ended(
    session: &Session,
    call: &CallContext,
    task: &ManagedObjectReference,
) -> Result<Option<Result<Option<AnyValue>>>> {
    let read = property::of_object(session, call, task, PROPERTIES).await;
    let mut info = read.map_err(|error| error.with_outcome(Outcome::Unknown))?;
    let state = info.remove("info.state").and_then(|state| state.read().ok());
    Ok(match state.unwrap_or_default() {
        TaskInfoState::Success => Some(Ok(info.remove("info.result"))),
        TaskInfoState::Error => {
            let fault = info
                .remove("info.error")
                .and_then(|error| error.read::<Fault>().ok());
            Some(Err(match fault {
                Some(fault) => of_fault(fault),
                None => Error::new(ErrorKind::Failed, "the server's task failed, and says not why")
                    .with_outcome(Outcome::Unknown),
            }))
        }
        _ => None,
    })
}
