//! Tasks of a server: waited for until they are done, without asking again and again.

use std::sync::Arc;
use std::time::Duration;

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::property::{self, of_reference};
use crate::session::{Session, has_ended, of_fault, said};
use crate::vim::{
    AnyValue, CreateFilter, CreatePropertyCollector, DestroyPropertyCollector, Fault, ManagedObjectReference,
    ObjectUpdate, ObjectUpdateKind, PropertyChangeOp, TaskInfoState, WaitForUpdatesEx, WaitOptions,
};

/// What is read of a task.
const PROPERTIES: &[&str] = &["info.state", "info.progress", "info.error", "info.result"];
/// How long one answer is waited for, in seconds.
const PATIENCE: i32 = 30;
/// How long a server may take for one answer that it has not to wait for, of a call that takes as long as it takes.
pub(crate) const ANSWER: Duration = Duration::from_secs(100);

/// Waits until a task is done: its result, where it has one. The task goes on when nobody waits any more.
pub(crate) async fn done(
    session: &Arc<Session>,
    call: &CallContext,
    task: &ManagedObjectReference,
) -> Result<Option<AnyValue>> {
    followed(session, call, task, |_| {}).await
}

/// The same, and hears how far it is, in per cent.
pub(crate) async fn followed(
    session: &Arc<Session>,
    call: &CallContext,
    task: &ManagedObjectReference,
    mut hear: impl FnMut(u8) + Send,
) -> Result<Option<AnyValue>> {
    // Most are done at once.
    let mut seen = Seen::default();
    let read = property::of_object(session, &call.at_most(ANSWER), task, PROPERTIES).await;
    for (name, value) in read.map_err(lost)? {
        seen.set(&name, Some(value), &mut hear);
    }
    if let Some(result) = seen.end() {
        return result;
    }
    let waiting = async {
        loop {
            let before = session.logins().await;
            let result = in_a_collector(session, call, task, &mut hear).await;
            match result {
                // The collector went with its session; the task goes on.
                Err(_) if session.logins().await != before => {}
                result => return result,
            }
        }
    };
    call.bound(Outcome::Unknown, waiting).await
}

/// A collector of properties for one wait. Whoever stops waiting has the server forget it, too.
struct OwnCollector {
    session: Arc<Session>,
    reference: ManagedObjectReference,
}

impl OwnCollector {
    /// Also where whoever waits stops doing so meanwhile, the server has none left.
    async fn make(session: &Arc<Session>, call: &CallContext) -> Result<Self> {
        let (session, call) = (Arc::clone(session), call.at_most(ANSWER));
        let making = async move {
            let make = CreatePropertyCollector {
                this: session.content().property_collector.clone(),
            };
            let reference = session.read(&call, &make).await?;
            Ok(Self { session, reference })
        };
        let made = tokio::spawn(making).await;
        made.map_err(|_| Error::new(ErrorKind::Internal, "making a collector ended unexpectedly"))?
    }
}

impl Drop for OwnCollector {
    fn drop(&mut self) {
        // Without a runtime it goes with the session.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let session = Arc::clone(&self.session);
        let over = DestroyPropertyCollector {
            this: self.reference.clone(),
        };
        drop(runtime.spawn(async move { session.clear_up(&over).await }));
    }
}

async fn in_a_collector(
    session: &Arc<Session>,
    call: &CallContext,
    task: &ManagedObjectReference,
    hear: &mut (impl FnMut(u8) + Send),
) -> Result<Option<AnyValue>> {
    let collector = OwnCollector::make(session, call).await.map_err(lost)?;
    wait(session, call, &collector.reference, task, hear).await
}

async fn wait(
    session: &Session,
    call: &CallContext,
    collector: &ManagedObjectReference,
    task: &ManagedObjectReference,
    hear: &mut (impl FnMut(u8) + Send),
) -> Result<Option<AnyValue>> {
    let filter = CreateFilter {
        this: collector.clone(),
        spec: of_reference(task, PROPERTIES),
        partial_updates: false,
    };
    session.read(&call.at_most(ANSWER), &filter).await.map_err(lost)?;
    let mut version = String::new();
    let mut seen = Seen::default();
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
                    session.log_in_again(before).await.map_err(lost)?;
                }
                return Err(lost(said(error, session.host())));
            }
        };
        let Some(told) = told else { continue };
        version = told.version;
        for update in told.filter_set.iter().flat_map(|filter| &filter.object_set) {
            seen.apply(update, hear)?;
        }
        if let Some(result) = seen.end() {
            return result;
        }
    }
}

