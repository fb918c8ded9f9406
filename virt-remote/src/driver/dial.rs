//! The way to a daemon, by its URI.

use virt_core::backend::OpenRequest;
use virt_core::{CallContext, Result};

use crate::session::{Session, SessionOptions};

/// A session with the daemon that a URI names.
pub(super) async fn dial(request: &OpenRequest, call: &CallContext) -> Result<Session> {
    let options = SessionOptions::default().with_access(request.access);
    let connecting = Session::connect(&request.uri, &request.credentials, options, call.deadline);
    connecting.await.map(|(session, _events)| session)
}
