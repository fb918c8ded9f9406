//! The way to a daemon, by its URI.

use virt_core::backend::OpenRequest;
use virt_core::{CallContext, Error, Result};

use crate::session::{Session, SessionOptions};
use crate::transport::{tcp, unix};

/// A session with the daemon that a URI names.
pub(super) async fn dial(request: &OpenRequest, call: &CallContext) -> Result<Session> {
    let uri = &request.uri;
    let options = SessionOptions::default().with_access(request.access);
    let (session, _events) = match uri.transport() {
        None | Some("unix") if uri.host().is_none_or(str::is_empty) => {
            let sockets = unix::candidates(uri, request.access, &unix::Caller::this_process())?;
            let stream = unix::connect(&sockets).await?;
            Session::open_unix(stream, uri, options, call.deadline).await?
        }
        Some("tcp") => {
            let stream = tcp::connect(uri).await?;
            Session::open(stream, uri, options, call.deadline).await?
        }
        other => {
            return Err(Error::unsupported(format!(
                "no way to a libvirt daemon by the transport {:?} (there are: unix, tcp)",
                other.unwrap_or("tls")
            )));
        }
    };
    Ok(session)
}
