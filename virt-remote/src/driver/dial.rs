//! Sessions as a connection has them: the first, the next after a loss, others for long work.

use virt_core::backend::OpenRequest;
use virt_core::{CallContext, Result};

use crate::rpc::RpcOptions;
use crate::session::{Session, SessionOptions};

/// How many events may wait: what a daemon sends at once when many domains change.
const EVENTS: usize = 4096;

/// A session with the daemon that a URI names.
pub(super) async fn dial(request: &OpenRequest, call: &CallContext) -> Result<Session> {
    let options = SessionOptions::default()
        .with_access(request.access)
        .with_rpc(RpcOptions::default().with_event_capacity(EVENTS));
    Session::connect_unheard(&request.uri, &request.credentials, options, call.deadline).await
}
