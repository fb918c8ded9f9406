//! Following a server: one task, for as long as the connection is open.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::oneshot;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Result};

use super::Inventory;
use super::autostart::FOLLOWED_OF_HOSTS;
use super::machine::FOLLOWED;
use crate::property::{WatchEnd, Watcher};
use crate::session::Session;
use crate::vim::ManagedObjectReference;

/// How long making a watcher may take.
const BEGINNING: Duration = Duration::from_secs(60);
/// The first pause after a failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Keeps an inventory as the server tells, until nobody has it any more. `ready` hears when all there is was told once.
pub(crate) async fn follow(
    session: Arc<Session>,
    inventory: Weak<Inventory>,
    container: ManagedObjectReference,
    ready: oneshot::Sender<Result<()>>,
) {
    let mut ready = Some(ready);
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match once(&session, &inventory, &container, &mut ready, &mut pause).await {
            Ok(()) => return,
            Err(error) => error,
        };
        if session.is_over().await {
            let Some(inventory) = inventory.upgrade() else {
                return;
            };
            tracing::warn!(server = %session.host(), %error, "what happens on a server is not heard any more");
            inventory.end(&error);
            return;
        }
        if let Some(ready) = ready.take() {
            drop(ready.send(Err(error)));
            return;
        }
        tracing::warn!(server = %session.host(), %error, "what happens on a server is not heard just now");
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        if inventory.strong_count() == 0 {
            return;
        }
    }
}

/// Follows until nobody listens, or something is in the way.
async fn once(
    session: &Arc<Session>,
    inventory: &Weak<Inventory>,
    container: &ManagedObjectReference,
    ready: &mut Option<oneshot::Sender<Result<()>>>,
    pause: &mut Duration,
) -> Result<()> {
    let call = CallContext::new("events", CallClass::Change, BEGINNING);
    let mut watcher = Watcher::begin(session, &call, container, &[FOLLOWED, FOLLOWED_OF_HOSTS]).await?;
    let (mut is_first, mut is_whole) = (true, false);
    loop {
        let before = session.logins().await;
        let mut tell = |update| {
            let Some(inventory) = inventory.upgrade() else {
                return;
            };
            if std::mem::take(&mut is_first) {
                inventory.begin_again();
            }
            inventory.apply(&update);
        };
        let truncated = match watcher.next(&mut tell).await {
            Ok(truncated) => truncated,
            Err(WatchEnd::SessionEnded) => {
                session.log_in_again(before).await?;
                return Err(Error::new(
                    ErrorKind::ConnectionLost,
                    "the session had ended on the server",
                ));
            }
            Err(WatchEnd::Failed(error)) => {
                watcher.end().await;
                return Err(error);
            }
        };
        let Some(inventory) = inventory.upgrade() else {
            watcher.end().await;
            return Ok(());
        };
        if std::mem::take(&mut is_first) {
            // Nothing was told at all.
            inventory.begin_again();
        }
        if !is_whole && !truncated {
            is_whole = true;
            inventory.is_complete();
            *pause = FIRST_PAUSE;
            match ready.take() {
                Some(ready) => drop(ready.send(Ok(()))),
                // Not the first time: something may have been missed, and what is known now is so.
                None => inventory.resync(),
            }
        }
    }
}
