//! Proving to a daemon who is asking.
//!
//! The daemon lists what it accepts, and the first of them that is known here is used: nothing, or polkit, which asks
//! the machine's own policy (and through it, where there is one, the user at the console).

use tokio::time::Instant;
use virt_core::{Error, ErrorKind, Result};

use crate::protocol::remote::auth::{AuthList, AuthPolkit, AuthType};
use crate::rpc::RpcConnection;

/// Logs in on a connection that has just been made.
///
/// # Errors
/// `AuthenticationFailed` where the daemon refuses; `Unsupported` where it accepts nothing that is known here.
///
/// # Cancel safety
/// A connection on which this was not waited for is of no use any more.
pub async fn log_in(connection: &RpcConnection, deadline: Instant) -> Result<()> {
    let accepted = connection.call::<AuthList>(&(), deadline).await?.types;
    if accepted.is_empty() || accepted.contains(&AuthType::NONE) {
        return Ok(());
    }
    if accepted.contains(&AuthType::POLKIT) {
        return polkit(connection, deadline).await;
    }
    let names: Vec<String> = accepted.iter().map(|accepted| format!("{accepted:?}")).collect();
    Err(Error::unsupported(format!(
        "the daemon wants a way of logging in that is not known here ({})",
        names.join(", ")
    )))
}

/// The daemon asks polkit whether the process at the other end of the socket may connect.
async fn polkit(connection: &RpcConnection, deadline: Instant) -> Result<()> {
    let answer = connection.call::<AuthPolkit>(&(), deadline).await?;
    match answer.complete {
        0 => Err(Error::new(
            ErrorKind::AuthenticationFailed,
            "polkit did not allow this user to connect (action org.libvirt.unix.manage, or .monitor)",
        )),
        _ => Ok(()),
    }
}
