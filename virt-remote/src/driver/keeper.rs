//! Opens another session when one is lost.

use std::sync::Arc;
use std::time::Duration;

use virt_core::backend::OpenRequest;
use virt_core::{CallClass, CallContext, Result};

use super::events::{Continuation, Events};
use super::link::{Link, may_come_back};
use super::{RunMarks, dial};
use crate::rpc::EndReason;
use crate::session::Session;

/// The first pause between two tries, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Keeps a connection: waits for the end of each session, and opens the next.
pub(super) struct Keeper {
    pub(super) request: OpenRequest,
    pub(super) link: Arc<Link>,
    pub(super) events: Arc<Events>,
    pub(super) auto_destroyed: Arc<RunMarks>,
}

impl Keeper {
    /// Until the connection is closed, or the daemon does not let us in any more.
    pub(super) async fn keep(self, mut session: Session) {
        loop {
            let reason = session.connection().ended().await;
            if !self.link.is_open() {
                return;
            }
            tracing::info!(uri = %self.request.uri, %reason, "the connection to the daemon is lost");
            self.link.has_ended(session.connection());
            // The daemon ended them with the session.
            self.auto_destroyed.take();
            session = match self.open_again(reason).await {
                Some(session) => session,
                None => break,
            };
        }
        self.events.lose();
    }

    /// Tries until it works, with pauses that grow.
    async fn open_again(&self, reason: EndReason) -> Option<Session> {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                () = self.link.over() => return None,
                () = tokio::time::sleep(pause) => {}
            }
            match self.open_once().await {
                Ok((session, events)) => {
                    self.link.is_back(session.clone());
                    events.go_on();
                    return Some(session);
                }
                Err(error) if may_come_back(error.kind()) => {
                    tracing::debug!(uri = %self.request.uri, %error, "the daemon is still away");
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
                Err(error) => {
                    tracing::warn!(uri = %self.request.uri, %error, "the daemon does not let us in any more");
                    self.link.end(reason);
                    return None;
                }
            }
        }
    }

    /// A session on which all events come that came before.
    async fn open_once(&self) -> Result<(Session, Continuation)> {
        let time = self.request.deadlines.of(CallClass::Open);
        let call = CallContext::new("reconnect", CallClass::Open, time);
        let session = dial::dial(&self.request, &call).await?;
        match self.events.continued(session.connection()).await {
            Ok(events) => Ok((session, events)),
            Err(error) => {
                session.close();
                Err(error)
            }
        }
    }
}