/// Nobody hears of the task any more. What became of it cannot be told; above all, it is not its machine that is missing.
fn lost(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error.with_outcome(Outcome::Unknown);
    }
    forgotten().with_source(error)
}

fn forgotten() -> Error {
    let message = "the server does not know its task any more, and so not what became of it";
    Error::new(ErrorKind::Failed, message).with_outcome(Outcome::Unknown)
}

/// What has been told of a task.
#[derive(Debug, Default)]
struct Seen {
    state: TaskInfoState,
    progress: Option<u8>,
    error: Option<Fault>,
    result: Option<AnyValue>,
}

impl Seen {
    fn apply(&mut self, update: &ObjectUpdate, hear: &mut impl FnMut(u8)) -> Result<()> {
        if update.kind == ObjectUpdateKind::Leave {
            return Err(forgotten());
        }
        for change in &update.change_set {
            let value = change.val.clone();
            self.set(
                &change.name,
                value.filter(|_| change.op != PropertyChangeOp::Remove),
                hear,
            );
        }
        Ok(())
    }

    fn set(&mut self, path: &str, value: Option<AnyValue>, hear: &mut impl FnMut(u8)) {
        match path {
            "info.state" => self.state = value.and_then(|value| value.read().ok()).unwrap_or_default(),
            "info.error" => self.error = value.and_then(|value| value.read().ok()),
            "info.result" => self.result = value,
            "info.progress" => {
                let percent = value.and_then(|value| value.read::<i32>().ok());
                let percent = percent.and_then(|percent| u8::try_from(percent.clamp(0, 100)).ok());
                if let Some(percent) = percent.filter(|_| percent != self.progress) {
                    hear(percent);
                }
                self.progress = percent;
            }
            _ => {}
        }
    }

    /// How it has ended; `None` while it has not.
    fn end(&mut self) -> Option<Result<Option<AnyValue>>> {
        match self.state {
            TaskInfoState::Success => Some(Ok(self.result.take())),
            TaskInfoState::Error => Some(Err(match self.error.take() {
                Some(fault) => of_fault(fault),
                None => Error::new(ErrorKind::Failed, "the server's task failed, and says not why")
                    .with_outcome(Outcome::Unknown),
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::PropertyChange;

    fn update(changes: &[(&str, AnyValue)]) -> ObjectUpdate {
        let change = |(name, value): &(&str, AnyValue)| PropertyChange {
            name: (*name).to_owned(),
            op: PropertyChangeOp::Assign,
            val: Some(value.clone()),
        };
        ObjectUpdate {
            change_set: changes.iter().map(change).collect(),
            ..ObjectUpdate::default()
        }
    }

    #[test]
    fn how_far_a_task_is_is_heard_once_and_its_end_with_what_it_made() {
        let (mut seen, mut heard) = (Seen::default(), Vec::new());
        let mut hear = |percent| heard.push(percent);
        let running = [("info.state", "running".into()), ("info.progress", 30.into())];
        seen.apply(&update(&running), &mut hear).unwrap();
        seen.apply(&update(&running), &mut hear).unwrap();
        assert!(seen.end().is_none());
        let over = [
            ("info.progress", 100.into()),
            ("info.result", "vm-7".into()),
            ("info.state", "success".into()),
        ];
        seen.apply(&update(&over), &mut hear).unwrap();
        let result = seen.end().unwrap().unwrap();
        assert_eq!(result.map(|result| result.text()).as_deref(), Some("vm-7"));
        assert_eq!(heard, [30, 100]);
    }

    #[test]
    fn a_task_that_fails_says_why_and_one_that_is_gone_is_no_missing_machine() {
        let mut seen = Seen::default();
        let fault = AnyValue::new(&Fault::new("RequestCanceled", "somebody did not want it"));
        let failed = [("info.state", "error".into()), ("info.error", fault)];
        seen.apply(&update(&failed), &mut |_| {}).unwrap();
        assert_eq!(seen.end().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        let gone = ObjectUpdate {
            kind: ObjectUpdateKind::Leave,
            ..ObjectUpdate::default()
        };
        let error = seen.apply(&gone, &mut |_| {}).unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Failed, Outcome::Unknown)
        );
        let missing = lost(Error::new(ErrorKind::NotFound, ""));
        assert_eq!(
            (missing.kind(), missing.outcome()),
            (ErrorKind::Failed, Outcome::Unknown)
        );
    }
}
