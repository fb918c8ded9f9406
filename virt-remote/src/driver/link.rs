//! The way to the daemon: every call goes through it.

use virt_core::CallContext;

use crate::protocol::{Procedure, StreamProcedure};
use crate::rpc::{RpcEvents, RpcResult, RpcStream};
use crate::session::Session;

/// The way to the daemon. Whoever needs the daemon's code for a decision has it in the [`RpcError`](crate::rpc::RpcError);
/// everybody else makes the SDK's error of it by `?`.
#[derive(Debug)]
pub(super) struct Link {
    session: Session,
}

impl Link {
    pub(super) fn new(session: Session) -> Self {
        Self { session }
    }

    /// Calls a procedure, until the call's deadline.
    pub(super) async fn call<P: Procedure>(&self, call: &CallContext, args: &P::Args) -> RpcResult<P::Ret> {
        self.session.connection().call::<P>(args, call.deadline).await
    }

    /// Calls a procedure whose reply begins a stream.
    pub(super) async fn open_stream<P: StreamProcedure>(
        &self,
        call: &CallContext,
        args: &P::Args,
    ) -> RpcResult<(P::Ret, RpcStream)> {
        let connection = self.session.connection();
        connection.open_stream::<P>(args, call.deadline).await
    }

    /// Every event from now on.
    pub(super) fn events(&self) -> RpcEvents {
        self.session.connection().events()
    }

    /// Whether events come with the number of the callback they are for.
    pub(super) fn tells_of_callbacks(&self) -> bool {
        self.session.tells_of_callbacks()
    }

    pub(super) fn is_up(&self) -> bool {
        self.session.connection().end_reason().is_none()
    }

    pub(super) async fn shutdown(&self, call: &CallContext) -> virt_core::Result<()> {
        self.session.shutdown(call.deadline).await
    }

    pub(super) fn close(&self) {
        self.session.close();
    }
}
