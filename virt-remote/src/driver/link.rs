//! The way to the daemon: every call goes through it, and it comes back by itself when it is lost.

use std::fmt;

use tokio::sync::watch;
use virt_core::{CallContext, ErrorKind};

use crate::protocol::remote::connect::ConnectGetLibVersion;
use crate::protocol::{Procedure, StreamProcedure};
use crate::rpc::{EndReason, RpcConnection, RpcError, RpcResult, RpcStream};
use crate::session::Session;

/// Where the connection stands.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// There is a session. It may have ended a moment ago.
    Up(Session),
    /// The last session ended for this reason, and another is being opened.
    Away(EndReason),
    /// There is no other: it was closed here, or the daemon does not let us in any more.
    Over(EndReason),
}

/// The way to the daemon. Whoever needs the daemon's code for a decision has it in the [`RpcError`]; everybody else
/// makes the SDK's error of it by `?`.
///
/// While the daemon is away, calls that change nothing wait for it until their deadline, and are made once more where
/// they were cut off. Everything else answers at once: what became of a change that was cut off nobody can tell, and
/// whether a later one is still wanted neither.
pub(super) struct Link {
    standing: watch::Sender<Standing>,
}

impl Link {
    pub(super) fn new(session: Session) -> Self {
        Self {
            standing: watch::Sender::new(Standing::Up(session)),
        }
    }

    /// Calls a procedure, until the call's deadline.
    pub(super) async fn call<P: Procedure>(&self, call: &CallContext, args: &P::Args) -> RpcResult<P::Ret> {
        loop {
            let session = self.session_for::<P>(call).await?;
            match session.connection().call::<P>(args, call.deadline).await {
                Err(error) if P::INFO.reads_only && error.is_disconnected() && self.is_open() => {
                    self.has_ended(session.connection());
                }
                answered => return answered,
            }
        }
    }

    /// Calls a procedure whose reply begins a stream. The stream ends with the session.
    pub(super) async fn open_stream<P: StreamProcedure>(
        &self,
        call: &CallContext,
        args: &P::Args,
    ) -> RpcResult<(P::Ret, RpcStream)> {
        let session = self.session_for::<P>(call).await?;
        session.connection().open_stream::<P>(args, call.deadline).await
    }

    /// A session that is asked only for what changes nothing: waited for while the daemon is away.
    pub(super) async fn session_for_reading(&self, call: &CallContext) -> RpcResult<Session> {
        self.session_for::<ConnectGetLibVersion>(call).await
    }

    /// The session to make a call on.
    async fn session_for<P: Procedure>(&self, call: &CallContext) -> RpcResult<Session> {
        let mut standing = self.standing.subscribe();
        loop {
            let away = match &*standing.borrow_and_update() {
                Standing::Up(session) => match session.connection().end_reason() {
                    None => return Ok(session.clone()),
                    Some(reason) => reason,
                },
                Standing::Away(reason) => reason.clone(),
                Standing::Over(reason) => return Err(RpcError::not_sent::<P>(reason.clone())),
            };
            if !P::INFO.reads_only {
                return Err(RpcError::not_sent::<P>(away));
            }
            let changed = tokio::time::timeout_at(call.deadline, standing.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                return Err(RpcError::not_sent::<P>(away));
            }
        }
    }

    /// The session there is, for what goes to it alone.
    pub(super) fn session(&self) -> Option<Session> {
        match &*self.standing.borrow() {
            Standing::Up(session) => Some(session.clone()),
            Standing::Away(_) | Standing::Over(_) => None,
        }
    }

    /// Whether there is a session, as far as known.
    pub(super) fn is_up(&self) -> bool {
        self.session()
            .is_some_and(|session| session.connection().end_reason().is_none())
    }

    /// Whether it was not closed.
    pub(super) fn is_open(&self) -> bool {
        !matches!(&*self.standing.borrow(), Standing::Over(_))
    }

    /// There is another session.
    pub(super) fn is_back(&self, session: Session) {
        self.standing.send_if_modified(|standing| {
            let open = !matches!(standing, Standing::Over(_));
            if open {
                *standing = Standing::Up(session);
            }
            open
        });
    }

    /// The session of this connection has ended.
    pub(super) fn has_ended(&self, connection: &RpcConnection) {
        let Some(reason) = connection.end_reason() else {
            return;
        };
        self.standing.send_if_modified(|standing| {
            let of_it = match standing {
                Standing::Up(session) => session.connection().end_reason().is_some(),
                Standing::Away(_) | Standing::Over(_) => false,
            };
            if of_it {
                *standing = Standing::Away(reason);
            }
            of_it
        });
    }

    /// There will be no session any more. Gives the last one.
    pub(super) fn end(&self, reason: EndReason) -> Option<Session> {
        let mut last = None;
        self.standing.send_if_modified(|standing| {
            let open = !matches!(standing, Standing::Over(_));
            if open && let Standing::Up(session) = std::mem::replace(standing, Standing::Over(reason)) {
                last = Some(session);
            }
            open
        });
        last
    }

    /// Waits until there will be no session any more. Cancel-safe.
    pub(super) async fn over(&self) {
        let mut standing = self.standing.subscribe();
        // Its sender is here: this does not fail.
        let _over = standing
            .wait_for(|standing| matches!(standing, Standing::Over(_)))
            .await;
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&*self.standing.borrow()).finish()
    }
}

/// Whether a session that could not be opened may be opened later, with nothing changed here.
pub(super) fn may_come_back(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::AuthenticationFailed
            | ErrorKind::Denied
            | ErrorKind::Unsupported
            | ErrorKind::InvalidArgument
    )
}
